#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench-log`: the log queue beside a bare write, a mutex around write, and spdlog's asynchronous logger, in one run;
then what log.access = commands costs the daemon.

The contestants of a row take turns, and the median of the rounds is shown: on shared cores timings drift within
minutes. At the end each target is said to be met, or missed by how much; nothing is asserted here."""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import load
import servers

RECORDS = {"paced": 100000, "saturated": 600000}
ROUNDS_OF_ACCESS = 5
CONNECTIONS, PIPELINE = 50, 16

# What the log is to reach, beside how it is called. The worst row counts.
P50_NS, P99_NS, TIMES_SPDLOG, COST_PERCENT, DROPPED_PERCENT = 60, 200, 2, 25, 5


class Targets:
    """Figures against what they should be."""

    def __init__(self):
        self.rows = {}

    def measured(self, name, limit, value, where, most=True):
        """One more row of a target: `value` may be at most `limit`, or has to be at least that."""
        limit_, most_, values = self.rows.setdefault(name, (limit, most, []))
        assert (limit_, most_) == (limit, most)
        values.append((value, where))

    def show(self):
        print("\ntargets, by the worst row")
        for name, (limit, most, values) in self.rows.items():
            value, where = (max if most else min)(values)
            by = value - limit if most else limit - value
            verdict = "met" if by <= 0 else f"missed by {by:,.4g}"
            print(f"{verdict:<18}{name} {'at most' if most else 'at least'} {limit}: {value:,.4g} ({where})")


def words(text):
    return {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", text)}


def run(argv, path):
    """One run of one contestant; the file is gone after it."""
    try:
        return words(subprocess.run([*argv, path], check=True, capture_output=True, text=True).stdout)
    finally:
        pathlib.Path(path).unlink(missing_ok=True)


def contestants(arguments, shape, producers):
    bench, count = arguments.log_bench, str(RECORDS[shape])
    for way in ("threads", "processes", "write", "mutex"):
        name = f"queue, {way}" if way in ("threads", "processes") else {"write": "bare write", "mutex": "mutex + write"}[way]
        yield name, [bench, shape, way, str(producers), count]
    if arguments.log_spdlog:
        yield "spdlog async", [arguments.log_spdlog, shape, str(producers), count]


def bench_row(arguments, shape, producers, path, targets):
    """Prints a group; answers records/s by name."""
    group = list(contestants(arguments, shape, producers))
    runs = {name: [] for name, _ in group}
    for _ in range(arguments.repeats):
        for name, argv in group:
            runs[name].append(run(argv, path))
    rates = {}
    for name, results in runs.items():
        median = {key: statistics.median(result[key] for result in results) for key in results[0]}
        rates[name] = median["records_per_s"]
        if shape == "paced" and name.startswith("queue"):
            where = f"{producers} producers, {name.partition(', ')[2]}"
            targets.measured("paced p50 in ns", P50_NS, median["p50_ns"], where)
            targets.measured("paced p99 in ns", P99_NS, median["p99_ns"], where)
        rate = f"{median['records_per_s']:>12,.0f}" if shape == "saturated" else f"{'-':>12}"
        print(f"{shape:<10}{producers:>3}  {name:<18}{median['p50_ns']:>8.0f}{median['p99_ns']:>8.0f}"
              f"{median['p999_ns']:>9.0f}{rate}{median['dropped']:>9.0f}", flush=True)
    return rates


def bench_queue(arguments, path, targets):
    print("nanoseconds that a producer's call takes; records/s until they are in the file\n")
    print(f"{'':<13}  {'':<18}{'p50 ns':>8}{'p99 ns':>8}{'p99.9 ns':>9}{'records/s':>12}{'dropped':>9}")
    for shape in ("paced", "saturated"):
        for producers in (1, 2, 4):
            rates = bench_row(arguments, shape, producers, path, targets)
            if shape == "saturated" and arguments.log_spdlog:
                ratio = rates["queue, threads"] / rates["spdlog async"]
                print(f"{'':<15}queue / spdlog, records/s: {ratio:.2f}")
                targets.measured("records/s as a multiple of spdlog's", TIMES_SPDLOG, ratio, f"{producers} producers, threads", most=False)


def access_run(arguments, generator, mode, access, path):
    """Requests/s, and the part of the log's records that was dropped."""
    settings = (f"log.access={access}", "log.level=info", f"log.target=file:{path}")
    argv = [arguments.concurd]
    for setting in (f"server.mode={mode}", "server.listen=127.0.0.1:0", "admin.listen=none", *settings):
        argv += ["-o", setting]

    def ready(_):
        text = pathlib.Path(path).read_text(encoding="utf-8") if os.path.exists(path) else ""
        found = re.search(r"event=ready\b.*\blisten=127\.0\.0\.1:(\d+)", text)
        return int(found.group(1)) if found else None

    with servers.Server(f"concurd {mode}", argv, ready) as server:
        result = generator.drive(server.port, CONNECTIONS, PIPELINE)
    with open(path, "rb") as file:
        file.seek(-min(4096, os.path.getsize(path)), os.SEEK_END)
        drained = words(file.read().decode().rpartition("event=drained")[2])
    os.unlink(path)
    return result.throughput, drained["log_dropped"] / drained["log_attempted"]


def bench_access(arguments, path, targets):
    """off and commands take turns; the median of the ratios of neighbours."""
    generator = load.Concur(arguments.concur, arguments.duration)
    print(f"\nlog.access = commands beside off, {CONNECTIONS} connections, pipeline {PIPELINE}, file on a memory file system:"
          f"\nrequests/s; what commands cost: the median of {ROUNDS_OF_ACCESS} pairs of runs (the least to the most of them);"
          "\nrecords dropped: the median (the most)")
    for mode in ("prefork", "pool"):
        ratios, drops, rates = [], [], []
        for _ in range(ROUNDS_OF_ACCESS):
            off, _ = access_run(arguments, generator, mode, "off", path)
            commands, dropped = access_run(arguments, generator, mode, "commands", path)
            ratios.append(commands / off)
            drops.append(dropped)
            rates.append((off, commands))
        targets.measured("cost of log.access = commands in %", COST_PERCENT, 100 * (1 - statistics.median(ratios)), mode)
        targets.measured("records dropped by it in %", DROPPED_PERCENT, 100 * statistics.median(drops), mode)
        print(f"{mode:<9}{statistics.median(off for off, _ in rates):>12,.0f} off"
              f"{statistics.median(commands for _, commands in rates):>12,.0f} commands"
              f"   cost {100 * (1 - statistics.median(ratios)):5.1f}% ({100 * (1 - max(ratios)):.0f} to"
              f" {100 * (1 - min(ratios)):.0f})   dropped {100 * statistics.median(drops):.1f}%"
              f" ({100 * max(drops):.1f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Measure the log queue.")
    parser.add_argument("--log-bench", required=True)
    parser.add_argument("--log-spdlog", default=None)
    parser.add_argument("--concurd", required=True)
    parser.add_argument("--concur", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--duration", type=float, default=1.5)
    parser.add_argument("--only", choices=("queue", "access"), default=None)
    arguments = parser.parse_args()
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    targets = Targets()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = os.path.join(scratch, "log")
        if arguments.only != "access":
            bench_queue(arguments, path, targets)
        if arguments.only != "queue":
            bench_access(arguments, path, targets)
    targets.show()
    if not arguments.log_spdlog:
        print("spdlog's logger was not measured: no C++ compiler, or libspdlog-dev is not installed")


if __name__ == "__main__":
    main()
