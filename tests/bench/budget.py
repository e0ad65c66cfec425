#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make check-budget`: the part of the budget (DESIGN.md, chapter 11) that can be asserted anywhere, because it
doesn't depend on how busy the machine is: system calls and user-space instructions per request, per mode.

`--server floor` measures the floors against the same ceilings: the proof that the method counts right.
Exit: 0 within the budget, 1 over it, 77 when nothing could be measured here.
"""

import argparse
import signal
import sys
import typing

import instructions
import servers
import syscalls

PIPELINES = (1, 16)
MANY = 16            # connections that send at once, where one connection alone is not enough to show a mode
TURNS = 2000         # measured per check of system calls
REQUESTS = 16 * 500  # measured per check of instructions
CORES = 2            # the daemon's threads and the floor's lanes, the same wherever this runs

# For the few calls that come from a worker's own timers, and for the one at either edge of the window.
CALLS_SLACK = 0.05


class Ceiling(typing.NamedTuple):
    """What a mode may spend. A turn is one batch of requests that arrived together on one connection."""
    calls_one: float        # system calls per turn, one connection
    calls_many: float       # system calls per turn, MANY connections sending at once
    instructions: dict      # user-space instructions per request, by pipeline


# Instructions are those of an optimised build (-O2, configure's default) on x86-64 without sanitizers. The budget's 1.3x
# leaves about 0.11 us at pipeline 16, some 600 instructions per request, and its 0.15x at pipeline 1 about 0.8 us, some
# 2,500. The daemon is below both, so what is asserted is its own state with about a tenth for other compilers and
# libraries: when written, gcc 12 gave 1220, 1345, 1761 and 1795 at pipeline 1 and 573, 598, 609 and 630 at 16. Most of a
# pipelined request is parsing, looking up, the call and the tally; the rest of a single one is the turn around it, and
# in event and prefork libevent's dispatch, which many connections share.
CEILINGS = {
    # A blocking thread needs a read, which is its wait too, and a write.
    "thread": Ceiling(2, 2, {1: 1360, 16: 630}),
    # The wait for one event, read, write, and arming the connection again. With many connections a thread that finds
    # no turn free sleeps on a futex and is woken: at most every fourth turn pays for that pair.
    "pool": Ceiling(4, 4.5, {1: 1510, 16: 640}),
    # The wait, read, write; no second read to see EAGAIN, no change of the registration. With many connections those
    # that are ready share a wait: half a wait each is far above what the floor shows (0.15) and below one each.
    "event": Ceiling(3, 2.5, {1: 1950, 16: 670}),
    # A worker runs the same reactor as event; handing the connection over happens once, not per request, and the
    # master's ticks are counted in.
    "prefork": Ceiling(3, 2.5, {1: 2050, 16: 700}),
}

FLOOR_SHAPES = {"thread": "thread", "pool": "oneshot", "event": "loop", "prefork": "fork"}


class Outcome(typing.NamedTuple):
    measured: float
    ceiling: float
    detail: str


def starter(options, mode):
    """How to start the server under test in a mode, given a command to run it under."""
    if options.server == "floor":
        return lambda wrapper=(): servers.floor(options.floor, FLOOR_SHAPES[mode], CORES, wrapper)
    settings = (f"pool.turns={CORES}", f"event.threads={CORES}", f"prefork.workers={CORES}")
    return lambda wrapper=(): servers.concurd(options.concurd, mode, settings, wrapper)


def check_calls(start, mode, connections, pipeline):
    ceiling = CEILINGS[mode].calls_one if connections == 1 else CEILINGS[mode].calls_many
    with start() as server:
        calls = syscalls.per_turn(server, connections, pipeline, TURNS)
    detail = ", ".join(f"{name} {count / pipeline:.3f}" for name, count in calls.items() if count >= 0.01)
    return Outcome(sum(calls.values()) / pipeline, (ceiling + CALLS_SLACK) / pipeline, detail)


def check_instructions(start, mode, pipeline):
    measured = instructions.per_request(start, pipeline, REQUESTS)
    return Outcome(measured, CEILINGS[mode].instructions[pipeline], "user space, libraries included")


def checks_for(options):
    """Every check with its name, as a function without arguments."""
    for mode in options.modes:
        start = starter(options, mode)
        for pipeline in PIPELINES:
            for connections in (1, MANY):
                yield (f"{mode}: system calls per request, pipeline {pipeline}, connections {connections}",
                       lambda s=start, m=mode, c=connections, p=pipeline: check_calls(s, m, c, p))
            yield (f"{mode}: instructions per request, pipeline {pipeline}",
                   lambda s=start, m=mode, p=pipeline: check_instructions(s, m, p))


def run_check(name, check):
    """Prints one line; "passed", "failed" or "skipped"."""
    try:
        outcome = check()
    except syscalls.Unavailable as reason:
        print(f"skip  {name}: {reason}", flush=True)
        return "skipped"
    except (servers.Failed, OSError) as failure:
        print(f"FAIL  {name}: {failure}", flush=True)
        return "failed"
    good = outcome.measured <= outcome.ceiling
    print(f"{'ok  ' if good else 'FAIL'}  {name}: {outcome.measured:.4g}, ceiling {outcome.ceiling:.4g} "
          f"({outcome.detail})", flush=True)
    return "passed" if good else "failed"


def parse_options():
    parser = argparse.ArgumentParser(description="system calls and instructions per request, against ceilings")
    parser.add_argument("--server", choices=("concurd", "floor"), default="concurd")
    parser.add_argument("--concurd", help="the daemon")
    parser.add_argument("--floor", help="the floor program, for --server floor")
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(CEILINGS),
                        help="comma-separated (all)")
    options = parser.parse_args()
    if getattr(options, options.server) is None:
        parser.error(f"--server {options.server} needs --{options.server} PATH")
    if unknown := set(options.modes) - set(CEILINGS):
        parser.error(f"unknown mode: {', '.join(sorted(unknown))}")
    return options


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers and tracers are stopped on the way out
    results = [run_check(name, check) for name, check in checks_for(options)]
    passed, failed, skipped = (results.count(one) for one in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed:
        return 1
    return 0 if passed else 77


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("budget: interrupted")
