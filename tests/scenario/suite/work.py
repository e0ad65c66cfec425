# SPDX-License-Identifier: Apache-2.0
"""WORK, the shape of anybody's request: its steps, its bounds, the lock that is one for all workers - whatever becomes of
its holder - and that nothing of it outlasts a time limit, a kill or a drain."""

import signal
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.resp import Error
from harness.scenario import scenario

TIMEOUT = Error("TIMEOUT the command took longer than limits.max_command_time")
ENDLESS = ["cpu=1h", "wait=1h", "block=1h", "lock=1h", "alloc=16M block=1h"]


def work(client, steps):
    return client.ask("WORK", *steps.split())


def timed(client, steps):
    """The reply and how long it took, in seconds."""
    started = time.monotonic()
    reply = work(client, steps)
    return reply, time.monotonic() - started


def place(client):
    """Who serves a connection: the process, and on a reactor also which."""
    who = client.whoami()
    return who["pid"], who["worker"]


def wait_behind(t, watcher, waiter, daemon):
    """Has `waiter` wait for the lock that somebody has asked for: until its attempt finds it taken, and stays there. The
    watcher is served by neither of the two."""
    before = daemon.info(watcher)["work_lock_waits"]

    def waits():
        waiter.send("WORK", "lock=0")
        t.wait_until(lambda: waiter.readable() or daemon.info(watcher)["work_lock_waits"] > before, "an answer or a wait")
        if not waiter.readable():
            return True
        same(waiter.read(), "OK")
        return False
    t.wait_until(waits, "the lock to be held")


@scenario()
def work_does_what_it_is_asked(t):
    client = t.daemon().client()
    same(work(client, ""), "OK")
    same(work(client, "cpu=1ms wait=1ms block=1ms alloc=300k lock=1ms reply=10"), b"x" * 10)
    same(work(client, "reply=3 lock=1ms alloc=1 block=1ms wait=1ms cpu=1ms"), b"x" * 3, "in another order")
    for size, length in (("0", 0), ("1", 1), ("4k", 4096), ("100000", 100000), ("5M", 5 << 20)):
        same(len(work(client, f"reply={size}")), length, f"reply={size}")
    for steps in ("wait=100ms", "block=100ms", "lock=100ms", "wait=40ms block=30ms lock=30ms"):
        reply, seconds = timed(client, steps)
        same(reply, "OK", steps)
        between(0.1, seconds, t.seconds(5), f"seconds of {steps}")


@scenario()
def work_says_what_is_wrong_with_its_arguments(t):
    client = t.daemon().client()
    started = time.monotonic()
    takes = "; it takes [cpu=T] [wait=T] [block=T] [alloc=S] [lock=T] [reply=S]"
    bounds = " takes a time up to 1h, with its unit: us, ms, s, m, h"
    for steps, error in (("block=30s nap=1ms", "ERR argument 2 of 'work' is 'nap=1ms'" + takes),
                         ("block=30s wait=1ms wait=1ms", "ERR wait= is given twice"),
                         ("block=30s cpu=61m", "ERR cpu=" + bounds),
                         ("block=30s alloc=1G", "ERR alloc= takes a size up to 256M, as 300, 64k or 2M"),
                         ("block=30s reply=8M", "LIMIT reply= is larger than limits.max_output")):
        same(work(client, steps), Error(error))
    true(time.monotonic() - started < 30, "nothing is done of what is refused")
    same(client.ask("PING"), "PONG")


@scenario()
def work_uses_the_cpu_time_that_it_says(t):
    daemon = t.daemon()
    client, watcher = daemon.clients(2)

    def used():
        """Other processes publish theirs ten times a second."""
        time.sleep(0.25)
        info = daemon.info(watcher)
        return info["cpu_user_us"] + info["cpu_sys_us"]
    before = used()
    same(work(client, "cpu=400ms"), "OK")
    between(390000, used() - before, t.seconds(900000), "us of CPU time for 400 ms of work")
    before = used()
    same(work(client, "wait=200ms block=200ms lock=200ms"), "OK")
    true(used() - before < t.seconds(200000), "us of CPU time for work that only waits")


