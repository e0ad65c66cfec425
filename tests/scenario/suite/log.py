# SPDX-License-Identifier: Apache-2.0
"""The log: what is in its lines, and that every one of them is there or counted - through rotations, stops, full disks,
kills and a journal that comes and goes."""

import collections
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness import logfmt, modes, proc
from harness.datagrams import Journal, line_of
from harness.errors import between, same, true
from harness.folder import Folder
from harness.load import Load
from harness.resp import Client, Closed, encode
from harness.scenario import scenario

NOBODY = 65534
COMMANDS = {"log.access": "commands"}
# For what must be there to the line on a machine that may be slow: producers wait for the log instead of dropping.
PATIENT = {**COMMANDS, "log.overflow": "block", "log.block_timeout": "25s"}


def models(mode):
    """One row for each model, and one for processes."""
    return mode.name in ("thread", "pool", "event", "prefork/event")


def commands_of(daemon, **fields):
    return daemon.events("command", **fields)


def folder_of(t):
    return t.closing(Folder()).path


def settled_info(t, daemon, control):
    """INFO when all that was attempted before it is written, dropped or lost, with how many commands it asked for that. The
    figures add up at any moment."""
    asked = 0

    def settled():
        nonlocal asked
        asked += 1
        info = daemon.info(control)
        same(info["log_attempted"], sum(info["log_" + name] for name in ("written", "dropped", "lost", "depth")))
        return info if info["log_attempted"] == info["log_written"] + info["log_dropped"] + info["log_lost"] \
            and info["log_depth_bytes"] == 0 else None
    return t.wait_until(settled, "the log's figures adding up", 15), asked


# --- what is in the lines

@scenario()
def each_counted_command_has_its_line(t):
    """With logfmt and JSON alike."""
    for style in ("logfmt", "json"):
        daemon = t.daemon({**COMMANDS, "log.format": style})
        clients = daemon.clients(4)
        for number, client in enumerate(clients):
            client.send_bytes(encode("PING") * 5 + encode("ECHO", "x" * 100) + encode("NO\nSUCH") + encode("GET")
                              + encode("NUMBERS", 1, 3, "EVERY", "1ms") + encode("SLEEP", 5) + encode("DECR", f"n{number}"))
            client.read_count(11)
        infos = []
        t.wait_until(lambda: infos.append(daemon.info(clients[0])) or infos[-1]["total_commands"] == 44 + len(infos) - 1,
                     "44 commands counted, beside INFO")
        t.wait_until(lambda: len(commands_of(daemon)) >= 44 + len(infos), "a line for each of them")
        lines = commands_of(daemon)
        same(len(lines), 44 + len(infos), "lines")
        same(len({line["conn"] for line in lines}), 4, "connections")
        same(collections.Counter(line["command"] for line in lines)["ping"], 20)
        same({line["tx_bytes"] for line in lines if line["command"] == "ping"}, {"7"})
        same({line["tx_bytes"] for line in lines if line["command"] == "echo"}, {"108"})
        same({line["tx_bytes"] for line in lines if line["command"] == "numbers"}, {"16"}, "a streamed reply, summed")
        same({line["result"] for line in lines if line["command"] == "get"}, {"ERR"})
        same(sum(line["result"] == "ERR" for line in lines), infos[-1]["error_replies"], "error results")
        true(all(int(line["dur_us"]) >= 5000 for line in lines if line["command"] == "sleep"), "durations of SLEEP")
        unknown = "NO\nSUCH" if style == "json" else "NO\\nSUCH"
        same(len(commands_of(daemon, command=unknown)), 4, "lines of an unknown command")


@scenario()
def lines_say_where_they_come_from(t):
    daemon = t.daemon({**COMMANDS, "server.listen": "127.0.0.1:0,127.0.0.1:0"})
    second = t.closing(Client(int(daemon.listens[1].rpartition(":")[2]), timeout=t.seconds(10)))
    who = second.whoami()
    line = daemon.wait_event("command", command="whoami")[0]
    same((line["pid"], line["tid"], line["worker"], line["conn"]),
         tuple(str(who[name]) for name in ("pid", "tid", "worker", "connection")))
    host, port = second.socket.getsockname()
    second.close()
    closed = daemon.wait_event("connection_closed")[0]
    same((closed["peer"], closed["listener"], closed["close_reason"], closed["commands"]),
         (f"{host}:{port}", daemon.listens[1], "peer", "1"))
    same(line["peer"], closed["peer"])
    true(all(record["pid"].isdigit() and record["tid"].isdigit() for record in daemon.read_log()), "pid and tid in each line")


