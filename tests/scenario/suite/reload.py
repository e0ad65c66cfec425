# SPDX-License-Identifier: Apache-2.0
"""HUP: what a reload changes in a running daemon, under load and in every mode; and that a bad file changes nothing."""

import os
import select
import signal
import socket
import time

from harness import modes, proc
from harness.errors import between, same, true
from harness.folder import Folder
from harness.load import Load
from harness.notify import Notify
from harness.resp import Client, Error
from harness.scenario import scenario


class Configured:
    """A daemon with a configuration file that the scenario rewrites. `settings` of the mode go through -o, and win. Where it is
    `faulty`, `shortage` decides about its host."""

    def __init__(self, t, text="", notify=None, settings=None, faulty=False, **options):
        self.t = t
        self.path = os.path.join(t.closing(Folder()).path, "x.conf")
        self.write(text)
        environment = notify.environment() if notify else None
        if faulty:
            self.daemon, self.shortage = t.faulty_daemon(settings, arguments=["-c", self.path], **options)
        else:
            self.daemon = t.daemon(settings, arguments=["-c", self.path], environment=environment, **options)

    def write(self, text):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)

    def reload(self, text=None, generation=None):
        """Writes the file, asks for a reload, waits until all processes have it; the event."""
        before, workers = len(self.daemon.events("reloaded")), len(self.daemon.workers())
        if text is not None:
            self.write(text)
        self.daemon.signal(signal.SIGHUP)
        record = self.daemon.wait_event("reloaded", before + 1)[-1]
        if generation is not None:
            same(int(record["generation"]), generation, "generation")
        if self.t.mode.prefork:
            self.daemon.wait_event("adopted", workers, generation=record["generation"])
        return record

    def refuse(self, text):
        before = len(self.daemon.events("reload_refused"))
        self.write(text)
        self.daemon.signal(signal.SIGHUP)
        return self.daemon.wait_event("reload_refused", before + 1)[-1]["reason"]


def whoami(client):
    reply = client.ask("WHOAMI")
    return dict(zip(reply[::2], reply[1::2]))


@scenario()
def limits_change_for_established_clients_at_their_next_request(t):
    it = Configured(t, "[limits]\nmax_args = 100\n")
    client = it.daemon.client()
    same(client.ask("PING"), "PONG")
    same(whoami(client)[b"generation"], 1)
    record = it.reload("[limits]\nmax_args = 3\nmax_command_time = 300ms\n", generation=2)
    same(record["changed"], "limits.max_args,limits.max_command_time")
    same(whoami(client)[b"generation"], 2)
    same(client.ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"3"])
    true(str(client.ask("SLEEP", 1000)).startswith("TIMEOUT"), "the new limit holds")
    same(it.daemon.info(client)["config_generation"], 2)
    same(it.daemon.info(client)["workers_behind"], 0)
    reply = client.ask("ECHO", "1", "2", "3")
    true("Protocol error" in str(reply), f"too many arguments now: {reply}")
    same(it.reload("[limits]\nmax_args = 5000\n", generation=3)["changed"],
         "limits.max_args,limits.max_command_time")
    other = it.daemon.client()
    true("wrong number" in str(other.ask(*["PING"] * 4000)), "as many arguments as that are read")


@scenario()
def another_idle_timeout_reaches_those_who_are_idle(t):
    """It reached each at its next request, which an idle client is the one not to make."""
    it = Configured(t)
    served, mute = it.daemon.clients(2)
    same(served.ask("PING"), "PONG")
    it.reload("[server]\nidle_timeout = 1h\n")
    same((served.ask("PING"), mute.ask("PING")), ("PONG", "PONG"))
    it.reload("[server]\nidle_timeout = 200ms\n")
    same((served.read_to_end(), mute.read_to_end()), (b"", b""))
    it.daemon.wait_event("connection_closed", 2, close_reason="idle_timeout")
    it.reload("[server]\nidle_timeout = 1500ms\n")
    kept = it.daemon.client()
    same(kept.ask("PING"), "PONG")
    it.reload("")
    same(select.select([kept.socket], [], [], 2.5)[0], [], "ended by the old time-out")
    same(kept.ask("PING"), "PONG")


@scenario()
def a_command_under_way_keeps_the_time_that_it_began_with(t):
    it = Configured(t)
    client = it.daemon.client()
    client.send("SLEEP", 1200)
    it.daemon.wait_running("sleep")
    it.reload("[limits]\nmax_command_time = 100ms\n")
    same(client.read(), "OK")
    true(str(client.ask("SLEEP", 1200)).startswith("TIMEOUT"), "the next has the new one")


