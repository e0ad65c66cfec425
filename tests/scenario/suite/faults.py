# SPDX-License-Identifier: Apache-2.0
"""A host that lets the daemon down: memory that is short at every place where it could be, workers that can't start, a clock
that jumps. One connection is lost, never the daemon, and everything is counted."""

import collections
import signal
import time

from harness import modes, proc
from harness.errors import Failed, between, same, true
from harness.resp import Closed, Error, encode
from harness.scenario import scenario
from suite.reload import Configured

LARGE = b"x" * 40000

# A session's life: what it asks, and what it must be told - a reply, or what to think of one. A request that is bytes is sent
# as it is.
LIFE = [
    (["PING"], "PONG"),
    (["CLIENT", "SETNAME", "short"], "OK"),
    (["HELLO", "3"], lambda reply: reply[b"proto"] == 3),
    (["ECHO", LARGE], LARGE),
    (["INCRBY", "life", "0"], lambda reply: reply == 0),
    (["INFO"], lambda reply: b"log_attempted:" in reply and b"config_generation:" in reply),
    (["CLIENT", "LIST"], lambda reply: b"name=short" in reply),
    (["CLIENT", "GETNAME"], b"short"),
    (["COMMAND", "DOCS"], lambda reply: len(reply) > 30),
    (["CONFIG", "GET", "server.*"], lambda reply: b"server.mode" in reply),
    (["NUMBERS", "1", "20000"], list(range(1, 20001))),
    (["NUMBERS", "1", "3", "EVERY", "1ms"], [1, 2, 3]),
    (["LETTERS", "a", "c", "EVERY", "1ms"], [b"a", b"b", b"c"]),
    (["SLEEP", "1"], "OK"),
    (["PRIMES", "1000"], 168),
    (["HASH", "sha256", "2", "x"], lambda reply: len(reply) == 64),
    (["WORK", "wait=1ms", "alloc=64k", "reply=2k"], lambda reply: len(reply) == 2048),
    (b"*2\r\n$4\r\nECHO\r\n$5\r\nhe", None),
    (b"llo\r\n", b"hello"),
    (["WHOAMI"], lambda reply: b"mode" in reply),
]


def live(client):
    """Asks everything. Answers how many error replies there were, every other one being right; raises Closed when it is lost or
    was turned away."""
    errors = 0
    for request, expected in LIFE:
        client.send_bytes(request if isinstance(request, bytes) else encode(*request))
        if expected is None:
            continue
        reply = client.read()
        if isinstance(reply, Error) and reply.startswith("LIMIT no thread"):
            same(client.read_to_end(), b"", "nothing behind a refusal")
            raise Closed("refused")
        if isinstance(reply, Error):
            true("memory" in reply, f"{request[:3]}: {reply}")
            errors += 1
        elif callable(expected):
            true(expected(reply), f"{request[:3]}: {reply!r}")
        else:
            same(reply, expected, str(request[:3]))
    return errors


def places(last, every):
    """Every place at first, and then ever fewer: what a life allocates late is what it does over and over."""
    nth = 1
    while nth <= last:
        yield nth
        nth += 1 + nth // every


@scenario(limit_s=120, tls=True)
def the_nth_allocation_fails_and_one_connection_is_lost_at_most(t):
    daemon, shortage = t.faulty_daemon({"prefork.max_workers": 4 if t.mode.classic else None})
    control = daemon.client()
    same(control.ask("PING"), "PONG")
    lost = errors = failures = lives = 0
    for nth in places(50000, 12 if t.mode.tls else 40):  # a handshake takes thousands
        same(control.ask("PING"), "PONG", f"a client that was there, before allocation {nth} fails")
        shortage.arm(nth)
        client, survived = None, True
        try:
            client = daemon.client()
            errors += live(client)
        except ConnectionError:
            lost += 1
            survived = False
        if client is not None:
            client.close()
        failed = shortage.disarm()
        failures += failed
        lives += 1
        true(failed or survived, f"a connection lost without a failure, at {nth}")
        if not failed:
            break
        t.wait_until(lambda: daemon.info(control)["connected_clients"] == 1, f"the end of the client of {nth}")
    else:
        true(False, f"a life takes more than {nth} allocations")
    same(live(daemon.client()), 0, "errors in a life with memory enough")
    same(control.ask("PING"), "PONG", "a client that was there all the time")
    true(lost + errors <= failures, f"{failures} failures cost {lost} connections and {errors} replies")
    true(lost > 0, "no failure was noticed by anybody")
    reasons = collections.Counter(record["close_reason"] for record in daemon.wait_event("connection_closed", lives))
    for reason in ("tls", "error") if t.mode.tls else ():  # OpenSSL doesn't always say what it lacked
        reasons["memory"] += reasons.pop(reason, 0)
    same(reasons, {"peer": lives - lost, "memory": lost}, "why connections ended")
    t.note(f"{failures} failures, {lost} connections lost, {errors} error replies, allocation {nth} is none any more")