@scenario(rows=modes.once)
def a_nul_in_a_commands_name_hides_nothing_behind_it(t):
    """It cut the name: in the log, and in the error reply."""
    for style, shown in (("logfmt", "PING\\x00evil"), ("json", "PING\0evil")):
        daemon = t.daemon({**COMMANDS, "log.format": style})
        client = daemon.client()
        same(client.ask(b"PING\0evil"), "ERR unknown command 'PING?evil'")
        same(client.ask("CLIENT", b"\0LIST"), "ERR unknown subcommand '?LIST' of 'client'")
        daemon.wait_event("command", command=shown)


@scenario()
def slow_commands_are_logged(t):
    daemon = t.daemon({"log.slow": "40ms"})
    client = daemon.client()
    for command in (["PING"], ["SLEEP", 60], ["PING"], ["SLEEP", 1], ["SLEEP", 50], ["ECHO", "x"]):
        client.ask(*command)
    slow = daemon.wait_event("slow_command", 2)
    client.close()
    daemon.wait_event("connection_closed")
    same([line["command"] for line in slow], ["sleep", "sleep"])
    between(60000, int(slow[0]["dur_us"]), 60000 + 1e6 * t.seconds(1), "microseconds of the first")
    same(daemon.events("slow_command"), slow, "slow commands")
    same(commands_of(daemon), [], "lines of other commands")


@scenario(rows=modes.once)
def below_the_level_no_command_is_logged(t):
    daemon = t.daemon({**COMMANDS, "log.level": "warning"})
    client = daemon.client()
    same(client.ask("PING"), "PONG")
    same(daemon.info(client)["log_attempted"], len(daemon.listens) + 1, "records beside event=ready and the warning of this")


# --- nothing missing

class Counter(threading.Thread):
    """A client that sends ECHOs of ever other lengths in the background, so that each reply's size in the log tells which
    command it was."""

    LENGTHS = 3000

    def __init__(self, port, timeout):
        super().__init__()
        self.client = Client(port, timeout=timeout)
        self.sent = collections.Counter()
        self.replies = 0
        self.stopping = threading.Event()
        self.start()

    def run(self):
        number = 0
        try:
            while not self.stopping.is_set():
                lengths = [1000 + (number + i) % self.LENGTHS for i in range(20)]
                self.client.send_bytes(b"".join(encode("ECHO", "x" * length) for length in lengths))
                for length in lengths:
                    self.client.read()
                    self.sent[str(length + len(f"${length}") + 4)] += 1
                    self.replies += 1
                number += len(lengths)
        except (Closed, ConnectionError):
            pass

    def stop(self):
        self.stopping.set()
        self.join()
        self.client.close()


def rotate(t, daemon, path, number):
    os.rename(path, f"{path}.{number}")
    daemon.signal(signal.SIGUSR1)
    t.wait_until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, "a line in the new file")
    daemon.read_log()
    os.unlink(f"{path}.{number}")


@scenario(rows=models, limit_s=120)
def two_hundred_rotations_under_load_lose_and_double_nothing(t):
    path = os.path.join(folder_of(t), "log")
    daemon = t.daemon(PATIENT, log_file=path)
    load = [Counter(daemon.port, t.seconds(20)) for _ in range(2)]
    for number in range(200):
        rotate(t, daemon, path, number)
    for counter in load:
        counter.stop()
    daemon.term()
    same(daemon.wait_exit(), 0)
    same(len(daemon.events("reopened")), 200, "rotations")
    same(collections.Counter(line["tx_bytes"] for line in commands_of(daemon, command="echo")),
         sum((counter.sent for counter in load), collections.Counter()), "a line for each ECHO")
    t.note(f"{sum(counter.replies for counter in load)} commands")


