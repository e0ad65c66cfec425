# SPDX-License-Identifier: Apache-2.0
"""The client over TLS, against servers that were made to misbehave: whom it trusts, how it tells what is wrong, and that what
it counts is what the server has counted. The servers are Python's; the daemon's own side is tls.py's."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time

from harness import modes
from harness.certificates import Authority, server_context
from harness.concur import FAILED, FINE, SUSPECT, UNREACHABLE, USAGE, Load, load
from harness.errors import between, same, true
from harness.fake import Fake
from harness.folder import Folder
from harness.scenario import scenario


def call(t, *arguments, verb="call", text=None, seconds=20):
    """A verb's exit status, what it printed and what it complained about."""
    if t.programs.concur is None:
        t.skip("there is no concur")
    done = subprocess.run([t.programs.concur, verb, *map(str, arguments)], input=text or "", capture_output=True, text=True,
                          timeout=t.seconds(seconds))
    return done.returncode, done.stdout, done.stderr


def fake(t, tls, **options):
    return t.closing(Fake(tls=tls, **options))


# --- whom it trusts -----------------------------------------------------------------------------------------------

@scenario(rows=modes.once)
def certificates_are_checked_unless_told_not_to(t):
    authority, stranger = t.closing(Authority()), t.closing(Authority("stranger"))
    good, old, elsewhere = authority.issue(), authority.issue(days=-1), authority.issue(names="DNS:elsewhere.example")
    trust = ("--cacert", authority.cert)
    rows = [
        (good, trust, None),
        (good, ("-h", "localhost", *trust), None),
        (good, ("--insecure",), None),
        (good, (), "unable to get local issuer certificate; --cacert FILE or --insecure"),
        (good, ("--cacert", stranger.cert), "unable to get local issuer certificate; --cacert FILE or --insecure"),
        (stranger, trust, "self-signed certificate; --cacert FILE or --insecure"),
        (stranger, ("--insecure",), None),
        (old, trust, "certificate has expired; --insecure takes it as it is"),
        (elsewhere, trust, "IP address mismatch; --host as the certificate has it, or --insecure"),
        (elsewhere, ("-h", "localhost", *trust), "hostname mismatch; --host as the certificate has it, or --insecure"),
    ]
    for identity, options, complaint in rows:
        server = fake(t, server_context(identity))
        status, out, err = call(t, "-p", server.port, "--tls", *options, "PING")
        if complaint is None:
            same((status, out, err), (FINE, "PONG\n", ""), options)
        else:
            where = f"{'localhost' if 'localhost' in options else '127.0.0.1'}:{server.port}"
            same((status, out, err), (UNREACHABLE, "", f"concur call: no TLS with {where}: certificate verify failed: "
                                                       f"{complaint}\n"), options)
            same(server.asked, [], "it said nothing to somebody whom it does not trust")


@scenario(rows=modes.once)
def the_name_is_told_to_the_server(t):
    authority = t.closing(Authority())
    names, context = [], server_context(authority.issue())
    context.sni_callback = lambda _, name, __: names.append(name)
    server = fake(t, context)
    for host in ("localhost", "127.0.0.1"):
        same(call(t, "-h", host, "-p", server.port, "--tls", "--cacert", authority.cert, "PING")[0], FINE, host)
    same(names, ["localhost", None], "an address is no name (RFC 6066)")


@scenario(rows=modes.once)
def a_client_certificate_is_shown_where_one_is_wanted(t):
    authority, stranger = t.closing(Authority()), t.closing(Authority("stranger"))
    identity, other = authority.issue("tom", "DNS:tom"), stranger.issue("tim", "DNS:tim")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        server = fake(t, server_context(authority.issue(), client_ca=authority, version=version))
        base = ("-p", server.port, "--tls", "--cacert", authority.cert)
        for options in (("--cert", identity.pem), ("--cert", identity.cert, "--key", identity.key)):
            same(call(t, *base, *options, "PING")[:2], (FINE, "PONG\n"), options)
            status, one = load(t, *base, *options, "-c", 3, "-n", 30)
            same((status, one.result["requests"]["ok"]), (FINE, 30), one.text)
        for options in ((), ("--cert", other.pem)):
            status, one = load(t, *base, *options, "-c", 3, "-n", 30)
            same((status, one.result), (UNREACHABLE, None), f"a load must end at once, with a reason: {one.text}")
            true("no TLS with" in one.text or "connection lost" in one.text, one.text)
        same(len(server.asked), 62, "nobody else was answered")
    for options, complaint in [(("--key", identity.key), "--key needs --cert"),
                               (("--cert", identity.cert, "--key", other.key), "key values mismatch"),
                               (("--cert", "/no/such"), "/no/such: No such file or directory")]:
        status, _, err = call(t, *base, *options, "PING")
        true(status == USAGE and complaint in err, f"{options}: {status} {err}")


