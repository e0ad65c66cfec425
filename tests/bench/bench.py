#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: what each mode costs beside the floor of its own shape, in one run.

Server CPU per request is the figure that compares: it counts what the server did, whereas throughput on a machine
that the load generator shares says as much about the generator. Both are printed. Timings on shared cores drift
within minutes, so the servers of a group take turns (floor, mode, floor, mode, ...), each run of a mode is divided
by the floor's run beside it, and the median of these ratios is reported with its range. Nothing is asserted here;
budget.py asserts what is deterministic.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import statistics
import sys
import typing

import load
import servers

TARGETS = {1: 1.15, 16: 1.3}  # by pipeline: CPU of a mode divided by its floor's (DESIGN.md, chapter 11)
CONNECTIONS = 50
MODES = ("thread", "pool", "event", "prefork")
CROWDED_POOL_THREADS = 4  # the one-shot floor of chapter 11, with more threads than turns on two cores


class Contestant(typing.NamedTuple):
    """One server of a group. The group's first is the floor that the others are divided by."""
    name: str
    start: typing.Callable


class Sample(typing.NamedTuple):
    cpu_us: float  # the server's, per request
    throughput: float
    client_limited: bool


def measure(server, generator, pipeline):
    """One run of the generator against a running server."""
    before = server.cpu_ns()
    result = generator.drive(server.port, CONNECTIONS, pipeline)
    after = server.cpu_ns()
    if before.keys() != after.keys():
        raise servers.Failed(f"{server.name}: its processes changed during the run")
    return Sample((sum(after.values()) - sum(before.values())) / 1000 / result.requests, result.throughput,
                  result.client_limited)


def summary(name, samples, floor_samples):
    """One row of the table: medians, and the ratio of each run to the floor's run beside it."""
    ratios = [sample.cpu_us / floor.cpu_us for sample, floor in zip(samples, floor_samples)]
    return {
        "server": name,
        "cpu_us": statistics.median(sample.cpu_us for sample in samples),
        "throughput_rps": statistics.median(sample.throughput for sample in samples),
        "ratio": statistics.median(ratios),
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "client_limited": any(sample.client_limited for sample in samples),
    }


def measure_group(contestants, generator, pipelines, repeats):
    """Starts a group's servers, measures them in turns, stops them; rows in the order of the contestants."""
    rows = []
    with contextlib.ExitStack() as running:
        started = [(one.name, running.enter_context(one.start())) for one in contestants]
        for pipeline in pipelines:
            samples = {name: [] for name, _ in started}
            for _ in range(repeats):
                for name, server in started:
                    samples[name].append(measure(server, generator, pipeline))
                    progress(f"{name}, pipeline {pipeline}")
            floor_samples = samples[started[0][0]]
            rows += [{"pipeline": pipeline, **summary(name, samples[name], floor_samples)} for name, _ in started]
    return rows


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def floor_of(path, shape, lanes, note):
    """`note` tells the floors of one group apart in the table."""
    return Contestant(f"floor: {note}", lambda: servers.floor(path, shape, lanes))


def groups_for(options, cores):
    """The contestants per mode, floors first; redis-server beside one loop, its own shape."""
    floors = {
        "thread": [floor_of(options.floor, "thread", 1, "a thread per client")],
        "pool": [floor_of(options.floor, "oneshot", cores, f"one-shot, {cores} threads"),
                 floor_of(options.floor, "oneshot", CROWDED_POOL_THREADS, f"one-shot, {CROWDED_POOL_THREADS} threads")],
        "event": [floor_of(options.floor, "loop", cores, f"{cores} loops")],
        "prefork": [floor_of(options.floor, "fork", cores, f"{cores} forked loops")],
    }
    groups = {}
    for mode in options.modes:
        daemon = Contestant(f"concurd {mode}", lambda mode=mode: servers.concurd(options.concurd, mode))
        groups[mode] = floors[mode] + ([daemon] if options.concurd else [])
    if redis := shutil.which("redis-server"):
        groups["redis"] = [floor_of(options.floor, "loop", 1, "one loop"),
                           Contestant("redis-server", lambda: servers.redis(redis))]
    return groups


