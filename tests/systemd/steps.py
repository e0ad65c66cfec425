# SPDX-License-Identifier: Apache-2.0
"""What is done to the service, and what must hold then. A step gets the service and answers the load's result, which
becomes its line of the table, or None when no load ran."""

import contextlib
import json
import subprocess

from load import CONNECTIONS, Load
from service import wait_until

MODES = ("thread", "pool", "event", "prefork")

# A round trip that goes from each mode to each other one, once.
CHANGES = ("thread", "pool", "thread", "event", "thread", "prefork", "pool", "event", "pool", "prefork", "event", "prefork",
           "thread")

LONGEST_WAIT_S = 5.0       # of anybody, while a machine with a busy host does what takes it a fraction of a second
LONGEST_WHILE_HUNG_S = 8.0 # until the watchdog notices, or a file is right again
LOST_BY_CLOSING = 20       # requests that meet a connection's end, behind sockets: 4 to 13 are usual

EXAMPLES = "/usr/share/doc/concurd/examples"

LOG_FILE = "[log]\ntarget = file:/var/log/concurd/concurd.log\naccess = commands\n"


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def set_mode(service, mode):
    service.configure("20-mode", f"[server]\nmode = {mode}\n")


def under_load(service, action, seconds=2.5):
    """Puts the load on, does that meanwhile, answers the result; `served` is what the service's log has of it."""
    before = service.served()
    load = Load(service, seconds).wait_running()
    action()
    true(load.is_running(), f"it was over while the load still ran; that took {seconds} s")
    result = load.finish()
    try:
        wait_until(lambda: service.served() - before >= result.ok, "lines of the log", 2)
    except AssertionError:
        pass  # whoever cares compares
    result.served = service.served() - before
    same(result.wrong, 0, f"wrong replies ({result.first_error})")
    same(result.errors["timed_out"], 0, "requests without a reply in 10 s")
    return result


def nothing_lost(result):
    """Nobody has noticed anything."""
    same((result.refused, result.failed), (0, 0), f"refused connections and failed requests ({result.errors})")
    same(result.served, result.ok, "commands in the log, as many as were answered")
    true(result.longest < LONGEST_WAIT_S, f"somebody waited {result.longest:.1f} s, not less than {LONGEST_WAIT_S:.0f} s")
    return result


def drained(service, result):
    """The service went down and came back. Everything that it took was answered: what its log says was served arrived.
    What did not get through is, for each connection, the one request that was sent while it was being closed: whoever
    waited to send it did so on the last reply, before the end of the connection behind that. And when no socket waits
    meanwhile, who connected in between was refused."""
    same(result.served, result.ok, "commands served according to the log, as many as were answered")
    if service.sockets:
        true(result.failed <= LOST_BY_CLOSING, f"{result.failed} requests failed, more than {LOST_BY_CLOSING} ({result.errors})")
    return broken(service, result)


def broken(service, result, longest_s=LONGEST_WAIT_S):
    """The service died and came back; requests under way are lost, one for each connection - two when it is unlucky twice."""
    if service.sockets:
        same(result.refused, 0, "refused connections")
    true(result.failed <= 2 * CONNECTIONS, f"{result.failed} requests failed on {CONNECTIONS} connections ({result.errors})")
    true(result.longest < longest_s, f"somebody waited {result.longest:.1f} s, not less than {longest_s:.0f} s")
    return result


@contextlib.contextmanager
def drop_in(service, text):
    """Meanwhile it runs with that."""
    service.drop_in(text)
    try:
        service.restart()
        service.call("PING")
        yield
    finally:
        service.drop_in(None)
        service.restart()


# --- the steps of any unit

def modes_and_sinks(service):
    """Each mode with each sink works in the sandbox: a command is answered, and its record arrives."""
    machine = service.machine

    def records(sink):
        """How many records of INCR there are, in the file or in the journal, where a record has its fields or is text."""
        if sink.startswith("file"):
            return machine.ask("grep", "--count", "command=incr", service.log)[1]
        return service.journal(f"_SYSTEMD_UNIT={service.unit}").count("command=incr")

    for sink in ("stderr", "journald", "syslog", "file:/var/log/concurd/concurd.log"):
        service.configure("10-log", f"[log]\ntarget = {sink}\naccess = commands\n")
        for mode in MODES:
            set_mode(service, mode)
            service.restart()
            before = records(sink)
            same(service.whoami("mode"), mode, "mode")
            same(service.call("INCR", "counter"), "1", "a new counter")
            wait_until(lambda: records(sink) != before, f"a record in {sink}, mode {mode}")
    service.configure("10-log", LOG_FILE)
    set_mode(service, CHANGES[0])
    service.restart()


