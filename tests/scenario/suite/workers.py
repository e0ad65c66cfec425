# SPDX-License-Identifier: Apache-2.0
"""What happens to worker processes, and to nobody but their own clients: killed, crashed, stopped, hung, dying young."""

import signal
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.load import Load
from harness.resp import Closed
from harness.scenario import scenario


def replaced(t, daemon, pid, count=2):
    """Waits until that worker is gone and as many as before are ready."""
    t.wait_until(lambda: not proc.alive(pid), f"the end of worker {pid}")
    t.wait_until(lambda: len(daemon.workers()) >= count and pid not in daemon.workers(), "another worker")


@scenario(rows=modes.preforked, tls=True)
def an_idle_worker_killed_is_replaced_and_only_its_clients_notice(t):
    daemon = t.daemon()
    clients = daemon.clients(6)
    where = {client: client.whoami()["pid"] for client in clients}
    for client in clients:
        same(type(client.ask("INCR", "n")), int)
    before = daemon.info(clients[0])
    victim = where[clients[-1]]
    daemon.signal(signal.SIGKILL, victim)
    died = daemon.wait_event("worker_died")[0]
    own = [client for client in clients if where[client] == victim]
    same((died["worker_pid"], died["signal"], died["connections"]), (str(victim), "9", str(len(own))))
    for client in clients:
        if where[client] == victim:
            same(client.read_to_end(), b"", "a client of the dead worker")
        else:
            same(client.ask("GET", "n"), b"6", "a client of another worker")
    replaced(t, daemon, victim)
    fresh = daemon.client()
    same(fresh.ask("INCR", "n"), 7, "the counter")
    info = daemon.info(fresh)
    same(info["worker_restarts"], 1)
    true(info["total_commands"] >= before["total_commands"], "total_commands never falls")
    same(info["connected_clients"], len(clients) - len(own) + 1)
    same(len(daemon.events("connection_closed", close_reason="worker_died")), len(own))


@scenario(rows=modes.preforked, tls=True)
def a_worker_killed_under_load_costs_its_own_clients_alone(t):
    daemon = t.daemon()
    load = Load(t, daemon, 12, lossy=True)
    load.progress()
    victim = load.peers[0].facts["pid"]
    own = load.on(victim)
    daemon.signal(signal.SIGKILL, victim)
    daemon.wait_event("worker_died", worker_pid=victim, connections=len(own))
    load.progress()
    load.stop()
    same(sorted(peer.number for peer in load.lost()), sorted(peer.number for peer in own), "clients that noticed")
    same(len(daemon.events("connection_closed", close_reason="worker_died")), len(own))
    replaced(t, daemon, victim)
    client = daemon.client()
    between(load.acknowledged(), int(client.ask("GET", "load")), load.asked(),
            "the counter: what was acknowledged, and what a dead worker had in hand")
    same(daemon.info(client)["worker_restarts"], 1)
    same(daemon.info(client)["log_lost"], 0)


@scenario(rows=modes.preforked_crowded)
def workers_killed_again_and_again_under_load(t):
    """Four kills; in the end everything adds up."""
    daemon = t.daemon({"prefork.workers": 3})
    load = Load(t, daemon, 30, lossy=True)
    for turn in range(4):
        victim = daemon.workers()[0]
        daemon.signal(signal.SIGKILL, victim)
        replaced(t, daemon, victim, 3)
        same(len(daemon.wait_event("worker_died", turn + 1)), turn + 1)
        load.progress(3)
    load.stop()
    client = daemon.client()
    between(load.acknowledged(), int(client.ask("GET", "load")), load.asked(), "the counter")
    info = daemon.info(client)
    same((info["worker_restarts"], info["connected_clients"]), (4, 1))


