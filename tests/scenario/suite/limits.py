# SPDX-License-Identifier: Apache-2.0
"""Limits: what one command, client or address may use; that others don't notice; that each is counted where INFO shows it."""

import base64
import hashlib
import os
import signal
import socket
import threading
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.folder import Folder
from harness.resp import Client, Error, encode
from harness.scenario import scenario

TIMEOUT = "TIMEOUT the command took longer than limits.max_command_time"


@scenario()
def sleep_primes_and_their_like_are_cut_and_say_so(t):
    daemon = t.daemon({"limits.max_command_time": "200ms"})
    client = daemon.client()
    for command in (["SLEEP", "5000"], ["PRIMES", "1000000000"], ["BLOCK", "5000"], ["SPIN", "60000000"],
                    ["HASH", "sha256", "1000000000", "x"], ["SLEEP", "3600000"]):
        started = time.monotonic()
        same(client.ask(*command), Error(TIMEOUT), command[0])
        between(0.19, time.monotonic() - started, t.seconds(1.5), f"seconds until {command[0]} was cut")
        same(client.ask("PING"), "PONG", f"the connection after {command[0]}")
    same(client.ask("SLEEP", "50"), "OK", "a short one")


@scenario(tls=True)
def a_pipeline_goes_on_behind_a_cut_command(t):
    client = t.daemon({"limits.max_command_time": "100ms"}).client()
    client.send_bytes(encode("ECHO", "a") + encode("SLEEP", 60000) + encode("ECHO", "b") + encode("PRIMES", 10**9) +
                      encode("ECHO", "c"))
    same(client.read_count(5), [b"a", Error(TIMEOUT), b"b", Error(TIMEOUT), b"c"])


@scenario(tls=True)
def a_reply_cut_in_its_middle_ends_the_connection(t):
    """It is never completed with anything else."""
    daemon = t.daemon({"limits.max_command_time": "300ms"})
    client = daemon.client()
    client.send_bytes(encode("NUMBERS", 1, 1000, "EVERY", "50ms") + encode("INCR", "behind"))
    data = client.read_to_end()
    numbers = data.split(b"\r\n")
    same((numbers[0], numbers[-1]), (b"*1000", b""))
    between(3, len(numbers) - 2, 8, "elements before the cut")
    same(numbers[1:-1], [b":%d" % (i + 1) for i in range(len(numbers) - 2)])
    daemon.wait_event("connection_closed", close_reason="reply_cut")
    same(daemon.client().ask("GET", "behind"), None, "what stood behind it")


@scenario()
def a_cut_command_stops_its_work(t):
    daemon = t.daemon({"limits.max_command_time": "100ms"})
    clients = daemon.clients(4)
    for client in clients:
        client.send("PRIMES", 10**9)
    for client in clients:
        true(client.read().startswith("TIMEOUT"), "cut")
    pids = [daemon.pid, *daemon.workers()]
    before = proc.cpu_seconds(pids)
    time.sleep(0.4)
    between(0, proc.cpu_seconds(pids) - before, 0.2, "seconds of CPU in 0.4 s without a command")


# --- clients per address: every address of 127.0.0.0/8 is this machine

REFUSED = b"-LIMIT max number of clients from this address reached\r\n"


def let_in(daemon, source, **options):
    """A client from there that is served, or None."""
    client = daemon.client(source=source, **options)
    try:
        return client if client.ask("PING") == "PONG" else None
    except ConnectionError:
        return None


def turned_away(daemon, source):
    client = daemon.client(source=source)
    same(client.read_to_end(), REFUSED)
    client.close()


