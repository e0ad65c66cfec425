# SPDX-License-Identifier: Apache-2.0
"""INFO: every field of the contract, plausible, and exact where it can be."""

import time

from harness.errors import between, same, true
from harness.resp import encode
from harness.scenario import scenario

FIELDS = """version mode pid uptime_s connected_clients rejected_clients total_connections total_commands error_replies
workers worker_restarts cpu_user_us cpu_sys_us voluntary_switches involuntary_switches rss_bytes log_attempted log_written
log_dropped log_lost log_depth_bytes config_generation""".split()


@scenario()
def every_field_is_there_and_plausible(t):
    daemon = t.daemon()
    clients = daemon.clients(5)
    for client in clients:
        same(client.ask("PING"), "PONG")
    # A thread per client is counted when the master is through with starting it, which its client may overtake.
    t.wait_until(lambda: t.mode.model != "thread" or daemon.info(clients[0])["workers"] == 5, "5 workers")
    info = daemon.info(clients[0])
    same([name for name in FIELDS if name not in info], [], "fields missing")
    same((info["mode"], info["pid"], info["connected_clients"], info["total_connections"], info["rejected_clients"],
          info["worker_restarts"], info["config_generation"], info["error_replies"]),
         (t.mode.model, daemon.pid, 5, 5, 0, 0, 1, 0))
    between(0, info["uptime_s"], 60, "uptime_s")
    between(2**20, info["rss_bytes"], 2**30 if not t.programs.sanitized else 2**36, "rss_bytes")
    workers = {"pool": 16, "event": 2, "thread": 5}.get(t.mode.model)
    if t.mode.classic:
        between(5, info["workers"], 6, "workers")
    else:
        same(info["workers"], workers if workers else 2, "workers")
    same(info["log_attempted"] - info["log_written"] - info["log_dropped"] - info["log_lost"] >= 0, True)


@scenario()
def commands_connections_and_errors_are_counted_exactly(t):
    daemon = t.daemon()
    client, other = daemon.client(), daemon.client()
    client.send_bytes(encode("PING") * 500 + encode("NOSUCH") * 7 + encode("ECHO") * 3 + b"*0\r\n")
    client.read_count(510)
    other.send_bytes(encode("INCR", "n") * 300 + encode("INCRBY", "n", "x"))
    other.read_count(301)
    daemon.client().close()
    asked = 0

    def exact():
        nonlocal asked
        asked += 1
        info = daemon.info(client)
        return (info["total_commands"] == 510 + 301 + asked - 1 and info["error_replies"] == 11
                and info["total_connections"] == 3 and info["connected_clients"] == 2)
    t.wait_until(exact, "exact totals", 3)


@scenario()
def sections_can_be_chosen(t):
    client = t.daemon().client()
    text = client.ask("INFO", "server").decode()
    true(text.startswith("# Server\r\n") and "# Clients" not in text, f"saw {text!r}")
    both = client.ask("INFO", "CPU", "log").decode()
    true("# CPU" in both and "# Log" in both and "# Server" not in both, f"saw {both!r}")
    same(client.ask("INFO", "nosuch"), b"")


@scenario()
def cpu_time_of_all_processes_is_counted(t):
    """A hundred milliseconds later at most."""
    daemon = t.daemon()
    clients = daemon.clients(2)
    before = cpu_us(daemon.info(clients[0]))
    for client in clients:
        client.send("SPIN", 300000)
    for client in clients:
        same(client.read(), "OK")
    time.sleep(0.2)
    used = cpu_us(daemon.info(clients[0])) - before
    between(600000, used, 1500000, "CPU time of 2 x SPIN 300000")


def cpu_us(info):
    return info["cpu_user_us"] + info["cpu_sys_us"]
