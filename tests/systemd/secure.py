# SPDX-License-Identifier: Apache-2.0
"""TLS, users and the PROXY protocol under the units, set up as the manual tells an operator to: a key of the group ssl-cert
in a folder that nobody else may enter, a users file with a group of its own, the two drop-ins of the examples. Steps as in
steps.py, but for the argument, a Setting."""

import os
import select
import subprocess

from service import wait_until
from steps import CHANGES, EXAMPLES, MODES, drained, nothing_lost, same, set_mode, true, under_load

TLS_PORT = 7443
TLS_SOCKET = "concurd-tls.socket"
CA, CA_KEY = "/etc/ssl/certs/test-ca.pem", "/root/test-ca.key"
CERT, KEY = "/etc/ssl/certs/db.example.pem", "/etc/ssl/private/db.example.key"
USERS, PASSWORD = "/etc/concurd/users", "/root/password"
SESSION = ("-connect", f"127.0.0.1:{TLS_PORT}", "-CAfile", CA, "-verify_return_error", "-verify_ip", "127.0.0.1")
LISTEN = f"[tls]\nlisten = 127.0.0.1:{TLS_PORT}\n"
TLS = f"[tls]\ncert = {CERT}\nkey = {KEY}\n"
AUTH = f"[auth]\nusers = {USERS}\nallow_anonymous = no\n"

# One whose password is checked in a fraction of the usual time, so that those who connect all the time load no machine.
ADD_USER = f"concur passwd --pass-file {PASSWORD} --file {USERS} --ln 10 --p 1"

# As on Debian, whose package ssl-cert makes the group and the folder.
PREPARE = f"""
groupadd --system --force ssl-cert
mkdir -p /etc/ssl/private && chgrp ssl-cert /etc/ssl/private && chmod 710 /etc/ssl/private
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {CA_KEY} -subj /CN=CA -days 10 \\
    -addext basicConstraints=critical,CA:TRUE -out {CA}
groupadd --system --force concurd-users
install -m 640 -g concurd-users /dev/null {USERS}
echo 'correct horse' >{PASSWORD}
concur passwd --pass-file {PASSWORD} --file {USERS} anna
{ADD_USER} machine
"""

# A new certificate, whose serial number is $1; and how it takes the old one's place.
ISSUE = f"""
mkdir -p /root/next && cd /root/next
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -subj /CN=db.example -out request \\
    -addext subjectAltName=DNS:db.example,IP:127.0.0.1
openssl x509 -req -in request -CA {CA} -CAkey {CA_KEY} -set_serial "$1" -days 10 -copy_extensions copy -out cert
"""
INSTALL = f"install -m 640 -g ssl-cert /root/next/key {KEY} && install -m 644 /root/next/cert {CERT}"

# One who comes through a proxy: port, and whether with TLS, which begins behind the header.
PROXIED = """
import socket, ssl, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
s.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 5555 7070\\r\\n")
if sys.argv[2] == "tls":
    s = ssl.create_default_context(cafile=sys.argv[3]).wrap_socket(s, server_hostname="127.0.0.1")
s.sendall(b"CLIENT LIST\\r\\nQUIT\\r\\n")
print(b"".join(iter(lambda: s.recv(4096), b"")).decode())
"""


class Setting:
    """A service with keys and users, from `begin` to `end`, which leaves it as it was. `plain` and `tls` are ways to it."""

    def __init__(self, service):
        self.plain = service
        self.tls = service.reached_by("-p", str(TLS_PORT), "--tls", "--cacert", CA)
        self.machine = service.machine
        self.begun = False
        self.serial = 0

    def begin(self):
        self.begun = True
        service, machine = self.plain, self.machine
        machine.shell(PREPARE)
        self.issue()
        machine.shell(INSTALL)
        service.configure("50-tls", TLS if service.sockets else TLS + LISTEN)
        set_mode(service, "prefork")
        service.drop_in("\n".join(machine.run("cat", f"{EXAMPLES}/{name}.conf") for name in ("tls", "users")))
        if service.sockets:
            service.systemctl("enable", TLS_SOCKET)
            service.systemctl("restart", *service.sockets)
        else:
            service.restart()
        same(self.tls.call("PING"), "PONG", "PING over TLS")
        same(self.seen(), self.serial, "the certificate's number")

    def end(self):
        service = self.plain
        self.machine.shell("cd /etc/concurd/conf.d && rm -f 50-tls.conf 60-auth.conf 70-proxy.conf")
        set_mode(service, CHANGES[-1])
        service.drop_in(None)
        if service.sockets:
            service.systemctl("disable", "--now", TLS_SOCKET)
        service.restart()

    def issue(self):
        self.serial += 1
        self.machine.run("sh", "-ec", ISSUE, "sh", str(self.serial))

    def seen(self):
        """The number of the certificate that a new connection gets."""
        words = " ".join(SESSION)
        return int(self.machine.shell(f"openssl s_client {words} </dev/null 2>/dev/null | openssl x509 -noout -serial")
                   .removeprefix("serial="), 16)

    def refuse_reload(self, reason):
        """systemctl reload fails, and its status says why."""
        unit = self.plain.unit
        status, said = self.machine.ask("systemctl", "reload", unit)
        true(status != 0, f"systemctl reload succeeds: {said}")
        wait_until(lambda: f"last reload refused: {reason}" in self.machine.ask("systemctl", "status", "-n0", unit)[1],
                   f"'{reason}' in systemctl status")

    def identity(self):
        """What a refused reload must not change."""
        return self.tls.info("config_generation"), self.plain.pid(), self.seen()

    def count(self, event):
        return int(self.machine.ask("grep", "-c", f"event={event} ", self.plain.log)[1])


