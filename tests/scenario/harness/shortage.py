# SPDX-License-Identifier: Apache-2.0
"""What a scenario decides about its daemon's host: memory that is short, a wall clock that jumps (tests/faults/shortage.h
has the other side). For daemons of the program that is linked with that."""

import mmap
import struct
import tempfile

COUNTDOWN, FAILED, CALLS, STARVING, WALL_S = range(0, 40, 8)


class Shortage:
    """A file that all processes of a daemon share with the scenario."""

    def __init__(self, context):
        self._file = tempfile.NamedTemporaryFile(prefix="scenario-shortage-")
        self._file.truncate(64)
        self._page = mmap.mmap(self._file.fileno(), 64)
        self.environment = {"CONCURD_SHORTAGE": self._file.name}
        context.closing(self)

    def _get(self, field):
        return struct.unpack_from("q", self._page, field)[0]

    def _set(self, field, value):
        struct.pack_into("q", self._page, field, value)

    def arm(self, nth):
        """The nth allocation from now on fails, in whichever thread of whichever process; 0: none does."""
        self._set(COUNTDOWN, 0)
        self._set(FAILED, 0)
        self._set(COUNTDOWN, nth)

    def disarm(self):
        """How many allocations failed since it was armed."""
        self._set(COUNTDOWN, 0)
        return self._get(FAILED)

    def calls(self):
        """Allocations so far."""
        return self._get(CALLS)

    def starve_workers(self, starving=True):
        """No memory at all for worker processes that start."""
        self._set(STARVING, int(starving))

    def move_wall_clock(self, seconds):
        self._set(WALL_S, seconds)

    def close(self):
        self._page.close()
        self._file.close()