def lived_through(t, daemon, shortage, control, act, where=range(1, 2000)):
    """`act` with a failure at each of those places where it allocates, until there is none; the daemon must go on each time.
    How many failures there were."""
    failures = 0
    for nth in where:
        shortage.arm(nth)
        act(nth)
        failed = shortage.disarm()
        same(control.ask("PING"), "PONG", f"a client that was there, after allocation {nth} failed")
        client = daemon.client()
        same(client.ask("ECHO", nth), b"%d" % nth, "a client that comes afterwards")
        client.close()
        if not failed:
            return failures
        failures += failed
    raise Failed(f"it takes more than {nth} allocations")


@scenario(rows=modes.only("pool", "prefork/event"), limit_s=120)
def a_reload_that_runs_out_of_memory_leaves_the_old_state_whole(t):
    configured = Configured(t, faulty=True)
    daemon, shortage = configured.daemon, configured.shortage
    control = daemon.client()
    command_time = lambda: control.ask("CONFIG", "GET", "limits.max_command_time")[1]
    has = [command_time()]

    def reload(nth):
        reloaded, refused = len(daemon.events("reloaded")), len(daemon.events("reload_refused"))
        configured.write(f"[limits]\nmax_command_time = {1000 + nth}s\n[commands]\ndisable = READ, BLOCK\n")
        daemon.signal(signal.SIGHUP)
        t.wait_until(lambda: len(daemon.events("reloaded")) + len(daemon.events("reload_refused")) > reloaded + refused,
                     f"an answer to the reload in which allocation {nth} fails")
        if len(daemon.events("reloaded")) > reloaded:
            has[0] = b"%ds" % (1000 + nth)
            if t.mode.prefork:
                settled(t, daemon)
        shortage.disarm()
        t.wait_until(lambda: command_time() == has[0], f"the configuration with {has[0]}")

    # A worker that fails to read it is told again after a second.
    failures = lived_through(t, daemon, shortage, control, reload, range(1, 2000, 41) if t.mode.prefork else range(1, 2000))
    refused = len(daemon.events("reload_refused"))
    t.note(f"{failures} failures, {refused} reloads refused")
    true(refused > 0, "no reload was refused")
    same(daemon.info(control)["config_generation"], 1 + len(daemon.events("reloaded")))


@scenario(rows=modes.only("prefork/event"), limit_s=120)
def a_worker_is_replaced_although_memory_is_short_for_a_moment(t):
    """In the master, which starts it, or in itself. Each in a daemon of its own: who dies young is replaced ever later."""
    for nth in (1, 2, 3, 4, 5, 8, 13, 21, 34, 55):
        daemon, shortage = t.faulty_daemon({"prefork.workers": 2})
        control = daemon.client()
        own = control.whoami()["pid"]
        victim = next(pid for pid in daemon.workers() if pid != own)
        daemon.signal(signal.SIGKILL, victim)
        shortage.arm(nth)
        t.wait_until(lambda: not proc.alive(victim), "the end of a worker")
        settled(t, daemon)
        same(shortage.disarm(), 1, f"failures at allocation {nth} of a start")
        same(control.ask("PING"), "PONG", "a client of the other worker")
        same(sorted(client.whoami()["pid"] for client in daemon.clients(2))[0] in daemon.workers(), True)
        daemon.finish()


def settled(t, daemon, seconds=10):
    """Waits until there are two workers, both ready, with the last configuration."""
    def is_settled():
        ready = {record["worker_pid"] for record in daemon.events("worker_ready")}
        pids = {str(pid) for pid in daemon.workers()}
        reloads = daemon.events("reloaded")
        if not reloads:
            return len(pids) == 2 and pids <= ready
        last = {record["pid"] for record in daemon.events("adopted", generation=reloads[-1]["generation"])}
        since = {record["worker_pid"] for record in daemon.events("worker_started") if record["ts"] > reloads[-1]["ts"]}
        return len(pids) == 2 and pids <= ready and pids <= last | since
    t.wait_until(is_settled, "two workers, both ready", seconds)


