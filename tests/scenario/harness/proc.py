# SPDX-License-Identifier: Apache-2.0
"""What /proc tells about processes: children, states, CPU time, listening ports."""

import os


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def stat(pid):
    """The fields of /proc/PID/stat behind the name; None when there is no such process."""
    text = _read(f"/proc/{pid}/stat")
    return text.rpartition(b")")[2].split() if text else None


def state(pid):
    """The one-letter state; None when the process is gone."""
    fields = stat(pid)
    return fields[0].decode() if fields else None


def alive(pid):
    """Whether it runs (a zombie does not), by the same process as ever."""
    return state(pid) not in (None, "Z", "X")


def children(pid):
    """Of all of its threads, zombies left out."""
    found = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return found
    for task in tasks:
        found += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
    return [child for child in found if alive(child)]


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        fields = stat(pid)
        if fields:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def tasks(pid):
    """The ids of its threads."""
    return {int(task) for task in os.listdir(f"/proc/{pid}/task")}


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def listening_ports(pid):
    """TCP ports that the process listens on."""
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in _read(f"/proc/{pid}/net/{table}").decode().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def go_first(thread=0):
    """Where we may, that thread gets a core before all others of this machine: what they do is not to be measured."""
    try:
        os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(1))
        return True
    except PermissionError:
        return False
