# SPDX-License-Identifier: Apache-2.0
"""Limits: what one command, client or address may use; that others don't notice; that each is counted where INFO shows it."""

import os
import signal
import socket
import time

from harness import modes
from harness.errors import between, same, true
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


@scenario()
def a_pipeline_goes_on_behind_a_cut_command(t):
    client = t.daemon({"limits.max_command_time": "100ms"}).client()
    client.send_bytes(encode("ECHO", "a") + encode("SLEEP", 60000) + encode("ECHO", "b") + encode("PRIMES", 10**9) +
                      encode("ECHO", "c"))
    same(client.read_count(5), [b"a", Error(TIMEOUT), b"b", Error(TIMEOUT), b"c"])


@scenario()
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
    time.sleep(0.15)
    before = daemon.info()["cpu_user_us"]
    time.sleep(0.4)
    used = (daemon.info()["cpu_user_us"] - before) / 1e6
    between(0, used, 0.2, "seconds of CPU in 0.4 s without a command")


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
    path = f"/tmp/concurd-scenario-{os.getpid()}.sock"
    daemon = t.daemon({"limits.clients_per_address": 1, "server.listen": f"127.0.0.1:0,unix:{path}"})
    for _ in range(5):
        client = t.closing(Client(address=path, family=socket.AF_UNIX, timeout=t.seconds(10)))
        same(client.ask("PING"), "PONG")