def verdict(row):
    """How a mode stands to its target; nothing for the others."""
    target = TARGETS.get(row["pipeline"])
    if target is None or not row["server"].startswith("concurd"):
        return ""
    return f"{'within' if row['ratio'] <= target else 'over'} {target:g}x"


def print_table(rows):
    print(f"{'pipeline':>8}  {'server':<28} {'requests/s':>11} {'CPU us/request':>15}  "
          f"{'ratio to floor':>14} {'range':>11}  target")
    previous = None
    for row in sorted(rows, key=lambda row: row["pipeline"]):
        group = (row["pipeline"], row["group"])
        if previous not in (None, group):
            print()
        previous = group
        spread = f"{row['ratio_min']:.2f}-{row['ratio_max']:.2f}"
        print(f"{row['pipeline']:>8}  {row['server']:<28} {row['throughput_rps']:>11,.0f} {row['cpu_us']:>15.3f}  "
              f"{row['ratio']:>14.2f} {spread:>11}  {verdict(row)}{' (client limited)' * row['client_limited']}")


def print_against_redis(rows):
    """Chapter 11 also asks every mode to stay below redis-server when requests are pipelined."""
    deepest = max(row["pipeline"] for row in rows)
    cpu = {row["server"]: row["cpu_us"] for row in rows if row["pipeline"] == deepest}
    if deepest == 1 or "redis-server" not in cpu:
        return
    for name, cpu_us in cpu.items():
        if name.startswith("concurd"):
            relation = "below" if cpu_us < cpu["redis-server"] else "NOT below"
            print(f"pipeline {deepest}: {name} is {relation} redis-server ({cpu_us:.3f} and "
                  f"{cpu['redis-server']:.3f} us)")


def parse_options():
    parser = argparse.ArgumentParser(description="CPU per request of each mode beside its floor")
    parser.add_argument("--floor", required=True, help="the floor program")
    parser.add_argument("--concurd", help="the daemon; without it only the floors are measured")
    parser.add_argument("--concur", help="the client, for --generator concur")
    parser.add_argument("--generator", choices=("concur", "redis-benchmark"), default="concur")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each server per pipeline (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one run (1)")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(MODES), help="comma-separated (all)")
    parser.add_argument("--pipelines", type=lambda text: [int(one) for one in text.split(",")], default=[1, 16])
    parser.add_argument("--json", metavar="FILE", help="write the rows there too")
    options = parser.parse_args()
    if unknown := set(options.modes) - set(MODES):
        parser.error(f"unknown mode: {', '.join(sorted(unknown))}")
    if options.generator == "concur" and not options.concur:
        parser.error("--generator concur needs --concur PATH")
    return options


def make_generator(options):
    if options.generator == "concur":
        return load.Concur(options.concur, options.seconds)
    path = shutil.which("redis-benchmark")
    if path is None:
        raise servers.Failed("redis-benchmark is not installed")
    return load.RedisBenchmark(path, options.seconds)


def measure_all(options, generator, cores):
    """The rows of all groups, and what went wrong in those that could not be measured."""
    rows, failures = [], []
    for group, contestants in groups_for(options, cores).items():
        try:
            measured = measure_group(contestants, generator, options.pipelines, options.repeats)
            rows += [{"group": group, **row} for row in measured]
        except servers.Failed as failure:
            failures.append(f"{group}: {failure}")
    progress("")
    return rows, failures


def report(host, rows):
    print(f"PING, {host['connections']} connections, {host['cores']} cores, Linux {host['kernel']}, "
          f"{host['generator']}, medians of {host['repeats']} runs of {host['seconds']:g} s each\n")
    print_table(rows)
    if rows:
        print()
        print_against_redis(rows)


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped on the way out
    generator = make_generator(options)
    cores = len(os.sched_getaffinity(0))
    host = {"cores": cores, "kernel": platform.release(), "generator": generator.name, "connections": CONNECTIONS,
            "repeats": options.repeats, "seconds": options.seconds}
    rows, failures = measure_all(options, generator, cores)
    report(host, rows)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"schema": "concurd.bench/1", "host": host, "rows": rows, "failures": failures}, file, indent=2)
    for failure in failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (servers.Failed, KeyboardInterrupt) as end:
        sys.exit(f"bench: {end or 'interrupted'}")