@scenario(rows=models, limit_s=120)
def fifty_graceful_stops_under_load_leave_nothing_out(t):
    """Fifty in each of four rows."""
    replies = 0
    for _ in range(50):
        daemon = t.daemon(PATIENT)
        load = [Counter(daemon.port, t.seconds(20)) for _ in range(2)]
        t.wait_until(lambda: all(counter.replies > 20 for counter in load), "load")
        daemon.term()
        same(daemon.wait_exit(), 0)
        for counter in load:
            counter.stop()
        seen = collections.Counter(line["tx_bytes"] for line in commands_of(daemon, command="echo"))
        missing = sum((counter.sent for counter in load), collections.Counter()) - seen
        same(missing, collections.Counter(), "answered commands without a line")
        daemon.finish()
        daemon.destroy()
        replies += sum(counter.replies for counter in load)
    t.note(f"{replies} commands")


def shipped_rules(folder):
    """The file as it is shipped, for another directory, and the arguments that run it at once."""
    shipped = (pathlib.Path(__file__).parents[3] / "conf" / "concurd.logrotate").read_text(encoding="utf-8")
    true("/var/log/concurd/" in shipped, "what is replaced is there")
    rules = os.path.join(folder, "rules")
    pathlib.Path(rules).write_text(shipped.replace("/var/log/concurd", folder), encoding="utf-8")
    os.chmod(folder, 0o755)
    return ["logrotate", "--force", "--state", os.path.join(folder, "state"), rules]


@scenario(rows=models)
def the_shipped_logrotate_file_works_without_a_unit(t):
    """It told a unit, and said nothing when there was none: the log went on in the renamed file for good."""
    if shutil.which("logrotate") is None:
        t.skip("logrotate is not installed")
    folder = folder_of(t)
    path = os.path.join(folder, "concurd.log")
    daemon = t.daemon(PATIENT, log_file=path)
    other = t.daemon(log_file=os.path.join(folder_of(t), "concurd.log"))  # writes elsewhere: is left alone
    reader = subprocess.Popen(["tail", "-f", path], stdout=subprocess.DEVNULL)  # would not survive USR1
    fds = f"/proc/{reader.pid}/fd"
    t.wait_until(lambda: any(os.path.realpath(os.path.join(fds, fd)) == path for fd in os.listdir(fds)), "the reader's start")
    load = Counter(daemon.port, t.seconds(20))
    try:
        for turn in range(3):
            done = subprocess.run(shipped_rules(folder), check=False, capture_output=True, text=True)
            same((done.returncode, done.stderr), (0, ""))
            daemon.wait_event("reopened", turn + 1)
        same(reader.poll(), None, "the reader's end")
    finally:
        reader.kill()
        reader.wait()
        load.stop()
    daemon.term()
    same(daemon.wait_exit(), 0)
    true(os.path.exists(path + ".1") and os.path.exists(path + ".2.gz"), "rotated files, the older compressed")
    same(collections.Counter(line["tx_bytes"] for line in commands_of(daemon, command="echo")), load.sent,
         "a line for each ECHO")
    same(other.events("reopened"), [], "rotations of another log")


@scenario(rows=modes.once)
def logrotate_fails_when_a_daemon_cannot_be_told(t):
    if shutil.which("logrotate") is None or os.geteuid() != 0:
        t.skip("needs logrotate, and root to give rights up")
    folder = t.closing(Folder("/tmp")).path  # TMPDIR may be closed to those without rights
    path = os.path.join(folder, "concurd.log")
    t.daemon(log_file=path)
    arguments = shipped_rules(folder)
    os.chown(folder, NOBODY, NOBODY)
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[])
    # Ours, or that of a scenario beside this one: the first of them ends it.
    true(done.returncode != 0 and re.search(r"/proc/\d+/fd can't be read", done.stderr),
         f"an error that names one: {done.stderr}")


@scenario(rows=modes.once)
def logrotate_tells_nobody_when_no_daemon_runs(t):
    if shutil.which("logrotate") is None:
        t.skip("logrotate is not installed")
    folder = folder_of(t)
    path = os.path.join(folder, "concurd.log")
    pathlib.Path(path).write_text("the last line of a daemon that has ended\n", encoding="utf-8")
    done = subprocess.run(shipped_rules(folder), check=False, capture_output=True, text=True)
    same((done.returncode, done.stderr), (0, ""))
    true(os.path.exists(path + ".1") and not os.path.exists(path), "the file is rotated")


