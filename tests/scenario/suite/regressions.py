# SPDX-License-Identifier: Apache-2.0
"""What once broke. All but the TERM at start were seen to fail on the code as it was before."""

import os
import signal
import threading
import time

from harness import modes
from harness.errors import between, same, true
from harness.folder import Folder
from harness.resp import encode
from harness.scenario import scenario


@scenario()
def a_closed_stderr_is_not_what_the_daemon_opens_first(t):
    """The shared segment became descriptor 2, and the log was written over it."""
    folder = t.closing(Folder())
    daemon = t.daemon(log_file=f"{folder.path}/concurd.log", closed=(0, 1, 2))
    for descriptor in range(3):
        same(os.readlink(f"/proc/{daemon.pid}/fd/{descriptor}"), "/dev/null")
    for client in daemon.clients(20):
        same(client.ask("PING"), "PONG")


@scenario(rows=modes.preforked)
def term_while_a_worker_has_not_begun(t):
    """Its READY came when the listeners were closed already: one start in some dozens, so this rarely meets it."""
    daemon = t.daemon({"prefork.workers": 4}, ready=False)
    daemon.wait_event("worker_started", 4)
    stopped = [int(record["worker_pid"]) for record in daemon.events("worker_started")]
    for pid in stopped:
        daemon.signal(signal.SIGSTOP, pid)
    daemon.term()
    daemon.wait_event("draining")
    for pid in stopped:
        daemon.signal(signal.SIGCONT, pid)
    same(daemon.wait_exit(), 0)


@scenario()
def a_fast_reader_of_long_replies_is_not_alone(t):
    """Its turn ended only when its socket was full."""
    daemon = t.daemon({"event.threads": 1, "pool.turns": 1, "prefork.workers": 1})
    greedy, neighbour = daemon.client(), daemon.client()
    enough = threading.Event()

    def read_fast():
        while not enough.is_set() and greedy.socket.recv(1 << 20):
            pass
    reader = threading.Thread(target=read_fast)
    greedy.send_bytes(encode("NUMBERS", 1, 1000000) * 1000)
    reader.start()
    worst, pings, done = 0, 0, time.monotonic() + t.seconds(1.5)
    try:
        while time.monotonic() < done:
            began = time.monotonic()
            same(neighbour.ask("PING"), "PONG")
            worst = max(worst, time.monotonic() - began)
            pings += 1
    finally:
        enough.set()
        reader.join()
        greedy.reset()  # what it is owed would take long
    t.note(f"{pings} pings, worst {worst * 1000:.0f} ms")
    between(0, worst, t.seconds(0.5), "seconds")


@scenario(rows=modes.preforked)
def being_moved_is_no_sign_of_life(t):
    """Each move between workers gave an idle client, and a half-sent request, all of its patience again."""
    daemon = t.daemon({"prefork.max_requests": 50, "server.idle_timeout": "1s", "server.request_timeout": "1s"})
    idle, half = daemon.client(), daemon.client()
    same(idle.ask("PING"), "PONG")
    half.send_bytes(b"*1\r\n$4\r\nPI")
    busy = daemon.client()
    closed = {}
    began = time.monotonic()
    while len(closed) < 2 and time.monotonic() - began < t.seconds(8):
        same(busy.ask("PING"), "PONG")
        for client in (idle, half):
            if client not in closed and client.readable():
                closed[client] = time.monotonic() - began
                same(client.read_to_end(), b"")
    same(len(closed), 2)
    true(daemon.events("worker_retiring"), "workers retired meanwhile")


@scenario(rows=modes.preforked)
def term_while_the_only_worker_is_replaced(t):
    """Whoever waited for the next one was reset with a request unread."""
    daemon = t.daemon({"prefork.workers": 1, "prefork.max_workers": 1, "log.level": "debug"})
    daemon.signal(signal.SIGKILL, daemon.workers()[0])
    daemon.wait_event("worker_died")
    client = daemon.client()
    client.send("PING")
    daemon.wait_event("connection_opened")
    daemon.term()
    same(client.read(), "PONG")
    same(daemon.wait_exit(), 0)


@scenario(rows=modes.preforked)
def who_gave_up_in_the_queue_keeps_no_place(t):
    """Nobody looked at connections that wait for a worker."""
    daemon = t.daemon({"prefork.inner": "thread", "prefork.inner_threads": 1, "prefork.workers": 1,
                       "prefork.max_workers": 1, "prefork.clients_per_worker": 1, "server.max_clients": 3})
    served = daemon.client()
    same(served.ask("PING"), "PONG")
    for _ in range(2):
        waiting = daemon.client()
        t.wait_until(lambda: int(daemon.info(served)["queued_connections"]) > 0, "a client queued", 5)
        waiting.reset()
    t.wait_until(lambda: int(daemon.info(served)["queued_connections"]) == 0, "their places free", 5)
