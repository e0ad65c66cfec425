# SPDX-License-Identifier: Apache-2.0
"""`concur load` as a script uses it: arguments in; exit status, JSON and what it said out."""

import json
import os
import signal
import subprocess
import time

from harness.errors import Failed, same
from harness.folder import Folder

FINE, FAILED, USAGE, UNREACHABLE, SUSPECT = range(5)


class Load:
    """A load that runs. `wait` answers its exit status; then `result` is its JSON, or None where it wrote none. `prepare`
    runs in the child before the program does."""

    def __init__(self, t, *arguments, prepare=None):
        if t.programs.concur is None:
            t.skip("there is no concur")
        self.t = t
        self.folder = t.closing(Folder())
        self.path = os.path.join(self.folder.path, "result.json")
        self.result = self.text = None
        self.started = time.monotonic()
        self.process = subprocess.Popen([t.programs.concur, "load", "--json", self.path, *map(str, arguments)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        preexec_fn=prepare)
        t.closing(self)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=30):
        try:
            self.text = self.process.communicate(timeout=self.t.seconds(seconds))[0].decode()
        except subprocess.TimeoutExpired:
            raise Failed(f"the load did not end within {self.t.seconds(seconds):g} s") from None
        self.took = time.monotonic() - self.started
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.result = json.load(file)
            self._check_sums()
        return self.process.returncode

    def _check_sums(self):
        """What must be true of every result."""
        open_loop = self.result["config"]["rate"] is not None
        for one in [self.result, *self.result["commands"]]:
            requests = one["requests"]
            same(requests["sent"], requests["ok"] + requests["error_replies"] + requests["failed"] + requests["unfinished"],
                 "sent = ok + error_replies + failed + unfinished")
            replies = requests["ok"] + requests["error_replies"]
            same(one["service_us"]["count"], replies, "services")
            if open_loop:
                same(one["latency_us"]["count"], requests["sent"] + requests["unsent"], "latencies")
                same(one["send_lag_us"]["count"], requests["sent"], "send lags")
        for name, count in self.result["requests"].items():
            same(sum(one["requests"][name] for one in self.result["commands"]), count, f"{name} of all commands")


def load(t, *arguments, seconds=30):
    """A load from its beginning to its end: its exit status and the load."""
    one = Load(t, *arguments)
    return one.wait(seconds), one