# --- overflow

@scenario()
def blocking_drops_nothing(t):
    daemon = t.daemon({**COMMANDS, "log.overflow": "block", "log.lane_size": "4k", "log.block_timeout": "20s"})
    clients = daemon.clients(4)
    for client in clients:
        client.send_bytes(encode("PING") * 2000)
    for client in clients:
        same(set(client.read_count(2000)), {"PONG"})
    info = daemon.info(clients[0])
    same(info["log_dropped"], 0)
    true(info["log_waits"] > 0, "producers waited")
    true(0 < info["log_lane_peak_bytes"] <= 4096, "the fullest lane's peak is within a lane")
    same(info["log_lane_bytes"], 4096)
    true(info["log_lane_peak_bytes"] <= info["log_peak_bytes"] <= 4096 * info["log_lanes"], "the peak of all lanes together")


def unix_client(t, path):
    def connected():
        try:
            return Client(address=path, family=socket.AF_UNIX, timeout=t.seconds(10))
        except OSError:
            return None
    return t.closing(t.wait_until(connected, "a connection"))


@scenario()
def a_log_that_takes_nothing_hangs_nobody(t):
    """Blocking, with a disk that is full from the first byte: every worker waits once, not for every record."""
    path = os.path.join(folder_of(t), "socket")
    daemon = t.daemon({**COMMANDS, "server.listen": f"unix:{path}", "log.target": "file:/dev/full", "log.overflow": "block",
                       "log.lane_size": "4k", "log.block_timeout": "100ms"}, ready=False)
    client = unix_client(t, path)
    for _ in range(50):
        client.send_bytes(encode("PING") * 100)
        same(set(client.read_count(100)), {"PONG"})
    info = daemon.info(client)
    true(info["log_dropped"] > 1000, "records were dropped")
    between(1, info["log_waits"], 20, "waits")
    t.note(f"{info['log_waits']} waits")
    with open(daemon.stderr_path, encoding="utf-8") as stderr:
        same(stderr.read().count("event=sink_failed"), 1, "reports of the failure")


# --- full disks

class Tmpfs:
    """A small file system."""

    def __init__(self, path, size="1m"):
        self.path = path
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], check=False,
                                      capture_output=True).returncode == 0

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False)


class ReadOnly:
    """A folder that nobody can write to any more, whoever has files open there."""

    def __init__(self, path):
        self.path = path
        self.mounted = subprocess.run(["mount", "--bind", path, path], check=False, capture_output=True).returncode == 0 and \
            subprocess.run(["mount", "-o", "remount,bind,ro", path], check=False, capture_output=True).returncode == 0

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False, capture_output=True)


@scenario(rows=modes.only("pool", "prefork/event"))
def a_log_on_a_disk_that_becomes_read_only_goes_on_and_is_found_again(t):
    """A rotation finds no place for the new file: the old one goes on, that is told, and nothing is lost."""
    folder = folder_of(t)
    path = os.path.join(folder, "log")
    daemon = t.daemon(COMMANDS, log_file=path)
    load = Load(t, daemon, 4)
    load.progress()
    os.rename(path, path + ".1")
    disk = t.closing(ReadOnly(folder))
    if not disk.mounted:
        load.stop()
        os.rename(path + ".1", path)
        t.skip("mounting is not allowed here")
    daemon.signal(signal.SIGUSR1)

    def told():
        with open(path + ".1", encoding="utf-8") as old:
            return "event=reopen_failed" in old.read()
    t.wait_until(told, "the failed reopening in the old file")
    load.progress()
    disk.close()
    daemon.signal(signal.SIGUSR1)
    t.wait_until(lambda: os.path.exists(path), "the new file")
    load.progress()
    load.stop()
    info = daemon.info()
    same((info["log_dropped"], info["log_lost"]), (0, 0), "records dropped and lost")


