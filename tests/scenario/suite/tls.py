# SPDX-License-Identifier: Apache-2.0
"""TLS listeners: certificates and their renewal, sessions, ends in good order and others, and strangers."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

from harness import modes
from harness.certificates import Authority
from harness.errors import between, same, true
from harness.folder import Folder
from harness.resp import Client, Closed, encode
from harness.scenario import scenario
from harness.tls import Cut, SecureClient, refused, trusting
from harness.wire import Tls

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


class Secure:
    """A daemon with a TLS listener beside a plain one, and who its clients believe."""

    def __init__(self, t, settings=None, **options):
        self.t = t
        self.folder = t.closing(Folder()).path
        self.authority = t.closing(Authority())
        self.identity = self.authority.issue()
        # Renewals are copied over these.
        self.cert, self.key = os.path.join(self.folder, "cert.pem"), os.path.join(self.folder, "key.pem")
        self.install(self.identity)
        self.daemon = t.daemon({"tls.listen": "127.0.0.1:0", "tls.cert": self.cert, "tls.key": self.key, **(settings or {})},
                               **options)
        ready = self.daemon.wait_event("ready", tls="yes")[0]
        self.port = int(ready["listen"].rpartition(":")[2])
        self.context = trusting(self.authority)

    def install(self, identity, key=None):
        shutil.copy(identity.cert, self.cert)
        shutil.copy((key or identity).key, self.key)

    def client(self, context=None, **options):
        options.setdefault("timeout", self.t.seconds(10))
        return self.t.closing(SecureClient(self.port, context or self.context, **options))

    def stranger(self):
        """A connection to the TLS listener that speaks none."""
        return self.t.closing(Client(self.port, timeout=self.t.seconds(10)))

    def reload(self):
        before = len(self.daemon.events("reloaded"))
        self.daemon.signal(signal.SIGHUP)
        return self.daemon.wait_event("reloaded", before + 1)[-1]

    def refuse_reload(self):
        before = len(self.daemon.events("reload_refused"))
        self.daemon.signal(signal.SIGHUP)
        return self.daemon.wait_event("reload_refused", before + 1)[-1]["reason"]

    def counts(self):
        info = self.daemon.info()
        return tuple(info["tls_" + name] for name in ("connections", "handshakes", "handshake_failures", "resumed"))

    def closed(self, count=1, **fields):
        return self.daemon.wait_event("connection_closed", count, **fields)


@scenario()
def plain_and_tls_are_served_side_by_side(t):
    it = Secure(t)
    plain, old, new = it.daemon.client(), it.client(trusting(it.authority, most=V12)), it.client()
    same((plain.ask("PING"), old.ask("PING"), new.ask("PING")), ("PONG",) * 3)
    same((old.socket.version(), new.socket.version()), ("TLSv1.2", "TLSv1.3"))
    true(b" tls=no cert=\n" in plain.ask("CLIENT", "INFO"), "tls of a plain connection")
    true(b" tls=TLSv1.2 cert=\n" in old.ask("CLIENT", "INFO"), "tls of a connection with TLS 1.2")
    true(b" tls=TLSv1.3 cert=\n" in new.ask("CLIENT", "INFO"), "tls of a connection with TLS 1.3")
    same(it.counts(), (2, 2, 0, 0))
    same(old.ask("QUIT"), "OK")
    same(old.read_to_end(), b"")
    it.closed(tls="TLSv1.2", close_reason="quit")
    same([record["tls"] for record in it.daemon.events("ready")], ["no", "yes"])


@scenario(rows=modes.once)
def a_certificate_without_a_listener_is_warned_of(t):
    it = Secure(t)
    same(it.daemon.events("config_warning"), [])
    files = {"tls.cert": it.cert, "tls.key": it.key}
    (warning,) = t.daemon(files).events("config_warning")
    true(warning["message"].startswith("nobody speaks TLS"), warning["message"])


# By the kind of the certificate's key: without authenticated encryption, and without forward secrecy.
WEAK = {"EC": ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"],
        "RSA": ["ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-SHA", "DHE-RSA-AES128-SHA256"]}


@scenario(rows=modes.once)
def what_is_weak_is_not_spoken(t):
    """The server says so, by the alert that is meant for it; that the client would not is no proof. With either kind of key, as
    each has ciphers that the other can't have."""
    it = Secure(t)

    def offers(*options):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{it.port}", *options], timeout=t.seconds(20),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode("ascii", "replace")

    weak = 0
    for key in ("EC", "RSA"):
        it.install(it.authority.issue(key=key))
        it.reload()
        good = "ECDHE-ECDSA-AES128-GCM-SHA256" if key == "EC" else "ECDHE-RSA-AES128-GCM-SHA256"
        status, said = offers("-tls1_2", "-cipher", good)
        true(status == 0 and f"Cipher is {good}" in said, f"{good}: {said[-300:]}")
        for options, alert in ((["-tls1"], 70), (["-tls1_1"], 70), *((["-tls1_2", "-cipher", cipher], 40) for cipher in WEAK[key])):
            if "-cipher" not in options:
                options = [*options, "-cipher", "ALL:@SECLEVEL=0"]
            status, said = offers(*options)
            true(status != 0 and f"SSL alert number {alert}" in said, f"{key}, {options}: {said[-300:]}")
            weak += 1
    same(it.counts()[1:3], (2, weak))
    strict = Secure(t, {"tls.min_version": "1.3"})
    true(refused(strict.port, trusting(strict.authority, most=V12)), "TLS 1.2 is refused")
    same(refused(strict.port, strict.context), None)
    chosen = Secure(t, {"tls.ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256"})
    same(chosen.client().socket.cipher()[0], "TLS_AES_128_GCM_SHA256")
    same(chosen.client(trusting(chosen.authority, most=V12)).socket.cipher()[0], "ECDHE-ECDSA-CHACHA20-POLY1305")


