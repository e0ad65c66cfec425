#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table at the end of `./quickstart run`, and what it shows.

Usage: quickstart_table.py DIRECTORY - with the files MODE.LOAD.json that `concur load --json` wrote.
Exit status 1 when a measurement is missing or had failed requests.
"""

import json
import pathlib
import sys

MODES = ("thread", "pool", "event", "prefork")
LOADS = ("PING", "SLEEP 5", "PRIMES 20000")
SLEEP_US = 5000
ALIKE = 1.25  # within this factor, figures of a few seconds on a busy machine are called alike


class Cell:
    """What is shown of one load in one mode."""

    def __init__(self, report):
        server = report["server"]
        self.rate = report["throughput_rps"]
        self.p50 = report["latency_us"]["p50"]
        self.p99 = report["latency_us"]["p99"]
        self.cpu = server["cpu_us_per_request"]
        self.memory = server["rss_bytes"]
        self.bounded_by_client = report["client"]["limited_by_client"]
        self.failed = report["requests"]["failed"] + report["requests"]["error_replies"]


def read(directory):
    cells = {}
    for load in LOADS:
        for mode in MODES:
            path = directory / f"{mode}.{load.replace(' ', '-')}.json"
            try:
                cells[load, mode] = Cell(json.loads(path.read_text()))
            except (OSError, ValueError):
                pass  # the run has said why
    return cells


# --- figures as text ----------------------------------------------------------------------------------------------

def three_digits(value):
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def time(us):
    if us is None:
        return "-"
    return f"{three_digits(us)} us" if us < 999.5 else f"{three_digits(us / 1e3)} ms"


def memory(size):
    return "-" if size is None else f"{size / 2**20:.1f} MiB"


def span(values, text):
    """Where the figures of the modes lie, naming the two ends unless they are too near each other to mean anything."""
    least, most = min(values, key=values.get), max(values, key=values.get)
    if values[most] <= values[least] * ALIKE:
        return f"alike in all modes ({text(values[least])} to {text(values[most])})"
    return f"from {text(values[least])} ({least}) to {text(values[most])} ({most})"


# --- the table ----------------------------------------------------------------------------------------------------

COLUMNS = (("mode", 8), ("load", 13), ("requests/s", -11), ("p50", -9), ("p99", -9), ("CPU/request", -12),
           ("memory", -9))


def row(texts):
    return " ".join(f"{text:>{-width}}" if width < 0 else f"{text:<{width}}"
                    for text, (_, width) in zip(texts, COLUMNS)).rstrip()


def print_table(cells):
    print(row([title for title, _ in COLUMNS]))
    for load in LOADS:
        print()
        for mode in MODES:
            cell = cells.get((load, mode))
            if cell is None:
                print(row([mode, load, "failed", "", "", "", ""]))
                continue
            mark = "*" if cell.bounded_by_client else " "
            print(row([mode, load, f"{cell.rate:,.0f}{mark}", time(cell.p50), time(cell.p99), time(cell.cpu),
                       memory(cell.memory)]))
    print("\n50 clients, each sending its next request when the last one was answered. CPU is the server's.")
    if any(cell.bounded_by_client for cell in cells.values()):
        print("* the client was as busy as it could be: the server may be faster than this.")


# --- what it shows: from the figures alone ------------------------------------------------------------------------

def of(cells, load, field):
    return {mode: getattr(cells[load, mode], field) for mode in MODES
            if (load, mode) in cells and getattr(cells[load, mode], field) is not None}


def cpu_bound_line(cells):
    tails, rates = of(cells, LOADS[2], "p99"), of(cells, LOADS[2], "rate")
    if not tails:
        return None
    return (f"CPU-bound work: p99 {span(tails, time)}; requests/s "
            f"{span(rates, lambda rate: f'{rate:,.0f}')}.")


def waiting_line(cells):
    costs, sizes = of(cells, LOADS[1], "cpu"), of(cells, LOADS[1], "memory")
    if not costs or not sizes:
        return None
    share = max(costs.values()) / SLEEP_US
    what = "next to no CPU" if share < 0.05 else f"up to {share:.0%} of its time in CPU"
    return f"Waiting costs {what}, {span(costs, time)} for each 5 ms; memory {span(sizes, memory)}."


NEXT = """
Try next:
  ./quickstart play -o server.mode=prefork    a daemon in this terminal; then, in another one:
  build/concur map --who SQUARE 0..9          ten tasks, and which worker did which
  build/concur load -d 5s -- BLOCK 5          waiting done badly: compare with SLEEP 5, then with other modes"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cells = read(pathlib.Path(sys.argv[1]))
    print()
    print_table(cells)
    print()
    for line in (cpu_bound_line(cells), waiting_line(cells)):
        if line:
            print(line)
    print(NEXT)
    failed = sum(cell.failed for cell in cells.values())
    if failed:
        print(f"\n{failed:,} requests failed.")
    return 1 if failed or len(cells) < len(MODES) * len(LOADS) else 0


sys.exit(main())
