# SPDX-License-Identifier: Apache-2.0
"""What the service manager is told, and when: a stand-in for systemd listens on NOTIFY_SOCKET."""

import signal
import time

from harness import modes
from harness.errors import between, same, true
from harness.load import Load
from harness.notify import Notify
from harness.scenario import scenario
from harness.tracer import Held


def noticed(t, settings=None, watchdog_us=None, abstract=False, **options):
    """A daemon under a service manager's eyes, and these."""
    notify = t.closing(Notify(abstract))
    environment = notify.environment(**({"WATCHDOG_USEC": str(watchdog_us)} if watchdog_us else {}))
    return t.daemon(settings, environment=environment, **options), notify


@scenario()
def ready_comes_once_and_when_clients_are_served(t):
    notify = t.closing(Notify())
    daemon = t.daemon(environment=notify.environment(), ready=False)
    daemon.expect_ready = True
    t.wait_until(lambda: notify.having("READY"), "READY=1", 10)
    ready = daemon.wait_event("ready", seconds=1)  # the log thread is a moment behind
    daemon.listens = [ready[0]["listen"]]
    if t.mode.prefork:
        same(len(daemon.workers()), 2, "initial workers")
    same(daemon.client().ask("PING"), "PONG")
    true(notify.having("READY")[0]["STATUS"].startswith(f"mode {t.mode.model}, 0 clients"), notify.status())
    daemon.term()
    same(daemon.wait_exit(), 0)
    same(notify.states(), ["READY", "STOPPING"])


@scenario(rows=modes.once)
def an_abstract_socket_is_as_good(t):
    _daemon, notify = noticed(t, abstract=True)
    t.wait_until(lambda: notify.having("READY"), "READY=1")


@scenario(rows=modes.once)
def a_service_manager_that_reads_nothing_delays_nobody_and_is_told_later(t):
    notify = t.closing(Notify(deaf=True))
    notify.fill()
    daemon = t.daemon(environment=notify.environment())
    same(daemon.client().ask("PING"), "PONG")
    notify.listen()
    t.wait_until(lambda: notify.having("READY"), "READY=1, once there is room")


@scenario()
def status_tells_mode_clients_and_rate(t):
    daemon, notify = noticed(t)
    load = Load(t, daemon, 5)
    daemon.clients(3)

    def told():
        words = (notify.status() or "").replace(",", "").split()
        return len(words) == 6 and words[:4] == ["mode", t.mode.model, "8", "clients"] and int(words[4]) > 20
    t.wait_until(told, "8 clients and a rate in the status", 10)
    load.stop()
    t.wait_until(lambda: (notify.status() or "").endswith(" 0 requests/s"), "quiet again", 10)
    before = len(notify.read())
    time.sleep(t.seconds(2.5))
    same(len(notify.read()), before, "messages while nothing changes")


@scenario(rows=modes.once)
def no_status_is_worked_out_for_nobody(t):
    daemon = t.daemon()
    same(daemon.client().ask("PING"), "PONG")
    daemon.signal(signal.SIGHUP)
    same(daemon.client().ask("PING"), "PONG")


def pings(notify, since):
    return notify.having("WATCHDOG", since)


def wait_pings(t, notify, count=4):
    """Waits for more pings, and answers how many messages there were before."""
    since = len(notify.read())
    t.wait_until(lambda: len(pings(notify, since)) >= count, f"{count} pings", 10)
    return since


@scenario()
def the_watchdog_is_fed_at_half_of_its_time(t):
    daemon, notify = noticed(t, watchdog_us=1000000)
    since = wait_pings(t, notify)
    times = [message["at"] for message in pings(notify, since)]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    between(0.3, max(gaps), t.seconds(0.9), "seconds between pings")


@scenario(rows=modes.once)
def anothers_watchdog_is_not_fed(t):
    notify = t.closing(Notify())
    t.daemon(environment=notify.environment(WATCHDOG_USEC="200000", WATCHDOG_PID="1"))
    time.sleep(t.seconds(0.6))
    same(notify.having("WATCHDOG"), [])


