# SPDX-License-Identifier: Apache-2.0
"""Certificates for scenarios, made when they are needed: none lies in the tree to expire there. OpenSSL's own program makes
them, since Python's standard library can't."""

import os
import ssl
import subprocess

from harness.folder import Folder

SERVER = "DNS:localhost,IP:127.0.0.1,IP:::1"


class Identity:
    """A certificate and its key, as files; `pem` has both in one."""

    def __init__(self, folder, name):
        self.cert, self.key, self.pem = (os.path.join(folder, f"{name}.{kind}") for kind in ("crt", "key", "pem"))

    def finish(self):
        with open(self.pem, "w", encoding="ascii") as both:
            for path in (self.cert, self.key):
                with open(path, encoding="ascii") as file:
                    both.write(file.read())
        return self


class Authority(Identity):
    """A CA in a folder of its own, and what it has issued. Close it by t.closing."""

    def __init__(self, name="CA"):
        self._folder = Folder()
        super().__init__(self._folder.path, "ca")
        self._count = 0
        self._run("req", "-x509", *self._new(self.key, name), "-out", self.cert, "-days", "10", "-addext",
                  "basicConstraints=critical,CA:TRUE")
        self.finish()

    @staticmethod
    def _run(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)

    @staticmethod
    def _new(path, name, key="EC"):
        kind = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1") if key == "EC" else ("rsa:2048",)
        return ("-newkey", *kind, "-nodes", "-keyout", path, "-subj", f"/CN={name}")

    def issue(self, name="server", names=SERVER, days=10, key="EC"):
        """A certificate for those names, signed by this authority; with negative `days` it has expired; `key`: EC or RSA."""
        self._count += 1
        identity = Identity(self._folder.path, f"{self._count}")
        request = os.path.join(self._folder.path, f"{self._count}.csr")
        self._run("req", *self._new(identity.key, name, key), "-out", request, "-addext", "basicConstraints=CA:FALSE", "-addext",
                  f"subjectAltName={names}")
        self._run("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-days", str(days),
                  "-copy_extensions", "copy", "-out", identity.cert)
        return identity.finish()

    def close(self):
        self._folder.close()


def server_context(identity, client_ca=None, version=None):
    """What a TLS server of Python's needs. With `client_ca`, an Authority, clients must show a certificate of its."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.cert, identity.key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca.cert)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


def client_context(authority, identity=None, version=None):
    """What a TLS client of Python's needs that trusts this Authority, and shows a certificate where it has one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.cert)
    if identity is not None:
        context.load_cert_chain(identity.cert, identity.key)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


class Certificates:
    """What the daemons and clients of a whole run share: paths, so that it can go to other processes. They are good for as long
    as `authority` is not closed."""

    def __init__(self, authority):
        server = authority.issue("localhost")
        self.ca, self.server = authority.cert, (server.cert, server.key)

    def settings(self):
        """A daemon's [tls], listening on a free port."""
        certificate, key = self.server
        return {"tls.listen": "127.0.0.1:0", "tls.cert": certificate, "tls.key": key}

    def context(self):
        """What a client needs that trusts this authority and no other."""
        return ssl.create_default_context(cafile=self.ca)
