# SPDX-License-Identifier: Apache-2.0
"""concurd's own command line: what it prints, and its exit statuses 0, 1, 2 and 78."""

import os
import subprocess

from harness import modes
from harness.errors import same, true
from harness.folder import Folder
from harness.scenario import scenario


def run(t, *arguments):
    """Exit status, output and errors of a concurd that is to end by itself."""
    done = subprocess.run([t.programs.concurd, *arguments], capture_output=True, timeout=t.seconds(20), check=False,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def config_file(t, text):
    path = os.path.join(t.closing(Folder()).path, "concurd.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@scenario(rows=modes.once)
def help_and_version_are_0(t):
    status, out, err = run(t, "--help")
    same((status, err), (0, ""))
    for word in ("--check", "--dump-config", "--version", "-o SECTION.KEY=VALUE", "-c FILE"):
        true(word in out, f"--help tells of {word}")
    status, out, err = run(t, "--version")
    same((status, out.split()[0], err), (0, "concurd", ""))


@scenario(rows=modes.once)
def usage_errors_are_2(t):
    for arguments in (["--nosuch"], ["argument"], ["-c"], ["-o"], ["-c", "a", "-c", "b"], ["--worker=0"], ["-x"]):
        status, out, err = run(t, *arguments)
        same((status, out), (2, ""), str(arguments))
        true("--help" in err, f"{arguments}: where to look")


@scenario()
def check_is_0_for_every_mode(t):
    arguments = [word for name, value in t.mode.settings.items() for word in ("-o", f"{name}={value}")]
    same(run(t, "--check", *arguments), (0, "", ""))


@scenario(rows=modes.once)
def lines_that_the_level_hides_are_warned_of(t):
    """By --check and at the start, whatever the level."""
    hidden = ("-o", "log.level=error", "-o", "log.access=commands")
    warning = "-o log.access=commands: log.access writes lines of level info, which log.level = error hides"
    same(run(t, "--check", *hidden), (0, "", f"warning: {warning}\n"))
    daemon = t.daemon({"log.level": "error", "log.access": "commands"})
    same([record["message"] for record in daemon.events("config_warning")], [warning])


@scenario(rows=modes.once)
def a_log_file_that_cannot_be_is_a_wrong_configuration(t):
    """--check had nothing against it, and the start said 1."""
    for more in (["--check"], []):
        same(run(t, *more, "-o", "log.target=file:/tmp"),
             (78, "", "-o log.target=file:/tmp: log.target = file:/tmp is a directory\n"))


@scenario(rows=modes.once)
def wrong_configurations_are_78_with_file_line_and_the_nearest_key(t):
    path = config_file(t, "# a comment\n[server]\nlistn = 127.0.0.1:0\nmode = poool\n\n[pool]\nthreads = many\n")
    for more in (["--check"], []):
        status, out, err = run(t, "-c", path, *more)
        same((status, out), (78, ""))
        lines = err.splitlines()
        true(any(line.startswith(f"{path}:3: ") and "listen" in line for line in lines), f"saw {err!r}")
        true(any(line.startswith(f"{path}:4: ") and "poool" in line for line in lines), f"saw {err!r}")
        true(any(line.startswith(f"{path}:7: ") for line in lines), f"saw {err!r}")
    for setting in ("server.mode=x", "nosuch.key=1", "server.nosuch=1", "noequals", "pool.threads=-1", "thread.big_lock=yes",
                    "limits.max_request=5", "server.listen=nowhere", "tls.listen=127.0.0.1:0", "commands.disable=nosuch"):
        status, out, err = run(t, "--check", "-o", setting)
        same((status, out), (78, ""), setting)
        true(err.strip(), f"{setting}: a reason")
    same(run(t, "--check", "-c", "/nonexistent/file")[0], 78)


@scenario(rows=modes.once)
def a_key_given_twice_is_an_error_and_the_command_line_wins(t):
    path = config_file(t, "[server]\nmode = event\nmode = pool\n")
    status, _, err = run(t, "--check", "-c", path)
    same(status, 78)
    true(f"{path}:3:" in err, f"saw {err!r}")
    path = config_file(t, "[server]\nmode = event\n[event]\nthreads = 3\n")
    status, out, err = run(t, "-c", path, "-o", "event.threads=5", "--dump-config")
    same((status, err), (0, ""))
    true("mode = event\n" in out and "[event]\nthreads = 5\n" in out, "both sources")


@scenario()
def what_is_dumped_is_read_back_the_same(t):
    arguments = [word for name, value in t.mode.settings.items() for word in ("-o", f"{name}={value}")]
    status, first, err = run(t, "--dump-config", *arguments)
    same((status, err), (0, ""))
    path = config_file(t, first)
    same(run(t, "--check", "-c", path), (0, "", ""))
    same(run(t, "--dump-config", "-c", path), (0, first, ""))


@scenario()
def a_daemon_runs_from_what_was_dumped(t):
    arguments = [word for name, value in t.mode.settings.items() for word in ("-o", f"{name}={value}")]
    _, text, _ = run(t, "--dump-config", *arguments, "-o", "server.listen=127.0.0.1:0", "-o", "admin.listen=127.0.0.1:0")
    daemon = t.daemon(arguments=["-c", config_file(t, text)])
    same(daemon.client().whoami()["mode"], t.mode.model)