# --- servers that misbehave -----------------------------------------------------------------------------------------

class Mute:
    """Takes clients and says nothing, from the n-th one on; those before are served. Plain below, so that a handshake stalls."""

    def __init__(self, context, served):
        self.context, self.left = context, served
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.clients = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                self.clients.append(client)
                self.left -= 1
                if self.left >= 0:
                    threading.Thread(target=self._serve, args=(client,), daemon=True).start()
            except OSError:
                return

    def _serve(self, client):
        try:
            client = self.context.wrap_socket(client, server_side=True)
            while client.recv(4096):
                client.sendall(b"-ERR no INFO here\r\n")
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for client in self.clients:
            client.close()


@scenario(rows=modes.once)
def a_stalled_handshake_has_a_deadline(t):
    authority = t.closing(Authority())
    context = server_context(authority.issue())
    silent = t.closing(Mute(context, 0))
    # As long as connecting may take; both wait at the same time.
    waiting = Load(t, "-p", silent.port, "--tls", "--cacert", authority.cert, "-n", 10)
    began = time.monotonic()
    status, _, err = call(t, "-p", silent.port, "--tls", "--cacert", authority.cert, "PING")
    same((status, err), (UNREACHABLE, f"concur call: no TLS with 127.0.0.1:{silent.port}: no handshake within 5000 ms\n"))
    between(4.9, time.monotonic() - began, t.seconds(7), "waited")
    same((waiting.wait(), waiting.result), (UNREACHABLE, None), waiting.text)
    # Within a load it is the load's own time-out: the probe and INFO are served, then nobody.
    late = t.closing(Mute(context, 2))
    status, one = load(t, "-p", late.port, "--tls", "--cacert", authority.cert, "-c", 4, "-d", "500ms", "--timeout", "100ms")
    same((status, one.result["requests"]["sent"], one.result["handshakes"]["count"]), (UNREACHABLE, 0, 0), one.text)
    true(one.result["errors"]["timed_out"] >= 4, one.text)
    same({name for name, count in one.result["errors"].items() if count}, {"timed_out"})


@scenario(rows=modes.once)
def a_server_that_speaks_plain_is_told(t):
    authority = t.closing(Authority())
    daemon = t.daemon()
    for verb, arguments in (("call", ("PING",)), ("cli", ()), ("map", ("SQUARE", "0..3")), ("load", ("-n", 5))):
        status, _, err = call(t, "-p", daemon.port, "--tls", "--cacert", authority.cert, *arguments, verb=verb)
        true(status == UNREACHABLE and f"no TLS with 127.0.0.1:{daemon.port}: " in err, f"{verb}: {status} {err}")


@scenario(rows=modes.once)
def a_cut_is_no_goodbye(t):
    """A server that goes away after some replies: without close_notify that is a failure of TLS, whoever did it; with it the
    server has closed the connection."""
    authority = t.closing(Authority())

    class Leaving(Fake):
        def _serve(self, client):
            try:
                secure = self._shake(client)
                for _ in range(20):
                    got = secure.recv(4096)
                    if not got:
                        break
                    secure.sendall(self._reply([b"INFO"]) if b"INFO" in got else self._reply([b"PING"]))
                if self.polite:
                    secure.unwrap()
                else:
                    plain = socket.socket(fileno=secure.detach())
                    plain.shutdown(socket.SHUT_WR)
                    while plain.recv(4096):  # closed at once it would be reset
                        pass
                    plain.close()
            except (OSError, ValueError):
                pass

    for polite, expected in ((False, "tls"), (True, "closed")):
        server = t.closing(Leaving(tls=server_context(authority.issue())))
        server.polite = polite
        status, one = load(t, "-p", server.port, "--tls", "--cacert", authority.cert, "-c", 2, "-n", 100)
        same(status, FAILED, one.text)
        errors = {name for name, count in one.result["errors"].items() if count}
        same(errors, {expected}, f"polite: {polite}")
        same(one.result["requests"]["ok"], len(server.asked), "what was answered was answered")
        same(one.result["handshakes"]["first_failure"], None if polite else "cut without close_notify")
        same("cut without close_notify" in one.text, not polite, one.text)