@scenario()
def a_bad_file_changes_nothing_and_is_said(t):
    notify = t.closing(Notify())
    it = Configured(t, "[limits]\nmax_args = 100\n", notify=notify)
    client = it.daemon.client()
    for text, words in (("[limits]\nmax_args = 9\nmax_arg = 7\n", "x.conf:3: unknown key 'max_arg' in [limits]"),
                        ("[limits]\nmax_args = 9\n[commands]\ndisable = SPINN\n", "there is no command 'SPINN'"),
                        ("[limits]\nmax_args = 9\n[log]\ntarget = file:/nowhere/at/all\n", "/nowhere/at/all"),
                        ("[limits]\nmax_args = 9\n[pool]\nthreads = 1\nturns = 3\n", "pool.turns = 3 is more than")):
        if t.mode.settings.get("pool.turns") and "turns" in text:
            continue  # given by -o, which wins
        reason = it.refuse(text)
        true(words in reason, f"{reason!r} says {words!r}")
        t.wait_until(lambda: "last reload refused: " in (notify.status() or ""), "the status says so")
        same(client.ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"100"])
        same(it.daemon.info(client)["config_generation"], 1)
    os.unlink(it.path)
    it.daemon.signal(signal.SIGHUP)
    it.daemon.wait_event("reload_refused", reason=f"{it.path}: cannot open: No such file or directory")
    it.reload("[limits]\nmax_args = 9\n", generation=2)
    t.wait_until(lambda: "refused" not in notify.status(), "the status has forgotten it")
    states = notify.states()
    same(states, ["READY"] + ["RELOADING", "READY"] * (len(states) // 2), "the states in their order")
    reloading = notify.having("RELOADING")[-1]
    between(0, time.monotonic() * 1e6 - int(reloading["MONOTONIC_USEC"]), 60e6, "microseconds ago")


@scenario(rows=modes.once)
def a_configuration_from_a_pipe_is_not_replaced_by_the_defaults(t):
    """The pipe's end was read, without a line in it, and everything became as if nothing had been said."""
    ends = os.pipe()
    os.write(ends[1], b"[limits]\nmax_args = 100\n")
    os.close(ends[1])
    try:
        daemon = t.daemon(arguments=["-c", "/dev/stdin"], stdin=ends[0])
    finally:
        os.close(ends[0])
    daemon.signal(signal.SIGHUP)
    reason = daemon.wait_event("reload_refused")[0]["reason"]
    true(reason.startswith("/dev/stdin: is no regular file"), reason)
    client = daemon.client()
    same(client.ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"100"])
    same(daemon.info(client)["config_generation"], 1)


@scenario(rows=modes.once)
def a_pipe_in_the_files_place_or_beside_it_is_refused_at_once(t):
    """Nobody writes to them: the main loop waited for somebody who does."""
    it = Configured(t)
    folder = os.path.join(os.path.dirname(it.path), "conf.d")
    os.mkdir(folder)
    os.mkfifo(os.path.join(folder, "x.conf"))
    true("is no regular file" in it.refuse("[limits]\nmax_args = 9\n"), "in conf.d")
    os.unlink(os.path.join(folder, "x.conf"))
    os.unlink(it.path)
    os.mkfifo(it.path)
    it.daemon.signal(signal.SIGHUP)
    it.daemon.wait_event("reload_refused", 2)
    same(it.daemon.client().ask("PING"), "PONG")
    os.unlink(it.path)
    same(it.reload("[limits]\nmax_args = 9\n")["changed"], "limits.max_args")


@scenario()
def what_needs_a_restart_is_named(t):
    it = Configured(t)
    record = it.reload("[log]\nlane_size = 128k\n[counters]\ncapacity = 99\n[limits]\nmax_args = 9\n" if not t.mode.classic
                       else "[counters]\ncapacity = 99\n[limits]\nmax_args = 9\n", generation=2)
    same(record["changed"], "limits.max_args")
    needed = it.daemon.wait_event("restart_needed", key="counters.capacity")[0]
    same(needed["in_effect"], "1024")
    true(needed["where"].endswith("x.conf:" + ("2" if t.mode.classic else "4")), str(needed))
    same(it.daemon.client().ask("CONFIG", "GET", "counters.capacity"), [b"counters.capacity", b"1024"])


@scenario(rows=modes.once)
def what_the_command_line_says_wins_again(t):
    it = Configured(t, settings={"limits.max_args": "77"})
    same(it.reload("[limits]\nmax_args = 9\nmax_output = 1M\n")["changed"], "limits.max_output")
    same(it.daemon.client().ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"77"])