@scenario()
def work_s_memory_shows_while_it_is_at_work_and_then_is_gone(t):
    if t.programs.sanitized:
        t.skip("a sanitizer's allocator keeps what is freed")
    daemon = t.daemon()
    client, watcher = daemon.clients(2)
    number = client.ask("CLIENT", "ID")
    before = daemon.info(watcher)["rss_bytes"]
    client.send("WORK", "alloc=64M", "wait=1h")
    t.wait_until(lambda: daemon.info(watcher)["rss_bytes"] >= before + (63 << 20), "64 MiB more in rss_bytes")
    same(watcher.ask("CLIENT", "KILL", "ID", number), 1)  # the command will not be called again
    t.wait_until(lambda: daemon.info(watcher)["rss_bytes"] < before + (32 << 20), "the memory to be given back")
    same(work(watcher, "alloc=64M"), "OK")
    t.wait_until(lambda: daemon.info(watcher)["rss_bytes"] < before + (32 << 20), "the memory to be given back")


@scenario()
def one_holds_the_lock_at_a_time(t):
    """Over threads and processes: so many times 5 ms take so long at least, and without the lock half as long."""
    daemon = t.daemon()
    clients = daemon.clients(8, timeout=t.seconds(30))
    served_by = {place(client) for client in clients}
    true(len(served_by) > 1 or t.mode.name == "pool", f"8 clients are served by {len(served_by)}")
    started = time.monotonic()
    for client in clients:
        client.send_bytes(b"WORK lock=5ms\r\n" * 10)
    for client in clients:
        same(client.read_count(10), ["OK"] * 10)
    took = time.monotonic() - started
    true(took >= 8 * 10 * 0.005, f"80 x 5 ms of one lock took {took * 1000:.0f} ms")
    info = daemon.info()
    true(info["work_lock_waits"] > 0, "somebody had to wait")
    between(info["work_lock_waits"], info["work_lock_waited_us"], 80 * 80 * 50000 * t.seconds(1), "us waited for the lock")
    same(info["work_lock_recovered"], 0)


def elsewhere(daemon, *places):
    """A client that is served by none of these processes."""
    for _ in range(30):
        client = daemon.client()
        if place(client)[0] not in [pid for pid, _ in places]:
            return client
    raise AssertionError("connections are not spread over the workers")


@scenario(rows=modes.preforked)
def a_killed_holder_s_lock_passes_on(t):
    daemon = t.daemon({"prefork.workers": 3})
    waiter = daemon.client()
    mine = place(waiter)
    for turn in range(1, 4):
        holder = elsewhere(daemon, mine)
        victim = place(holder)
        watcher = elsewhere(daemon, mine, victim)
        holder.send("WORK", "lock=1h")
        wait_behind(t, watcher, waiter, daemon)
        daemon.signal(signal.SIGKILL, victim[0])
        same(waiter.read(), "OK", "the waiter when the holder is dead")
        same(daemon.info(watcher)["work_lock_recovered"], turn)
        daemon.wait_event("worker_died", turn, signal=9)
        daemon.wait_event("worker_ready", 3 + turn)


@scenario(rows=modes.preforked)
def a_stopped_holder_keeps_nobody_for_ever(t):
    """Its lock is not free, but those who wait are cut in time, others are served, and a drain ends."""
    daemon = t.daemon({"prefork.workers": 3, "limits.max_command_time": f"{t.seconds(2):g}s",
                       "server.drain_timeout": "300ms", "prefork.stuck_timeout": "60s"})
    waiter = daemon.client()
    mine = place(waiter)
    holder = elsewhere(daemon, mine)
    victim = place(holder)
    watcher = elsewhere(daemon, mine, victim)
    holder.send("WORK", "lock=1h")
    wait_behind(t, watcher, waiter, daemon)
    daemon.signal(signal.SIGSTOP, victim[0])
    daemon.wait_event("worker_stopped")
    same(waiter.read(), TIMEOUT)
    same(waiter.ask("PING"), "PONG")
    waiter.send("WORK", "lock=1ms")
    daemon.term()
    same(waiter.read_to_end(), b"", "a waiter that the drain cuts")
    same(daemon.wait_exit(), 0)


