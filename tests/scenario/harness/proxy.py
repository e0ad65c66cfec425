# SPDX-License-Identifier: Apache-2.0
"""PROXY headers as bytes, and clients behind them; and a real HAProxy."""

import shutil
import socket
import struct
import subprocess

from harness.errors import Failed
from harness.resp import Client

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
UNKNOWN = b"PROXY UNKNOWN\r\n"
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


def v1(source="192.0.2.1", port=4242):
    """Version 1: from there to some address of the proxy's."""
    six = ":" in source
    return f"PROXY {'TCP6' if six else 'TCP4'} {source} {'2001:db8::9' if six else '198.51.100.9'} {port} 7070\r\n".encode()


def extension(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def v2(source="192.0.2.1", port=4242, extensions=b""):
    """Version 2; a source that begins with / is a unix socket's path."""
    if source.startswith("/"):
        family, addresses = 0x31, source.encode().ljust(108, b"\0") + b"/listen".ljust(108, b"\0")
    else:
        six = ":" in source
        kind = socket.AF_INET6 if six else socket.AF_INET
        family = 0x21 if six else 0x11
        addresses = socket.inet_pton(kind, source) + socket.inet_pton(kind, "2001:db8::9" if six else "198.51.100.9") \
            + struct.pack(">HH", port, 7070)
    return SIGNATURE + struct.pack(">BBH", 0x21, family, len(addresses) + len(extensions)) + addresses + extensions


def behind(daemon, header, **options):
    """A client whose proxy has sent that header."""
    client = daemon.client(**options)
    client.send_bytes(header)
    return client


def address(client):
    """What the daemon calls the client's address."""
    line = client.ask("CLIENT", "INFO").decode()
    return dict(pair.split("=", 1) for pair in line.split())["addr"]


def configuration(port, server, check=None, lines=()):
    """A haproxy.cfg with 127.0.0.1:`port` behind it: `server` are words for its server line. With `check`, words for another
    server line, that is asked all the time whether it lives, in a section with those lines; but nobody depends on the answer,
    as on a busy machine it may come too late. A function of what its bind line says."""
    checks = ["backend checks", *lines, f"server one 127.0.0.1:{port} check inter 50ms {check}"]
    return lambda bind: "\n    ".join(
        ["defaults", "mode tcp", "timeout connect 5s", "timeout client 60s", "timeout server 60s", "frontend clients", bind,
         "default_backend daemons", "backend daemons", f"server one 127.0.0.1:{port} {server}", *(checks if check else [])]) + "\n"


class HAProxy:
    """A real one, on `port`. It gets a socket that listens, so that nobody has to guess a port."""

    def __init__(self, t, folder, text):
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/sbin")
        if program is None:
            t.skip("haproxy is not installed")
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.socket.getsockname()[1]
        path = f"{folder}/haproxy.cfg"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text(f"bind fd@{self.socket.fileno()}"))
        self.output = open(f"{folder}/haproxy.output", "w+b")
        self.process = subprocess.Popen([program, "-db", "-f", path], pass_fds=[self.socket.fileno()],
                                        stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        t.closing(self)

    def client(self, t):
        self.check()
        return t.closing(Client(self.port, timeout=t.seconds(10)))

    def said(self):
        """All that it has logged, of servers above all."""
        with open(self.output.name, encoding="utf-8") as file:
            return file.read()

    def check(self):
        """It does not end by itself; while its socket is ours, too, nobody would be refused."""
        if self.process.poll() is not None:
            raise Failed(f"haproxy ended with {self.process.returncode}: {self.said()}")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.output.close()
        self.socket.close()