@scenario()
def clients_per_address_are_counted_whatever_the_limit_was(t):
    """Who came while there was no limit counts when there is one; who is too many by a lower one stays."""
    it = Configured(t)
    crowd = [it.daemon.client(source="127.0.0.2") for _ in range(5)]
    for client in crowd:
        same(client.ask("PING"), "PONG")
    it.reload("[limits]\nclients_per_address = 3\n")
    refused = it.daemon.client(source="127.0.0.2")
    true(refused.read_to_end().startswith(b"-LIMIT "), "one more is refused")
    for client in crowd:
        same(client.ask("PING"), "PONG", "who is in stays")
    same(it.daemon.client().ask("PING"), "PONG", "another address")
    it.reload("[limits]\nclients_per_address = 6\n")
    same(it.daemon.client(source="127.0.0.2").ask("PING"), "PONG", "the sixth")
    true(it.daemon.client(source="127.0.0.2").read_to_end().startswith(b"-LIMIT "), "the seventh")
    it.reload("")
    same(it.daemon.client(source="127.0.0.2").ask("PING"), "PONG", "without a limit")


@scenario()
def commands_that_wait_for_the_cpu_fall_under_the_new_limit(t):
    """Those that wait run when there is room for them since the reload, or no limit any more."""
    it = Configured(t, "[limits]\ncpu_commands = 1\n", settings={"event.threads": 3, "prefork.workers": 3})
    watcher = it.daemon.client()
    clients = [watcher]
    by = b"connection" if t.mode.model in ("thread", "pool") else b"pid" if t.mode.prefork else b"worker"
    homes = {whoami(watcher)[by]: watcher}
    while len(clients) < 3:
        client = it.daemon.client(timeout=t.seconds(20))
        if homes.setdefault(whoami(client)[by], client) is client:
            clients.append(client)
    _, holder, waiter = clients
    holder.send("SPIN", 600000)
    t.wait_until(lambda: it.daemon.info(watcher)["cpu_commands_running"] == 1, "one that runs")
    waiter.send("SPIN", 1000)
    t.wait_until(lambda: it.daemon.info(watcher)["cpu_commands_waiting"] == 1, "one that waits")
    it.write("[limits]\ncpu_commands = 2\n")
    it.daemon.signal(signal.SIGHUP)
    same(waiter.read(), "OK", "who waited")
    same(holder.readable(), False, "who runs")
    same(holder.read(), "OK")
    it.write("[limits]\ncpu_commands = 0\n")
    it.daemon.signal(signal.SIGHUP)
    it.daemon.wait_event("reloaded", 2)
    t.wait_until(lambda: it.daemon.info(watcher)["cpu_commands_running"] == 0, "nobody running")


@scenario()
def commands_are_disabled_and_enabled(t):
    it = Configured(t)
    client = it.daemon.client()
    same(client.ask("BLOCK", 0), "OK")
    true(str(client.ask("CRASH")).startswith("NOPERM"), "faults are not enabled")
    it.reload("[commands]\ndisable = BLOCK\n[faults]\nenable = yes\n")
    true(str(client.ask("BLOCK", 0)).startswith("NOPERM"), "disabled now")
    same(client.ask("HANG", 0), "OK")
    it.reload("")
    same(client.ask("BLOCK", 0), "OK")
    true(str(client.ask("HANG", 0)).startswith("NOPERM"), "disabled again")


@scenario(rows=modes.crowded)
def max_clients_goes_down_and_up_to_what_it_was(t):
    it = Configured(t, "[server]\nmax_clients = 12\n")
    clients = it.daemon.clients(8)
    for client in clients:
        same(client.ask("PING"), "PONG")
    it.reload("[server]\nmax_clients = 4\n")
    for client in clients:
        same(client.ask("PING"), "PONG", "nobody who is there is sent away")
    true(it.daemon.client().read_to_end().startswith(b"-LIMIT"), "one more is refused")
    same(it.daemon.info(clients[0])["max_clients"], 4)
    record = it.reload("[server]\nmax_clients = 13\n")
    same(record["changed"], "")
    same(it.daemon.wait_event("restart_needed")[0]["key"], "server.max_clients")
    it.reload("[server]\nmax_clients = 12\n")
    clients += it.daemon.clients(4)
    for client in clients:
        same(client.ask("PING"), "PONG")
    true(it.daemon.client().read_to_end().startswith(b"-LIMIT"), "the thirteenth is refused")


