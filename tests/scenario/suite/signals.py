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
    daemon.wait_event("reload_refused")
    same(set(daemon.workers()), workers, "workers")


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