@scenario(rows=modes.preforked, tls=True)
def a_stopped_worker_is_noticed_killed_and_replaced(t):
    """Others never wait for it, neither those who are connected nor those who come."""
    daemon = t.daemon({"prefork.stuck_timeout": "1s"})
    load = Load(t, daemon, 8, lossy=True)
    load.progress()
    victim = load.peers[0].facts["pid"]
    own = load.on(victim)
    daemon.signal(signal.SIGSTOP, victim)
    daemon.wait_event("worker_stopped", worker_pid=victim)
    started = time.monotonic()
    for _ in range(5):
        client = daemon.client()
        true(client.whoami()["pid"] != victim, "nobody is sent to a stopped worker")
        client.close()
    true(time.monotonic() - started < t.seconds(0.8), "new clients wait for nobody")
    daemon.wait_event("worker_stuck", worker_pid=victim)
    daemon.wait_event("worker_died", worker_pid=victim, signal=9)
    between(0.8, time.monotonic() - started, t.seconds(10), "seconds from stop to death")
    replaced(t, daemon, victim)
    load.progress()
    load.stop()
    same(sorted(peer.number for peer in load.lost()), sorted(peer.number for peer in own), "clients that noticed")


@scenario(rows=modes.preforked)
def a_stopped_worker_that_goes_on_in_time_loses_nobody(t):
    daemon = t.daemon({"prefork.stuck_timeout": "20s"})
    load = Load(t, daemon, 6)
    load.progress()
    victim = load.peers[0].facts["pid"]
    daemon.signal(signal.SIGSTOP, victim)
    daemon.wait_event("worker_stopped", worker_pid=victim)
    daemon.signal(signal.SIGCONT, victim)
    daemon.wait_event("worker_continued", worker_pid=victim)
    load.progress()
    load.stop()
    same((load.lost(), daemon.info()["worker_restarts"]), ([], 0))
    same(int(daemon.client().ask("GET", "load")), load.acknowledged())


@scenario(rows=modes.preforked)
def a_hung_worker_is_killed_and_replaced(t):
    daemon = t.daemon({"prefork.stuck_timeout": "500ms", "faults.enable": "yes"})
    hung, *others = daemon.clients(5)
    where = {client: client.whoami()["pid"] for client in others}
    victim = hung.whoami()["pid"]
    hung.send("HANG", 60000)
    hung.read_to_end()
    daemon.wait_event("worker_stuck", worker_pid=victim)
    daemon.wait_event("worker_died", worker_pid=victim, signal=9)
    for client in others:
        if where[client] != victim:
            same(client.ask("PING"), "PONG")
    replaced(t, daemon, victim)
    same(daemon.client().ask("PING"), "PONG")


@scenario(rows=modes.preforked)
def commands_longer_than_the_stuck_timeout_are_not_hung(t):
    daemon = t.daemon({"prefork.stuck_timeout": f"{t.seconds(1):g}s", "pool.turns": 8})
    commands = [["SLEEP", t.seconds(2000)], ["BLOCK", t.seconds(2000)], ["SPIN", t.seconds(1500000)]]
    clients = daemon.clients(3, timeout=t.seconds(20))
    for client, (name, duration) in zip(clients, commands):
        client.send(name, int(duration))
    for client, command in zip(clients, commands):
        same(client.read(), "OK", command[0])
    same(daemon.info()["worker_restarts"], 0)


@scenario()
def crash_takes_a_worker_or_the_daemon(t):
    """The lesson: processes keep a crash to themselves, threads share it."""
    daemon = t.daemon({"faults.enable": "yes"})
    crashing, *others = daemon.clients(5)
    where = {client: client.whoami()["pid"] for client in others}
    victim = crashing.whoami()["pid"]
    crashing.send("CRASH")
    same(crashing.read_to_end(), b"")
    if not t.mode.prefork:
        daemon.crash_expected = True
        same(daemon.wait_exit(), -signal.SIGABRT, "the daemon's end")
        for client in others:
            same(client.read_to_end(), b"")
        return
    daemon.wait_event("worker_died", worker_pid=victim, signal=6)
    for client in others:
        if where[client] == victim:
            client.read_to_end()
        else:
            same(client.ask("PING"), "PONG")
    replaced(t, daemon, victim)
    same(daemon.client().ask("PING"), "PONG")
    same(daemon.info()["worker_restarts"], 1)


