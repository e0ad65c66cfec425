# SPDX-License-Identifier: Apache-2.0
"""/healthz and /readyz: before there is a worker, while all is well, in a drain; and a hostile peer on that port."""

import signal
import socket

from harness import modes, proc
from harness.daemon import is_worker
from harness.errors import same, true
from harness.resp import encode
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


@scenario(rows=modes.once)
def a_hostile_peer_on_the_admin_port_disturbs_nobody(t):
    daemon = t.daemon()
    client, port = daemon.client(), daemon.admin_port()
    sockets = []
    for data in (b"GET /" + b"a" * 100000, b"GET /healthz HTTP/1.1\r\n" + b"X: y\r\n" * 20000, b"\x16\x03\x01" * 100,
                 b"GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"PUT /healthz HTTP/1.1\r\n\r\n", b"\x00" * 1000,
                 b"GET /healthz HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"GET /heal"):
        peer = t.closing(socket.create_connection(("127.0.0.1", port), t.seconds(10)))
        try:
            peer.sendall(data)
        except ConnectionError:
            pass
        sockets.append(peer)
        client.send_bytes(encode("PING"))
        same(client.read(), "PONG")
    same(daemon.http("/healthz")[0], 200)


@scenario(rows=modes.once)
def none_is_no_listener(t):
    daemon = t.daemon({"admin.listen": "none"})
    same(proc.listening_ports(daemon.pid), {daemon.port})
