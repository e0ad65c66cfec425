# SPDX-License-Identifier: Apache-2.0
"""Connections that are slow, mute, rude or too many."""

import socket
import threading
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.resp import Client, Closed, encode
from harness.scenario import scenario


@scenario(tls=True)
def a_slow_sender_is_cut_when_the_requests_time_is_up(t):
    """Every byte comes in time, the whole request does not."""
    daemon = t.daemon({"server.request_timeout": "400ms"})
    slow, other = daemon.client(), daemon.client()
    same(slow.ask("PING"), "PONG")
    started = time.monotonic()
    for byte in b"*1\r\n$4\r\nPING\r\n" * 100:
        try:
            slow.send_bytes(bytes([byte]))
        except ConnectionError:
            break
        if slow.readable():
            break
        time.sleep(0.03 if time.monotonic() - started < 0.1 else 0.3)
        if byte == 10:
            time.sleep(0.2)
    slow.read_to_end()
    daemon.wait_event("connection_closed", close_reason="request_timeout")
    same(other.ask("PING"), "PONG", "a client that has asked nothing yet is not cut")


@scenario(tls=True)
def a_stalled_request_is_cut(t):
    daemon = t.daemon({"server.request_timeout": "300ms"})
    clients = daemon.clients(3)
    started = time.monotonic()
    for client, part in zip(clients, (b"*", b"PIN", b"*2\r\n$4\r\nECHO\r\n$5\r\nhel")):
        client.send_bytes(part)
    for client in clients:
        client.read_to_end()
    between(0.3, time.monotonic() - started, t.seconds(3), "seconds until cut")
    daemon.wait_event("connection_closed", 3, close_reason="request_timeout")


@scenario()
def requests_that_come_in_time_are_never_cut(t):
    daemon = t.daemon({"server.request_timeout": "1s"})
    client = daemon.client()
    until = time.monotonic() + 2.2
    while time.monotonic() < until:
        request = encode("PING")
        for part in (request[:5], request[5:]):
            client.send_bytes(part)
            time.sleep(0.02)
        same(client.read(), "PONG")


@scenario(tls=True)
def a_reader_that_never_reads_costs_no_memory_and_is_cut(t):
    daemon = t.daemon({"server.write_timeout": "500ms", "limits.max_output": "1M"})
    mute = daemon.client(receive_buffer=4096)
    control = daemon.client()
    before = daemon.info(control)["rss_bytes"]
    mute.socket.settimeout(t.seconds(10))
    request = encode("ECHO", "x" * 10000) * 10
    sent, peak = 0, before
    try:
        while sent < 200 * 2**20:
            mute.send_bytes(request)
            sent += len(request)
            if sent % 2**20 < len(request):
                peak = max(peak, daemon.info(control)["rss_bytes"])
    except (ConnectionError, socket.timeout):
        pass
    daemon.wait_event("connection_closed", close_reason="write_timeout")
    true(sent < 100 * 2**20, f"reading from it went on for {sent} bytes")
    if not t.programs.sanitized:
        between(0, peak - before, 6 * 2**20, "bytes grown")
    same(control.ask("PING"), "PONG")


@scenario(tls=True)
def a_reader_that_is_slow_but_reads_is_not_cut(t):
    daemon = t.daemon({"server.write_timeout": "800ms"})
    slow = daemon.client(receive_buffer=4096, timeout=t.seconds(20))
    threading.Thread(target=lambda: slow.send_bytes(encode("ECHO", "x" * 500000) * 4), daemon=True).start()
    for _ in range(10):
        time.sleep(0.2)
        slow._receive(time.monotonic() + 10)
    same([len(reply) for reply in slow.read_count(4)], [500000] * 4)


@scenario(tls=True)
def one_reply_beyond_max_output_ends_the_connection(t):
    daemon = t.daemon({"limits.max_output": "4k"})
    client = daemon.client()
    same(len(client.ask("ECHO", "x" * 4000)), 4000)
    same(client.ask("NUMBERS", 999999990000, 1000000000000), list(range(999999990000, 1000000000001)),
         "many small ones, for who reads them")
    client.send_bytes(encode("COMMAND", "DOCS") + encode("INCR", "behind"))
    client.read_to_end()
    daemon.wait_event("connection_closed", close_reason="output_limit")
    same(daemon.client().ask("GET", "behind"), None, "what stood behind it")