def read_a_file(service):
    """READ finds its files in the sandbox, too, and none beside them."""
    service.configure("40-read", f"[server]\nfiles_root = {EXAMPLES}\n[commands]\ndisable = BLOCK\n")
    try:
        service.restart()
        same(service.call("READ", "tls.conf"), service.machine.run("cat", f"{EXAMPLES}/tls.conf"), "the file")
        _, said = service.machine.ask("concur", "call", "-p", str(service.port), "READ", "../copyright")
        true("can't open '../copyright'" in said, f"a file beside: {said}")
    finally:
        service.configure("40-read", None)
    service.restart()


def as_many_clients_as_allowed(service):
    """A thread and a descriptor each: the limits of the unit fit server.max_clients, whose default is 10000. (TasksMax has an
    effect only where the machine inside gets the controller of pids.)"""
    _, said = service.machine.ask("concur", "load", "-p", str(service.port), "-c", "1", "-n", "1", "--idle", "9900",
                                  "--fail-if", "errors>0")
    true("1 ok" in said, f"a request beside 9900 idle clients: {said}")
    same(service.machine.ask("grep", "-c", "-E", "event=(thread_failed|connection_refused|accept_paused)", service.log)[1], "0",
         "refusals in the log")


def reload(service):
    generation, pid = service.info("config_generation"), service.pid()

    def action():
        service.configure("30-limits", "[limits]\nmax_command_time = 41s\n")
        service.systemctl("reload", service.unit)
        wait_until(lambda: service.info("config_generation") == generation + 1, "the next generation")

    result = under_load(service, action)
    true("41s" in service.call("CONFIG", "GET", "limits.max_command_time"), "the new limit is in effect")
    same(service.pid(), pid, "process")
    return nothing_lost(result)


def reload_of_a_bad_file(service):
    generation, pid = service.info("config_generation"), service.pid()

    def action():
        service.configure("90-bad", "[server]\nmod = pool\n")
        status, said = service.machine.ask("systemctl", "reload", service.unit)
        true(status != 0, f"systemctl reload succeeds with a bad file: {said}")
        wait_until(lambda: "last reload refused: " in service.show("StatusText"), "the refusal in the status")
        _, said = service.machine.ask("systemctl", "status", "--no-pager", service.unit)
        true("90-bad.conf:2" in said and "did you mean 'mode'" in said, f"systemctl status names file and line: {said}")

    try:
        result = under_load(service, action, 3)
        same((service.info("config_generation"), service.pid()), (generation, pid), "generation and process")
    finally:
        service.configure("90-bad", None)
    service.systemctl("reload", service.unit)
    wait_until(lambda: "refused" not in service.show("StatusText"), "the refusal gone from the status")
    return nothing_lost(result)


def change_of_mode(old, new):
    def step(service):
        if service.whoami("mode") != old:  # the step before failed, or was left out
            set_mode(service, old)
            service.restart()
        set_mode(service, new)
        result = under_load(service, service.restart)
        same(service.whoami("mode"), new, "mode after")
        return drained(service, result)
    return step


def kill(service):
    pid = service.pid()

    def action():
        service.systemctl("kill", "--signal=KILL", "--kill-whom=main", service.unit)
        service.wait_restarted(pid)

    return broken(service, under_load(service, action))


def hung_main_loop(service):
    def action():
        pid = service.pid()
        service.systemctl("kill", "--signal=STOP", "--kill-whom=main", service.unit)
        service.wait_restarted(pid)

    with drop_in(service, "[Service]\nWatchdogSec=2s\n"):
        result = under_load(service, action, 4)
        true("Watchdog timeout (limit 2s)" in service.journal("--unit", service.unit), "it was the watchdog")
    return broken(service, result, LONGEST_WHILE_HUNG_S)


def stop(service):
    """Behind sockets the next client starts it again."""
    def action():
        service.systemctl("stop", service.unit)
        same((service.show("Result"), service.show("ExecMainStatus")), ("success", "0"), "how it ended")
        if not service.sockets:
            service.start()

    return drained(service, under_load(service, action))


