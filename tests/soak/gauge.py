# SPDX-License-Identifier: Apache-2.0
"""What a daemon takes of its host, all of its processes together, shared memory counted once."""

import os

from harness import proc

FIELDS = ("rss_kib", "descriptors", "threads", "processes", "connections", "commands")


def proportional_kib(pid):
    """Resident memory, each shared page by its share: the sum over the processes counts it once."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def measure(daemon, info):
    """One row of the table."""
    pids = [daemon.pid, *daemon.workers()]
    return {"rss_kib": sum(proportional_kib(pid) for pid in pids),
            "descriptors": sum(proc.descriptors(pid) for pid in pids),
            "threads": sum(len(os.listdir(f"/proc/{pid}/task")) for pid in pids),
            "processes": len(pids),
            "connections": info["total_connections"],
            "commands": info["total_commands"]}
