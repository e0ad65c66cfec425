#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench-client`: what a request costs the client, `concur load` beside redis-benchmark.

Whatever the client uses is taken from the server under test when they share a machine, and sets the rate at which the
client, not the server, is what is measured. Both send the same 14 bytes of PING over the same connections to the same
daemon, as many requests, and take turns (A B, B A, ...): the kernel's share of a loopback request is in the figure, drifts,
and is the same for both. CPU time is user and system time of the whole process, from start to end, as wait4(2) has it.
Each run of `concur load` is divided by redis-benchmark's beside it; the median of these ratios is held against the
target, and the exit status is 1 when it is missed, 77 without redis-benchmark. An open loop at half of the rate is
measured too, for information: it sleeps and wakes more.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time
import typing

import load
import servers

TARGET = 1.0  # concur load's CPU per request divided by redis-benchmark's, at most
CONNECTIONS = 50
SKIPPED = 77
MISSED = 1
CALM_SHARE = 0.5  # of the cores: a load average above it says that others are at work


class Run(typing.NamedTuple):
    """One run of one client."""
    requests: int
    cpu_us: float  # the client's, per request
    throughput: float


class Program:
    """A client as a command line: `argv` answers it for so many requests."""

    def __init__(self, name, argv, accepted=(0,)):
        self.name = name
        self.argv = argv
        self.accepted = accepted

    def run(self, pipeline, requests, seconds):
        """Starts it, waits for it, and answers what it took."""
        argv = self.argv(pipeline, requests)
        started = time.monotonic()
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        signal.alarm(int(seconds * 4 + load.GRACE_S))
        try:
            output = child.stdout.read().decode(errors="replace")
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            signal.alarm(0)
            child.stdout.close()
            if child.returncode is None:
                child.kill()
                child.wait()
        if child.returncode not in self.accepted:
            raise servers.Failed(f"{self.name} ended with {child.returncode}: {output[-400:].strip()}")
        passed = time.monotonic() - started
        return Run(requests, (usage.ru_utime + usage.ru_stime) * 1e6 / requests, requests / passed)


def on_alarm(*_):
    raise servers.Failed("a client did not end in time")


def concur(path, port):
    """The closed loop."""
    def argv(pipeline, requests):
        return [path, "load", "-p", str(port), "-c", str(CONNECTIONS), "-P", str(pipeline), "-n", str(requests)]
    return Program("concur load", argv)


def concur_open(path, port, rate):
    """The open loop at `rate`. That it may call itself suspect is no matter here."""
    def argv(pipeline, requests):
        return [path, "load", "-p", str(port), "-c", str(CONNECTIONS), "-P", str(pipeline), "-n", str(requests),
                "-R", f"{rate:.0f}"]
    return Program("concur load -R", argv, accepted=(0, load.CONCUR_SUSPECT))


def redis_benchmark(path, port):
    def argv(pipeline, requests):
        return [path, "-p", str(port), "-c", str(CONNECTIONS), "-P", str(pipeline), "-n", str(requests),
                "-t", "ping_mbulk", "--csv"]
    return Program("redis-benchmark", argv)


def choose_requests(program, pipeline, seconds):
    """How many fill the time, by two trials: the first is short and mostly start."""
    requests = load.TRIAL_REQUESTS
    for _ in range(2):
        rate = program.run(pipeline, requests, seconds).throughput
        requests = max(load.TRIAL_REQUESTS, int(rate * seconds))
    return requests