def long_drain(service):
    """Longer than systemd has patience for: the daemon asks for more while it gets on."""
    with drop_in(service, "[Service]\nTimeoutStopSec=1s\n"):
        call = service.machine.start("concur", "call", "-p", str(service.port), "SLEEP", "3500", stdout=subprocess.PIPE)
        wait_until(lambda: "cmd=sleep" in service.call("CLIENT", "LIST"), "the command under way")
        service.systemctl("stop", service.unit)
        same((service.show("Result"), service.show("ExecMainStatus")), ("success", "0"), "how it ended")
        same(call.communicate(timeout=10)[0].strip(), "OK", "the reply")


def logrotate(service):
    """Twice, by Debian's service, which has a sandbox of its own."""
    machine = service.machine
    machine.write("/etc/systemd/system/logrotate.service.d/test.conf",
                  "[Service]\nExecStart=\nExecStart=/usr/sbin/logrotate --force /etc/logrotate.d/concurd\n")
    service.systemctl("daemon-reload")
    machine.run("sh", "-c", "rm -f /var/log/concurd/*.log.*")

    def action():
        for _ in range(2):
            machine.run("systemctl", "start", "logrotate.service")
            wait_until(lambda: machine.ask("test", "-s", service.log)[0] == 0, "lines in the new file")

    result = under_load(service, action, 4)
    machine.run("test", "-e", service.log + ".1", "-a", "-e", service.log + ".2.gz")
    return nothing_lost(result)


def journal_fields(service):
    service.configure("10-log", "[log]\ntarget = journald\naccess = commands\n")
    try:
        service.restart()
        service.call("PING")
        result = Load(service, 2.0, rate=100).finish()
        own = f"_PID={service.pid()}"
        wait_until(lambda: service.journal(own, "CONCURD_EVENT=command").count("\n") >= result.ok, "its records")
        lines = service.journal("--output=json", own, f"_SYSTEMD_UNIT={service.unit}", "CONCURD_EVENT=command").splitlines()
    finally:
        service.configure("10-log", LOG_FILE)
    rows = [row for row in map(json.loads, lines) if row["CONCURD_COMMAND"] in ("echo", "sleep")]
    same(len(rows), result.ok, "commands in the journal")
    same({row["CONCURD_RESULT"] for row in rows}, {"ok"}, "their results")
    true(all(int(row["CONCURD_DUR_US"]) >= 150000 for row in rows if row["CONCURD_COMMAND"] == "sleep"), "their durations")
    same({(row["PRIORITY"], row["SYSLOG_IDENTIFIER"]) for row in rows}, {("6", "concurd")}, "priority and identifier")
    true(service.journal(own, "CONCURD_EVENT=ready", f"CONCURD_LISTEN=127.0.0.1:{service.port}") != "", "that it was ready")
    service.restart()
    result.served = len(rows)
    return nothing_lost(result)


def listen_in_the_file(service):
    """Has no effect behind sockets, and is warned about."""
    service.configure("40-listen", "[server]\nlisten = 127.0.0.1:7099\n")
    try:
        service.restart()
        same(service.call("PING"), "PONG", "PING")
        wait_until(lambda: "event=listen_ignored" in service.machine.run("cat", service.log), "a warning in the log")
    finally:
        service.configure("40-listen", None)
    service.restart()


def restart_with_a_bad_file(service):
    """Behind sockets it is tried again until the file is right; the sockets stay open all the while, and nobody is refused."""
    def action():
        service.configure("90-bad", "[server]\nmod = pool\n")
        try:
            status, said = service.machine.ask("systemctl", "restart", service.unit)
            true(status != 0, f"systemctl restart succeeds with a bad file: {said}")
            before = int(service.show("NRestarts"))
            wait_until(lambda: int(service.show("NRestarts")) >= before + 2, "two more tries")
            for socket in service.sockets:
                same(service.machine.run("systemctl", "is-active", socket), "active", socket)
        finally:
            service.configure("90-bad", None)
        wait_until(lambda: service.show("ActiveState") == "active", f"{service.unit} is active")

    return broken(service, under_load(service, action, 6), LONGEST_WHILE_HUNG_S)


def of_any_unit():
    """(name, step) in the order in which they are done; the mode is `thread` at first and at the end."""
    yield "modes and sinks", modes_and_sinks
    yield "READ", read_a_file
    yield "9900 clients", as_many_clients_as_allowed
    yield "reload", reload
    yield "reload of a bad file", reload_of_a_bad_file
    for old, new in zip(CHANGES, CHANGES[1:]):
        yield f"{old} to {new}", change_of_mode(old, new)
    yield "kill -9 of the master", kill
    yield "hung main loop", hung_main_loop
    yield "stop", stop
    yield "long drain", long_drain
    yield "logrotate", logrotate
    yield "journal", journal_fields