def fill_and_free(t, path, fill, free):
    """Load on a log at `path` until the disk is full and records are dropped, then room again."""
    daemon = t.daemon({**COMMANDS, "log.lane_size": "16k"}, log_file=path)
    fill(daemon)
    daemon.drops_expected = True
    load = Load(t, daemon, 8)
    control = daemon.client()
    t.wait_until(lambda: "event=sink_failed" in pathlib.Path(daemon.stderr_path).read_text(encoding="utf-8"),
                 "a failure told on stderr", 20)
    t.wait_until(lambda: daemon.info(control)["log_dropped"] > 1000, "drops", 20)
    load.progress()
    free(daemon)
    load.stop()
    daemon.wait_event("sink_recovered", seconds=20)
    same(control.ask("PING"), "PONG")
    daemon.term()
    same(daemon.wait_exit(), 0)
    same(len(daemon.events("sink_failed")), 1, "reports of the failure in the log")
    with open(path, "rb") as file:
        lines = file.read().splitlines()
    same([line for line in lines if not line.startswith(b"ts=")], [], "lines that are no whole ones")
    t.note(f"{daemon.events('drained')[0]['log_dropped']} dropped of {daemon.events('drained')[0]['log_attempted']}")


@scenario(rows=models)
def a_tmpfs_filled_and_freed(t):
    folder = folder_of(t)
    tmpfs = t.closing(Tmpfs(folder))
    if not tmpfs.mounted:
        t.skip("mounting a tmpfs is not allowed here")
    ballast = os.path.join(folder, "ballast")

    def fill(_daemon):
        with open(ballast, "wb") as file:
            file.write(bytes(900 * 1024))

    fill_and_free(t, os.path.join(folder, "log"), fill, lambda daemon: os.unlink(ballast))


@scenario(rows=models)
def a_full_tmpfs_is_left_by_removing_the_file_and_usr1(t):
    """The operator's way out, with more to write than the log thread formats at once."""
    folder = folder_of(t)
    tmpfs = t.closing(Tmpfs(folder, "2m"))
    if not tmpfs.mounted:
        t.skip("mounting a tmpfs is not allowed here")
    path = os.path.join(folder, "log")
    daemon = t.daemon({**COMMANDS, "log.lane_size": "512k", "log.flush_interval": "1s"}, log_file=path)
    daemon.drops_expected = True
    client = daemon.client()
    while "event=sink_failed" not in pathlib.Path(daemon.stderr_path).read_text(encoding="utf-8"):
        client.send_bytes(encode("PING") * 2000)
        client.read_count(2000)
    daemon.remove_full_log()
    daemon.signal(signal.SIGUSR1)
    daemon.wait_event("reopened")
    daemon.wait_event("sink_recovered")
    same(client.ask("PING"), "PONG")
    daemon.term()
    same(daemon.wait_exit(), 0)


@scenario(rows=models)
def a_file_size_limit_reached_and_lifted(t):
    """The same where nothing can be mounted: the limit of file sizes is the disk."""
    path = os.path.join(folder_of(t), "log")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    fill_and_free(t, path, lambda daemon: resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (200 * 1024, hard)),
                  lambda daemon: resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (soft, hard)))


# --- death

GROWN_S = 1.2  # a worker that dies younger has the next one wait longer and longer


