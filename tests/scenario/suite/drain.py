# SPDX-License-Identifier: Apache-2.0
"""The daemon's end: TERM drains, a deadline cuts, a second TERM cuts at once; what was accepted is answered."""

import signal
import socket
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.load import Load
from harness.resp import Closed, Error, encode
from harness.scenario import scenario
from harness.visitors import Visitors


@scenario(rows=modes.preforked_crowded)
def the_drain_counts_the_workers_that_there_were(t):
    """It counted the places for workers, twice as many, as threads."""
    daemon = t.daemon()
    daemon.term()
    same(daemon.wait_exit(), 0)
    (joined,) = daemon.events("joined", what="worker processes")
    same((joined["count"], joined["killed"], joined["abandoned"]), ("2", "0", "0"))


@scenario(tls=True)
def idle_connections_are_closed_at_once(t):
    daemon = t.daemon()
    clients = daemon.clients(10)
    for client in clients[:5]:
        same(client.ask("PING"), "PONG")
    started = time.monotonic()
    daemon.term()
    for client in clients:
        same(client.read_to_end(), b"")
    same(daemon.wait_exit(), 0)
    between(0, time.monotonic() - started, t.seconds(1.5), "seconds")
    t.note(f"{(time.monotonic() - started) * 1000:.0f} ms")
    same(int(daemon.events("drained")[0]["connections"]), 10)
    same(daemon.events("drain_cut"), [])


@scenario()
def int_drains_as_term_does(t):
    daemon = t.daemon()
    daemon.signal(signal.SIGINT)
    same(daemon.wait_exit(), 0)
    same(daemon.wait_event("draining")[0]["signal"], "INT")


@scenario()
def nobody_can_connect_any_more(t):
    daemon = t.daemon()
    client = daemon.client()
    client.send("SLEEP", 600)
    same(client.readable(), False)
    daemon.term()
    daemon.wait_event("draining")

    def refused():
        try:
            daemon.client().close()
            return False
        except ConnectionRefusedError:
            return True
    t.wait_until(refused, "connections refused", 2)
    same(client.read(), "OK")
    same(daemon.wait_exit(), 0)


@scenario(tls=True)
def what_runs_is_answered(t):
    daemon = t.daemon({"pool.turns": 4})
    requests = [(encode("SLEEP", 300), ["OK"]), (encode("BLOCK", 300), ["OK"]), (encode("SPIN", 200000), ["OK"]),
                (encode("NUMBERS", 1, 6, "EVERY", "50ms"), [list(range(1, 7))]),
                (encode("SLEEP", 100) + encode("ECHO", "behind") + encode("SLEEP", 100), ["OK", b"behind", "OK"])]
    clients = daemon.clients(len(requests))
    for client in clients:
        same(client.ask("PING"), "PONG")
    for client, (request, _) in zip(clients, requests):
        client.send_bytes(request)
    daemon.term()
    for client, (request, replies) in zip(clients, requests):
        same(client.read_count(len(replies)), replies, repr(request[:40]))
        same(client.read_to_end(), b"", "and then the end")
    same(daemon.wait_exit(), 0)
    same(daemon.events("drain_cut"), [])


@scenario(tls=True)
def under_load_every_reply_that_was_owed_arrives(t):
    """A request that was received before the end is answered; nothing is half a reply."""
    daemon = t.daemon()
    load = Load(t, daemon, 16, lossy=True)
    load.progress()
    daemon.term()
    same(daemon.wait_exit(), 0)
    load.join()
    same(len(load.lost()), 16)
    partial = [peer.number for peer in load.peers if peer.inbound]
    same(partial, [], "clients with half a reply")
    between(0, len([peer for peer in load.peers if peer.replies]), 0, "clients with half an exchange")
    drained = daemon.events("drained")[0]
    same(int(drained["connections"]), 16)
    same(len(daemon.events("connection_closed")), 16)


@scenario()
def a_request_sent_before_term_is_answered(t):
    """Connected, sent, then TERM: the bytes are there, so the reply is owed - also to those not accepted yet."""
    daemon = t.daemon({"server.backlog": 512})
    count = 20 if t.mode.classic else 200
    clients = daemon.clients(count)
    for number, client in enumerate(clients):
        client.send("ECHO", number)
    daemon.term()
    answered = 0
    for number, client in enumerate(clients):
        data = client.read_to_end()
        if data:
            same(data, b"$%d\r\n%d\r\n" % (len(str(number)), number))
            answered += 1
    same(answered, count, "clients answered")
    same(daemon.wait_exit(), 0)


