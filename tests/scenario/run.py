#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the scenarios: every one of them against every mode that it makes sense for, each with a private daemon.

    run.py --concurd build/concurd --concur build/concur [--modes thread,pool] [--only drain] [--repeat 20]

SCENARIO_SLOW=5 in the environment gives everything five times as long: for builds with sanitizers. A scenario that could
not run is skipped and says why; any failure makes the exit status 1."""

import argparse
import concurrent.futures
import fnmatch
import importlib
import multiprocessing
import os
import pathlib
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

from harness import modes
from harness.certificates import Authority, Certificates
from harness.errors import Failed, Skipped
from harness.scenario import REGISTRY, Context, Programs
from harness.swarm import raise_files

HERE = pathlib.Path(__file__).parent


class OutOfTime(BaseException):
    """Not an Exception: no scenario is to catch it."""


def on_alarm(_number, _frame):
    raise OutOfTime


def on_term(_number, _frame):
    """Once: no daemon and no folder stays behind, and a second one is not to break that off."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def load_suite():
    for file in sorted((HERE / "suite").glob("*.py")):
        if file.stem != "__init__":
            importlib.import_module(f"suite.{file.stem}")


def parse_arguments():
    parser = argparse.ArgumentParser(description="Run concurd's scenarios.")
    parser.add_argument("--concurd", required=True)
    parser.add_argument("--concur", default=None)
    parser.add_argument("--modes", default=None, help="comma-separated; all by default: "
                        + ", ".join(mode.name for mode in modes.ROWS))
    parser.add_argument("--only", action="append", default=[], help="a pattern or a part of a scenario's name; repeatable")
    parser.add_argument("--skip", action="append", default=[], help="the same, for what is left out")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="say only what failed, was skipped or has something to tell")
    return parser.parse_args()


def matches(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) or pattern in name for pattern in patterns)


def choose(arguments):
    """The rows to run: pairs of scenario and mode."""
    wanted = arguments.modes.split(",") if arguments.modes else [mode.name for mode in modes.ROWS]
    unknown = set(wanted) - {mode.name for mode in modes.ROWS}
    if unknown:
        sys.exit(f"run.py: there is no mode {', '.join(sorted(unknown))}")
    pairs = []
    for entry in REGISTRY:
        for mode in modes.ROWS:
            full = f"{entry.name}[{mode.name}]"
            if mode.name in wanted and entry.rows(mode) and (not arguments.only or matches(full, arguments.only)) \
                    and not matches(full, arguments.skip):
                pairs.append((entry, mode))
    return pairs


def perform(programs, entry, mode):
    """Runs one; its outcome, what it has to say, and its time."""
    context = Context(programs, mode)
    started = time.monotonic()
    outcome, words = "passed", ""
    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, context.seconds(entry.limit_s))
    try:
        entry.function(context)
        context.finish()
    except Skipped as reason:
        outcome, words = "skipped", str(reason)
    except OutOfTime:
        outcome, words = "FAILED", f"not done within {context.seconds(entry.limit_s):g} s\n" + traceback.format_exc()
    except (Failed, ConnectionError, TimeoutError) as failed:
        outcome, words = "FAILED", f"{where(failed)}{type(failed).__name__}: {failed}"
    except Exception:
        outcome, words = "FAILED", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        context.abandon()
    if outcome == "FAILED":
        words += "".join(f"\n    | {line}" for line in context.logs())
    notes = "; ".join(context.notes)
    return outcome, "\n".join(word for word in (words, notes) if word), time.monotonic() - started


def where(failed):
    """The line of the scenario that failed."""
    frames = [frame for frame in traceback.extract_tb(failed.__traceback__) if "/suite/" in frame.filename]
    return f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].lineno}: " if frames else ""


def perform_named(programs, index, mode_index):
    """In another process: scenarios are found by their place in the registry. Told to end, it has cleaned up, and the pool is not
    to give it the next one."""
    try:
        return perform(programs, REGISTRY[index], modes.ROWS[mode_index])
    except SystemExit as end:
        os._exit(end.code)


def results(arguments, programs, pairs):
    """Runs them all; yields each with its outcome as it is done."""
    pairs = [pair for _ in range(arguments.repeat) for pair in pairs]
    if arguments.jobs == 1:
        for entry, mode in pairs:
            yield entry, mode, perform(programs, entry, mode)
        return
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        futures = {pool.submit(perform_named, programs, REGISTRY.index(entry), modes.ROWS.index(mode)): (entry, mode)
                   for entry, mode in pairs}
        try:
            for future in concurrent.futures.as_completed(futures):
                yield *futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def main():
    arguments = parse_arguments()
    load_suite()
    pairs = choose(arguments)
    if arguments.list:
        for entry, mode in pairs:
            print(f"{entry.name}[{mode.name}]")
        return 0
    raise_files(11000)
    signal.signal(signal.SIGTERM, on_term)
    authority = Authority() if any(mode.tls for _, mode in pairs) else None
    try:
        certificates = Certificates(authority) if authority else None
        return run(arguments, Programs(arguments.concurd, arguments.concur, certificates), pairs)
    finally:
        if authority:
            authority.close()


def run(arguments, programs, pairs):
    """Runs them and tells what became of them; the exit status."""
    counts = {"passed": 0, "FAILED": 0, "skipped": 0}
    for entry, mode, (outcome, words, seconds) in results(arguments, programs, pairs):
        counts[outcome] += 1
        if arguments.quiet and outcome == "passed" and not words:
            continue
        text = f"  {words}" if words and "\n" not in words else ("\n    " + words.replace("\n", "\n    ") if words else "")
        print(f"{outcome:7} {entry.name}[{mode.name}] {seconds:.2f} s{text}", flush=True)
    print(f"{counts['passed']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] or not any(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
