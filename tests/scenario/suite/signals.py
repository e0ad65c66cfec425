# SPDX-License-Identifier: Apache-2.0
"""Signals that must not end anybody: HUP, USR1, USR2 to the master, and everything that a terminal or a cgroup sends to a
whole group, to the workers."""

import os
import signal

from harness import modes, proc
from harness.errors import same, true
from harness.folder import Folder
from harness.scenario import scenario


@scenario()
def hup_and_usr_do_not_kill(t):
    daemon = t.daemon()
    client = daemon.client()
    workers = set(daemon.workers())
    for turn in range(3):
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
            daemon.signal(number)
            same(client.ask("PING"), "PONG")
    daemon.wait_event("scoreboard")
    daemon.wait_event("reloaded")
    same(set(daemon.workers()), workers, "workers")


@scenario()
def the_scoreboard_says_whom_a_worker_serves(t):
    """A field `connections` had the number of the last connection, and workers that never served anybody had lines."""
    daemon = t.daemon({"server.drain_timeout": "50ms"})
    first, second = daemon.clients(2)
    conns = [str(client.whoami()["connection"]) for client in (first, second)]
    second.send("BLOCK", 60000)
    daemon.wait_running("block")
    t.wait_until(lambda: daemon.signal(signal.SIGUSR2) or daemon.events("scoreboard_total", busy=1), "nobody else busy")
    before = len(daemon.events("scoreboard_total"))
    daemon.signal(signal.SIGUSR2)
    total = daemon.wait_event("scoreboard_total", before + 1)[before]
    records = daemon.read_log()
    at = max(i for i, record in enumerate(records[:records.index(total)]) if record["event"] == "scoreboard_total")
    lines = [record for record in records[at:records.index(total)] if record["event"] == "scoreboard"]
    same([line["conn"] for line in lines if line["command"] == "block"], [conns[1]])
    same([line["conn"] for line in lines if line["state"] == "idle"], ["0"] * (len(lines) - 1))
    same((total["busy"], total["waiting"], total["clients"], total["queued"]), ("1", "0", "2", "0"))
    same(int(total["idle"]) - int(total["unused"]), len(lines) - 1, "idle workers that have served somebody")


@scenario(rows=modes.once)
def signals_in_the_first_moments_wait(t):
    """They had their default effect until the configuration had been read: HUP, USR1 and USR2 ended the daemon."""
    path = os.path.join(t.closing(Folder()).path, "fifo")
    os.mkfifo(path)
    daemon = t.daemon(ready=False, arguments=["-c", path])
    with open(path, "wb") as writer:  # waits for the reader: it is past the beginning of main, and can't go on
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            daemon.signal(number)
        writer.write(b"[limits]\nmax_args = 100\n")
    daemon.wait_event("ready")
    daemon.wait_event("scoreboard_total")
    true(daemon.wait_event("reload_refused")[0]["reason"].startswith(path), "the reload is taken up")
    daemon.term()
    same(daemon.wait_exit(), 0)


@scenario(rows=modes.preforked)
def workers_heed_no_signal_that_is_sent_to_the_group(t):
    daemon = t.daemon()
    client = daemon.client()
    workers = set(daemon.workers())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        for pid in workers:
            daemon.signal(number, pid)
    for _ in range(5):
        same(client.ask("PING"), "PONG")
    same(set(daemon.workers()), workers, "workers")
    same(daemon.info(client)["worker_restarts"], 0)


@scenario()
def usr1_reopens_the_log_file(t):
    path = os.path.join(t.closing(Folder()).path, "log")
    daemon = t.daemon({"log.target": f"file:{path}"}, ready=False)
    t.wait_until(lambda: os.path.exists(path) and "event=ready" in read(path), "event=ready in the file")
    os.rename(path, path + ".1")
    daemon.signal(signal.SIGUSR1)
    t.wait_until(lambda: os.path.exists(path) and "event=reopened" in read(path), "event=reopened in the new file")
    daemon.term()
    same(daemon.wait_exit(), 0)
    true("event=drained" in read(path) and "event=drained" not in read(path + ".1"), "the end is in the new file")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@scenario()
def a_stopped_and_continued_daemon_goes_on(t):
    daemon = t.daemon()
    client = daemon.client()
    client.send("SLEEP", 100)
    pids = [daemon.pid, *daemon.workers()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    t.wait_until(lambda: all(proc.state(pid) == "T" for pid in pids), "all stopped")
    client.send("PING")
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    same(client.read_count(2), ["OK", "PONG"])
    same(daemon.client().ask("PING"), "PONG")
