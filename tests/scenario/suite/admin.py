# SPDX-License-Identifier: Apache-2.0
"""/healthz and /readyz: before there is a worker, while all is well, in a drain; and a hostile peer on that port."""

import signal
import socket
import threading
import time

from harness import modes, proc
from harness.daemon import is_worker
from harness.errors import between, same, true
from harness.scenario import scenario


@scenario()
def healthy_and_ready(t):
    daemon = t.daemon()
    same(daemon.http("/healthz"), (200, "ok\n"))
    same(daemon.http("/readyz"), (200, "ready\n"))
    same(daemon.http("/nosuch")[0], 404)
    true(daemon.http("/healthz", "POST")[0] in (405, 501), "POST is refused")
    same(daemon.http("/healthz", "HEAD"), (200, ""))


@scenario()
def not_ready_while_it_drains(t):
    daemon = t.daemon()
    client = daemon.client()
    client.send("SLEEP", 700)
    same(client.readable(), False)
    daemon.admin_port()
    daemon.term()
    daemon.wait_event("draining")
    same(daemon.http("/readyz")[0], 503)
    same(daemon.http("/healthz")[0], 200)
    same(client.read(), "OK", "the command that ran")
    same(daemon.wait_exit(), 0)


@scenario(rows=modes.only("prefork/pool"))
def not_ready_before_the_workers_are(t):
    """Workers that make thousands of threads are stopped as soon as they are there, before they can be ready."""
    daemon = t.daemon({"prefork.inner_threads": 4000, "prefork.stuck_timeout": "60s", "log.lane_size": "4k"}, ready=False)
    stopped = []
    while len(stopped) < 2:
        for pid in daemon.workers():
            if pid not in stopped and is_worker(pid):  # not before it is our binary: its starter waits for that
                daemon.signal(signal.SIGSTOP, pid)
                stopped.append(pid)
    if daemon.events("ready"):
        t.skip("workers are ready before anybody could stop them")
    same(daemon.http("/readyz"), (503, "not ready\n"))
    same(daemon.http("/healthz")[0], 200)
    same(daemon.events("ready"), [], "ready events")
    for pid in stopped:
        daemon.signal(signal.SIGCONT, pid)
    daemon.listens = [daemon.wait_event("ready", seconds=30)[0]["listen"]]
    daemon.expect_ready = True
    same(daemon.http("/readyz")[0], 200)
    same(daemon.client().ask("PING"), "PONG")


GET = b"GET /healthz HTTP/1.1\r\n"