def measure(port, options, pipeline):
    """The runs of each at this pipeline, in pairs, and the open loop's."""
    ours, theirs = concur(options.concur, port), redis_benchmark(options.redis_benchmark, port)
    requests = choose_requests(theirs, pipeline, options.seconds)
    runs = {ours.name: [], theirs.name: []}
    for number in range(options.repeats):
        for program in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            runs[program.name].append(program.run(pipeline, requests, options.seconds))
            progress(f"pipeline {pipeline}, {program.name}, {number + 1} of {options.repeats}")
    if options.closed_only:
        return runs
    rate = statistics.median(run.throughput for run in runs[ours.name]) / 2
    paced = concur_open(options.concur, port, rate)
    runs[paced.name] = [paced.run(pipeline, int(rate * options.seconds), options.seconds) for _ in range(3)]
    return runs


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def rows_of(pipeline, runs):
    """One row per client; the first two are compared."""
    ours, theirs, *_ = runs
    ratios = [mine.cpu_us / other.cpu_us for mine, other in zip(runs[ours], runs[theirs])]
    rows = []
    for name in runs:
        cpu = [run.cpu_us for run in runs[name]]
        rows.append({"pipeline": pipeline, "client": name, "requests": runs[name][0].requests,
                     "throughput_rps": statistics.median(run.throughput for run in runs[name]),
                     "cpu_us": statistics.median(cpu), "cpu_us_min": min(cpu), "cpu_us_max": max(cpu)})
    rows[0] |= {"ratio": statistics.median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios),
                "within": statistics.median(ratios) <= TARGET}
    return rows


def print_rows(rows):
    print(f"{'pipeline':>8}  {'client':<16} {'requests/s':>11} {'CPU us/request':>15} {'range':>13}  "
          f"{'ratio':>5} {'range':>9}")
    for row in rows:
        spread = f"{row['cpu_us_min']:.3f}-{row['cpu_us_max']:.3f}"
        line = (f"{row['pipeline']:>8}  {row['client']:<16} {row['throughput_rps']:>11,.0f} {row['cpu_us']:>15.3f} "
                f"{spread:>13}")
        if "ratio" in row:
            ratios = f"{row['ratio_min']:.2f}-{row['ratio_max']:.2f}"
            line += f"  {row['ratio']:>5.2f} {ratios:>9}  {'within' if row['within'] else 'OVER'} {TARGET:g}x"
        print(line)


def parse_options():
    parser = argparse.ArgumentParser(description="CPU per request of concur load beside redis-benchmark")
    parser.add_argument("--concurd", required=True)
    parser.add_argument("--concur", required=True)
    parser.add_argument("--mode", default="pool", help="the daemon's (pool)")
    parser.add_argument("--repeats", type=int, default=7, help="pairs of runs per pipeline (7)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of one run, about (1.5)")
    parser.add_argument("--pipelines", type=lambda text: [int(one) for one in text.split(",")], default=[1, 16])
    parser.add_argument("--closed-only", action="store_true", help="leave the open loop out")
    parser.add_argument("--json", metavar="FILE", help="write the rows there too")
    options = parser.parse_args()
    options.redis_benchmark = shutil.which("redis-benchmark")
    return options


def main():
    options = parse_options()
    if options.redis_benchmark is None:
        print("bench-client: skipped, redis-benchmark is not installed", file=sys.stderr)
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped on the way out
    signal.signal(signal.SIGALRM, on_alarm)
    cores = len(os.sched_getaffinity(0))
    busy = os.getloadavg()[0]
    rows = []
    with servers.concurd(options.concurd, options.mode) as server:
        for pipeline in options.pipelines:
            rows += rows_of(pipeline, measure(server.port, options, pipeline))
    progress("")
    print(f"PING, {CONNECTIONS} connections to concurd {options.mode}, {cores} cores, Linux {platform.release()}, "
          f"medians of {options.repeats} pairs of {options.seconds:g} s; load average before {busy:.2f}"
          f"{', NOT calm' if busy > cores * CALM_SHARE else ''}\n")
    print_rows(rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"schema": "concurd.bench-client/1", "cores": cores, "load_average": busy, "rows": rows}, file,
                      indent=2)
    return 0 if all(row.get("within", True) for row in rows) else MISSED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (servers.Failed, KeyboardInterrupt) as end:
        sys.exit(f"bench-client: {end or 'interrupted'}")