class Held:
    """A connection with TLS that stays."""

    def __init__(self, machine):
        self.child = machine.start("openssl", "s_client", "-quiet", *SESSION, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)

    def ask(self, command):
        self.child.stdin.write(command + "\r\n")
        self.child.stdin.flush()
        true(select.select([self.child.stdout], [], [], 10)[0], f"no reply to {command} in 10 s")
        return os.read(self.child.stdout.fileno(), 4096).decode().strip()

    def close(self):
        self.child.kill()


def renewed_certificate(setting):
    """Whoever connects from then on gets it, from every worker process; whoever is there goes on."""
    held = Held(setting.machine)
    same(held.ask("PING"), "+PONG", "PING")

    setting.issue()

    def action():
        setting.machine.shell(f"{INSTALL} && systemctl reload {setting.plain.unit}")
        wait_until(lambda: setting.seen() == setting.serial, "the new certificate")

    try:
        result = under_load(setting.tls, action)
        for _ in range(2 * setting.tls.info("workers")):
            same(setting.seen(), setting.serial, "the certificate's number")
        same(held.ask("PING"), "+PONG", "PING of a connection that was there before")
    finally:
        held.close()
    return nothing_lost(result)


def wrong_certificate(setting):
    """A key that is another certificate's, and one that the group may not read."""
    machine, unit = setting.machine, setting.plain.unit
    before = setting.identity()
    machine.shell(f"cp -p {KEY} {KEY}.right && openssl ecparam -name prime256v1 -genkey -noout -out {KEY}")
    place = "/etc/concurd/conf.d/50-tls.conf:3"
    try:
        result = under_load(setting.tls, lambda: setting.refuse_reload(
            f"{place}: tls.key = {KEY}: it does not belong to the certificate"))
        machine.run("chmod", "g=", KEY)
        setting.refuse_reload(f"{place}: tls.key = {KEY}: cannot open: Permission denied")
        same(setting.identity(), before, "generation, process and the certificate's number")
    finally:
        machine.run("mv", f"{KEY}.right", KEY)
    setting.plain.systemctl("reload", unit)
    wait_until(lambda: "refused" not in setting.plain.show("StatusText"), "the refusal gone from the status")
    return nothing_lost(result)


def restart(setting):
    result = under_load(setting.tls, setting.plain.restart)
    same(setting.seen(), setting.serial, "the certificate's number")
    return drained(setting.plain, result)


def users(mode):
    """Passwords are checked in the sandbox, by threads that make themselves nicer; with TLS, which keeps them from others.
    Under load somebody is added."""
    def step(setting):
        plain, machine = setting.plain, setting.machine
        anna, bob, load = (setting.tls.reached_by(*setting.tls.target, "--user", name, "--pass-file", PASSWORD)
                           for name in ("anna", "bob", "machine"))
        plain.configure("60-auth", AUTH)
        set_mode(plain, mode)
        try:
            plain.restart()
            before = setting.count("worker_died"), plain.pid()
            true("NOAUTH" in setting.tls.refusal("PING"), "who has no name asks nothing")
            true("user=anna " in anna.call("CLIENT", "LIST"), "who has the password is let in")
            true("WRONGPASS" in bob.refusal("PING"), "who is unknown asks nothing")

            def action():
                said = machine.shell(f"{ADD_USER} bob && stat -c '%a %U %G' {USERS} && systemctl reload {plain.unit}")
                same(said, "640 root concurd-users", "whose the users file is")
                wait_until(bob.answers, "bob is let in")

            result = under_load(load, action)
            same((setting.count("worker_died"), plain.pid()), before, "deaths of workers, and the process")
            same(load.whoami("mode"), mode, "mode")
        finally:
            machine.run("sed", "-i", "/^bob:/d", USERS)
            plain.configure("60-auth", None)
        plain.systemctl("reload", plain.unit)
        wait_until(plain.answers, "all are let in again")
        return nothing_lost(result)
    return step


def each_mode(setting):
    """Whatever the mode, it is TLS and a password."""
    plain = setting.plain
    user = setting.tls.reached_by(*setting.tls.target, "--user", "machine", "--pass-file", PASSWORD)
    plain.configure("60-auth", AUTH)
    try:
        for mode in MODES:
            set_mode(plain, mode)
            plain.restart()
            same(user.whoami("mode"), mode, "mode")
    finally:
        plain.configure("60-auth", None)
    plain.restart()


def proxy_header(setting):
    """A client has the address that the header says, with TLS and without; who sends none is closed."""
    plain, machine = setting.plain, setting.machine
    errors = setting.count("proxy_error")

    def listed(port, kind):
        return "addr=192.0.2.7:5555 " in machine.ask("python3", "-c", PROXIED, str(port), kind, CA)[1]

    plain.configure("70-proxy", "[server]\nproxy_protocol = yes\n")
    try:
        plain.systemctl("reload", plain.unit)
        wait_until(lambda: listed(plain.port, "plain"), "a client with the address of a header")
        true(listed(TLS_PORT, "tls"), "the same with TLS")
        plain.refusal("PING")
        wait_until(lambda: setting.count("proxy_error") > errors, "a line of the log on it")
    finally:
        plain.configure("70-proxy", None)
    plain.systemctl("reload", plain.unit)
    wait_until(plain.answers, "PING without a header")


def of(service):
    """Names and steps. What sockets make no difference to is shown once."""
    if service.sockets:
        yield "TLS, restart", restart
        yield "users, pool", users("pool")
    else:
        yield "TLS, renewed", renewed_certificate
        yield "TLS, wrong certificate", wrong_certificate
        yield "users, prefork", users("prefork")
    yield "TLS and users, each mode", each_mode
    yield "PROXY header", proxy_header