@scenario()
def too_many_clients_from_one_address_are_refused_and_others_are_not(t):
    daemon = t.daemon({"limits.clients_per_address": 3, "server.listen": "127.0.0.1:0"})
    crowd = [daemon.client(source="127.0.0.2") for _ in range(3)]
    for client in crowd:
        same(client.ask("PING"), "PONG")
    for _ in range(20):
        turned_away(daemon, "127.0.0.2")
    others = [daemon.client(source=f"127.0.0.{host}") for host in (3, 3, 3, 4, 5, 6)]
    for client in others + crowd:
        same(client.ask("PING"), "PONG", "those who are in, and other addresses")
    info = daemon.info(others[0])
    same((info["limit_clients_per_address"], info["rejected_clients"], info["limit_max_clients"],
          info["connected_clients"], info["total_connections"]), (20, 20, 0, 9, 9))
    crowd[1].close()
    t.wait_until(lambda: let_in(daemon, "127.0.0.2"), "room for another one from there")
    turned_away(daemon, "127.0.0.2")


@scenario()
def clients_of_an_address_come_and_go(t):
    """Whoever ends a connection, and why: its place is free again, and not more than that."""
    daemon = t.daemon({"limits.clients_per_address": 4, "server.idle_timeout": "1h"})
    control = daemon.client()
    for turn in range(6):
        crowd = [daemon.client(source="127.0.0.2") for _ in range(4)]
        numbers = [client.ask("CLIENT", "ID") for client in crowd]
        turned_away(daemon, "127.0.0.2")
        crowd[0].close()
        same(crowd[1].ask("QUIT"), "OK")
        same(control.ask("CLIENT", "KILL", "ID", numbers[2]), 1)
        crowd[3].send_bytes(b"*1\r\n:1\r\n")
        for client in crowd[1:]:
            client.read_to_end()
            client.close()
        t.wait_until(lambda: daemon.info(control)["connected_clients"] == 1, "all of them gone")
        same(daemon.info(control)["limit_clients_per_address"], turn + 1)


@scenario(rows=modes.preforked)
def a_dead_worker_s_clients_make_room(t):
    daemon = t.daemon({"limits.clients_per_address": 4})
    control = daemon.client()
    mine = control.whoami()["pid"]
    crowd = [daemon.client(source="127.0.0.2") for _ in range(4)]
    served_by = [client.whoami()["pid"] for client in crowd]
    turned_away(daemon, "127.0.0.2")
    victim = next(pid for pid in served_by if pid != mine)
    daemon.signal(signal.SIGKILL, victim)
    daemon.wait_event("worker_died", signal=9)
    room = served_by.count(victim)
    t.wait_until(lambda: daemon.info(control)["connected_clients"] == 5 - room, "its clients gone")
    for _ in range(room):
        same(daemon.client(source="127.0.0.2").ask("PING"), "PONG", "in the place of one that died")
    turned_away(daemon, "127.0.0.2")
    same(daemon.info(control)["closed_worker_died"], room)


@scenario(rows=modes.once)
def peers_of_unix_sockets_have_no_address(t):
    path = os.path.join(t.closing(Folder()).path, "socket")
    daemon = t.daemon({"limits.clients_per_address": 1, "server.listen": f"127.0.0.1:0,unix:{path}"})
    for _ in range(5):
        client = t.closing(Client(address=path, family=socket.AF_UNIX, timeout=t.seconds(10)))
        same(client.ask("PING"), "PONG")


# --- CPU-bound commands at once

FOREVER = ["SPIN", 3600000000]


def home(t, client):
    """What a command keeps busy: its process in worker processes that have one reactor each, its reactor, or nothing that
    anybody else is in."""
    who = client.whoami()
    return who["connection"] if t.mode.model in ("thread", "pool") else (who["pid"], who["worker"] if not t.mode.prefork else 0)


def away(t, daemon, count=8):
    """A client, and others that it can't keep from being served."""
    clients = daemon.clients(count, timeout=t.seconds(20))
    homes = [home(t, client) for client in clients]
    return clients[0], [client for client, at in zip(clients, homes) if at != homes[0]]


def apart(t, daemon, count):
    """So many clients with a home each."""
    found = {}
    while len(found) < count:
        client = daemon.client(timeout=t.seconds(20))
        found.setdefault(home(t, client), client)
        true(client.ask("CLIENT", "ID") < 60, f"60 clients are served by {len(found)}, not {count}")
    return list(found.values())


