# SPDX-License-Identifier: Apache-2.0
"""Load generators for the bench: each sends PING as an array of 14 bytes, which the floor counts, and answers how
many requests were served in how long.

`concur load` is the one to use: it runs for a time and says when the client was the limit. redis-benchmark runs for
a number of requests, so a short run first finds how many fill the time.
"""

import csv
import json
import subprocess
import typing

from servers import Failed

GRACE_S = 30  # for start, connecting and the last replies
TRIAL_REQUESTS = 40_000
CONCUR_SUSPECT = 4


class Load(typing.NamedTuple):
    requests: int
    throughput: float  # requests per second
    client_limited: bool


def run(argv, seconds, accepted=(0,)):
    """The generator's standard output."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds + GRACE_S)
    except subprocess.TimeoutExpired:
        raise Failed(f"{argv[0]} did not end within {seconds + GRACE_S:.0f} s") from None
    if done.returncode not in accepted:
        raise Failed(f"{argv[0]} ended with {done.returncode}: {done.stderr[-400:].strip()}")
    return done.stdout


class Concur:
    name = "concur load"

    def __init__(self, path, seconds):
        self.path = path
        self.seconds = seconds

    def drive(self, port, connections, pipeline):
        argv = [self.path, "load", "-h", "127.0.0.1", "-p", str(port), "-c", str(connections), "-P", str(pipeline),
                "-d", f"{self.seconds * 1000:.0f}ms", "--json", "-"]
        result = json.loads(run(argv, self.seconds, accepted=(0, CONCUR_SUSPECT)))
        requests = result["requests"]
        if requests["failed"] or requests["error_replies"]:
            raise Failed(f"concur load: {requests}, errors {result['errors']}")
        return Load(requests["ok"], result["throughput_rps"], bool(result["client"]["limited_by_client"]))


class RedisBenchmark:
    name = "redis-benchmark"

    def __init__(self, path, seconds):
        self.path = path
        self.seconds = seconds
        self.rates = {}  # by port, connections and pipeline: what the trial saw

    def drive(self, port, connections, pipeline):
        key = (port, connections, pipeline)
        if key not in self.rates:
            self.rates[key] = self._send(*key, TRIAL_REQUESTS)
        requests = max(TRIAL_REQUESTS, int(self.rates[key] * self.seconds))
        return Load(requests, self._send(*key, requests), False)

    def _send(self, port, connections, pipeline, requests):
        argv = [self.path, "-h", "127.0.0.1", "-p", str(port), "-c", str(connections), "-P", str(pipeline),
                "-n", str(requests), "-t", "ping_mbulk", "--csv"]
        # A floor answers the CONFIG GET that comes first with nonsense; redis-benchmark warns on stdout and goes on.
        rows = list(csv.reader(run(argv, self.seconds).splitlines()))
        rates = [row[1] for row in rows if row and row[0] == "PING_MBULK"]
        if len(rates) != 1:
            raise Failed(f"redis-benchmark wrote no result: {rows[-3:]}")
        return float(rates[0])
