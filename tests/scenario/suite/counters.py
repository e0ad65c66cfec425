# SPDX-License-Identifier: Apache-2.0
"""Counters that all workers share, threads and processes alike."""

from harness.errors import between, same, true
from harness.resp import Error
from harness.scenario import scenario
from harness.swarm import Swarm

CLIENTS = 16
EACH = 10000
AT_ONCE = 100


def count(t, settings):
    """16 clients x 10,000 INCR; the counter's last value."""
    daemon = t.daemon(settings)

    def script(number, exact):
        last = 0
        for _ in range(EACH // AT_ONCE):
            replies = yield [["INCR", "n"]] * AT_ONCE
            true(all(isinstance(reply, int) for reply in replies), "every reply is an integer")
            if exact:
                true(all(a < b for a, b in zip([last, *replies], replies)), f"client {number} sees the counter grow")
            last = replies[-1]

    exact = settings["counters.guard"] != "none"
    t.closing(Swarm(daemon.port, [script(i, exact) for i in range(CLIENTS)], t.seconds(50))).run()
    return int(daemon.client().ask("GET", "n"))


@scenario()
def atomic_counts_exactly(t):
    same(count(t, {"counters.guard": "atomic"}), CLIENTS * EACH)


@scenario()
def mutex_counts_exactly(t):
    same(count(t, {"counters.guard": "mutex"}), CLIENTS * EACH)


@scenario()
def none_may_lose_updates_but_never_invents_any(t):
    last = count(t, {"counters.guard": "none"})
    between(1, last, CLIENTS * EACH, "the counter")
    t.note(f"{CLIENTS * EACH - last} updates lost")


@scenario()
def all_workers_see_the_same_counter(t):
    daemon = t.daemon()
    clients = daemon.clients(8)
    for turn, client in enumerate(clients):
        same(client.ask("INCRBY", "n", 10), 10 * (turn + 1))
    for client in clients:
        same(client.ask("GET", "n"), b"80")
    same(clients[0].ask("DEL", "n"), 1)
    same(clients[-1].ask("GET", "n"), None)


@scenario()
def names_are_bounded_and_the_bound_is_said(t):
    daemon = t.daemon({"counters.capacity": 16})
    clients = daemon.clients(4)
    made = 0
    for i in range(40):
        reply = clients[i % 4].ask("INCR", f"name-{i}")
        if isinstance(reply, Error):
            true(reply.startswith("LIMIT"), f"saw {reply!r}")
        else:
            same(reply, 1)
            made += 1
    same(made, 16, "counters made")
    same(clients[0].ask("INCR", "name-0"), 2, "one that is there")