def wait_for_counts(t, daemon, watcher, running, waiting):
    def counts():
        info = daemon.info(watcher)
        return info["cpu_commands_running"] == running and info["cpu_commands_waiting"] == waiting
    t.wait_until(counts, f"{running} commands running and {waiting} waiting")


ROOM = {"event.threads": 3, "prefork.workers": 3, "limits.cpu_commands": 1, "limits.max_command_time": "1h"}


@scenario()
def so_many_cpu_commands_run_at_once(t):
    """Over all threads and processes; all get their turn; and others are served."""
    daemon = t.daemon({"limits.cpu_commands": 1})
    watcher, *clients = daemon.clients(7, timeout=t.seconds(30))
    started = time.monotonic()
    for client in clients:
        client.send_bytes(encode("SPIN", 10000) * 5 + encode("PRIMES", 10) + encode("HASH", "sha256", 1, "x"))
    most_running = most_waiting = 0
    while not all(client.readable() for client in clients):
        info = daemon.info(watcher)
        most_running = max(most_running, info["cpu_commands_running"])
        most_waiting = max(most_waiting, info["cpu_commands_waiting"])
    for client in clients:
        same([str(reply) for reply in client.read_count(6)], ["OK"] * 5 + ["4"])
        same(len(client.read()), 64)
    took = time.monotonic() - started
    true(took >= 30 * 0.01, f"30 x 10 ms of CPU, one at a time, took {took * 1000:.0f} ms")
    same(most_running, 1, "at once")
    info = daemon.info(watcher)
    true(most_waiting > 0 and info["cpu_commands_waits"] > 0, "some had to wait")
    between(1000, info["cpu_commands_waited_us"], took * 1e6 * 6, "us waited")
    same((info["cpu_commands_running"], info["cpu_commands_waiting"], info["error_replies"]), (0, 0, 0))
    t.note(f"30 x 10 ms took {took * 1000:.0f} ms, {info['cpu_commands_waits']} waits")


@scenario()
def who_waits_for_the_cpu_keeps_nobody_waiting_and_uses_none(t):
    daemon = t.daemon({**ROOM, "limits.max_command_time": "1200ms"})
    holder, (watcher, other, *crowd) = away(t, daemon, 24)
    holder.send(*FOREVER)
    wait_for_counts(t, daemon, watcher, 1, 0)
    for client in crowd:
        client.send("PRIMES", 10)
    wait_for_counts(t, daemon, watcher, 1, len(crowd))
    pids = [daemon.pid, *daemon.workers()]
    before, started = proc.cpu_seconds(pids), time.monotonic()
    slowest = 0.0
    for _ in range(20):
        asked = time.monotonic()
        same(other.ask("PING"), "PONG")
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.01)
    used = (proc.cpu_seconds(pids) - before) / (time.monotonic() - started)
    between(0, slowest, t.seconds(0.3), "seconds for a PING while others wait")
    between(0, used, 1.5, "cores busy with one command")
    true(str(holder.read()).startswith("TIMEOUT"), "the holder is cut")
    for client in crowd:
        reply = client.read()
        true(reply == 4 or str(reply).startswith("TIMEOUT"), f"who waited: {reply!r}")
    t.note(f"slowest PING {slowest * 1000:.1f} ms, {used:.2f} cores with {len(crowd)} waiting")


@scenario()
def waiting_for_the_cpu_counts_as_the_command_s_time(t):
    daemon = t.daemon({**ROOM, "limits.max_command_time": "1s"})
    holder, waiter, watcher = apart(t, daemon, 3)
    started = time.monotonic()
    holder.send(*FOREVER)
    wait_for_counts(t, daemon, watcher, 1, 0)
    late = time.monotonic() - started
    waiter.send(*FOREVER)
    same(waiter.read(), Error(TIMEOUT))
    between(1, time.monotonic() - started, t.seconds(1.75), "seconds until both were cut")
    same(holder.read(), Error(TIMEOUT))
    same(waiter.ask("SPIN", 1), "OK", "the connection after it")
    info = daemon.info(watcher)
    same((info["cpu_commands_running"], info["cpu_commands_waiting"], info["limit_max_command_time"]), (0, 0, 2))
    between(900000 - late * 1e6, info["cpu_commands_waited_us"], 1100000 * t.seconds(1), "us waited")