@scenario(rows=modes.preforked_crowded, limit_s=120)
def kills_of_workers_under_load_leave_an_account_that_adds_up(t):
    if t.programs.concur is None:
        t.skip("needs concur for the load")
    path = os.path.join(folder_of(t), "log")
    daemon = t.daemon(COMMANDS, log_file=path)
    daemon.drops_expected = True
    stop, runs, born = threading.Event(), [], {}

    def load():
        while not stop.is_set():
            runs.append(subprocess.run([t.programs.concur, "load", "-p", str(daemon.port), "-c", "16", "-d", "1s", "--",
                                        "SLEEP", "1"],
                                       check=False, capture_output=True).returncode)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _ in range(20):
            before = set(daemon.workers())
            served, now = os.path.getsize(path), time.monotonic()
            born.update({pid: now for pid in before if pid not in born})
            victim = min(before, key=born.get)
            t.wait_until(lambda: os.path.getsize(path) > served + 100000 and time.monotonic() > born[victim] + GROWN_S,
                         "commands, and a worker that is no child any more", 20)
            daemon.signal(signal.SIGKILL, victim)
            t.wait_until(lambda: len(set(daemon.workers()) - before) == 1 and len(daemon.workers()) == 2,
                         "another worker", 30)
    finally:
        stop.set()
        thread.join()
    daemon.wait_event("worker_ready", 22)
    control = daemon.client()
    info, asked = settled_info(t, daemon, control)
    conn = control.whoami()["connection"]
    t.wait_until(lambda: commands_of(daemon, conn=conn, command="whoami"), "the line of WHOAMI")
    lines = [record for record in daemon.read_log() if record["event"] not in logfmt.OWN_EVENTS]
    # Lines of a lane are in order, and nobody else was served meanwhile: behind those that INFO counted come its own and
    # that of WHOAMI.
    last = lines.index(commands_of(daemon, conn=conn, command="info")[asked - 1])
    same(info["log_written"], last, "log_written and the lines before INFO's own")
    same(info["worker_restarts"], 20)
    t.note(f"{info['log_attempted']} attempted, {info['log_dropped']} dropped, {info['log_lost']} lost")


@scenario(rows=models)
def signals_while_the_log_is_waited_for_kill_nobody(t):
    """At the end the log thread has seconds for a sink that takes nothing. HUP, USR1 and USR2 killed the daemon then, and so
    did the second TERM, which is to end the wait."""
    folder = folder_of(t)
    listen, fifo = os.path.join(folder, "socket"), os.path.join(folder, "log")
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)  # never reads
    daemon = t.daemon({**COMMANDS, "server.listen": f"unix:{listen}", "log.target": f"file:{fifo}"}, ready=False)
    try:
        client = unix_client(t, listen)
        client.send_bytes(encode("PING") * 10000)
        client.read_count(10000)
        client.close()
        began = time.monotonic()
        daemon.term()
        t.wait_until(lambda: begun_to_wait(daemon), "nobody but the log thread")
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            daemon.signal(number)
        time.sleep(0.2)  # it would end here
        same(daemon.process.poll(), None, "the daemon's end")
        daemon.term()
        same(daemon.wait_exit(), 0)
        t.note(f"{time.monotonic() - began:.1f} s")
        between(0, time.monotonic() - began, t.seconds(3), "seconds until it ended")
    finally:
        os.close(reader)
    text = pathlib.Path(daemon.stderr_path).read_text(encoding="utf-8")
    (drained,) = [logfmt.parse(line) for line in text.splitlines() if "event=drained" in line]
    same(int(drained["log_attempted"]), int(drained["log_written"]) + int(drained["log_dropped"]))
    true(int(drained["log_dropped"]) > 0, "records that the FIFO did not take")


def begun_to_wait(daemon):
    """Whether TERM is blocked in its main thread, as it is from the end of the main loop on."""
    with open(f"/proc/{daemon.pid}/status", encoding="utf-8") as status:
        blocked = next(line for line in status if line.startswith("SigBlk:"))
    return int(blocked.split()[1], 16) >> (signal.SIGTERM - 1) & 1


class SlowReader(threading.Thread):
    """Reads a FIFO at 20 kB/s: what writes to it is never stuck for a second, and so has not failed."""

    def __init__(self, path):
        super().__init__()
        os.mkfifo(path)
        self._fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.enough = threading.Event()
        self.start()

    def run(self):
        while not self.enough.wait(0.05):
            try:
                os.read(self._fd, 1000)
            except BlockingIOError:
                pass

    def close(self):
        self.enough.set()
        self.join()
        os.close(self._fd)