@scenario(tls=True)
def idle_clients_are_cut_and_busy_ones_are_not(t):
    daemon = t.daemon({"server.idle_timeout": "400ms"})
    never, once, sleeper, active = daemon.clients(4)
    same(once.ask("PING"), "PONG")
    sleeper.send("SLEEP", 1000)
    started = time.monotonic()
    until = started + 0.9
    while time.monotonic() < until:
        same(active.ask("PING"), "PONG")
        time.sleep(0.05)
    same((never.read_to_end(), once.read_to_end()), (b"", b""), "idle clients")
    same(sleeper.read(), "OK", "a client whose command runs is not idle")
    sleeper.read_to_end()
    daemon.wait_event("connection_closed", 3, close_reason="idle_timeout")


@scenario()
def one_client_too_many_is_told_and_the_admin_port_answers(t):
    daemon = t.daemon({"server.max_clients": 10})
    clients = daemon.clients(10)
    for client in clients:
        same(client.ask("PING"), "PONG")
    for _ in range(5):
        extra = daemon.client()
        refusal = extra.read_to_end()
        true(refusal.startswith(b"-LIMIT ") and refusal.count(b"\r\n") == 1 and refusal.endswith(b"\r\n"),
             f"saw {refusal!r}")
    same(daemon.http("/healthz")[0], 200, "/healthz")
    same(daemon.http("/readyz")[0], 200, "/readyz")
    info = daemon.info(clients[0])
    same((info["connected_clients"], info["rejected_clients"], info["max_clients"]), (10, 5, 10))
    clients[3].close()

    def comes_in():
        client = Client(daemon.port, timeout=t.seconds(10))
        try:
            return client.ask("PING") == "PONG"
        except Closed:
            return False
        finally:
            client.close()
    t.wait_until(comes_in, "room for another client")


@scenario(tls=True)
def resets_end_their_connection_alone(t):
    """Before a request, in the middle of one, with a reply under way, while a command waits."""
    daemon = t.daemon()
    others = daemon.clients(3)
    for turn in range(20):
        for data in (b"", b"*1\r\n$4\r\nPI", encode("NUMBERS", 1, 100000) * 3, encode("SLEEP", 3000),
                     encode("NUMBERS", 1, 100, "EVERY", "20ms"), encode("INCR", "n") * 1000):
            client = Client(daemon.port, timeout=t.seconds(10), tls=daemon.tls if turn % 3 else None)
            client.send_bytes(data)
            if turn % 2:
                client.send("PING")
            client.reset()
        for other in others:
            same(other.ask("PING"), "PONG")
    t.wait_until(lambda: daemon.info(others[0])["connected_clients"] == 3, "reset connections gone", 15)


@scenario(tls=True)
def a_reset_while_the_command_waits_is_noticed_at_once(t):
    daemon = t.daemon()
    control = daemon.client()
    for request in (encode("SLEEP", 30000), encode("SLEEP", 30000) + encode("PING"),
                    encode("NUMBERS", 1, 9, "EVERY", "30s")):
        client = daemon.client()
        same(client.ask("PING"), "PONG")
        client.send_bytes(request)
        client.reset()
    t.wait_until(lambda: daemon.info(control)["connected_clients"] == 1, "connections with a waiting command gone", 5)


