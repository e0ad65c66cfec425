# SPDX-License-Identifier: Apache-2.0
"""A private daemon on free ports: started with settings, watched through its log, stopped by its process id, and held to
account when it ends - exit status, what the log says about itself, workers left behind, reports of sanitizers."""

import ctypes
import http.client
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

from harness import logfmt, proc
from harness.errors import Failed, same, true
from harness.resp import Client

SANITIZER_WORDS = ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer",
                   "runtime error:", "Assertion `")


ACTIVATE = os.path.join(os.path.dirname(__file__), "activate.py")

PR_CAPBSET_DROP = 24
CAP_SYS_RESOURCE = 24


class Daemon:
    """One daemon. `files` is the limit of descriptors that it starts with; `abandons` says that it is made to leave a thread
    behind, which ThreadSanitizer would call a leak; `log_file` has it log to a file, which is followed through rotations;
    not `ready`: it is not waited for, and may refuse to start; `closed` are standard descriptors that it begins without;
    `inherits` are pairs of a listening socket and its name, handed in; `stdin` is a descriptor; `program` is another than the
    one that is tried; `environment` is added to its own. A setting
    of None leaves the key to others: the file, the default."""

    def __init__(self, context, settings, files=None, ready=True, arguments=(), abandons=False, log_file=None,
                 closed=(), inherits=(), environment=None, stdin=subprocess.DEVNULL,
                 program=None):
        self.context = context
        self.folder = tempfile.mkdtemp(prefix="scenario-")
        self.inherits = list(inherits)
        self.environment = dict(environment or {})
        names = [name for _, name in self.inherits]
        self.settings = {**({} if "concurd" in names else {"server.listen": "127.0.0.1:0"}),
                         **({} if "admin" in names else {"admin.listen": "127.0.0.1:0"}), **settings}
        self.settings = {name: value for name, value in self.settings.items() if value is not None}
        self.files = files
        self.closed = closed
        self.stdin = stdin
        self.program = program or context.programs.concurd
        self.expect_ready = ready
        self.arguments = list(arguments)
        self.abandons = abandons
        self.process = None
        self.status = None
        self.crash_expected = False
        self.worker_pids = set()
        self.listens, self.tls_listens = [], []
        self.tls = context.programs.certificates.context() if context.mode.tls else None
        self.drops_expected = False
        self.stderr_path = os.path.join(self.folder, "stderr")
        self.log_path = log_file or self.stderr_path
        if log_file:
            self.settings["log.target"] = f"file:{log_file}"
        self._log = None
        self._rest = b""
        self._lines = []
        self._records = []

    # --- start

    def start(self):
        argv = [self.program, *self.arguments]
        for name, value in self.settings.items():
            argv += ["-o", f"{name}={value}"]
        descriptors = [one.fileno() for one, _ in self.inherits]
        if descriptors:
            names = [name for _, name in self.inherits]
            argv = [sys.executable, "-E", "-S", ACTIVATE, ":".join(map(str, descriptors)),
                    "-" if None in names else ":".join(names), *argv]
        with open(self.log_path, "ab"), open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(argv, stdin=self.stdin, stdout=stderr, stderr=stderr,
                                            pass_fds=descriptors, preexec_fn=self._limit_files,
                                            env={**sanitizer_environment(self.abandons), **self.environment})
        self._log = open(self.log_path, "rb")
        self.pid = self.process.pid
        if not self.expect_ready:
            return
        wanted = sum(name == "concurd" for _, name in self.inherits) \
            or len(self.settings.get("server.listen", "").split(","))
        wanted += len([one for one in self.settings.get("tls.listen", "").split(",") if one])
        ready = self.wait_event("ready", wanted)
        self.tls_listens = [record["listen"] for record in ready if record.get("tls", "no") not in ("no", "")]
        self.listens = [record["listen"] for record in ready if record["listen"] not in self.tls_listens]
        self.workers()

    def _limit_files(self):
        """In the child. Root could raise the limit again, so that right is given up first."""
        for descriptor in self.closed:
            os.close(descriptor)
        if self.files is not None:
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0)
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

    # --- the log

    def read_log(self):
        """Takes in what is new in the log; all records so far."""
        self._rest += self._log.read() + self._next_file()
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            record = logfmt.parse(text)
            self._lines.append(text)
            if record is not None:
                self._records.append(record)
        return self._records

    def _next_file(self):
        """After a rotation: the rest of the old file, which gets nothing any more once the new one has its first line,
        and what is in the new one."""
        try:
            status = os.stat(self.log_path)
        except FileNotFoundError:
            return b""
        if status.st_size == 0 or os.path.samestat(status, os.fstat(self._log.fileno())):
            return b""
        rest = self._log.read()
        self._log.close()
        self._log = open(self.log_path, "rb")
        return rest + self._log.read()

    def remove_full_log(self):
        """Takes in what is in a log whose disk is full and removes it: nobody here holds it open, so that the disk gets
        its room back. Half a line at its end is one that the daemon takes back."""
        self.read_log()
        self._rest = b""
        self._log.close()
        self._log = open(os.devnull, "rb")
        os.unlink(self.log_path)

    def events(self, name, **fields):
        """The records of that event with those fields."""
        return [record for record in self.read_log() if record.get("event") == name
                and all(record.get(key) == str(value) for key, value in fields.items())]

    def wait_event(self, name, count=1, seconds=10, **fields):
        """Waits for `count` such records; answers them all."""
        def enough():
            found = self.events(name, **fields)
            if len(found) >= count:
                return found
            if self.status is None and self.process.poll() is not None:
                self.wait_exit()
                found = self.events(name, **fields)
                if len(found) < count:
                    raise Failed(f"the daemon ended with {self.status} before event={name} came")
            return None
        wanted = " ".join([f"{count} x event={name}"] + [f"{key}={value}" for key, value in fields.items()])
        return self.context.wait_until(enough, wanted, seconds)

    def tail(self, count=12):
        self.read_log()
        return [line[:220] for line in self._lines[-count:]]

    # --- where to connect

    @property
    def port(self):
        """Where this row's clients connect."""
        return int((self.tls_listens if self.tls else self.listens)[0].rpartition(":")[2])

    @property
    def plain_port(self):
        return int(self.listens[0].rpartition(":")[2])

    def admin_port(self):
        return int(self.wait_event("admin")[0]["listen"].rpartition(":")[2])

    def client(self, **options):
        """A connected client, closed at the scenario's end."""
        options.setdefault("timeout", self.context.seconds(10))
        options.setdefault("tls", self.tls)
        return self.context.closing(Client(self.port, **options))

    def clients(self, count, **options):
        return [self.client(**options) for _ in range(count)]

    def info(self, client=None):
        """INFO as a dictionary, through `client` or a connection of its own."""
        own = client or Client(self.plain_port, timeout=self.context.seconds(10))
        try:
            text = own.ask("INFO").decode()
        finally:
            if client is None:
                own.close()
        pairs = (line.split(":", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: int(value) if value.isdigit() else value for name, value in pairs}

    def http(self, path, method="GET"):
        """Status and body from the admin listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port(), timeout=self.context.seconds(10))
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    # --- processes

    def workers(self):
        """The process ids of live workers."""
        pids = proc.children(self.pid)
        self.worker_pids.update(pids)
        return pids

    def signal(self, number, pid=None):
        """Signals the master, or one of its workers."""
        if pid is None:
            self.process.send_signal(number)
            return
        true(pid in self.worker_pids or pid in self.workers(), f"{pid} is no worker of this daemon")
        os.kill(pid, number)

    def wait_running(self, *commands):
        """Until some worker has begun one of these commands, as the scoreboard has it from now on."""
        before = len(self.events("scoreboard"))

        def running():
            self.signal(signal.SIGUSR2)
            return any(record["command"] in commands for record in self.events("scoreboard")[before:])
        self.context.wait_until(running, f"{commands} to run")

    def term(self):
        self.signal(signal.SIGTERM)

    def wait_exit(self, seconds=20):
        """Waits for its end; the exit status, negative for a signal's number."""
        if self.status is None:
            try:
                self.status = self.process.wait(self.context.seconds(seconds))
            except subprocess.TimeoutExpired:
                raise Failed(f"the daemon did not end within {self.context.seconds(seconds):g} s") from None
        self.read_log()
        return self.status

    # --- its end

    def finish(self):
        """Stops it if it runs still, and checks how it ended."""
        running = self.status is None and self.process.poll() is None
        if running:
            self.workers()
            self.term()
        status = self.wait_exit()
        self.check_sanitizers()
        if self.crash_expected:
            return
        same(status, 0 if self.expect_ready else status, "exit status")
        if status == 0 and self.expect_ready:
            self.check_account()
        self.check_no_worker_left()

    def check_account(self):
        """The last line's figures add up, and agree with the lines that are there."""
        records = self.events("drained")
        same(len(records), 1, "drained events")
        attempted, written, dropped, lost, unsettled = (
            int(records[0]["log_" + name]) for name in ("attempted", "written", "dropped", "lost", "unsettled"))
        same(attempted, written + dropped + lost + unsettled, "log_attempted = log_written + log_dropped + log_lost")
        if records[0]["abandoned"] == "0":
            same(unsettled, 0, "records that may still come from nobody")
        if self.settings.get("log.target", "stderr") == "stderr" or self.log_path != self.stderr_path:
            lines = sum(1 for record in self._records if record["event"] not in logfmt.OWN_EVENTS)
            same(written, lines, "log_written and the lines in the log")
        reported = sum(int(record["dropped"]) for record in self.events("log_dropped"))
        same(dropped, reported, "log_dropped and what the log itself reports as dropped")
        if not self.drops_expected:
            same(dropped, 0, "log records dropped")

    def check_no_worker_left(self):
        self.context.wait_until(lambda: not any(proc.alive(pid) and is_worker(pid) for pid in self.worker_pids),
                                "workers gone after their master", 5)

    def check_sanitizers(self):
        self.read_log()
        reports = [line for line in self._lines if any(word in line for word in SANITIZER_WORDS)]
        if reports:
            first = self._lines.index(reports[0])
            raise Failed("a sanitizer or an assertion speaks:\n    " + "\n    ".join(self._lines[first:first + 40]))

    def destroy(self):
        """Nothing of it stays, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.worker_pids.update(proc.children(self.pid))
            self.process.kill()
            self.process.wait()
        for pid in self.worker_pids:
            if proc.alive(pid) and is_worker(pid):
                os.kill(pid, signal.SIGKILL)
        if self._log is not None:
            self.read_log()
            self._log.close()
            self._log = open(os.devnull, "rb")
        shutil.rmtree(self.folder, ignore_errors=True)


def is_worker(pid):
    """Whether the process is a worker still: its number may have been given to somebody else."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"--worker=" in file.read()
    except (FileNotFoundError, ProcessLookupError):
        return False


def sanitizer_environment(abandons):
    """Reports go to stderr and end in an exit status that no daemon has."""
    environment = dict(os.environ)
    environment.pop("NOTIFY_SOCKET", None)
    for name, options in (("ASAN_OPTIONS", "exitcode=99:detect_leaks=1"),
                          ("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1"),
                          ("TSAN_OPTIONS", "exitcode=66:history_size=4" + (":report_thread_leaks=0" if abandons else ""))):
        # What is given from outside holds, but for what a scenario rests on: of an option given twice the later one counts.
        environment[name] = ":".join(filter(None, (os.environ.get(name), options)))
    return environment
