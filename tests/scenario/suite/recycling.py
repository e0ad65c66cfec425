# SPDX-License-Identifier: Apache-2.0
"""prefork.max_requests: a worker that has had its share is replaced under load, and nobody is dropped: connections move to
other workers with their name, their protocol version, and the input that was read and not yet used."""

from harness import modes
from harness.errors import same, true
from harness.load import Load
from harness.resp import encode
from harness.scenario import scenario
from harness.swarm import Swarm


@scenario(rows=modes.preforked)
def workers_are_replaced_under_load_and_nobody_is_dropped(t):
    daemon = t.daemon({"prefork.max_requests": 400, "prefork.max_requests_jitter": 100})
    load = Load(t, daemon, 10 if not t.mode.classic else 4)
    daemon.wait_event("worker_exited", 6, reason="retired", seconds=30)
    load.progress()
    load.stop()
    same(load.lost(), [], "clients dropped")
    client = daemon.client()
    same(int(client.ask("GET", "load")), load.acknowledged(), "the counter")
    same(daemon.events("worker_died"), [])
    exited = len(daemon.events("worker_exited"))
    true(daemon.info(client)["worker_restarts"] >= exited - 1, "worker_restarts counts them")


def until_exited(daemon, swarm, count):
    """Lets the swarm work until so many workers were replaced; what its clients found wrong is raised."""
    try:
        daemon.wait_event("worker_exited", count, reason="retired", seconds=30)
    finally:
        swarm.stop()


@scenario(rows=modes.preforked)
def names_and_protocol_versions_move_along(t):
    daemon = t.daemon({"prefork.max_requests": 150})
    moved = set()

    def script(number):
        (reply,) = yield [["HELLO", 3 if number % 2 else 2, "SETNAME", f"name-{number}"]]
        connection = None
        pids = set()
        turn = 0
        while not swarm.stopping.is_set():
            turn += 1
            who, name, absent, echo, library = yield [["WHOAMI"], ["CLIENT", "GETNAME"], ["CONFIG", "GET", "absent"],
                                                      ["ECHO", f"{number}.{turn}"], ["CLIENT", "SETINFO", "LIB-NAME", "x"]]
            same(isinstance(who, dict), number % 2 == 1, "protocol version")
            same(absent, {} if number % 2 else [])
            facts = who if isinstance(who, dict) else dict(zip(who[::2], who[1::2]))
            pids.add(facts[b"pid"])
            connection = connection or facts[b"connection"]
            same((name, facts[b"connection"], echo), (b"name-%d" % number, connection, b"%d.%d" % (number, turn)))
        moved.update(pids)

    scripts = [script(i) for i in range(8 if not t.mode.classic else 3)]
    swarm = t.closing(Swarm(daemon.port, scripts, t.seconds(40)))
    swarm.start()
    until_exited(daemon, swarm, 5)
    true(len(moved) >= 5, f"connections were served by {len(moved)} processes")
    same(daemon.events("worker_died"), [])


@scenario(rows=modes.preforked)
def input_in_flight_moves_along(t):
    """Pipelines that arrive in pieces cut anywhere, while workers come and go."""
    daemon = t.daemon({"prefork.max_requests": 300})

    def script(number):
        turn = 0
        while not swarm.stopping.is_set():
            turn += 1
            words = [f"{number}.{turn}.{i}" for i in range(40)]
            data = b"".join(encode("ECHO", word) for word in words)
            cut = (number * 31 + turn * 17) % (len(data) - 1) + 1
            whole = data[:cut].count(b"ECHO") - (0 if data.startswith(b"*", cut) else 1)
            first = yield data[:cut], max(0, whole)
            rest = yield data[cut:], 40 - max(0, whole)
            same(first + rest, [word.encode() for word in words], f"client {number}, turn {turn}")

    scripts = [script(i) for i in range(8 if not t.mode.classic else 3)]
    swarm = t.closing(Swarm(daemon.port, scripts, t.seconds(40)))
    swarm.start()
    until_exited(daemon, swarm, 6)
    same(daemon.events("worker_died"), [])


@scenario(rows=modes.preforked_crowded)
def a_retiring_worker_finishes_what_waits(t):
    daemon = t.daemon({"prefork.max_requests": 100})
    sleeper, busy = daemon.clients(2)
    pid = sleeper.whoami()["pid"]
    same(sleeper.ask("CLIENT", "SETNAME", "sleeper"), "OK")
    others = [client for client in daemon.clients(8) if client.whoami()["pid"] == pid]
    sleeper.send("SLEEP", 600)
    for client in others:
        client.send_bytes(encode("PING") * 100)
        client.read_count(100)
    daemon.wait_event("worker_retiring", worker_pid=pid)
    for client in others:
        # The master has said so; the worker may answer once more before it reads that.
        t.wait_until(lambda: client.whoami()["pid"] != pid, "a client of the retiring worker given to another")
    same(sleeper.read(), "OK")
    same(sleeper.ask("CLIENT", "GETNAME"), b"sleeper")
    true(sleeper.whoami()["pid"] != pid, "and so was the one that slept")
    daemon.wait_event("worker_exited", worker_pid=pid)
