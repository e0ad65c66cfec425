# SPDX-License-Identifier: Apache-2.0
"""Counts a running server's system calls per turn: strace is attached to all its processes, a warm-up settles what
attaching disturbed, and the calls *entered* between two moments around the measured rounds are counted.

Only threads that had a request or a reply in their hands in that window count, with every call they made, whatever
it was. The others - logger, sampler, the master - follow clocks of their own, and a slow machine would charge a
request for more of their ticks. What a request makes them do still shows: the thread that wakes one enters a call.
"""

import collections
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time

from lockstep import Lockstep
from servers import Failed, written

ATTACH_DEADLINE_S = 20
WARM_ROUNDS = 50
POLL_S = 0.01

CALL = re.compile(r"^(\d+) +(\d+\.\d+) (\w+)\(")
THREAD = re.compile(r"^(\d+) +(\d+\.\d+) ")
OUR_BYTES = re.compile(r"PING\\r|\+PONG")


class Unavailable(Exception):
    """This machine can't be asked; the text says why."""


def strace_path():
    path = shutil.which("strace")
    if path is None:
        raise Unavailable("strace is not installed")
    probe = subprocess.run([path, "-o", os.devnull, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if probe.returncode != 0:
        raise Unavailable(f"strace can't trace here: {probe.stderr.strip()[:200]}")
    return path


@contextlib.contextmanager
def traced(server, output):
    """strace on all threads of all processes of a server, writing to `output`, complete once this is left."""
    path = strace_path()
    pids = server.pids()
    with tempfile.TemporaryFile() as said:
        argv = [path, "-f", "-ttt", "-o", output]
        for pid in pids:
            argv += ["-p", str(pid)]
        strace = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        try:
            wait_attached(strace, said, len(pids))
            yield
        finally:
            strace.terminate()  # strace detaches and the server goes on
            strace.wait()


def wait_attached(strace, said, processes):
    deadline = time.monotonic() + ATTACH_DEADLINE_S
    while time.monotonic() < deadline:
        text = written(said)
        if "Operation not permitted" in text:
            raise Unavailable(f"strace may not attach: {text.strip()[:200]}")
        if strace.poll() is not None:
            raise Failed(f"strace ended: {text.strip()[:200]}")
        if len(re.findall(r"strace: Process \d+ attached", text)) >= processes:
            return
        time.sleep(POLL_S)
    raise Failed(f"strace did not attach in time: {text.strip()[:200]}")


def count_calls(lines, start, end):
    """Calls by name that the threads on the request path entered between the two moments."""
    per_thread = collections.defaultdict(collections.Counter)
    on_path = set()
    for line in lines:
        seen = THREAD.match(line)
        if seen is None or not start <= float(seen.group(2)) <= end:
            continue
        if OUR_BYTES.search(line):
            on_path.add(seen.group(1))
        if call := CALL.match(line):
            per_thread[seen.group(1)][call.group(3)] += 1
    return sum((per_thread[thread] for thread in on_path), collections.Counter())


def per_turn(server, connections, pipeline, turns):
    """Calls by name, each divided by the turns: a turn is one batch of `pipeline` requests of one connection."""
    rounds = -(-turns // connections)
    with tempfile.NamedTemporaryFile("r") as trace, Lockstep(server.port, connections, pipeline) as driver:
        with traced(server, trace.name):
            driver.rounds(WARM_ROUNDS)
            start = time.time()
            driver.rounds(rounds)
            end = time.time()
        calls = count_calls(trace, start, end)
    if not calls:
        raise Failed("the trace shows no request")
    return {name: count / (rounds * connections) for name, count in calls.most_common()}
