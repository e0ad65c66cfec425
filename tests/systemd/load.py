# SPDX-License-Identifier: Apache-2.0
"""concur load in the machine, at a fixed rate: what becomes of requests and connections while something is done to the
service. Each request has its time fixed beforehand, so that whoever waits is seen to wait."""

import json
import subprocess

from service import wait_until

RATE = 400
CONNECTIONS = 40
MIX = "ECHO __rand_int__:4,SLEEP 150:1"  # some are always under way
RECONNECT_EVERY = 10                     # so that there is always somebody who connects


class Result:
    """`refused` connections, requests `ok` and `failed`, the `longest` wait in seconds; `errors` has all classes."""

    def __init__(self, report):
        requests, self.errors = report["requests"], report["errors"]
        self.ok = requests["ok"]
        self.failed = requests["failed"] + requests["unfinished"] + requests["unsent"]
        self.wrong = requests["error_replies"] + self.errors["wrong_reply"] + self.errors["malformed"]
        self.refused = self.errors["refused"]
        self.longest = report["latency_us"]["max"] / 1e6
        self.first_error = report["first_error"]


class Load:
    """Runs from its making on; `finish` waits for its end."""

    def __init__(self, service, seconds, rate=RATE):
        self.service = service
        self.before = service.info("total_commands")
        self.child = service.machine.start(
            "concur", "load", *service.target, "-c", str(CONNECTIONS), "-R", str(rate), "-n", str(int(rate * seconds)),
            "--verify", "--reconnect-every", str(RECONNECT_EVERY), "--timeout", "10s", "--mix", MIX, "--json", "-",
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def wait_running(self):
        wait_until(lambda: self.service.info("total_commands") > self.before + 3 * CONNECTIONS, "requests of the load")
        return self

    def is_running(self):
        return self.child.poll() is None

    def finish(self):
        text, _ = self.child.communicate(timeout=60)
        if not text:
            raise AssertionError(f"concur load gave no result, exit status {self.child.returncode}")
        return Result(json.loads(text))
