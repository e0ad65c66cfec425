#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A soak: daemons in several modes at once, for as long as one likes, among steady clients, clients that come and go, hostile
peers, reloads, kills and stops of workers, recycling. Three times all of that rests and the daemon is measured; from the first
time, after the warm-up, to the last it may not have grown.

    soak.py --concurd build/concurd --seconds 600 [--modes pool,event]

What is bounded: descriptors, threads and processes not at all more; memory (proportional: shared pages once) by 10% and 4 MiB
more at most. No reply wrong, and no connection lost but with a worker that died."""

import argparse
import multiprocessing
import os
import pathlib
import queue
import random
import signal
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scenario"))

import gauge
from harness import modes
from harness.certificates import Authority, Certificates
from harness.errors import Failed, true
from harness.scenario import Context, Programs
from harness.swarm import raise_files
from peers import STEADY, Churn, Hostile, Steady
from suite.auth import Users, line

MODES = "thread,pool,event,prefork/event"
WARM_UP = 0.25          # of the time
GROWTH = 0.10           # of memory
GROWTH_KIB = 4096
# Few places for clients and short rings for the log, so that all of them have been used when the warm-up is over.
SETTINGS = {"server.max_clients": 600, "log.lane_size": "16k", "server.idle_timeout": "20s", "server.write_timeout": "2s",
            "thread.cached_threads": 8, "prefork.workers": 3, "prefork.max_requests": 4000, "prefork.max_requests_jitter": 1000, "limits.max_output": "4M",
            "log.access": "off", "prefork.stuck_timeout": "5s", "server.drain_timeout": "2s"}
# What reloads go back and forth between; the last of them is refused.
TEXTS = ["[server]\nrequest_timeout = 2s\n", "[server]\nrequest_timeout = 3s\n[limits]\nrequests_per_turn = 8\n",
         "[server]\nrequest_timeout = 2s\n[commands]\ndisable = BLOCK\n", "[server]\nrequest_timeout = never\n"]


class Soak:
    """One daemon, who visits it, and what happens to it."""

    def __init__(self, context, seed):
        self.t = context
        self.random = random.Random(seed)
        self.secure = context.programs.certificates is not None
        self.folder = context.closing_folder()
        self.path = os.path.join(self.folder, "soak.conf")
        self.write(TEXTS[0])
        tls = context.programs.certificates.settings() if self.secure else {}
        self.tls = context.programs.certificates.context() if self.secure else None
        users = Users(context, line("anna", "secret")).settings(**{"auth.allow_anonymous": "yes"})
        self.daemon = context.daemon({**SETTINGS, **tls, **users}, arguments=["-c", self.path])
        self.open, self.stopping = threading.Event(), threading.Event()
        self.count_lock = threading.Lock()
        self.losses, self.complaints, self.kills = [], [], 0
        self.goodbyes = 0  # losses of which the client was told, over TLS
        self.visitors = [Steady(self, seed + 1), Churn(self, seed + 2), Churn(self, seed + 3), Hostile(self, seed + 4)]
        self.rows = []
        self.young_until = 0.0

    def write(self, text):
        with open(self.path, "w", encoding="ascii") as file:
            file.write(text)

    def port(self, secure):
        listens = self.daemon.tls_listens if secure else self.daemon.listens
        return int(listens[0].rpartition(":")[2])

    def lost(self, visitor, how, client):
        with self.count_lock:
            if client is not None and client.wire.secure and client.wire.ended:
                self.goodbyes += 1
                how = f"{how}, with a goodbye"
            self.losses.append(f"{type(visitor).__name__}: {how}")

    def unexpected(self, complaint):
        with self.count_lock:
            self.complaints.append(complaint)

    # --- what happens to the daemon

    def disturb(self):
        """One fault; after a kill there is time to recover, or starts would be throttled."""
        deeds = [self.reload, self.reload, lambda: self.daemon.signal(signal.SIGUSR1), lambda: self.daemon.signal(signal.SIGUSR2)]
        if self.t.mode.prefork and time.monotonic() > self.young_until:
            deeds += [self.kill, self.stop]
        self.random.choice(deeds)()

    def reload(self):
        self.write(self.random.choice(TEXTS))
        self.daemon.signal(signal.SIGHUP)

    def kill(self):
        victims = self.daemon.workers()
        if victims:
            self.kills += 1
            self.young_until = time.monotonic() + 6
            self.daemon.signal(signal.SIGKILL, self.random.choice(victims))

    def stop(self):
        victims = self.daemon.workers()
        if victims:
            victim = self.random.choice(victims)
            self.daemon.signal(signal.SIGSTOP, victim)
            time.sleep(0.3)
            try:
                os.kill(victim, signal.SIGCONT)
            except ProcessLookupError:
                pass

    # --- measuring

    def settled(self):
        """Nobody but the steady clients, all workers there."""
        self.visitors[0].rest()  # one that was recycled with a worker has another connection now
        info = self.daemon.info()
        ready = {record["worker_pid"] for record in self.daemon.events("worker_ready")}
        workers = self.daemon.workers()
        return info if info["connected_clients"] == STEADY + 1 and all(str(pid) in ready for pid in workers) \
            and (not self.t.mode.prefork or len(workers) == 3) else None

    def measure(self, name):
        """Everybody rests; a row."""
        self.open.clear()
        for visitor in self.visitors:
            visitor.turn.acquire()
        try:
            for visitor in self.visitors:
                visitor.rest()
            self.t.wait_until(self.settled, "the end of whoever does not stay", 40)
            first = self.rows[0][1] if self.rows else None

            def at_rest():
                row = gauge.measure(self.daemon, self.daemon.info())
                return row if not first or all(row[field] <= first[field] for field in ("descriptors", "threads")) else None
            try:  # an idle thread, a socket on its way: not at once
                row = self.t.wait_until(at_rest, "rest", 20)
            except Failed:
                row = gauge.measure(self.daemon, self.daemon.info())
            with self.count_lock:
                self.rows.append((name, {**row, "lost": len(self.losses), "wrong": len(self.complaints)}))
        finally:
            for visitor in self.visitors:
                visitor.turn.release()
            self.open.set()

    def run(self, seconds):
        for visitor in self.visitors:
            visitor.start()
        self.open.set()
        began = time.monotonic()
        for name, until in (("start", WARM_UP), ("middle", (1 + WARM_UP) / 2), ("end", 1.0)):
            while time.monotonic() - began < until * seconds:
                time.sleep(min(1.0, seconds / 40))
                self.disturb()
                true(self.daemon.process.poll() is None, "the daemon has ended")
            self.measure(name)
        self.stopping.set()
        for visitor in self.visitors:
            visitor.join(30)
            visitor.rest()
        for client in self.visitors[0].clients:
            client.close()

    def allowed_losses(self):
        """Connections that a fault of the host's has cost somebody; and those that were told goodbye, as one over TLS ends with
        the worker that is recycled."""
        died = sum(int(record["connections"]) for record in self.daemon.events("worker_died"))
        return died + min(self.goodbyes, (STEADY + 2) * len(self.daemon.events("worker_exited")))

    def verdict(self):
        """What is wrong, in words."""
        start, end = self.rows[0][1], self.rows[-1][1]
        wrong = list(self.complaints)
        for field in ("descriptors", "threads", "processes"):
            if end[field] > start[field]:
                wrong.append(f"{field} grew from {start[field]} to {end[field]}")
        most = start["rss_kib"] * (1 + GROWTH) + GROWTH_KIB
        if end["rss_kib"] > most and not self.t.programs.sanitized:
            wrong.append(f"memory grew from {start['rss_kib']} to {end['rss_kib']} KiB")
        if len(self.losses) > self.allowed_losses():
            wrong.append(f"{len(self.losses)} connections lost, {self.allowed_losses()} of them with their workers: "
                         + "; ".join(self.losses[:10]))
        return wrong


class SoakContext(Context):
    def closing_folder(self):
        from harness.folder import Folder
        return self.closing(Folder()).path


def soak(programs, mode, seconds, seed, told):
    """In a process of its own: the rows, and what is wrong, into `told`."""
    context = SoakContext(programs, mode)
    rows, wrong = [], []
    try:
        one = Soak(context, seed)
        try:
            one.run(seconds)
            rows, wrong = one.rows, one.verdict()
            context.notes.append(f"{one.kills} workers killed, {len(one.daemon.events('worker_exited'))} recycled, "
                                 f"{len(one.daemon.events('reloaded'))} reloads, {len(one.daemon.events('reload_refused'))} refused, "
                                 f"{one.allowed_losses()} losses allowed")
            context.finish()
        finally:
            one.stopping.set()
            rows = one.rows
    except Failed as failed:
        wrong.append(str(failed))
    except Exception:
        wrong.append(traceback.format_exc())
    finally:
        if wrong:
            wrong += context.logs()
        context.abandon()
        told.put((mode.name, rows, wrong, context.notes))


def collect(runs, told):
    """What each run has told; who ended without a word has failed."""
    results = []
    while len(results) < len(runs):
        try:
            results.append(told.get(timeout=1))
        except queue.Empty:
            heard = {result[0] for result in results}
            results += [(run.name, [], [f"it ended with {run.exitcode}"], []) for run in runs
                        if not run.is_alive() and run.name not in heard]
    return results


def show(results):
    """The table. Errors: connections lost with a worker, as was to be expected; wrong replies, or lost for no reason."""
    columns = (("rss KiB", "rss_kib"), ("descriptors", "descriptors"), ("threads", "threads"), ("processes", "processes"),
               ("connections", "connections"), ("commands", "commands"), ("expected", "lost"), ("unexpected", "wrong"))
    print(f"{'mode':14} {'when':7}" + "".join(f"{title:>12}" for title, _ in columns))
    for name, rows, _, _ in results:
        for when, row in rows:
            print(f"{name:14} {when:7}" + "".join(f"{row[field]:>12}" for _, field in columns))
    for name, _, wrong, notes in results:
        print("\n".join([f"{name}: {note}" for note in notes] + [f"{name}: FAILED: {line}" for line in wrong]))


def main():
    parser = argparse.ArgumentParser(description="Soak concurd.")
    parser.add_argument("--concurd", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--modes", default=MODES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="no TLS")
    arguments = parser.parse_args()
    raise_files(4096)
    authority = None if arguments.plain else Authority()
    programs = Programs(arguments.concurd, None, Certificates(authority) if authority else None)
    wanted = [mode for mode in modes.MODES if mode.name in arguments.modes.split(",")]
    told = multiprocessing.Queue()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # in each run, too, which then cleans up
    try:
        runs = [multiprocessing.Process(target=soak, args=(programs, mode, arguments.seconds, arguments.seed, told),
                                        name=mode.name, daemon=True) for mode in wanted]
        for run in runs:
            run.start()
        results = sorted(collect(runs, told), key=lambda result: [mode.name for mode in wanted].index(result[0]))
        for run in runs:
            run.join()
    finally:
        if authority:
            authority.close()
    show(results)
    failed = sum(1 for _, _, wrong, _ in results if wrong)
    print(f"{len(results) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
