# SPDX-License-Identifier: Apache-2.0
"""A scenario: a function that gets a context, registered with the rows that it makes sense for. The context starts
daemons and clients, and at the scenario's end stops and checks all of them, whatever happened."""

import os
import time

from harness import modes
from harness.daemon import Daemon
from harness.errors import Failed, Skipped
from harness.shortage import Shortage

REGISTRY = []


class Scenario:
    """A registered function."""

    def __init__(self, function, rows, limit_s, tls):
        self.function = function
        self.rows = lambda mode: rows(mode.plain) and (not mode.tls or tls is True or (tls and tls(mode.plain)))
        self.limit_s = limit_s
        self.name = f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}"


def scenario(rows=modes.every, limit_s=60, tls=False):
    """Registers a function for those rows; it fails when it takes longer than `limit_s` on a machine of normal speed. `tls`: over
    TLS, too - True for the same rows, or which of them."""
    def register(function):
        REGISTRY.append(Scenario(function, rows, limit_s, tls))
        return function
    return register


class Programs:
    """Where the programs are, and how slow the machine and the build are."""

    def __init__(self, concurd, concur, certificates=None):
        self.certificates = certificates
        self.concurd = os.path.abspath(concurd)
        self.concur = os.path.abspath(concur) if concur else None
        # The same daemon on a host that a scenario decides about (tests/faults/shortage.h).
        self.faulty = os.path.join(os.path.dirname(self.concurd), "tests/faults/concurd")
        self.slow = float(os.environ.get("SCENARIO_SLOW", "1"))
        with open(self.concurd, "rb") as binary:
            code = binary.read()
        self.sanitized = b"__asan_init" in code or b"__tsan_init" in code


class Context:
    """What a scenario works with."""

    def __init__(self, programs, mode):
        self.programs = programs
        self.mode = mode
        self.notes = []
        self._closing = []
        self._daemons = []

    # --- making things

    def daemon(self, settings=None, **options):
        """A running daemon in this row's mode; `settings` win over the row's."""
        secure = self.programs.certificates.settings() if self.mode.tls else {}
        daemon = Daemon(self, {**self.mode.settings, **secure, **(settings or {})}, **options)
        self._daemons.append(daemon)
        daemon.start()
        return daemon

    def faulty_daemon(self, settings=None, starving=False, **options):
        """The same on a host with shortages, and what decides about these; `starving`: from the start."""
        if not os.path.exists(self.programs.faulty):
            self.skip("tests/faults/concurd is not built (make check TESTS=)")
        shortage = Shortage(self)
        shortage.starve_workers(starving)
        return self.daemon(settings, program=self.programs.faulty, environment=shortage.environment, **options), shortage

    def closing(self, thing):
        """Has `thing` closed at the end."""
        self._closing.append(thing)
        return thing

    # --- saying things

    def note(self, text):
        self.notes.append(text)

    def skip(self, reason):
        raise Skipped(reason)

    # --- time

    def seconds(self, seconds):
        """A deadline on this machine with this build."""
        return seconds * self.programs.slow

    def wait_until(self, condition, what, seconds=10):
        """Waits until `condition` answers something true, and answers that."""
        deadline = time.monotonic() + self.seconds(seconds)
        while True:
            answer = condition()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise Failed(f"waited {self.seconds(seconds):g} s in vain: {what}")
            time.sleep(0.003)

    # --- the end

    def finish(self):
        """Closes clients, stops daemons, checks how they ended. Raises the first complaint, after all is cleaned up."""
        complaint = None
        for daemon in self._daemons:
            try:
                daemon.finish()
            except Failed as failed:
                complaint = complaint or failed
        self.abandon()
        if complaint is not None:
            raise complaint

    def abandon(self):
        """Cleans up without a question asked."""
        for thing in reversed(self._closing):
            try:
                thing.close()
            except OSError:
                pass
        self._closing.clear()
        for daemon in self._daemons:
            daemon.destroy()

    def logs(self):
        """The daemons' last words, for the report of a failure."""
        return [line for daemon in self._daemons for line in daemon.tail()]