@scenario()
def listeners_come_and_go_and_lose_nobody(t):
    path = os.path.join(t.closing(Folder()).path, "socket")
    it = Configured(t, "[server]\nlisten = 127.0.0.1:0\n", settings={"server.listen": None})
    old = it.daemon.client()
    same(old.ask("PING"), "PONG")
    it.reload(f"[server]\nlisten = 127.0.0.1:0, unix:{path}\n")

    local = t.closing(Client(address=path, family=socket.AF_UNIX))
    same(local.ask("PING"), "PONG")
    same(it.daemon.client().ask("PING"), "PONG", "the first listener is the one that it was")
    it.reload(f"[server]\nlisten = unix:{path}\n")
    it.daemon.wait_event("listener_closed", listen=it.daemon.listens[0])
    try:
        Client(it.daemon.port)
        true(False, "the closed listener takes nobody")
    except ConnectionRefusedError:
        pass
    same(old.ask("PING"), "PONG", "who came through it stays")
    same(local.ask("PING"), "PONG")
    old.close()
    it.daemon.wait_event("connection_closed", listener=it.daemon.listens[0])
    taken = it.refuse(f"[server]\nlisten = unix:{path}, unix:/nowhere/at/all\n")
    true("server.listen: unix:/nowhere/at/all" in taken, taken)
    same(t.closing(Client(address=path, family=socket.AF_UNIX)).ask("PING"), "PONG")
    it.reload(f"[server]\nlisten = 127.0.0.1:0\n")
    t.wait_until(lambda: not os.path.exists(path), "the closed unix socket's name to go")


@scenario(rows=modes.once)
def an_address_that_our_own_is_in_the_way_of_is_told_apart(t):
    """It said "Address already in use", and the only user was the daemon itself."""
    it = Configured(t, "[server]\nlisten = 127.0.0.1:0\n", settings={"server.listen": None})
    reason = it.refuse(f"[server]\nlisten = 0.0.0.0:{it.daemon.port}\n")
    true(f"0.0.0.0:{it.daemon.port}: 127.0.0.1:{it.daemon.port} is still open here: this takes a restart" in reason, reason)
    same(it.daemon.client().ask("PING"), "PONG")
    it.reload("[server]\nlisten = 127.0.0.2:0\n")
    it.reload(f"[server]\nlisten = 0.0.0.0:{it.daemon.port}\n")
    same(it.daemon.client().ask("PING"), "PONG", "after two reloads")


@scenario(rows=modes.once)
def any_number_of_listeners_have_names_in_their_time(t):
    """There were 64 names for as long as the daemon lives; later listeners had none."""
    folder = t.closing(Folder("/tmp")).path  # five names must fit a line of the file, however long TMPDIR is
    it = Configured(t, f"[server]\nlisten = unix:{folder}/first\n", settings={"server.listen": None})
    first = t.closing(Client(address=f"{folder}/first", family=socket.AF_UNIX))
    same(first.ask("PING"), "PONG")
    for turn in range(16):
        it.reload("[server]\nlisten = " + ", ".join(f"unix:{folder}/{turn}-{i}" for i in range(5)) + "\n")
    last = t.closing(Client(address=f"{folder}/15-4", family=socket.AF_UNIX))
    same(last.ask("PING"), "PONG")
    last.close()
    it.daemon.wait_event("connection_closed", listener=f"unix:{folder}/15-4")
    first.close()
    it.daemon.wait_event("connection_closed", listener=f"unix:{folder}/first")


@scenario(rows=modes.once)
def a_change_of_cpus_is_no_change_of_the_configuration(t):
    """What is `auto` was worked out anew, and keys that nobody had written were said to need a restart."""
    it = Configured(t, settings={"pool.turns": None, "pool.threads": None})
    cpus = os.sched_getaffinity(it.daemon.pid)
    if len(cpus) < 2:
        t.skip("one CPU alone")
    for tid in proc.tasks(it.daemon.pid):
        os.sched_setaffinity(tid, {min(cpus)})
    same(it.reload()["changed"], "")
    same(it.daemon.events("restart_needed"), [])