@scenario(rows=modes.preforked)
def a_worker_killed_before_it_acknowledged_a_connection(t):
    """Its client never notices: the master's copy goes to another worker."""
    daemon = t.daemon({"prefork.stuck_timeout": "60s"})
    count = 2 if t.mode.classic else 20
    workers = daemon.workers()
    same(len(workers), 2)
    # Stopped at the very moment: the master learns of it only after it has sent connections.
    daemon.signal(signal.SIGSTOP)
    for pid in workers:
        daemon.signal(signal.SIGSTOP, pid)
    t.wait_until(lambda: all(proc.state(pid) == "T" for pid in [daemon.pid, *workers]), "all stopped")
    clients = daemon.clients(count)
    for number, client in enumerate(clients):
        client.send("ECHO", number)
    daemon.signal(signal.SIGCONT)
    t.wait_until(lambda: proc.descriptors(daemon.pid) >= count, "connections accepted")
    for pid in workers:
        daemon.signal(signal.SIGKILL, pid)
    for number, client in enumerate(clients):
        same(client.read(t.seconds(20)), b"%d" % number, "a client that must not notice")
    died = daemon.wait_event("worker_died", 2)
    same(sum(int(record["connections"]) for record in died), 0, "connections lost")
    redispatched = sum(int(record["redispatched"]) for record in died)
    info = daemon.info(clients[0])
    same(info["redispatched_connections"], redispatched)
    t.note(f"{redispatched} of {count} were in a dead worker's socket")


@scenario(rows=modes.preforked_crowded)
def workers_killed_while_clients_connect(t):
    """In a storm of connects and kills every client is either served whole or was a dead worker's own."""
    daemon = t.daemon({"prefork.workers": 3, "server.backlog": 4096})
    lost = served = 0
    for turn in range(3):
        clients = daemon.clients(40, timeout=t.seconds(20))
        for number, client in enumerate(clients):
            client.send("ECHO", number)
        victims = daemon.workers()[:1]
        for pid in victims:
            daemon.signal(signal.SIGKILL, pid)
        for number, client in enumerate(clients):
            try:
                same(client.read(), b"%d" % number)
                served += 1
            except (Closed, ConnectionError):
                lost += 1
            client.close()
        for pid in victims:
            replaced(t, daemon, pid, 3)
    same(served + lost, 120)
    died = daemon.wait_event("worker_died", 3)
    true(lost <= sum(int(record["connections"]) for record in died), f"{lost} clients lost")
    t.note(f"{served} served, {lost} lost with their worker")


@scenario(rows=modes.only("prefork/event", "classic"))
def workers_that_die_young_are_throttled(t):
    """No fork storm: each pause is longer than the last, and it recovers."""
    daemon = t.daemon({"prefork.workers": 1, "prefork.max_workers": 2})
    seen = set()
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        for pid in daemon.workers():
            if pid not in seen:
                seen.add(pid)
                daemon.signal(signal.SIGKILL, pid)
        time.sleep(0.002)
    between(3, len(seen), 8, "workers started in 2.5 s in which each was killed at once")
    pauses = [int(record["restart_ms"]) for record in daemon.events("worker_died")]
    true(pauses == sorted(pauses) and pauses[-1] >= 4 * pauses[0] > 0, f"pauses grow: {pauses}")
    client = daemon.client(timeout=t.seconds(20))
    same(client.ask("PING"), "PONG", "a client that waits for the pause to end")
    same(daemon.info(client)["worker_restarts"], len(seen))


