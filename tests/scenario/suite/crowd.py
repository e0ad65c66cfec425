# SPDX-License-Identifier: Apache-2.0
"""Many clients at once."""

from harness import modes
from harness.errors import between, same
from harness.scenario import scenario
from harness.swarm import Swarm, raise_files

IDLE = 10000
# Bytes of user-space memory that a parked connection may cost: the design's budget. In prefork the master and each worker
# have a table of connections, of which each touches its part.
PARKED_MOST = {"pool": 1024, "event": 1024, "thread": 20480}
PREFORK_MORE = 1024


@scenario(rows=modes.crowded)
def a_thousand_clients_each_check_their_own_replies(t):
    if not raise_files(1500):
        t.skip("RLIMIT_NOFILE can't be raised to 1500")
    daemon = t.daemon({"counters.capacity": 2048})

    def script(number):
        (reply,) = yield [["CLIENT", "SETNAME", f"client-{number}"]]
        same(reply, "OK")
        for turn in range(10):
            word = f"{number}:{turn}:" + "x" * (number % 97)
            replies = yield [["ECHO", word], ["INCR", f"own-{number}"], ["INCR", "common"], ["SQUARE", number]]
            same((replies[0], replies[1], replies[3]), (word.encode(), turn + 1, number * number), f"client {number}")
            if turn == 5 and number % 10 == 0:
                (reply,) = yield [["SLEEP", 20]]
                same(reply, "OK")
        (reply,) = yield [["CLIENT", "GETNAME"]]
        same(reply, b"client-%d" % number)

    t.closing(Swarm(daemon.port, [script(i) for i in range(1000)], t.seconds(40))).run()
    control = daemon.client()
    same(control.ask("GET", "common"), b"10000")
    total = 1000 * (2 + 10 * 4) + 100 + 1
    asked = 0

    def counted():
        nonlocal asked
        asked += 1
        return daemon.info(control)["total_commands"] - (asked - 1) == total
    t.wait_until(counted, f"total_commands at {total}", 5)


@scenario(rows=modes.crowded, limit_s=120)
def ten_thousand_idle_clients_while_sixteen_work(t):
    if not raise_files(IDLE + 500):
        t.skip(f"RLIMIT_NOFILE can't be raised to {IDLE + 500}")
    if t.programs.sanitized and t.mode.serving == "thread":
        t.skip("ten thousand threads under a sanitizer")
    daemon = t.daemon({"server.max_clients": IDLE + 100, "log.access": "off"})
    control = daemon.client()
    before = daemon.info(control)["rss_bytes"]

    def idle_script(number):
        (reply,) = yield [["SQUARE", number]]
        same(reply, number * number)

    idle = t.closing(Swarm(daemon.port, [idle_script(i) for i in range(IDLE)], t.seconds(60)))
    idle.run()
    same(daemon.info(control)["connected_clients"], IDLE + 1)
    t.wait_until(lambda: stable(daemon, control), "figures of memory that stay", 5)
    parked = (daemon.info(control)["rss_bytes"] - before) / IDLE
    t.note(f"{parked:.0f} bytes of resident memory per parked connection")

    def worker_script(number):
        for turn in range(300):
            replies = yield [["ECHO", f"{number}-{turn}"], ["INCR", "work"]]
            same(replies[0], b"%d-%d" % (number, turn))

    t.closing(Swarm(daemon.port, [worker_script(i) for i in range(16)], t.seconds(30))).run()
    same(control.ask("GET", "work"), b"4800")

    def again(number):
        (reply,) = yield [["SQUARE", number + 1]]
        same(reply, (number + 1) ** 2)

    for number in range(0, IDLE, 500):  # those who waited are there still
        peer = idle.peers[number]
        peer.socket.settimeout(t.seconds(10))
        peer.socket.sendall(b"SQUARE %d\r\n" % number)
        same(peer.socket.recv(64), b":%d\r\n" % (number * number))
    if not t.programs.sanitized:
        most = PARKED_MOST[t.mode.serving] + (PREFORK_MORE if t.mode.prefork else 0)
        between(0, parked, most, "bytes per parked connection")


def stable(daemon, control, seen={}):
    """Whether two looks at the memory agree: other processes publish ten times a second."""
    now = daemon.info(control)["rss_bytes"]
    agrees, seen[daemon] = seen.get(daemon) == now, now
    return agrees