@scenario(rows=modes.once)
def a_unix_sockets_name_that_was_removed_is_made_again(t):
    path = os.path.join(t.closing(Folder()).path, "socket")
    it = Configured(t, f"[server]\nlisten = unix:{path}\n", settings={"server.listen": None})
    old = t.closing(Client(address=path, family=socket.AF_UNIX))
    same(old.ask("PING"), "PONG")
    os.unlink(path)
    it.reload()
    same(t.closing(Client(address=path, family=socket.AF_UNIX)).ask("PING"), "PONG", "through the name's second life")
    same(old.ask("PING"), "PONG", "who came through the first")
    it.daemon.term()
    same(it.daemon.wait_exit(), 0)
    same(os.path.exists(path), False, "the name after the end")


@scenario(rows=modes.once)
def the_admin_listener_moves(t):
    it = Configured(t, "[admin]\nlisten = none\n", settings={"admin.listen": None})
    it.reload("[admin]\nlisten = 127.0.0.1:0\n")
    port = int(it.daemon.events("admin")[-1]["listen"].rpartition(":")[2])
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=t.seconds(10))
    connection.request("GET", "/readyz")
    same(connection.getresponse().status, 200)
    connection.close()
    it.reload("[admin]\nlisten = none\n")
    try:
        connection.request("GET", "/readyz")
        true(False, "it is gone")
    except ConnectionRefusedError:
        pass


@scenario(rows=modes.crowded)
def the_log_moves_under_load_and_nothing_is_lost(t):
    folder = t.closing(Folder()).path
    files = [os.path.join(folder, name) for name in ("a", "b")]
    text = "[log]\naccess = commands\nlane_size = 4M\ntarget = file:{}\nformat = {}\n"
    it = Configured(t, text.format(files[0], "logfmt"), settings={"log.lane_size": None}, ready=False)
    daemon = it.daemon
    t.wait_until(lambda: os.path.exists(files[0]) and "event=ready" in read(files[0]), "event=ready in the file")
    daemon.listens = [word.partition("=")[2] for line in read(files[0]).splitlines() if "event=ready" in line
                      for word in line.split() if word.startswith("listen=")]
    load = Load(t, daemon, 6)
    for turn in range(1, 7):
        load.progress(5)
        it.write(text.format(files[turn % 2], "json" if turn % 3 == 0 else "logfmt"))
        daemon.signal(signal.SIGHUP)
        t.wait_until(lambda: f"target=file:{files[turn % 2]}" in read(files[turn % 2]).replace('"', "").replace(":file", "=file")
                     .replace("target:", "target="), f"the log in {files[turn % 2]}")
    load.stop()
    daemon.term()
    same(daemon.wait_exit(), 0)
    text = read(files[0]) + read(files[1])
    drained = next(line for line in text.splitlines() if "event=drained" in line or '"event":"drained"' in line)
    counts = {name: int(drained.replace('"', " ").replace(":", "=").replace(" =", "=").split(f"{name}=")[1].replace(",", " ").split()[0])
              for name in ("log_attempted", "log_written", "log_dropped", "log_lost")}
    same(counts["log_attempted"], counts["log_written"] + counts["log_dropped"] + counts["log_lost"], "identity")
    same(counts["log_dropped"], 0, "dropped")
    asked = sum(1 for line in text.splitlines() if "event=command " in line or '"event":"command"' in line)
    true(asked >= load.acknowledged() * 2, f"{asked} command lines for {load.acknowledged()} pairs of requests")


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


@scenario()
def a_storm_of_reloads_under_load_fails_no_request(t):
    it = Configured(t, "[limits]\nmax_args = 100\n")
    load = Load(t, it.daemon, 6 if not t.mode.classic else 4)
    for turn in range(200):
        if turn % 10 == 0:
            it.write(f"[limits]\nmax_args = {100 + turn}\nrequests_per_turn = {1 + turn % 7}\n[log]\nlevel = "
                     f"{'debug' if turn % 20 else 'info'}\n")
        it.daemon.signal(signal.SIGHUP)
        if turn % 4 == 0:
            it.daemon.signal(signal.SIGUSR1)
        if turn % 25 == 0:
            load.progress(3)
    load.progress()
    peers = load.stop()
    same([peer for peer in peers if peer.lost], [], "lost clients")
    client = it.daemon.client()
    t.wait_until(lambda: client.ask("CONFIG", "GET", "limits.max_args") == [b"limits.max_args", b"290"],
                 "the last HUP's reload, which is the last file's")
    true(it.daemon.info(client)["config_generation"] > 1, "reloads took place")
    t.wait_until(lambda: it.daemon.info(client)["workers_behind"] == 0, "every worker has the last")
    t.wait_until(lambda: whoami(client)[b"generation"] == it.daemon.info(client)["config_generation"], "the session too")
    same(client.ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"290"])
    generations = [int(record["generation"]) for record in it.daemon.events("reloaded")]
    same(generations, list(range(2, len(generations) + 2)), "one after the other")
    t.note(f"200 HUPs, {len(generations)} reloads, {load.acknowledged()} requests")