@scenario(rows=modes.only("prefork/event", "prefork/thread"))
def workers_that_are_killed_together_are_one_step_of_the_back_off(t):
    """Six at once were six steps, and the last of them 3.2 s without any worker."""
    daemon = t.daemon({"prefork.workers": 6})
    victims = daemon.workers()
    for pid in victims:
        daemon.signal(signal.SIGKILL, pid)
    died = t.wait_until(lambda: (records := daemon.events("worker_died")) and len(records) == 6 and records, "all have died")
    pauses = {int(record["restart_ms"]) for record in died}
    true(pauses <= {0, 100}, f"pauses: {sorted(pauses)} ms")
    for pid in victims:
        replaced(t, daemon, pid, 6)
    same(daemon.client().ask("PING"), "PONG")


@scenario(rows=modes.preforked)
def no_worker_outlives_a_killed_master(t):
    daemon = t.daemon()
    load = Load(t, daemon, 6, lossy=True)
    load.progress(5)
    stopped = daemon.workers()[0]
    daemon.signal(signal.SIGSTOP, stopped)
    daemon.crash_expected = True
    daemon.process.kill()
    daemon.wait_exit()
    t.wait_until(lambda: not any(proc.alive(pid) for pid in daemon.worker_pids), "the end of all workers", 3)
    load.join()
    same(len(load.lost()), 6)


@scenario(rows=modes.only("classic"))
def more_clients_than_workers_queue_and_are_served_in_turn(t):
    """The classic server: one process per client, as many as max_workers; the rest wait for one to leave."""
    daemon = t.daemon({"prefork.max_workers": 5})
    first = daemon.clients(5)
    pids = {client.whoami()["pid"] for client in first}
    same(len(pids), 5, "processes for 5 clients")
    waiting = daemon.clients(3)
    for client in waiting:
        client.send("PING")
    t.wait_until(lambda: daemon.info(first[0])["queued_connections"] == 3, "3 clients queued")
    same([client.readable() for client in waiting], [False] * 3)
    same(len(daemon.workers()), 5, "workers")
    for served, leaving in zip(waiting, first[1:]):
        leaving.close()
        same(served.read(), "PONG", "the next in the queue")
    same(daemon.info(first[0])["queued_connections"], 0)
    info = daemon.info(first[0])
    same((info["workers"], info["connected_clients"], info["worker_restarts"]), (5, 5, 0))


@scenario(rows=modes.only("classic"))
def there_are_no_more_workers_than_clients_need(t):
    daemon = t.daemon()
    clients = []
    for _ in range(8):
        clients.append(daemon.client())
        same(clients[-1].ask("PING"), "PONG")
    same(len({client.whoami()["pid"] for client in clients}), 8)
    between(8, len(daemon.workers()), 9, "workers for 8 clients")


@scenario(rows=modes.preforked_crowded)
def connections_are_spread_evenly(t):
    daemon = t.daemon({"prefork.workers": 4})
    clients = daemon.clients(80)
    counts = {}
    for client in clients:
        pid = client.whoami()["pid"]
        counts[pid] = counts.get(pid, 0) + 1
    same(sorted(counts.values()), [20] * 4, "clients per worker")
    for client in [client for client in clients if client.whoami()["pid"] == min(counts)]:
        client.close()
    t.wait_until(lambda: daemon.info(clients[-1] if clients[-1].socket.fileno() >= 0 else None)["connected_clients"] <= 61, "20 gone")
    fresh = daemon.clients(20)
    same({client.whoami()["pid"] for client in fresh}, {min(counts)}, "who gets the next 20")


@scenario(rows=modes.only("event"))
def connections_are_spread_evenly_over_reactors(t):
    daemon = t.daemon({"event.threads": 4})
    counts = {}
    for client in daemon.clients(80):
        worker = client.whoami()["worker"]
        counts[worker] = counts.get(worker, 0) + 1
    same(sorted(counts.values()), [20] * 4, "clients per reactor")