@scenario(tls=True)
def a_request_of_an_idle_client_sent_before_term_is_answered(t):
    daemon = t.daemon()
    clients = daemon.clients(10)
    for client in clients:
        same(client.ask("PING"), "PONG")
    for number, client in enumerate(clients):
        client.send("ECHO", number)
    daemon.term()
    for number, client in enumerate(clients):
        same(client.read_to_end(), b"$1\r\n%d\r\n" % number)
    same(daemon.wait_exit(), 0)


def wait_accepted(t, daemon, count):
    """Until so many clients, who have not asked anything, are known to the daemon."""
    observer = daemon.client()
    t.wait_until(lambda: daemon.info(observer)["connected_clients"] > count, "all accepted")


@scenario()
def who_has_just_connected_may_still_ask(t):
    """Accepted, then TERM, then the request: it was closed as if it were idle."""
    daemon = t.daemon()
    clients = daemon.clients(6)
    wait_accepted(t, daemon, len(clients))
    time.sleep(0.02)  # nobody is waited for: the connections are to be that old
    daemon.term()
    sent = time.monotonic()
    for client, delay in zip(clients, (0.001, 0.001, 0.02, 0.02, 0.1, 0.1)):
        time.sleep(max(0, sent + delay - time.monotonic()))
        client.send("ECHO", "asked")
    for client in clients:
        same(client.read_to_end(), b"$5\r\nasked\r\n")
    same(daemon.wait_exit(), 0)
    same(daemon.events("drain_cut"), [])


@scenario(rows=modes.crowded)
def waiting_for_a_first_request_costs_nothing_and_ends(t):
    daemon = t.daemon()
    clients = daemon.clients(8)
    wait_accepted(t, daemon, len(clients))
    workers = daemon.workers()
    before = proc.cpu_seconds([daemon.pid, *workers])
    started = time.monotonic()
    daemon.term()
    daemon.wait_event("draining")
    spent, last = 0, time.monotonic()
    while daemon.process.poll() is None:
        try:
            spent = proc.cpu_seconds([daemon.pid, *workers]) - before
        except (FileNotFoundError, ProcessLookupError):
            break
        true(time.monotonic() - last < t.seconds(10), "it ends")
        time.sleep(0.01)
    for client in clients:
        same(client.read_to_end(), b"")
    same(daemon.wait_exit(), 0)
    between(0.2, time.monotonic() - started, t.seconds(1.5), "seconds")
    between(0, spent, 0.04 * t.programs.slow, "seconds of CPU")
    t.note(f"{spent * 1000:.0f} ms of CPU")


@scenario()
def who_connects_asks_and_leaves_all_the_time_is_answered_to_the_end(t):
    """Each connection is one request: whoever gets in gets a reply, whatever moment TERM comes at."""
    daemon = t.daemon({"log.access": "off", "server.backlog": 512})
    swarm = Visitors(daemon.port, 8)
    t.closing(swarm)
    t.wait_until(lambda: swarm.served > 200, "visitors served")
    daemon.term()
    same(daemon.wait_exit(), 0)
    swarm.join()
    t.note(f"{swarm.served} served")
    same(swarm.lost, [], "connected, and not answered")


@scenario(tls=True)
def the_deadline_cuts_what_waits(t):
    daemon = t.daemon({"server.drain_timeout": "500ms", "limits.max_command_time": "1h", "pool.turns": 8})
    clients = daemon.clients(4)
    for client in clients:
        same(client.ask("PING"), "PONG")
    for client, request in zip(clients, (("SLEEP", 60000), ("BLOCK", 60000), ("PRIMES", 10**9),
                                         ("NUMBERS", 1, 9, "EVERY", "30s"))):
        client.send(*request)
    daemon.wait_running("sleep", "block", "primes", "numbers")
    started = time.monotonic()
    daemon.term()
    for client in clients:
        client.read_to_end()
    same(daemon.wait_exit(), 0)
    between(0.45, time.monotonic() - started, t.seconds(2.5), "seconds from TERM to the end")
    same(daemon.events("drain_cut")[0]["reason"], "drain_timeout")


