# SPDX-License-Identifier: Apache-2.0
"""The rows that every scenario is run against: a concurrency model each, with its sizes fixed, so that a machine's
number of cores changes nothing; and the same over TLS, for scenarios in which the stream matters."""

PREFORK = {"server.mode": "prefork", "prefork.workers": 2}


class Mode:
    """One row: its name, the settings that make it, and what follows from them."""

    def __init__(self, name, settings, plain=None):
        self.name = name
        self.plain = plain or self      # the row without TLS
        self.tls = plain is not None    # whether clients speak TLS
        self.settings = settings
        self.model = settings["server.mode"]
        self.prefork = self.model == "prefork"
        self.inner = settings.get("prefork.inner") if self.prefork else None
        self.serving = self.inner or self.model  # the model that runs commands, in whichever process
        self.classic = "prefork.clients_per_worker" in settings

    def __repr__(self):
        return self.name


MODES = [
    Mode("thread", {"server.mode": "thread"}),
    Mode("pool", {"server.mode": "pool", "pool.threads": 16, "pool.turns": 2}),
    Mode("event", {"server.mode": "event", "event.threads": 2}),
    Mode("prefork/event", {**PREFORK, "prefork.inner": "event"}),
    Mode("prefork/thread", {**PREFORK, "prefork.inner": "thread"}),
    Mode("prefork/pool", {**PREFORK, "prefork.inner": "pool", "prefork.inner_threads": 8, "pool.turns": 2}),
    Mode("classic", {**PREFORK, "prefork.inner": "thread", "prefork.clients_per_worker": 1,
                     "prefork.max_workers": 40, "log.lane_size": "64k"}),
]

# One for each way to wait for a stream, and one with a process in between.
TLS_MODES = [Mode(f"{mode.name}+tls", mode.settings, mode) for mode in MODES
             if mode.name in ("thread", "pool", "event", "prefork/event")]
ROWS = MODES + TLS_MODES


def every(mode):
    return True


def crowded(mode):
    """Those that take more clients than there can be processes."""
    return not mode.classic


def threaded(mode):
    return not mode.prefork


def preforked(mode):
    return mode.prefork


def preforked_crowded(mode):
    return mode.prefork and not mode.classic


def only(*names):
    return lambda mode: mode.name in names


def once(mode):
    """What has nothing to do with the mode."""
    return mode.name == "pool"