# What is wrong with a request, and the statuses that say so.
WRONG = {
    "a line without an end": (b"GET /" + b"a" * 100000, (400, 414)),
    "a line that is too long": (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", (400, 414)),
    "a header that is too long": (GET + b"X: " + b"y" * 9000 + b"\r\n\r\n", (400, 431)),
    "twenty thousand headers": (GET + b"X: y\r\n" * 20000 + b"\r\n", (400, 431)),
    "a header of five thousand lines": (GET + b"X: y\r\n" + b" y\r\n" * 5000 + b"\r\n", (400, 431)),
    "a header without a colon": (GET + b"abc\r\n\r\n", (400,)),
    "a negative length": (GET + b"Content-Length: -1\r\n\r\n", (400,)),
    "a length over 64 bits": (GET + b"Content-Length: 99999999999999999999\r\n\r\n", (400, 413)),
    "a length that is none": (GET + b"Content-Length: x\r\n\r\n", (400,)),
    "a body": (GET + b"Content-Length: 5\r\n\r\nhello", (413,)),
    "two lengths": (GET + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", (400,)),
    "both length and chunking": (GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
    "a chunk": (GET + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", (400, 413)),
    "a chunk of a negative length": (GET + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", (400, 413)),
    "a chunk over 64 bits": (GET + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", (400, 413)),
    "PUT": (b"PUT /healthz HTTP/1.1\r\n\r\n", (405, 501)),
    "DELETE": (b"DELETE /healthz HTTP/1.1\r\n\r\n", (405, 501)),
    "TRACE": (b"TRACE / HTTP/1.1\r\n\r\n", (405, 501)),
    "OPTIONS": (b"OPTIONS * HTTP/1.1\r\n\r\n", (405, 501)),
    "a method in small letters": (b"get /healthz HTTP/1.1\r\n\r\n", (400, 405, 501)),
    "a method that is none": (b"BREW /healthz HTTP/1.1\r\n\r\n", (400, 405, 501)),
    "no version": (b"GET /healthz\r\n\r\n", (400,)),
    "another version": (b"GET /healthz HTTP/9.9\r\n\r\n", (400, 505)),
    "a NUL byte": (b"GET /healthz\0 HTTP/1.1\r\n\r\n", (400,)),
    "another protocol": (b"*1\r\n$4\r\nPING\r\n", (400,)),
    "an expectation": (GET + b"Expect: tea\r\nContent-Length: 5\r\n\r\n", (417,)),
}


class Watched:
    """A client that asks all the time, beside what is done to the admin port."""

    def __init__(self, t, daemon):
        self.t = t
        self.client = daemon.client()
        same(self.client.ask("PING"), "PONG")  # it is in: who counts descriptors afterwards counts its own, too
        self.slowest = 0.0
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        t.closing(self)

    def _run(self):
        try:
            while not self.stopping.is_set():
                began = time.monotonic()
                same(self.client.ask("PING"), "PONG")
                self.slowest = max(self.slowest, time.monotonic() - began)
                time.sleep(0.002)
        except Exception as failure:  # told by whoever stops it
            self.failure = failure

    def close(self):
        self.stopping.set()
        self.thread.join()

    def stop(self):
        """It must not have noticed anything."""
        self.close()
        if self.failure is not None:
            raise self.failure
        true(self.slowest < self.t.seconds(0.5), f"a PING took {self.slowest:.3f} s")
        self.t.note(f"slowest PING {self.slowest * 1000:.1f} ms")


def read_response(peer):
    """All that comes until the end."""
    response = b""
    try:
        while data := peer.recv(65536):
            response += data
    except ConnectionError:
        pass
    return response


def status_of(response):
    return int(response.split(b" ", 2)[1]) if response.startswith(b"HTTP/1.") else None


@scenario(rows=modes.only("pool", "prefork/event"))
def wrong_requests_get_an_error_status_and_the_end(t):
    daemon = t.daemon()
    port, watched = daemon.admin_port(), Watched(t, daemon)
    before = proc.descriptors(daemon.pid)
    for name, (data, statuses) in WRONG.items():
        with socket.create_connection(("127.0.0.1", port), t.seconds(10)) as peer:
            try:
                peer.sendall(data)
            except ConnectionError:
                pass
            began = time.monotonic()
            response = read_response(peer)
            # The error may be overtaken by the reset that unread input causes: then the end is all that there is.
            status = status_of(response) if response else statuses[0]
            true(status in statuses, f"{name}: {response[:100]!r}")
            true(response or len(data) > 8192, f"{name}: no response")
            same(response.count(b"HTTP/1."), 1 if response else 0, f"{name}: responses")
            between(0, time.monotonic() - began, t.seconds(2), f"seconds until the end of who sent {name}")
    same(daemon.http("/healthz"), (200, "ok\n"))
    watched.stop()
    t.wait_until(lambda: proc.descriptors(daemon.pid) <= before, "as many descriptors as before")


def drip(peers, seconds):
    """A byte of a header each now and then, as long as they are taken; when each had its end, and what it was told."""
    ends, began = {}, time.monotonic()
    while len(ends) < len(peers) and time.monotonic() - began < seconds:
        for peer in peers:
            if peer in ends:
                continue
            try:
                peer.setblocking(False)
                data = peer.recv(4096)
                ends[peer] = (time.monotonic() - began, data)
                continue
            except BlockingIOError:
                pass
            except ConnectionError:
                ends[peer] = (time.monotonic() - began, b"")
                continue
            try:
                peer.send(b"X")
            except ConnectionError:
                pass
        time.sleep(0.2)
    return ends


@scenario(rows=modes.once)
def slow_headers_are_timed_out_as_a_whole(t):
    """A byte in time does not make the request arrive in time."""
    daemon = t.daemon()
    port, watched = daemon.admin_port(), Watched(t, daemon)
    slow = [t.closing(socket.create_connection(("127.0.0.1", port), t.seconds(10))) for _ in range(20)]
    mute = t.closing(socket.create_connection(("127.0.0.1", port), t.seconds(20)))
    for peer in slow:
        peer.sendall(GET)
    ends = drip(slow, t.seconds(12))
    same(len(ends), 20, "slow peers that were cut")
    for seconds, data in ends.values():
        between(4.5, seconds, t.seconds(9), "seconds until a slow peer was cut")
        same(status_of(data), 408, "the status that it was told")
    # libevent's own clock and ours end at the same time; one of them says why.
    true(status_of(read_response(mute)) in (None, 408), "a mute peer is told the same, or nothing")
    same(daemon.http("/healthz"), (200, "ok\n"))
    watched.stop()


@scenario(rows=modes.only("pool", "prefork/event"))
def a_flood_of_half_requests_takes_neither_probes_nor_descriptors(t):
    daemon = t.daemon(files=300)
    port, watched = daemon.admin_port(), Watched(t, daemon)
    before = proc.descriptors(daemon.pid)
    peers = []
    for _ in range(200):
        peers.append(t.closing(socket.create_connection(("127.0.0.1", port), t.seconds(10))))
        peers[-1].sendall(GET + b"X: ")
    same(daemon.http("/healthz"), (200, "ok\n"), "a probe in a flood")
    between(0, proc.descriptors(daemon.pid) - before, 70, "descriptors that the flood took")
    clients = daemon.clients(50 if not t.mode.classic else 10)
    same({client.ask("PING") for client in clients}, {"PONG"}, "clients that come in the flood")
    same(daemon.events("accept_paused"), [])
    watched.stop()


@scenario(rows=modes.once)
def none_is_no_listener(t):
    daemon = t.daemon({"admin.listen": "none"})
    same(proc.listening_ports(daemon.pid), {daemon.port})