@scenario()
def who_stops_waiting_for_the_cpu_leaves_no_trace(t):
    """Killed, reset or closed while it waits; and a drain cuts who runs and who waits."""
    daemon = t.daemon({**ROOM, "server.drain_timeout": "200ms"})
    holder, (watcher, *waiters) = away(t, daemon)
    holder.send(*FOREVER)
    wait_for_counts(t, daemon, watcher, 1, 0)
    numbers = [client.ask("CLIENT", "ID") for client in waiters]
    for client in waiters:
        client.send(*FOREVER)
    wait_for_counts(t, daemon, watcher, 1, len(waiters))
    same(watcher.ask("CLIENT", "KILL", "ID", numbers[0]), 1)
    same(waiters[0].read_to_end(), b"")
    waiters[1].reset()
    wait_for_counts(t, daemon, watcher, 1, len(waiters) - 2)
    daemon.term()
    for client in (holder, *waiters[2:]):
        same(client.read_to_end(), b"")
    same(daemon.wait_exit(), 0)


@scenario()
def a_wait_for_the_cpu_counts_while_it_lasts(t):
    """And so it does when it ends with its client."""
    daemon = t.daemon({**ROOM, "server.drain_timeout": "200ms"})
    holder, waiter, watcher = apart(t, daemon, 3)
    holder.send(*FOREVER)
    wait_for_counts(t, daemon, watcher, 1, 0)
    waiter.send("SPIN", 1)
    wait_for_counts(t, daemon, watcher, 1, 1)
    t.wait_until(lambda: daemon.info(watcher)["cpu_commands_waited_us"] >= 50000, "its time so far in INFO")
    waiter.reset()
    wait_for_counts(t, daemon, watcher, 1, 0)
    true(daemon.info(watcher)["cpu_commands_waited_us"] >= 50000, "it stays")


@scenario(rows=modes.preforked)
def a_killed_worker_keeps_no_permit(t):
    daemon = t.daemon(ROOM)
    for turn in range(1, 4):
        holder, waiter, watcher = apart(t, daemon, 3)
        pid = holder.whoami()["pid"]
        holder.send(*FOREVER)
        wait_for_counts(t, daemon, watcher, 1, 0)
        waiter.send("SPIN", 1000)
        wait_for_counts(t, daemon, watcher, 1, 1)
        daemon.signal(signal.SIGKILL, pid)
        same(waiter.read(), "OK", "who waited, when the holder is dead")
        wait_for_counts(t, daemon, watcher, 0, 0)
        daemon.wait_event("worker_died", turn, signal=9)
        daemon.wait_event("worker_ready", 3 + turn)
        for client in (holder, waiter, watcher):
            client.close()


@scenario(rows=modes.preforked)
def a_stopped_worker_keeps_no_permit_and_no_place(t):
    """Neither who runs nor who is first in the queue keeps others waiting when its process is stopped; continued, both go on."""
    daemon = t.daemon({**ROOM, "prefork.workers": 4, "prefork.max_workers": 4 if not t.mode.classic else 40,
                       "prefork.stuck_timeout": "1h"})
    holder, first, second, watcher = apart(t, daemon, 4)
    holder.send("SPIN", 400000)
    wait_for_counts(t, daemon, watcher, 1, 0)
    first.send("SPIN", 1000)
    wait_for_counts(t, daemon, watcher, 1, 1)
    pids = [pid_of(client, watcher) for client in (holder, first)]
    for count, pid in enumerate(pids, 1):
        daemon.signal(signal.SIGSTOP, pid)
        daemon.wait_event("worker_stopped", count)
    wait_for_counts(t, daemon, watcher, 0, 0)
    same(second.ask("SPIN", 1000), "OK", "another one while both are stopped")
    for pid in pids:
        daemon.signal(signal.SIGCONT, pid)
    same([first.read(), holder.read()], ["OK", "OK"], "when they are continued")
    wait_for_counts(t, daemon, watcher, 0, 0)