@scenario()
def a_main_loop_that_hangs_starves_the_watchdog(t):
    daemon, notify = noticed(t, watchdog_us=400000)
    client = daemon.client()
    same(client.ask("PING"), "PONG")
    wait_pings(t, notify)
    try:
        held = Held(daemon.pid)
        held.__enter__()
    except PermissionError as refused:
        t.skip(f"threads can't be traced here: {refused}")
    since = len(notify.read())
    same(client.ask("PING"), "PONG", "a client while the main thread, and it alone, stands still")
    time.sleep(1.2)
    same(pings(notify, since), [], "pings of a main loop that hangs")
    held.__exit__()
    wait_pings(t, notify, 2)


@scenario(rows=modes.threaded)
def a_thread_that_hangs_starves_the_watchdog_until_it_is_back(t):
    daemon, notify = noticed(t, {"faults.enable": "yes", "limits.max_command_time": "200ms"}, watchdog_us=400000)
    wait_pings(t, notify)
    client = daemon.client()
    client.send("HANG", 7000)
    daemon.wait_event("thread_stuck", seconds=8)
    since = len(notify.read())
    t.wait_until(lambda: "1 thread hangs" in (notify.status() or ""), "the status says it", 5)
    same(pings(notify, since), [], "pings while a thread hangs")
    client.read()
    wait_pings(t, notify, 2)


@scenario(rows=modes.preforked)
def a_worker_process_that_hangs_is_replaced_and_the_watchdog_fed(t):
    daemon, notify = noticed(t, {"faults.enable": "yes", "prefork.stuck_timeout": "1s",
                                 "limits.max_command_time": "200ms"}, watchdog_us=400000)
    since = wait_pings(t, notify)
    daemon.client().send("HANG", 60000)
    daemon.wait_event("worker_stuck", seconds=8)
    t.wait_until(lambda: daemon.info()["worker_restarts"] == 1, "the replacement")
    wait_pings(t, notify)
    times = [message["at"] for message in pings(notify, since)]
    between(0, max(later - earlier for earlier, later in zip(times, times[1:])), t.seconds(0.6), "seconds without a ping")


@scenario()
def a_drain_asks_for_time_while_it_gets_on(t):
    daemon, notify = noticed(t)
    client = daemon.client()
    client.send("SLEEP", 3500)
    daemon.wait_running("sleep")
    since = len(notify.read())
    daemon.term()
    same(client.read(), "OK")
    same(daemon.wait_exit(), 0)
    messages = notify.read()[since:]
    states = [message for message in messages if "STOPPING" in message or "EXTEND_TIMEOUT_USEC" in message]
    true("STOPPING" in states[0], f"{states[0]} comes first")
    between(3, len(states) - 1, 7, "requests for more time")
    between(1000000, min(int(state["EXTEND_TIMEOUT_USEC"]) for state in states[1:]), 30000000, "microseconds")


@scenario(rows=modes.threaded)
def a_drain_that_hangs_asks_for_no_more_time(t):
    daemon, notify = noticed(t, {"faults.enable": "yes", "limits.max_command_time": "200ms",
                                 "server.drain_timeout": "8s"}, abandons=True)
    daemon.client().send("HANG", 60000)
    daemon.wait_event("thread_stuck", seconds=8)
    since = len(notify.read())
    daemon.term()
    daemon.wait_exit()
    # One with the beginning of the drain; then it is seen to make no progress.
    same(len(notify.having("EXTEND_TIMEOUT_USEC", since)), 1)


@scenario(rows=modes.once)
def a_start_that_fails_says_why(t):
    notify = t.closing(Notify())
    taken = t.daemon()
    daemon = t.daemon({"server.listen": f"127.0.0.1:{taken.port}"}, environment=notify.environment(), ready=False)
    same(daemon.wait_exit(), 1)
    true("in use" in (notify.status() or ""), f"the status is {notify.status()!r}")
    same(notify.states(), [])