@scenario(rows=modes.every)
def running_out_of_descriptors_pauses_without_spinning(t):
    """Accepting pauses, the CPU stays idle, those who are in are served, and it resumes."""
    limit = 100
    daemon = t.daemon({"server.backlog": 512, **({"prefork.max_workers": 2, "prefork.clients_per_worker": 0}
                                                 if t.mode.classic else {})}, files=limit)
    clients = []
    while not daemon.events("accept_paused"):
        clients.append(daemon.client())
        true(len(clients) < 1000, "a thousand clients with a hundred descriptors")
        if len(clients) % 20 == 0:
            time.sleep(0.02)
    clients += daemon.clients(30)
    served = [client for client in clients[:40]]
    for client in served:
        same(client.ask("PING"), "PONG", "a client that is in")
    pids = [daemon.pid, *daemon.workers()]
    before, started = proc.cpu_seconds(pids), time.monotonic()
    time.sleep(0.6)
    used = (proc.cpu_seconds(pids) - before) / (time.monotonic() - started)
    between(0, used, 0.3, "cores busy while accepting is paused")
    for client in clients[40:]:
        client.close()
    client = t.wait_until(lambda: try_ping(daemon, t), "accepting again")
    daemon.wait_event("accept_resumed")
    same(client.ask("PING"), "PONG")
    for client in served:
        same(client.ask("PING"), "PONG", "a client that was in all the time")
    between(1, daemon.info(served[0])["accept_pauses"], 200, "accept_pauses")


def try_ping(daemon, t):
    client = daemon.client(timeout=t.seconds(5))
    try:
        return client if client.ask("PING") == "PONG" else None
    except (ConnectionError, TimeoutError):
        client.close()
        return None


@scenario(rows=modes.preforked_crowded)
def a_worker_without_descriptors_keeps_its_clients(t):
    """More connections than the worker processes have descriptors for: nobody who is served loses anything."""
    daemon = t.daemon({"server.backlog": 1024}, files=70)
    pids = set(daemon.workers())
    control, clients = daemon.client(), []
    while daemon.info(control)["queued_connections"] < 5:
        true(len(clients) < 300, "300 clients in two workers of 70 descriptors each")
        client = daemon.client()
        client.send("PING")
        t.wait_until(lambda: client.readable() or daemon.info(control)["queued_connections"] > 0, "a client served or queued")
        clients.append(client)
    served = [client for client in clients if client.readable()]
    waiting = [client for client in clients if client not in served]
    between(20, len(served), 200, "clients served")
    for client in served:
        same(client.read(), "PONG")
        same(client.ask("PING"), "PONG", "a client that was in")
    same(set(daemon.workers()), pids, "workers")
    for client in served:
        client.close()
    for client in waiting:
        same(client.read(), "PONG", "a client that had to wait")
    same(daemon.info(control)["worker_restarts"], 0)


def busy_cores(daemon, seconds):
    """How many cores all of the daemon's processes keep busy for that time."""
    pids = [daemon.pid, *daemon.workers()]
    before, started = proc.cpu_seconds(pids), time.monotonic()
    time.sleep(seconds)
    return (proc.cpu_seconds(pids) - before) / (time.monotonic() - started)


@scenario(tls=True)
def whoever_has_said_his_last_word_costs_no_cpu(t):
    """Half-closed while a command waits, while a stream goes on, and with a reply that nobody reads: readable all the time, and
    nothing to read. Each gets what it is owed, and then the end."""
    daemon = t.daemon({"server.write_timeout": "20s"})
    waiting, streaming, mute = daemon.client(), daemon.client(), daemon.client(receive_buffer=4096)
    waiting.send("SLEEP", 1500)
    streaming.send("NUMBERS", 1, 4, "EVERY", "500ms")
    mute.send("NUMBERS", 1, 400000)
    for client in (waiting, streaming, mute):
        client.end_input()
    # Making the long reply is work, which ends.
    t.wait_until(lambda: busy_cores(daemon, 0.4) < 0.1, "peace for clients that have said their last word", 3)
    true(t.programs.sanitized or not waiting.readable(), "there was no peace before the command was over")
    same(waiting.read_to_end(), b"+OK\r\n")
    same(streaming.read_to_end(), b"*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n")
    true(mute.read_to_end(t.seconds(20)).endswith(b":400000\r\n"), "the end of a long reply")


@scenario()
def urgent_bytes_disturb_nobody(t):
    daemon = t.daemon()
    client, waiting = daemon.client(), daemon.client()
    waiting.send("SLEEP", 500)
    for one in (client, waiting):
        one.socket.send(b"!", socket.MSG_OOB)
    same(client.ask("PING"), "PONG", "urgent bytes are not among the others")
    between(0, busy_cores(daemon, 0.4), 0.2, "cores busy with urgent bytes")
    same(waiting.read(), "OK")
    same(client.ask("PING"), "PONG")