@scenario()
def a_second_term_ends_at_once(t):
    daemon = t.daemon({"limits.max_command_time": "1h", "pool.turns": 8})
    clients = daemon.clients(3)
    for client, request in zip(clients, (("SLEEP", 60000), ("BLOCK", 60000), ("SPIN", 60000000))):
        client.send(*request)
    daemon.wait_running("sleep", "block", "spin")
    daemon.term()
    daemon.wait_event("draining")
    same(daemon.process.poll(), None, "the first TERM waits")
    started = time.monotonic()
    daemon.term()
    same(daemon.wait_exit(), 0)
    between(0, time.monotonic() - started, t.seconds(1.5), "seconds from the second TERM to the end")
    same(daemon.events("drain_cut")[0]["reason"], "a second signal")


@scenario()
def a_hung_handler_can_not_hold_the_end_up(t):
    daemon = t.daemon({"server.drain_timeout": "300ms", "faults.enable": "yes"}, abandons=True)
    hung, idle = daemon.clients(2)
    hung.send("HANG", 60000)
    daemon.wait_running("hang")
    started = time.monotonic()
    daemon.term()
    same(daemon.wait_exit(), 0)
    between(0.3, time.monotonic() - started, t.seconds(5), "seconds")
    hung.read_to_end()
    idle.read_to_end()
    t.note(f"{time.monotonic() - started:.1f} s")


@scenario(tls=True)
def a_reader_that_never_reads_can_not_hold_the_end_up(t):
    daemon = t.daemon({"server.drain_timeout": "500ms"})
    mute = daemon.client(receive_buffer=4096)
    mute.send("NUMBERS", 1, 1000000)
    other = daemon.client()
    same(other.ask("PING"), "PONG")
    started = time.monotonic()
    daemon.term()
    same(daemon.wait_exit(), 0)
    between(0, time.monotonic() - started, t.seconds(3), "seconds")


@scenario(rows=modes.preforked)
def a_stopped_worker_can_not_hold_the_end_up(t):
    daemon = t.daemon({"server.drain_timeout": "500ms"})
    clients = daemon.clients(4)
    for client in clients:
        same(client.ask("PING"), "PONG")
    victim = daemon.workers()[0]
    daemon.signal(signal.SIGSTOP, victim)
    daemon.wait_event("worker_stopped")
    started = time.monotonic()
    daemon.term()
    same(daemon.wait_exit(), 0)
    between(0, time.monotonic() - started, t.seconds(5), "seconds")
    same(proc.alive(victim), False, "the stopped worker")


@scenario(rows=modes.preforked)
def a_worker_that_dies_in_a_drain_is_not_replaced(t):
    daemon = t.daemon()
    clients = daemon.clients(4)
    for client in clients:
        client.send("SLEEP", 800)
    daemon.wait_running("sleep")
    daemon.term()
    daemon.wait_event("draining")
    workers = daemon.workers()
    started = len(daemon.events("worker_started"))
    daemon.signal(signal.SIGKILL, workers[0])
    outcomes = []
    for client in clients:
        try:
            outcomes.append(client.read())
        except (Closed, ConnectionError):
            outcomes.append(None)
    true("OK" in outcomes and None in outcomes, f"{outcomes}")
    same(daemon.wait_exit(), 0)
    same(len(daemon.events("worker_started")), started)


@scenario(tls=True)
def pipelined_input_is_answered_to_its_end(t):
    """Ten thousand commands received before TERM: all of them were owed."""
    daemon = t.daemon()
    client = daemon.client(timeout=t.seconds(20))
    request = encode("SPIN", 20) * 5000
    client.send_bytes(request)
    same(client.read(), "OK")
    daemon.term()
    data = client.read_to_end()
    same(data.count(b"+OK\r\n"), 4999)
    same(len(data), 4999 * 5)
    same(daemon.wait_exit(), 0)


@scenario()
def terms_and_connects_in_a_race(t):
    """Whoever got in is served or closed; nobody is left hanging, nothing crashes."""
    for _ in range(3):
        daemon = t.daemon()
        clients, refused = [], 0
        for number in range(60):
            if number == 20:
                daemon.term()
            try:
                client = daemon.client()
                client.send("INCR", "n")
                clients.append(client)
            except (ConnectionError, socket.timeout):
                refused += 1
        for client in clients:
            data = client.read_to_end()
            true(data == b"" or data[:1] == b":", f"saw {data!r}")
        same(daemon.wait_exit(), 0)


@scenario(tls=True)
def an_error_reply_is_not_lost_in_a_drain(t):
    daemon = t.daemon()
    client = daemon.client()
    client.send_bytes(b"*1\r\n:1\r\n" + b"x" * 100000)
    daemon.term()
    reply = client.read()
    true(isinstance(reply, Error) and reply.startswith("ERR Protocol error"), f"saw {reply!r}")
    same(daemon.wait_exit(), 0)