def pid_of(client, watcher):
    """The process of a client that is busy, as others see it."""
    port = client.socket.getsockname()[1]
    line = next(line for line in watcher.ask("CLIENT", "LIST").decode().splitlines() if f":{port} " in line)
    return int(line.split(" pid=")[1].split()[0])


@scenario()
def work_takes_a_permit_only_while_it_burns(t):
    daemon = t.daemon({"limits.cpu_commands": 1, "pool.turns": 16})
    clients = daemon.clients(8, timeout=t.seconds(30))
    started = time.monotonic()
    for client in clients:
        client.send("WORK", "cpu=1ms", "wait=300ms", "reply=2")
    for client in clients:
        same(client.read(), b"xx")
    between(0.3, time.monotonic() - started, t.seconds(1.2), "seconds of 8 x 300 ms of waiting, at once")
    started = time.monotonic()
    for client in clients:
        client.send("WORK", "cpu=25ms")
    for client in clients:
        same(client.read(), "OK")
    true(time.monotonic() - started >= 8 * 0.025, "8 x 25 ms of CPU, one at a time")
    info = daemon.info(clients[0])
    true(info["cpu_commands_waits"] > 0, "some waited")


# --- each limit and its counter

SMALL = {"limits.max_args": 8, "limits.max_request": "64k", "limits.max_output": "4k", "limits.max_command_time": "300ms",
         "limits.requests_per_turn": 4, "limits.clients_per_address": 30, "server.request_timeout": "300ms",
         "server.write_timeout": "300ms", "commands.disable": "hang,spin"}


def end_of(daemon, data):
    """What somebody gets who sends this and is closed for it."""
    client = daemon.client()
    client.send_bytes(data)
    reply = client.read_to_end()
    client.close()
    return reply


def send_all(client, data):
    """For as long as it is taken."""
    try:
        client.send_bytes(data)
    except OSError:
        pass


def counted(info, prefix):
    return {name[len(prefix):]: value for name, value in info.items() if name.startswith(prefix) and value != 0}


@scenario()
def every_limit_that_is_met_is_counted(t):
    """And every end of a connection under its reason: those who came are those who are there and those who were closed."""
    daemon = t.daemon(SMALL)
    control = daemon.client()
    for _ in range(2):
        same(end_of(daemon, b"*9\r\n"), b"-ERR Protocol error: more arguments than limits.max_args\r\n")
    for _ in range(3):
        same(end_of(daemon, b"*2\r\n$4\r\nECHO\r\n$65520\r\n"), b"-ERR Protocol error: request larger than limits.max_request\r\n")
    end_of(daemon, b"x" * 65536)
    end_of(daemon, b"*1\r\n$4\r\nPI")
    end_of(daemon, b"*1\r\n:1\r\n")
    end_of(daemon, b"GET / HTTP/1.1\r\n\r\n")
    end_of(daemon, encode("COMMAND", "DOCS"))
    end_of(daemon, encode("NUMBERS", 1, 100, "EVERY", "20ms"))
    end_of(daemon, encode("QUIT"))
    mute = daemon.client(receive_buffer=4096)
    threading.Thread(target=send_all, args=(mute, encode("ECHO", "x" * 3000) * 4000), daemon=True).start()
    worker = daemon.client()
    for command in (["SLEEP", 5000], ["PRIMES", 10**9]):
        same(worker.ask(*command), Error(TIMEOUT))
    for command in (["SPIN", 1], ["HANG", 1], ["SPIN"]):
        true(str(worker.ask(*command)).startswith("NOPERM"), command)
    worker.send_bytes(encode("PING") * 12)
    same(worker.read_count(12), ["PONG"] * 12)
    before = counted(daemon.info(control), "limit_")["requests_per_turn"]
    true(before >= 1, "12 requests are more than a turn")
    daemon.wait_event("connection_closed", close_reason="write_timeout")
    t.wait_until(lambda: daemon.info(control)["connected_clients"] == 2, "all others gone")
    info = daemon.info(control)
    limits = counted(info, "limit_")
    limits.pop("requests_per_turn")
    same(limits, {"max_args": 2, "max_request": 4, "request_timeout": 1, "write_timeout": 1, "max_output": 1,
                  "max_command_time": 3, "commands_disable": 3})
    same(counted(info, "closed_"), {"protocol_error": 7, "foreign_protocol": 1, "output_limit": 1, "request_timeout": 1,
                                    "write_timeout": 1, "reply_cut": 1, "quit": 1})
    same(info["total_connections"], 2 + sum(counted(info, "closed_").values()))