def neighbours(t, daemon):
    """A holder, a waiter elsewhere, and others: those of the waiter's reactor."""
    clients = [(client, place(client)) for client in daemon.clients(8, timeout=t.seconds(20))]
    holder, where = clients[0]
    waiter, there = next((client, at) for client, at in clients if at != where)
    return holder, waiter, [client for client, at in clients if at == there and client is not waiter], \
        [client for client, at in clients if at not in (where, there)]


@scenario(rows=modes.only("event", "prefork/event"))
def waiting_for_the_lock_stops_a_reactor_s_others(t):
    daemon = t.daemon({"event.threads": 3, "prefork.workers": 3})
    holder, waiter, others, watchers = neighbours(t, daemon)
    started = time.monotonic()
    holder.send("WORK", "lock=1s")
    wait_behind(t, watchers[0], waiter, daemon)
    for client in others:
        client.send("PING")
    same(watchers[0].ask("PING"), "PONG")
    same(holder.readable(), False, "the holder's reply")
    for client in others:
        same(client.read(), "PONG")
        true(time.monotonic() - started >= 0.99, "the waiter's neighbour was served before the lock was free")
    same([waiter.read(), holder.read()], ["OK", "OK"])


@scenario(rows=modes.only("thread", "prefork/thread", "classic"))
def waiting_for_the_lock_stops_nobody_with_a_thread_of_his_own(t):
    daemon = t.daemon()
    holder, waiter, *others = daemon.clients(6)
    holder.send("WORK", "lock=1s")
    wait_behind(t, others[0], waiter, daemon)
    for client in others:
        same(client.ask("PING"), "PONG")
    same((waiter.readable(), holder.readable()), (False, False), "replies while the lock is held")
    same([holder.read(), waiter.read()], ["OK", "OK"])


@scenario()
def every_step_is_cut_at_its_time(t):
    daemon = t.daemon({"limits.max_command_time": "200ms"})
    client = daemon.client(timeout=t.seconds(20))
    for steps in ENDLESS:
        reply, seconds = timed(client, steps)
        same(reply, TIMEOUT, steps)
        between(0.2, seconds, t.seconds(5), f"seconds of {steps}")
    same(work(client, "lock=1ms reply=2"), b"xx", "the lock was given back")


@scenario()
def every_step_ends_when_its_client_is_killed(t):
    daemon = t.daemon({"pool.turns": 16, "event.threads": 2})
    clients = daemon.clients(8)
    for steps in ENDLESS:
        victim = daemon.client()
        number, where = victim.ask("CLIENT", "ID"), place(victim)
        killer = clients[0] if t.mode.serving == "pool" else next(client for client in clients if place(client) != where)
        victim.send("WORK", *steps.split())
        daemon.wait_running("work")
        same(killer.ask("CLIENT", "KILL", "ID", number), 1, steps)
        same(victim.read_to_end(), b"", steps)
    same(work(clients[0], "lock=1ms"), "OK")


@scenario()
def a_drain_cuts_every_step(t):
    daemon = t.daemon({"server.drain_timeout": "300ms", "limits.max_command_time": "1h", "pool.turns": 16})
    clients = daemon.clients(len(ENDLESS) + 2)
    for client, steps in zip(clients, ENDLESS + ["lock=1h", "lock=1h wait=1h"]):
        client.send("WORK", *steps.split())
    daemon.wait_running("work")
    daemon.term()
    same(daemon.wait_exit(), 0)
    for client in clients:
        same(client.read_to_end(), b"")