@scenario()
def a_reload_in_a_drain_is_ignored(t):
    it = Configured(t)
    client = it.daemon.client()
    client.send("SLEEP", 500)
    it.daemon.wait_running("sleep")
    it.daemon.term()
    it.daemon.wait_event("draining")
    it.daemon.signal(signal.SIGHUP)
    it.daemon.wait_event("reload_refused", reason="the daemon is draining")
    same(client.read(), "OK")
    same(it.daemon.wait_exit(), 0)
    same(it.daemon.events("reloaded"), [])


@scenario(rows=modes.preforked_crowded)
def workers_are_added_and_taken_away(t):
    it = Configured(t, "[prefork]\nworkers = 2\nmax_workers = 5\n", settings={"prefork.workers": None})
    load = Load(t, it.daemon, 8)
    it.reload("[prefork]\nworkers = 4\nmax_workers = 5\n")
    t.wait_until(lambda: it.daemon.info()["workers"] == 4, "four workers")
    load.progress()
    it.write("[prefork]\nworkers = 1\nmax_workers = 5\n")
    it.daemon.signal(signal.SIGHUP)
    t.wait_until(lambda: it.daemon.info()["workers"] == 1, "one worker")
    load.progress()
    load.stop()
    same(load.lost(), [], "clients lost on the way")
    same(it.daemon.info()["worker_restarts"], 0)


@scenario(rows=modes.preforked)
def a_worker_that_is_busy_takes_over_afterwards(t):
    it = Configured(t, "[limits]\nmax_args = 100\n")
    client = it.daemon.client()
    client.send("BLOCK", 1500)
    it.daemon.wait_running("block")
    for turn in range(5):
        it.write(f"[limits]\nmax_args = {101 + turn}\n")
        it.daemon.signal(signal.SIGHUP)
        it.daemon.wait_event("reloaded", turn + 1)
    same(client.read(), "OK")
    t.wait_until(lambda: it.daemon.info(client)["workers_behind"] == 0, "every worker has the last")
    same(client.ask("CONFIG", "GET", "limits.max_args"), [b"limits.max_args", b"105"])


@scenario(rows=modes.preforked)
def a_replaced_worker_begins_with_the_last_generation(t):
    it = Configured(t)
    it.reload("[limits]\nmax_args = 9\n", generation=2)
    for pid in it.daemon.workers():
        it.daemon.signal(signal.SIGKILL, pid)
    it.daemon.wait_event("worker_ready", 4)
    same(it.daemon.info()["workers_behind"], 0)
    same(whoami(it.daemon.client())[b"generation"], 2)


@scenario(rows=modes.only("pool", "prefork/pool"))
def turns_are_taken_away_and_given_back(t):
    it = Configured(t, "[pool]\nturns = 8\n", settings={"pool.turns": None})
    clients = it.daemon.clients(8 if t.mode.name == "pool" else 4)
    pid = None
    if t.mode.prefork:
        clients = [client for client in clients if (pid := pid or whoami(client)[b"pid"]) == whoami(client)[b"pid"]]

    def spent():
        for client in clients:
            client.send("BLOCK", 100)
        started = time.monotonic()
        for client in clients:
            same(client.read(), "OK")
        return time.monotonic() - started
    between(0, spent(), t.seconds(0.19), "seconds with a turn for each")
    it.reload("[pool]\nturns = 1\n")
    # a thread that has not yet been told may take one more turn
    t.wait_until(lambda: spent() >= 0.1 * len(clients) - 0.01, "one after the other")
    true(spent() >= 0.1 * len(clients) - 0.01, "and it stays so")
    it.reload("[pool]\nturns = 8\n")
    t.wait_until(lambda: spent() < t.seconds(0.19), "a turn for each again")
