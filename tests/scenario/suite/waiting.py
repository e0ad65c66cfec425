# SPDX-License-Identifier: Apache-2.0
"""The lesson of the models: what others see while one client waits, well (SLEEP) or badly (BLOCK)."""

import time

from harness import modes, proc
from harness.errors import same, true
from harness.scenario import scenario

WAIT_MS = 1000
ROUNDS = 20  # that an observer must be through before the wait is over, when nothing holds it up


def place(client):
    """Who serves a connection: the process, and on a reactor also which."""
    who = client.whoami()
    return who["pid"], who["worker"]


def observe(t, daemon, command, stopped):
    """One client sends `command` for WAIT_MS; every other is stopped by it or not, as `stopped(mine, theirs)` says."""
    actor = daemon.client(timeout=t.seconds(20))
    mine = place(actor)
    observers = [(client, place(client)) for client in daemon.clients(8, timeout=t.seconds(20))]
    expected = [(client, stopped(mine, theirs)) for client, theirs in observers]
    started = time.monotonic()
    actor.send(command, WAIT_MS)
    for client, stops in expected:
        if not stops:
            for _ in range(ROUNDS):
                same(client.ask("PING"), "PONG")
    if not all(stops for _, stops in expected):
        true(not actor.readable(), f"{command} was over before those that it does not stop had {ROUNDS} replies")
    for client, stops in expected:
        if stops:
            client.send("PING")
    for client, stops in expected:
        if stops:
            same(client.read(), "PONG")
            waited = time.monotonic() - started
            true(waited >= WAIT_MS / 1000, f"a reply after {waited:.3f} s, in the middle of {command} {WAIT_MS}")
    same(actor.read(), "OK")
    true(time.monotonic() - started >= WAIT_MS / 1000, f"{command} was shorter than {WAIT_MS} ms")
    return [stops for _, stops in expected]


def nobody(_mine, _theirs):
    return False


def everybody(_mine, _theirs):
    return True


def same_reactor(mine, theirs):
    return mine == theirs


def same_process(mine, theirs):
    return mine[0] == theirs[0]


@scenario()
def sleep_stops_nobody(t):
    observe(t, t.daemon(), "SLEEP", nobody)


@scenario(rows=modes.only("event"))
def sleep_stops_nobody_on_one_reactor(t):
    observe(t, t.daemon({"event.threads": 1}), "SLEEP", nobody)


@scenario(rows=modes.only("pool", "prefork/pool"))
def sleep_stops_nobody_in_a_pool_with_one_turn(t):
    observe(t, t.daemon({"pool.turns": 1}), "SLEEP", nobody)


@scenario(rows=modes.only("thread", "prefork/thread", "classic"))
def block_stops_nobody_where_each_client_has_a_thread(t):
    observe(t, t.daemon(), "BLOCK", nobody)


@scenario(rows=modes.only("event"))
def block_stops_everybody_on_one_reactor(t):
    observe(t, t.daemon({"event.threads": 1}), "BLOCK", everybody)


@scenario(rows=modes.only("event"))
def block_stops_its_own_reactor_and_not_the_other(t):
    stopped = observe(t, t.daemon({"event.threads": 2}), "BLOCK", same_reactor)
    true(3 <= stopped.count(True) <= 5, f"8 clients over 2 reactors: {stopped.count(True)} beside the one that blocks")


@scenario(rows=modes.only("prefork/event"))
def block_stops_its_own_worker_process_and_not_the_other(t):
    stopped = observe(t, t.daemon(), "BLOCK", same_process)
    true(3 <= stopped.count(True) <= 5, f"8 clients over 2 workers: {stopped.count(True)} beside the one that blocks")


@scenario(rows=modes.only("pool", "prefork/pool"))
def block_stops_nobody_while_the_pool_has_a_turn_left(t):
    observe(t, t.daemon({"pool.turns": 2}), "BLOCK", nobody)


@scenario(rows=modes.only("pool"))
def block_stops_everybody_when_the_pool_has_one_turn(t):
    observe(t, t.daemon({"pool.turns": 1}), "BLOCK", everybody)


@scenario(rows=modes.only("prefork/pool"))
def block_stops_its_own_process_when_its_pool_has_one_turn(t):
    observe(t, t.daemon({"pool.turns": 1}), "BLOCK", same_process)


@scenario(rows=modes.only("pool", "prefork/pool"))
def block_stops_nobody_in_the_textbook_pool(t):
    observe(t, t.daemon({"pool.turns": 0}), "BLOCK", nobody)


@scenario()
def waits_are_not_late_by_the_kernel_s_leave(t):
    """No thread of any process has the slack of 50 us that timers have by default."""
    daemon = t.daemon()
    for client in daemon.clients(4):
        same(client.ask("SLEEP", 1), "OK")
    for pid in [daemon.pid, *daemon.workers()]:
        for task in proc.tasks(pid):
            with open(f"/proc/{task}/timerslack_ns") as file:
                same(file.read().strip(), "1", f"timer slack of thread {task}")


@scenario()
def a_hundred_sleeps_take_the_time_of_one(t):
    """Where waiting costs no thread, or there are enough of them."""
    settings = {"pool.threads": 128, **({} if t.mode.inner != "pool" else {"prefork.inner_threads": 64})}
    daemon = t.daemon(settings)
    clients = daemon.clients(20 if t.mode.classic else 100, timeout=t.seconds(20))
    for client in clients:
        same(client.ask("PING"), "PONG")
    started = time.monotonic()
    for client in clients:
        client.send("SLEEP", 500)
    for client in clients:
        same(client.read(), "OK")
    passed = time.monotonic() - started
    true(0.5 <= passed < t.seconds(1.5), f"took {passed:.2f} s")


@scenario(tls=True)
def input_that_comes_while_a_command_waits_is_answered_after_it(t):
    client = t.daemon().client()
    client.send("SLEEP", 100)
    client.send("ECHO", "one")
    client.send("NUMBERS", 1, 2, "EVERY", "20ms")
    client.send("ECHO", "two")
    same(client.read_count(4), ["OK", b"one", [1, 2], b"two"])