@scenario(rows=modes.preforked_crowded)
def a_slow_log_reader_takes_no_service_down(t):
    """Successors of dead workers waited until a reader that never quite stopped had read all that those had logged."""
    folder = folder_of(t)
    reader = t.closing(SlowReader(os.path.join(folder, "log")))
    listen = os.path.join(folder, "socket")
    daemon = t.daemon({**COMMANDS, "prefork.workers": 1, "server.listen": f"unix:{listen}",
                       "log.target": f"file:{folder}/log"}, ready=False)
    worst = 0
    for _ in range(3):
        client = unix_client(t, listen)
        t.wait_until(lambda: (client.send_bytes(encode("PING") * 1000), client.read_count(1000),
                              daemon.info(client)["log_dropped"] > 0)[2], "a log that is full", 30)
        client.send_bytes(encode("PING") * 9000)  # more than a lane holds
        client.read_count(9000)
        killed = time.monotonic()
        daemon.signal(signal.SIGKILL, client.whoami()["pid"])
        t.wait_until(lambda: answers(t, listen), "another worker", 10)
        worst = max(worst, time.monotonic() - killed)
    between(0, worst, t.seconds(3), "seconds without service")
    t.note(f"at most {worst:.1f} s without service")
    daemon.term()
    same(daemon.wait_exit(), 0)


def answers(t, path):
    try:
        client = Client(address=path, family=socket.AF_UNIX, timeout=t.seconds(1))
    except OSError:
        return False
    try:
        return client.ask("PING") == "PONG"
    except (OSError, Closed):
        return False
    finally:
        client.close()


@scenario(rows=modes.preforked_crowded)
def a_stopped_worker_keeps_nobody_from_logging(t):
    daemon = t.daemon(COMMANDS)
    clients = daemon.clients(8)
    pids = {client: client.whoami()["pid"] for client in clients}
    stopped = pids[clients[0]]
    daemon.signal(signal.SIGSTOP, stopped)
    t.wait_until(lambda: proc.state(stopped) == "T", "the worker stopped")
    others = [client for client in clients if pids[client] != stopped]
    for client in others:
        client.send_bytes(encode("ECHO", "x") * 1000)
        client.read_count(1000)
    t.wait_until(lambda: len(commands_of(daemon, command="echo")) == 1000 * len(others), "every line of the others")
    daemon.signal(signal.SIGCONT, stopped)
    same(clients[0].ask("PING"), "PONG")


# --- the journal

@scenario()
def a_journal_that_comes_and_goes(t):
    folder = folder_of(t)
    journal = t.closing(Journal(os.path.join(folder, "journal")))
    daemon = t.daemon({**COMMANDS, "server.listen": f"unix:{folder}/socket", "log.target": f"journald:{journal.path}"},
                      ready=False)
    client = unix_client(t, os.path.join(folder, "socket"))
    same(client.ask("PING"), "PONG", "without a journal")
    t.wait_until(lambda: "event=sink_failed" in pathlib.Path(daemon.stderr_path).read_text(encoding="utf-8"),
                 "a failure told on stderr")
    for turn in range(1, 4):
        journal.open()
        t.wait_until(lambda: len(journal.events("sink_recovered")) == turn, "the journal found")
        journal.close()
        same(client.ask("PING"), "PONG", "with the journal gone")
        t.wait_until(lambda: pathlib.Path(daemon.stderr_path).read_text(encoding="utf-8").count("sink_failed") == turn + 1,
                     "the failure told")
    journal.open()
    t.wait_until(lambda: len(journal.events("sink_recovered")) == 4, "the journal found")
    daemon.term()
    t.wait_until(lambda: journal.read() and daemon.process.poll() is not None, "the end, its entries being taken", 20)
    same(daemon.wait_exit(), 0)
    (drained,) = journal.events("drained")
    attempted, written, dropped, lost = (int(drained[f"CONCURD_LOG_{name}"])
                                         for name in ("ATTEMPTED", "WRITTEN", "DROPPED", "LOST"))
    same((attempted, dropped, lost), (written, 0, 0))
    same(len([entry for entry in journal.entries if line_of(entry)["event"] not in logfmt.OWN_EVENTS]), written, "entries")
    same(len(journal.events("command", command="ping")), 4)
    entry = journal.events("command", command="ping")[0]
    line = line_of(entry)
    same((entry["PRIORITY"], entry["SYSLOG_IDENTIFIER"]), ("6", "concurd"))
    same({name: value for name, value in entry.items() if name.startswith("CONCURD_")},
         {"CONCURD_TS": entry["CONCURD_TS"], **{f"CONCURD_{name.upper()}": value for name, value in line.items()}})
    true(entry["CONCURD_TS"].startswith("20") and not {"ts", "level"} & line.keys(), "time and level once each")
