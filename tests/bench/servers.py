# SPDX-License-Identifier: Apache-2.0
"""Start the servers that the bench and the budget measure, find their processes, read their CPU time, stop them.

CPU time comes from each process's CPU clock, the one behind clock_getcpuclockid(3): nanoseconds, running and ended
threads included, up to date while they run. /proc/PID/stat holds the same sum cut to ticks of 10 ms, twice per
process; /proc/PID/task/*/schedstat is as fine, but a thread that ends takes its part with it, and not every kernel
has the file.
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

START_DEADLINE_S = 20
STOP_DEADLINE_S = 20
POLL_S = 0.01
CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED of the kernel's posix-timers: the whole process, scheduler's precision


class Failed(Exception):
    """A server or a tool that didn't do what the measurement needs; the text says what."""


class Server:
    """A running server: its port, its processes, its CPU time. Stops it when left as a context manager."""

    def __init__(self, name, argv, ready, environment=None):
        """`ready` gets what the program wrote so far and answers its port, None while there is none."""
        self.name = name
        self.output = tempfile.TemporaryFile("w+b")
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, env=environment)
        try:
            self.port = self._wait_ready(ready)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _wait_ready(self, ready):
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended at start: {self.text()[-400:].strip()}")
            port = ready(self.text())
            if port is not None:
                return port
            time.sleep(POLL_S)
        raise Failed(f"{self.name} was not ready within {START_DEADLINE_S} s")

    def text(self):
        """Everything the program wrote so far."""
        return written(self.output)

    def pids(self):
        """The process and all its descendants."""
        found = [self.process.pid]
        for pid in found:
            found += children_of(pid)
        return found

    def cpu_ns(self):
        """User and system time of all processes, by process id."""
        return {pid: time.clock_gettime_ns((~pid << 3) | CPU_CLOCK_OF_PROCESS) for pid in self.pids()}

    def stop(self):
        """TERM, a deadline, KILL; whatever it started goes too."""
        pids = self.pids()
        self.process.terminate()
        try:
            self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            for pid in pids:
                kill_quietly(pid)
            self.process.wait()
        self.output.close()


def written(file):
    """The whole text of a file that a child is writing. pread, as the offset is the child's too."""
    return os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace")


def kill_quietly(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def parent_of(pid):
    """The parent's process id; None when the process has just ended."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])


def children_of(pid):
    """Direct children. (/proc/PID/task/TID/children would be shorter, but not every kernel has it.)"""
    processes = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [process for process in processes if parent_of(process) == pid]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def announced(pattern):
    """Ready when the pattern appears in the output; its group is the port."""
    def port_in(text):
        found = re.search(pattern, text)
        return int(found.group(1)) if found else None
    return port_in


def floor(path, shape, lanes, wrapper=()):
    """A floor server of one shape (floor.c)."""
    argv = [*wrapper, path, "-n", str(lanes), shape]
    return Server(f"floor {shape}", argv, announced(r"^listen=127\.0\.0\.1:(\d+)"))


def concurd(path, mode, settings=(), wrapper=()):
    """The daemon in one mode, quiet and without its admin listener."""
    argv = [*wrapper, path]
    for setting in (f"server.mode={mode}", "server.listen=127.0.0.1:0", "admin.listen=none", "log.level=warning",
                    *settings):
        argv += ["-o", setting]
    return Server(f"concurd {mode}", argv, announced(r"event=ready\b.*\blisten=\"?127\.0\.0\.1:(\d+)"))


def redis(path):
    """redis-server without persistence, the yardstick outside. It can't be asked for a free port: we take one."""
    port = free_port()
    argv = [path, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Server("redis-server", argv, lambda _: port if answers(port) else None)