@scenario(rows=modes.crowded)
def a_stalled_handshake_ends_at_its_deadline_and_keeps_nobody_waiting(t):
    it = Secure(t, {"server.request_timeout": "1s"})
    client = it.client()
    start = time.monotonic()
    silent, begun = it.stranger(), it.stranger()
    begun.send_bytes(b"\x16\x03\x01\x02\x00\x01\x00")
    same(client.ask("PING"), "PONG")
    other = it.client()
    same(other.ask("PING"), "PONG")
    early = silent.readable() or begun.readable()
    true(not early or time.monotonic() - start >= 1, "others are served meanwhile")
    same((silent.read_to_end(), begun.read_to_end()), (b"", b""))
    between(0.99, time.monotonic() - start, t.seconds(3), "seconds")
    it.closed(2, close_reason="tls", tls="handshake")
    same(it.counts()[:3], (4, 2, 2))
    true("request_timeout" in it.daemon.wait_event("tls_failed")[0]["reason"], "the reason")
    same(client.ask("PING"), "PONG")


@scenario()
def who_speaks_no_tls_is_closed_at_once_and_runs_nothing(t):
    it = Secure(t)
    for data in (b"INCR n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 100):
        client = it.stranger()
        client.send_bytes(data)
        answer = client.read_to_end()
        true(answer[:1] in (b"", b"\x15"), f"nothing but an alert: {answer!r}")
        client.close()
    gone = it.stranger()
    gone.close()
    it.closed(5, tls="handshake")
    same(it.counts()[:3], (5, 0, 5))
    same(len(it.daemon.events("connection_closed", close_reason="peer", tls="handshake")), 1)
    client = it.daemon.client()
    same(client.ask("GET", "n"), None)
    true(refused(it.daemon.port, it.context), "no TLS on the plain port")
    same(it.daemon.client().ask("PING"), "PONG")


@scenario()
def a_flood_of_bad_handshakes_is_counted_and_does_not_flood_the_log(t):
    it = Secure(t)
    started = time.monotonic()
    for _ in range(30):
        client = it.stranger()
        client.send_bytes(b"PING\r\n")
        client.read_to_end()
        client.close()
    it.closed(30, close_reason="tls")
    same(it.counts()[:3], (30, 0, 30))
    events = it.daemon.events("tls_failed")
    seconds = int(time.monotonic() - started) + 1
    processes = len(it.daemon.workers()) if t.mode.prefork else 1
    between(1, len(events), processes * (seconds + 1), f"lines in {seconds} s, one a second and process")
    same(events[0]["reason"], "the peer speaks no TLS")


@scenario()
def a_renewed_certificate_is_for_new_connections_in_all_processes_at_once(t):
    it = Secure(t)
    old = it.client()
    first = old.serial()
    for number in range(3):
        it.install(it.authority.issue())
        same(it.reload()["changed"], "tls.cert,tls.key")
        clients = [it.client() for _ in range(6)]
        serials = {client.serial() for client in clients}
        same(len(serials), 1, "certificates shown after a reload")
        true(first not in serials, "the old certificate is shown no more")
        for client in clients:
            same(client.ask("PING"), "PONG")
            client.close()
        same(old.ask("PING"), "PONG", "the connection of before")
    same(old.say_goodbye(), True)


@scenario(rows=modes.only("prefork/event"))
def a_busy_worker_gets_nobody_before_it_knows_of_the_reload(t):
    """It is the only one with room, is told of one reload at a time, and could show nothing but the certificate of before."""
    it = Secure(t, {"commands.disable": "", "prefork.clients_per_worker": 2})
    served = {}
    for client in it.daemon.clients(3):
        served.setdefault(client.whoami()["pid"], []).append(client)
    (pid, (busy,)), (_, others) = sorted(served.items(), key=lambda item: len(item[1]))
    renewed = [it.authority.issue() for _ in range(2)]
    busy.send("BLOCK", 2500)
    it.daemon.wait_running("block")
    for identity in renewed:
        it.install(identity)
        it.reload()
    if busy.readable():
        t.skip("this machine was too slow for two reloads while a worker is busy")
    late = it.client()
    same(late.whoami()["pid"], pid)
    others[0].close()
    same(it.client().serial(), late.serial(), "the certificate that was shown by the worker that was busy")
    same(busy.read(), "OK")


@scenario()
def bad_files_are_refused_at_a_reload_and_the_old_ones_stay(t):
    it = Secure(t)
    first = it.client().serial()
    other = it.authority.issue("other")
    with open(it.cert, "w", encoding="ascii") as file:
        file.write("no certificate\n")
    true("tls.cert = " in it.refuse_reload() and "no certificate in it" in it.daemon.events("reload_refused")[-1]["reason"],
         "what is wrong")
    it.install(it.identity, key=other)
    true("it does not belong to the certificate" in it.refuse_reload(), "a mismatch")
    os.unlink(it.key)
    true("tls.key" in it.refuse_reload() and "No such file" in it.daemon.events("reload_refused")[-1]["reason"], "a missing key")
    same(it.client().serial(), first)
    same(it.daemon.info()["config_generation"], 1)
    it.install(other)
    it.reload()
    true(it.client().serial() != first, "a good one is taken")


@scenario()
def sessions_are_resumed_at_every_process_until_the_certificate_changes(t):
    it = Secure(t)
    for most in (V12, V13):
        context = trusting(it.authority, most=most)
        client = it.client(context)
        same((client.socket.session_reused, client.ask("PING")), (False, "PONG"))
        session = client.socket.session
        client.close()
        resumed = [it.client(context, session=session) for _ in range(4)]
        pids = {one.whoami()["pid"] for one in resumed}
        same([one.socket.session_reused for one in resumed], [True] * 4)
        same(len(pids), 2 if t.mode.prefork and not t.mode.classic else len(pids), "processes")
        same(it.counts()[3], 4)
        for one in resumed:
            one.close()
        it.reload()
        again = it.client(context, session=session)
        same((again.socket.session_reused, again.ask("PING")), (True, "PONG"), "after a reload that changes nothing")
        again.close()
        it.install(it.authority.issue())
        it.reload()
        last = it.client(context, session=session)
        same((last.socket.session_reused, last.ask("PING")), (False, "PONG"), "after a reload with another certificate")
        last.close()
        it = Secure(t)


@scenario()
def renegotiation_is_refused(t):
    it = Secure(t)
    with subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{it.port}"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
        t.wait_until(lambda: it.counts()[1] == 1, "a handshake")
        client.stdin.write(b"R\n")
        client.stdin.flush()
        output = client.stdout.read()
        client.stdin.close()
    true(b"RENEGOTIATING" in output and b"no renegotiation" in output, output[-300:])
    same(it.counts()[:3], (1, 1, 0))


@scenario()
def clients_show_certificates_where_that_is_asked(t):
    staff, strangers = t.closing(Authority("staff")), t.closing(Authority("strangers"))
    it = Secure(t, {"tls.client_ca": staff.cert})
    anna, mallory = staff.issue("anna"), strangers.issue("mallory")
    blank = staff.issue("two words")
    for most in (V12, V13):
        true(refused(it.port, trusting(it.authority, most=most)), "nobody without a certificate")
        true(refused(it.port, trusting(it.authority, mallory, most=most)), "nobody with a stranger's")
        client = it.client(trusting(it.authority, anna, most=most))
        true(b" cert=anna\n" in client.ask("CLIENT", "INFO"), "the name in CLIENT INFO")
        same(client.ask("QUIT"), "OK")
        client.read_to_end()
        it.closed(cert="anna", tls="TLSv1.3" if most is V13 else "TLSv1.2")
    client = it.client(trusting(it.authority, blank))
    true(b" cert=two_words\n" in client.ask("CLIENT", "INFO"), "a name that fits")
    same(it.counts()[1:3], (3, 4))
    true(it.daemon.events("tls_failed")[0]["reason"] == "the peer shows no certificate", "the reason")


class Slow:
    """A client that has said all of its handshake but the last flight, after which it gets its ticket."""

    def __init__(self, port, context, timeout):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.talk = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.go_on(self.talk.do_handshake, 1)

    def go_on(self, step, flights):
        """Until it is done, or more than so many flights have to be sent for it."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                if self.outgoing.pending:
                    if flights == 0:
                        return None
                    flights -= 1
                    self.socket.sendall(self.outgoing.read())
                self.incoming.write(self.socket.recv(65536))

    def ask(self, *request):
        self.go_on(self.talk.do_handshake, 1)
        self.talk.write(encode(*request))
        return self.go_on(lambda: self.talk.read(1000), 1)

    def close(self):
        self.socket.close()


@scenario()
def a_handshake_of_before_a_reload_leaves_no_way_in(t):
    """Who shows the certificate of an authority that is trusted no more a moment later is in, but has nothing to come back
    with, though its ticket is sealed after the reload."""
    staff, others = t.closing(Authority("staff")), t.closing(Authority("others"))
    path = os.path.join(t.closing(Folder()).path, "ca.pem")
    anna = staff.issue("anna")
    for most in (V12, V13):
        shutil.copy(staff.cert, path)
        it = Secure(t, {"tls.client_ca": path})
        context = trusting(it.authority, anna, most=most)
        slow = t.closing(Slow(it.port, context, t.seconds(10)))
        shutil.copy(others.cert, path)
        it.reload()
        if t.mode.prefork:
            it.daemon.wait_event("adopted", it.daemon.info()["workers"])
        same(slow.ask("PING"), b"+PONG\r\n")
        failures = it.counts()[2]
        try:
            late = SecureClient(it.port, context, session=slow.talk.session, timeout=t.seconds(10))
            t.closing(late).ask("PING")
            true(False, "let in with a session of an authority that is trusted no more")
        except (ssl.SSLError, OSError, Closed):
            pass
        t.wait_until(lambda: it.counts()[2] == failures + 1, "the handshake counted as a failure")


@scenario()
def another_authority_makes_the_sessions_of_before_void(t):
    staff, others = t.closing(Authority("staff")), t.closing(Authority("others"))
    path = os.path.join(t.closing(Folder()).path, "ca.pem")
    shutil.copy(staff.cert, path)
    it = Secure(t, {"tls.client_ca": path})
    context = trusting(it.authority, staff.issue("anna"))
    client = it.client(context)
    same(client.ask("PING"), "PONG")
    session = client.socket.session
    shutil.copy(others.cert, path)
    it.reload()
    failures = it.counts()[2]
    try:
        late = SecureClient(it.port, context, session=session, timeout=t.seconds(10))
        t.closing(late).ask("PING")
        true(False, "let in with a session of before")
    except (ssl.SSLError, OSError, Closed):
        pass
    t.wait_until(lambda: it.counts()[2] == failures + 1, "the handshake counted as a failure")
    same(client.ask("PING"), "PONG", "who was in already")


@scenario(rows=modes.crowded)
def a_record_that_comes_slowly_has_the_time_of_a_request(t):
    it = Secure(t, {"server.request_timeout": "1s"})
    ends, raws = [Tls(it.context) for _ in range(2)], [it.stranger() for _ in range(2)]
    for end, raw in zip(ends, raws):
        raw.send_bytes(end.outgoing(encode("PING")))
        while not end.incoming(raw.receive()):
            raw.send_bytes(end.outgoing())
    slow, patient = raws
    began = time.monotonic()
    for byte in ends[0].outgoing(b"x" * 16000)[:100]:
        if slow.readable():
            break
        slow.send_bytes(bytes([byte]))
        time.sleep(0.1)
    between(0.9, time.monotonic() - began, t.seconds(4), "seconds until the end")
    it.closed(close_reason="request_timeout")
    # A record in two parts leaves nothing behind that would end an idle client later.
    record = ends[1].outgoing(encode("PING"))
    patient.send_bytes(record[:5])
    time.sleep(0.2)
    patient.send_bytes(record[5:])
    same(ends[1].incoming(patient.receive()), b"+PONG\r\n")
    time.sleep(1.5)
    patient.send_bytes(ends[1].outgoing(encode("PING")))
    same(ends[1].incoming(patient.receive()), b"+PONG\r\n")
    same(it.daemon.events("connection_closed", close_reason="request_timeout")[1:], [])


@scenario()
def a_cut_connection_is_an_abort_and_half_a_request_never_runs(t):
    it = Secure(t)
    for data in (b"INCR n", b"*2\r\n$4\r\nINCR\r\n$1\r\n"):
        client = it.client()
        same(client.ask("INCR", "whole"), 1 if data == b"INCR n" else 2)
        client.send_bytes(data)
        client.end_input_rudely()
        client.read_to_end()
    it.closed(2, close_reason="error")
    same(it.daemon.client().ask("GET", "n"), None)


@scenario()
def an_end_in_good_order_is_said_by_both(t):
    impatient = Secure(t, {"server.idle_timeout": "300ms"})
    idle = impatient.client()
    same(idle.read_to_end(), b"", "who is idle is told")
    impatient.closed(close_reason="idle_timeout")
    it = Secure(t)
    leaving = it.client()
    same(leaving.ask("PING"), "PONG")
    same(leaving.say_goodbye(), True, "the server answers a goodbye")
    it.closed(close_reason="peer")
    wrong = it.client()
    wrong.send_bytes(b"*1\r\n:1\r\n" + b"x" * 50000)
    true(wrong.read_to_end().startswith(b"-ERR Protocol error"), "the error arrives, and a goodbye behind it")
    killed = it.client()
    number = killed.ask("CLIENT", "ID")
    same(it.daemon.client().ask("CLIENT", "KILL", "ID", number), 1)
    same(killed.read_to_end(), b"", "who is killed while it waits is told")
    it.closed(close_reason="killed")


@scenario()
def replies_behind_a_goodbye_still_arrive(t):
    """A client that has said all that it will, as with half a connection, gets its replies and the server's goodbye."""
    it = Secure(t)
    done = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{it.port}"],
                          input=b"WORK reply=300k\r\nECHO last\r\nQUIT\r\n", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    true(done.stdout.endswith(b"$4\r\nlast\r\n+OK\r\n") and len(done.stdout) > 300000, done.stdout[-80:])


@scenario()
def what_comes_behind_the_last_request_does_not_cut_its_reply(t):
    it = Secure(t)
    client = it.client()
    client.send_bytes(b"SLEEP 200\r\nQUIT\r\n" + b"x" * 60000)  # which has arrived when it says QUIT
    same(client.read_to_end(), b"+OK\r\n+OK\r\n")


@scenario()
def many_pipelined_requests_over_tls(t):
    it = Secure(t)
    client, other = it.client(), it.client()
    client.send_bytes(b"".join(encode("ECHO", str(number)) for number in range(3000)))
    same(client.read_count(3000), [b"%d" % number for number in range(3000)])
    for size in (1, 5, 16384, 16385, 100000):
        other.send("ECHO", "x" * size)
        same(len(other.read()), size)
    for byte in encode("ECHO", "slowly"):
        other.send_bytes(bytes([byte]))
    same(other.read(), b"slowly")


@scenario()
def a_slow_reader_gets_all_of_a_large_reply(t):
    it = Secure(t)
    slow, other = it.client(receive_buffer=4096), it.client()
    slow.send("WORK", "reply=4m")
    start = time.monotonic()
    same(other.ask("PING"), "PONG")
    true(time.monotonic() - start < t.seconds(2), "another is served meanwhile")
    same(len(slow.read()), 4 << 20)
    slow.send_bytes(b"WORK reply=1m\r\nQUIT\r\n")
    data = slow.read_to_end()
    true(data.endswith(b"+OK\r\n") and len(data) > 1 << 20, "all of it, and a goodbye")


class Loop(threading.Thread):
    """A client in a closed loop, which connects again when it is told goodbye between two requests."""

    def __init__(self, it, asked):
        super().__init__()
        self.it, self.asked = it, asked
        self.answered = self.goodbyes = 0
        self.failure = None

    def run(self):
        try:
            client = SecureClient(self.it.port, self.it.context, timeout=self.it.t.seconds(20))
            for number in range(self.asked):
                while True:
                    try:
                        client.send("ECHO", str(number))
                        same(client.read(), b"%d" % number)
                        break
                    except Cut:
                        raise
                    except (Closed, ssl.SSLZeroReturnError, BrokenPipeError):
                        same(bytes(client.buffer), b"", "half of a reply")
                        self.goodbyes += 1
                        client.close()
                        client = SecureClient(self.it.port, self.it.context, timeout=self.it.t.seconds(20))
                self.answered += 1
            client.close()
        except BaseException as failure:
            self.failure = failure


def run_loops(it, count, asked):
    loops = [Loop(it, asked) for _ in range(count)]
    for one in loops:
        one.start()
    for one in loops:
        one.join()
        if one.failure:
            raise one.failure
    return loops


@scenario(rows=modes.preforked_crowded)
def a_worker_that_is_replaced_keeps_its_tls_clients_until_they_leave(t):
    it = Secure(t, {"prefork.max_requests": 100})
    loops = run_loops(it, 4, 400)
    same([(one.answered, one.goodbyes) for one in loops], [(400, 0)] * 4)
    it.daemon.wait_event("worker_exited", 2, reason="retired", seconds=20)
    same(it.daemon.events("worker_died"), [])
    kept = []
    end = time.monotonic() + 0.8
    while time.monotonic() < end:  # however many are kept, somebody is there for the next, whose worker has had its share, too
        kept.append(it.client())
        kept[-1].send_bytes(encode("PING") * 110)
        same(kept[-1].read_count(110), ["PONG"] * 110)
    same([client.ask("PING") for client in kept], ["PONG"] * len(kept))


@scenario(rows=modes.preforked_crowded)
def no_more_workers_are_replaced_at_once_than_have_a_successor(t):
    """There are places for twice as many workers as are wanted, and those who are kept by their TLS clients have one each: the
    last one that is free is for one successor, when two have had their share at the same time."""
    it = Secure(t, {"prefork.max_requests": 100, "prefork.workers": 3, "prefork.max_workers": 3})
    clients = [it.client() for _ in range(3)]
    same(len({client.whoami()["pid"] for client in clients}), 3, "each on a worker of its own")

    def use_up(client):
        client.send_bytes(encode("PING") * 110)
        same(client.read_count(110), ["PONG"] * 110)

    def staying():
        return len(it.daemon.events("worker_ready")) - len(it.daemon.events("worker_retiring"))

    for number, client in enumerate(clients[:2], 1):
        use_up(client)
        it.daemon.wait_event("worker_ready", 3 + number)
    clients.append(it.client())  # on the successor that has none
    true(clients[3].whoami()["pid"] != clients[2].whoami()["pid"], "on two workers that stay")
    it.daemon.signal(signal.SIGSTOP)
    for client in clients[2:]:
        use_up(client)
    it.daemon.signal(signal.SIGCONT)
    it.daemon.wait_event("worker_ready", 6)
    same(staying(), 3)
    clients[0].close()
    it.daemon.wait_event("worker_ready", 7)
    same((staying(), len(it.daemon.events("worker_retiring"))), (3, 4))


@scenario(rows=modes.preforked_crowded)
def a_worker_that_is_replaced_lets_go_between_requests_when_the_time_is_over(t):
    it = Secure(t, {"prefork.max_requests": 50, "server.drain_timeout": "100ms"})
    plain, kept = it.daemon.client(), it.client()
    same((plain.ask("PING"), kept.ask("PING")), ("PONG", "PONG"))
    loops = run_loops(it, 3, 1500)
    same([one.answered for one in loops], [1500] * 3)
    it.daemon.wait_event("worker_exited", 2, reason="retired", seconds=20)
    same(kept.read_to_end(), b"", "told goodbye")
    same(plain.ask("PING"), "PONG", "a plain client moved on")
    same(it.daemon.events("worker_died"), [])


@scenario()
def a_drain_answers_what_was_asked_and_says_goodbye(t):
    it = Secure(t)
    idle, working, sender = it.client(), it.client(), it.client()
    same([one.ask("PING") for one in (idle, working, sender)], ["PONG"] * 3)
    working.send("SLEEP", 300)
    it.daemon.wait_running("sleep")
    sender.send_bytes(b"".join(encode("ECHO", str(number)) for number in range(200)))
    it.daemon.term()
    same(sender.read_count(200), [b"%d" % number for number in range(200)])
    same((sender.read_to_end(), idle.read_to_end()), (b"", b""))
    same(working.read_to_end(), b"+OK\r\n")
    same(it.daemon.wait_exit(), 0)


@scenario()
def listeners_for_tls_come_and_go_at_reloads(t):
    folder = t.closing(Folder()).path
    authority, path = t.closing(Authority()), os.path.join(folder, "x.conf")
    identity = authority.issue()

    def write(*lines):
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")

    def reload(event):
        before = len(daemon.events(event))
        daemon.signal(signal.SIGHUP)
        return daemon.wait_event(event, before + 1)[-1]

    write("[tls]")
    daemon = t.daemon(arguments=["-c", path])
    write("[tls]", "listen = 127.0.0.1:0")
    true("needs tls.cert" in reload("reload_refused")["reason"], "what is missing")
    write("[tls]", "listen = 127.0.0.1:0", f"cert = {identity.cert}", f"key = {identity.key}")
    true("tls.listen" in reload("reloaded")["changed"], "the key that changed")
    port = int(daemon.wait_event("ready", tls="yes")[0]["listen"].rpartition(":")[2])
    client = t.closing(SecureClient(port, trusting(authority), timeout=t.seconds(10)))
    same(client.ask("PING"), "PONG")
    write("[tls]")
    reload("reloaded")
    daemon.wait_event("listener_closed")
    same(client.ask("PING"), "PONG", "who is connected goes on")
    with socket.socket() as late:
        true(late.connect_ex(("127.0.0.1", port)) != 0, "nobody listens there")


@scenario(rows=modes.only("pool", "prefork/event"))
def sockets_for_tls_are_handed_in_by_name(t):
    authority = t.closing(Authority())
    identity = authority.issue()
    one, two = (t.closing(socket.socket()) for _ in range(2))
    for listening in (one, two):
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
    daemon = t.daemon({"tls.cert": identity.cert, "tls.key": identity.key}, inherits=[(one, "concurd"), (two, "tls-public")])
    daemon.wait_event("ready", 2)
    client = t.closing(SecureClient(two.getsockname()[1], trusting(authority), timeout=t.seconds(10)))
    same((client.ask("PING"), daemon.client().ask("PING")), ("PONG", "PONG"))
    wrong = t.daemon(inherits=[(two, "tls")], ready=False)
    same(wrong.wait_exit(), 78)
    true(any("tls.cert and tls.key are needed" in line for line in wrong.tail()), wrong.tail())


@scenario(rows=modes.once)
def files_are_checked_before_anything_runs(t):
    folder = t.closing(Folder()).path
    authority = t.closing(Authority())
    one, other, old = authority.issue(), authority.issue(), authority.issue(days=-1)
    empty = os.path.join(folder, "empty")
    open(empty, "w", encoding="ascii").close()

    def check(*settings, check=True):
        argv = [t.programs.concurd, "--check"] if check else [t.programs.concurd, "-o", "server.listen=127.0.0.1:0"]
        for setting in settings:
            argv += ["-o", setting]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        return done.returncode, done.stderr

    good = (f"tls.cert={one.cert}", f"tls.key={one.key}", "tls.listen=127.0.0.1:0")
    same(check(*good), (0, ""))
    for settings, words in (
            ((f"tls.cert={one.cert}", f"tls.key={other.key}"), "tls.key = " + other.key + ": it does not belong to the certificate"),
            ((f"tls.cert={one.cert}", "tls.key=/nowhere"), "tls.key = /nowhere: cannot open: No such file"),
            ((f"tls.cert={one.cert}",), "tls.cert and tls.key need each other"),
            (("tls.listen=127.0.0.1:0",), "needs tls.cert and tls.key"),
            (("tls.client_ca=" + one.cert,), "tls.client_ca has no effect without"),
            ((*good, f"tls.client_ca={empty}"), "no certificate in it"),
            ((*good, "tls.ciphers=NONSENSE"), "none is called 'NONSENSE'"),
            ((*good, "tls.min_version=1.1"), "tls.min_version = 1.1 is not one of 1.2, 1.3")):
        for looks in (True, False):
            status, said = check(*settings, check=looks)
            true(status == 78 and words in said, f"{settings}: {status}, {said}")
    os.chmod(one.key, 0o644)
    status, said = check(*good)
    true(status == 0 and "can be read by everybody" in said, f"{status}, {said}")
    status, said = check(f"tls.cert={old.cert}", f"tls.key={old.key}")
    true(status == 0 and "has expired on" in said, f"{status}, {said}")
