# SPDX-License-Identifier: Apache-2.0
"""limits.max_command_time: a command that takes longer is cut off, whatever it does."""

import time

from harness.errors import between, same, true
from harness.resp import Error, encode
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