@scenario(rows=modes.once)
def the_client_says_goodbye(t):
    authority = t.closing(Authority())
    server = fake(t, server_context(authority.issue()))
    trust = ("-p", server.port, "--tls", "--cacert", authority.cert)
    same(call(t, *trust, "PING")[0], FINE)
    same(call(t, *trust, "ECHO", "0..9", verb="map")[0], FINE)
    status, one = load(t, *trust, "-c", 5, "-n", 100, "--idle", 7, "--reconnect-every", 10)
    same((status, one.result["idle_lost"]), (FINE, 0), one.text)
    t.wait_until(lambda: server.ended + server.cut >= len(server.clients) // 2, "all clients gone")
    same(server.cut, 0, f"clients that went without a word ({server.ended} said one)")


# --- loads ----------------------------------------------------------------------------------------------------------

@scenario(rows=modes.once)
def a_load_over_tls_counts_what_the_server_counts(t):
    authority = t.closing(Authority())
    for version, words in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")):
        context = server_context(authority.issue(), version=version)
        for options in (("-P", 1), ("-P", 16), ("-P", 16, "--verify"), ("-R", 2000, "-P", 4), ("-t", 2, "--mix", "PING:1,PING x:1")):
            server = fake(t, context)
            status, one = load(t, "-p", server.port, "--tls", "--cacert", authority.cert, "-c", 4, "-n", 1000, *options)
            true(status in (FINE, 4), f"{status} {one.text}")
            same((one.result["requests"]["ok"], len(server.asked)), (1000, 1000), options)
            tls = one.result["config"]["tls"]
            same((tls["version"], tls["verified"]), (words, True))
            true(f"{words}, {tls['cipher']}, 4 handshakes" in one.text, one.text)
            same((one.result["handshakes"]["count"], one.result["handshakes"]["resumed"]), (4, 0), options)


@scenario(rows=modes.once)
def what_tls_has_read_ahead_is_not_left_behind(t):
    """Replies in records of their own that come together, and a reply of many records: epoll tells of the first byte only."""
    authority = t.closing(Authority())
    parts = [b"*300\r\n", *[b"+part\r\n"] * 300]
    large = b"$%d\r\n%s\r\n" % (300000, b"x" * 300000)
    for answer, options in ((lambda *_: b"+PONG\r\n", ("-P", 32, "-n", 3200)), (lambda *_: parts, ("-P", 4, "-n", 40)), (lambda *_: large, ("-n", 40)),
                            (lambda *_: large, ("-P", 4, "-n", 40))):
        server = fake(t, server_context(authority.issue()), answer=answer)
        status, one = load(t, "-p", server.port, "--tls", "--cacert", authority.cert, "-c", 2, "--timeout", "2s", *options)
        same((status, one.result["requests"]["failed"]), (FINE, 0), one.text)
    status, out, _ = call(t, "-p", server.port, "--tls", "--cacert", authority.cert, "PING")
    same((status, len(out)), (FINE, 300001), "a large reply to one question")
    server = fake(t, server_context(authority.issue()), answer=lambda *_: parts)
    for verb, words, count in (("call", ("PING",), 300), ("map", ("ECHO", "0..3"), 4 * 300)):
        status, out, _ = call(t, "-p", server.port, "--tls", "--cacert", authority.cert, *words, verb=verb)
        same((status, out.count("part")), (FINE, count), f"a reply in many records: {verb}")


@scenario(rows=modes.once)
def connections_that_are_opened_anew_resume(t):
    authority = t.closing(Authority())
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        server = fake(t, server_context(authority.issue(), version=version))
        status, one = load(t, "-p", server.port, "--tls", "--cacert", authority.cert, "-c", 1, "-n", 100, "--reconnect-every",
                           10)
        handshakes = one.result["handshakes"]
        same((status, handshakes["count"], handshakes["resumed"]), (FINE, 10, 9), one.text)
        t.wait_until(lambda: server.resumed >= 9, "the server's own count")
        same(server.resumed, 9, f"resumed ({version})")
        true("10 handshakes, 9 of them resumed" in one.text, one.text)


@scenario(rows=modes.once)
def tls_over_a_unix_socket(t):
    authority = t.closing(Authority())
    path = os.path.join(t.closing(Folder()).path, "s")
    fake(t, server_context(authority.issue()), path=path)
    same(call(t, "-s", path, "--tls", "--cacert", authority.cert, "PING")[:2], (FINE, "PONG\n"), "for --host's default")
    same(call(t, "-s", path, "-h", "localhost", "--tls", "--cacert", authority.cert, "PING")[0], FINE)
    status, _, err = call(t, "-s", path, "-h", "elsewhere", "--tls", "--cacert", authority.cert, "PING")
    true(status == UNREACHABLE and "hostname mismatch" in err, err)


@scenario(rows=modes.once)
def cli_reconnects_over_tls(t):
    """A server that closes after each reply: the next line is asked over a new connection."""
    authority = t.closing(Authority())

    class Once(Fake):
        def _serve(self, client):
            try:
                secure = self._shake(client)
                if secure.recv(4096):
                    secure.sendall(self._reply([b"PING"]))
                secure.unwrap()
            except (OSError, ValueError):
                pass

    server = t.closing(Once(tls=server_context(authority.issue())))
    process = subprocess.Popen([t.programs.concur, "cli", "-p", str(server.port), "--tls", "--cacert", authority.cert],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        for turn in range(3):
            process.stdin.write("PING\n")
            process.stdin.flush()
            same(process.stdout.readline(), "PONG\n", f"turn {turn}")
            t.wait_until(lambda: len(server.asked) == turn + 1, "the server's reply")
        process.stdin.close()
        same(process.wait(t.seconds(5)), FINE)
    finally:
        process.kill()
        process.wait()


@scenario(rows=modes.once)
def compare_speaks_tls_to_targets(t):
    authority = t.closing(Authority())
    server = fake(t, server_context(authority.issue()))
    status, out, err = call(t, "--target", f"a=127.0.0.1:{server.port}", "--tls", "--cacert", authority.cert, "--workloads",
                            "none", "--repeats", 1, "-d", "200ms", "-c", 2, "--", "PING", verb="compare")
    true(status == FINE and "over TLS" in out + err, f"{status} {out} {err}")
    for options, complaint in ((("--tls", "--cacert", authority.cert), "are for a --target"),
                               (("--insecure",), "are for a --target"), (("--target", "a=127.0.0.1:1", "--insecure"), "--insecure needs --tls")):
        status, _, err = call(t, *options, verb="compare")
        true(status == USAGE and complaint in err, f"{options}: {status} {err}")


# --- against the daemon ---------------------------------------------------------------------------------------------

@scenario()
def the_daemon_and_the_load_agree_over_tls(t):
    """Requests, handshakes and resumed sessions as both sides count them, in every model; connections that are opened anew
    resume at whichever worker they come to."""
    authority = t.closing(Authority())
    identity = authority.issue()
    daemon = t.daemon({"tls.listen": "127.0.0.1:0", "tls.cert": identity.cert, "tls.key": identity.key})
    port = int(daemon.tls_listens[0].rpartition(":")[2])
    before = daemon.info()
    status, one = load(t, "-p", port, "--tls", "--cacert", authority.cert, "-c", 4, "-t", 2, "-n", 2000, "-P", 5,
                       "--reconnect-every", 50, "--verify", "--idle", 3, "--", "INCR", "x")
    true(status == FINE, one.text)
    same(one.result["requests"]["ok"], 2000)
    handshakes = one.result["handshakes"]
    between(40, handshakes["count"], 44, "a connection for every 50 requests")
    same(handshakes["resumed"], handshakes["count"] - 4, "all but the first ones resume")
    # Beside the load's own connections there are the probe, the idle ones, and those that ask INFO and GET.
    after = t.wait_until(lambda: daemon.info() if daemon.info()["connected_clients"] == 1 else None, "the load gone")
    same(after["tls_resumed"] - before["tls_resumed"], handshakes["resumed"], "resumed, as the daemon counts")
    between(handshakes["count"] + 4, after["tls_handshakes"] - before["tls_handshakes"], handshakes["count"] + 12, "handshakes")
    same(after["tls_handshake_failures"], 0)
    same(int(daemon.client().ask("GET", "x")), 2000, "every request once")


@scenario(rows=modes.once)
def a_plain_client_of_a_tls_server_is_told(t):
    """Where the server says so in TLS's own words; OpenSSL's only close."""
    server = t.closing(Fake(answer=lambda *_: b"\x15\x03\x01\x00\x02\x02\x46"))
    status, out, err = call(t, "-p", server.port, "PING")
    same((status, out, err), (FAILED, "", "concur call: the server seems to speak TLS: try --tls\n"))


@scenario(rows=modes.once)
def compare_has_private_daemons_speak_tls(t):
    """Also one that was crashed and is started again, with a certificate that only this comparison knows."""
    folder = t.closing(Folder()).path
    path, daemon, told = (os.path.join(folder, name) for name in ("result.json", "concurd", "told"))
    with open(daemon, "w", encoding="ascii") as script:
        script.write(f"#!/bin/sh\necho \"$*\" >>'{told}'\nexec '{t.programs.concurd}' \"$@\"\n")
    os.chmod(daemon, 0o755)
    status, out, err = call(t, "--tls", "--daemon", daemon, "--models", "event", "--workloads", "crash",
                            "--repeats", 1, "-d", "1s", "-c", 4, "--json", path, verb="compare", seconds=60)
    true(status in (FINE, SUSPECT) and ", TLS;" in out, f"{status} {out} {err}")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    same(result["config"]["tls"], True)
    with open(told, encoding="ascii") as file:
        for line in file:
            true(" tls.listen=127.0.0.1:" in line and " -o server.listen= " in line, f"it speaks nothing else: {line}")
    for workload in result["workloads"]:
        for one in workload["results"]:
            run = one["repeats"][0]
            true(run["throughput_rps"] > 0, f"{workload['name']}, {one['model']}: {run}")
