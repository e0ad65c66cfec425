# SPDX-License-Identifier: Apache-2.0
"""Counts a server's user-space instructions per request, libraries included, with callgrind: two runs that differ
only in the number of rounds, and the difference divided by the requests that make it. Start, connection and end are
the same in both and fall out.

Deterministic but for what follows the clock (a logger that looks every few milliseconds), which stays below a few
per cent because the runs are short. A hardware counter would need a processor that lends it to us; virtual machines
seldom do.
"""

import pathlib
import re
import shutil
import tempfile

from lockstep import Lockstep
from servers import Failed
from syscalls import Unavailable

WARM_ROUNDS = 100


def wrapper(folder):
    path = shutil.which("valgrind")
    if path is None:
        raise Unavailable("valgrind is not installed")
    # Fair scheduling: otherwise a thread that computes can keep valgrind's one lock from the one with the request.
    return [path, "--tool=callgrind", "--quiet", "--trace-children=yes", "--fair-sched=yes",
            f"--callgrind-out-file={folder}/callgrind.%p"]


def total_of(folder):
    """Instructions of all processes that left a profile."""
    total = 0
    for profile in pathlib.Path(folder).glob("callgrind.*"):
        found = re.search(r"^(?:totals|summary): (\d+)", profile.read_text(errors="replace"), re.M)
        total += int(found.group(1)) if found else 0
    if total == 0:
        raise Failed("callgrind left no profile")
    return total


def of_run(start, pipeline, rounds):
    """Instructions of one whole run with one connection; `start` takes the wrapper and answers a server."""
    with tempfile.TemporaryDirectory() as folder:
        with start(wrapper(folder)) as server, Lockstep(server.port, 1, pipeline) as driver:
            driver.rounds(rounds)
        return total_of(folder)


def per_request(start, pipeline, requests):
    rounds = requests // pipeline
    extra = of_run(start, pipeline, WARM_ROUNDS + rounds) - of_run(start, pipeline, WARM_ROUNDS)
    return extra / (rounds * pipeline)