@scenario()
def idle_and_killed_clients_are_counted(t):
    daemon = t.daemon({"server.idle_timeout": "1s"})
    for client in daemon.clients(3):
        client.read_to_end()
    control, victim = daemon.clients(2)
    same(control.ask("CLIENT", "KILL", "ID", victim.ask("CLIENT", "ID")), 1)
    victim.read_to_end()
    daemon.client().close()
    expected = {"idle_timeout": 3, "killed": 1, "peer": 1}
    t.wait_until(lambda: counted(daemon.info(control), "closed_") == expected, f"closes {expected}")
    same(counted(daemon.info(control), "limit_"), {"idle_timeout": 3})


def users_file(t, name, password):
    """A users file with one line, as cheap as is accepted."""
    salt = os.urandom(16)
    total = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
    text = [base64.b64encode(part).decode().rstrip("=") for part in (salt, total)]
    path = os.path.join(t.closing(Folder()).path, "users")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{name}:$scrypt$ln=10,r=8,p=1${text[0]}${text[1]}\n")
    return path


@scenario()
def strangers_have_narrow_limits(t):
    """Before authentication: 10 arguments, 16 KiB, and no more than that of replies waiting (CVE-2025-21605)."""
    daemon = t.daemon({"auth.users": users_file(t, "anna", "secret"), "auth.allow_anonymous": "no",
                       "server.write_timeout": "400ms"})
    control = daemon.client()
    same(control.ask("AUTH", "anna", "secret"), "OK")
    same(end_of(daemon, b"*11\r\n"), b"-ERR Protocol error: too many arguments before authentication\r\n")
    for data in (b"*1\r\n$16384\r\n", b"*2\r\n$4\r\nECHO\r\n$16384\r\nx", b"x" * 16384):
        same(end_of(daemon, data), b"-ERR Protocol error: request too large before authentication\r\n")
    mute = daemon.client(receive_buffer=4096)
    before = daemon.info(control)["rss_bytes"]
    mute.socket.settimeout(t.seconds(20))
    sent, request = 0, encode("PING") * 4000
    try:
        while sent < 100 * 2**20:
            sent += mute.socket.send(request)
    except ConnectionError:
        pass
    true(sent < 50 * 2**20, f"a stranger who does not read was read from for {sent} bytes")
    daemon.wait_event("connection_closed", close_reason="write_timeout")
    info = daemon.info(control)
    if not t.programs.sanitized:
        between(-2**40, info["rss_bytes"] - before, 6 * 2**20, "bytes grown")
    same(counted(info, "limit_").get("before_auth"), 4)
    true("max_args" not in counted(info, "limit_") and "max_request" not in counted(info, "limit_"), "counted once")
    same(len(control.ask("ECHO", "x" * 100000)), 100000, "who has authenticated")
    same(control.ask("DEL", *"abcdefghijklmnop"), 0)