@scenario(rows=modes.only("prefork/event", "prefork/thread", "classic"))
def workers_that_can_not_start_are_throttled_and_counted(t):
    """No memory for any new worker: no storm of starts, others are served, and it recovers by itself."""
    daemon, shortage = t.faulty_daemon({"prefork.workers": 2, "prefork.max_workers": 2})
    control, lost = two_apart(daemon)
    same(daemon.info(control)["worker_restarts"], 0)
    shortage.starve_workers()
    victim = lost.whoami()["pid"]
    daemon.signal(signal.SIGKILL, victim)
    until = time.monotonic() + 2.5

    def have_died():
        same(control.ask("PING"), "PONG", "a client of the worker that is left")
        return time.monotonic() > until and len(daemon.events("worker_died")) >= 3
    t.wait_until(have_died, "three workers that died", 20)
    died = daemon.events("worker_died")
    between(3, len(died), 8, "workers that died in 2.5 s")
    same([record["signal"] for record in died], ["9"] + ["0"] * (len(died) - 1), "how they died")
    pauses = [int(record["restart_ms"]) for record in died]
    true(all(later >= 2 * sooner for sooner, later in zip(pauses, pauses[1:])), f"pauses grow: {pauses}")
    info = daemon.info(control)
    between(len(died), info["worker_restarts"], len(daemon.events("worker_died")), "worker_restarts in INFO")
    same(info["workers"], 1, "workers in INFO")
    shortage.starve_workers(False)
    t.wait_until(lambda: len(daemon.workers()) == 2 and daemon.info(control)["workers"] == 2, "a second worker", 20)
    fresh = daemon.clients(2 if not t.mode.classic else 1)
    same({"PONG"}, {client.ask("PING") for client in fresh}, "clients of the worker that could start")


def two_apart(daemon):
    """Clients of two worker processes."""
    first = daemon.client()
    own = first.whoami()["pid"]
    while True:
        second = daemon.client()
        if second.whoami()["pid"] != own:
            return first, second


@scenario(rows=modes.only("prefork/event"))
def a_daemon_whose_workers_can_not_start_says_so_and_ends(t):
    daemon, _ = t.faulty_daemon({"prefork.workers": 2}, starving=True, ready=False)
    started = time.monotonic()
    same(daemon.wait_exit(), 1, "exit status")
    true(any("die before they are ready" in record["message"] for record in daemon.events("error")), "the reason in the log")
    between(2, len(daemon.events("worker_started")), 40, "workers started")
    same(daemon.events("ready"), [])
    t.note(f"given up after {time.monotonic() - started:.1f} s and {len(daemon.events('worker_started'))} starts")


YEAR = 365 * 86400


@scenario()
def the_wall_clock_jumps_a_year_and_nobody_cares_but_the_log(t):
    """Neither waits nor time-outs nor the drain: none of them ends sooner or later for it."""
    daemon, shortage = t.faulty_daemon({"server.idle_timeout": "700ms", "server.request_timeout": "1s"})
    control, sleeper, streaming, idle, slow = clients = daemon.clients(5)
    began = time.monotonic()
    same([client.ask("PING") for client in clients], ["PONG"] * 5)
    sleeper.send("SLEEP", 600)
    streaming.send("NUMBERS", 1, 7, "EVERY", "100ms")
    slow.send_bytes(b"*1\r\n$4")
    for jump in (YEAR, -YEAR):
        shortage.move_wall_clock(jump)
        between(-20, int(control.ask("TIME")[0]) - jump - time.time(), 20, "seconds between TIME and the clock that jumped")
        time.sleep(0.1)
    early = [client.readable() for client in (sleeper, idle, slow)]
    if time.monotonic() - began < 0.5:
        same(early, [False] * 3, "whether SLEEP, an idle client and half a request ended too soon")
    for client, end, what in ((streaming, 0.6, "a stream"), (sleeper, 0.6, "a SLEEP"), (idle, 0.7, "an idle client's time"),
                              (slow, 1.0, "half a request's time")):
        wire = client.read_to_end() if client in (idle, slow) else client.read_wire()
        same(wire, {streaming: encode_integers(7), sleeper: b"+OK\r\n"}.get(client, b""), what)
        between(end - 0.01, time.monotonic() - began, t.seconds(end + 2), f"seconds of {what}")
    control = daemon.client()
    between(0, daemon.info(control)["uptime_s"], t.seconds(30), "uptime_s")
    years = {record["ts"][:4] for record in daemon.wait_event("connection_closed", 2)}
    same(years, {str(time.gmtime().tm_year - 1)}, "the years of what was logged a year back")
    shortage.move_wall_clock(YEAR)
    sleeper = daemon.client()
    sleeper.send("SLEEP", 200)
    daemon.wait_running("sleep")
    daemon.term()
    same(sleeper.read(), "OK", "a command that runs in a drain")
    same(daemon.wait_exit(), 0)
    same(daemon.events("drained")[0]["ts"][:4], str(time.gmtime(time.time() + YEAR).tm_year), "the year of the drain's end")


def encode_integers(count):
    return b"*%d\r\n" % count + b"".join(b":%d\r\n" % number for number in range(1, count + 1))
