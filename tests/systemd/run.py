#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the Debian packages on a machine that is booted for that, and counts what becomes of clients while the service
is reloaded, restarted, killed, upgraded.

    run.py --packages build/packages [--only reload] [--list]

Ends with a table and the sum. 77 is a skip, with the reason in the last line: no machine can be booted here."""

import argparse
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True

import package
import secure
import steps
from machine import Impossible, Machine
from service import Service

SECONDS = 260  # after which all of it is stopped


class OutOfTime(BaseException):
    """Not an Exception: no step is to catch it."""


def on_alarm(_number, _frame):
    raise OutOfTime


def on_term(_number, _frame):
    sys.exit(143)


class Table:
    """Does steps, keeps their lines."""

    def __init__(self, machine, only):
        self.machine = machine
        self.only = only
        self.lines = []
        self.passed = self.failed = 0

    def wants(self, where, names):
        """Whether any of those steps was asked for by name."""
        return self.only is not None and any(self.only in f"{where}: {name}" for name in names)

    def do(self, name, where, step, needed=False):
        """Whether it went well, or was left out; `needed`: others can't do without it."""
        if self.only and not needed and self.only not in f"{where}: {name}":
            return True
        began, result, problem = time.monotonic(), None, None
        try:
            result = step()
        except Exception as error:  # whatever it is, the others go on
            problem = f"{type(error).__name__}: {error}"
        self.passed += problem is None
        self.failed += problem is not None
        took = time.monotonic() - began
        print(f"{'PASS' if problem is None else 'FAIL'}: {where}: {name} ({took:.1f} s)", flush=True)
        if problem is not None:
            print(f"    {problem}")
            self.show_journal()
        self.lines.append((name, where, result, problem))
        return problem is None

    def show_journal(self):
        try:
            for line in self.machine.run("journalctl", "--no-pager", "-n", "25", "-o", "short-monotonic").splitlines():
                print("    | " + line[:300])
        except AssertionError as error:
            print(f"    {error}")

    def show(self):
        print(f"\n{'while a load runs':<26} {'unit':<20} {'answered':>8} {'failed':>7} {'refused':>8} {'longest wait':>13}")
        for name, where, result, problem in self.lines:
            if result is not None:
                print(f"{name:<26} {where:<20} {result.ok:>8} {result.failed:>7} {result.refused:>8} "
                      f"{result.longest * 1000:>10.0f} ms")
            elif problem is not None:
                print(f"{name:<26} {where:<20} FAILED")


def do_unit(table, service):
    def start():
        service.configure("10-log", steps.LOG_FILE)
        steps.set_mode(service, steps.CHANGES[0])
        service.start()
        service.call("PING")
        service.restart()

    if not table.do("start", service.name, start, needed=True):
        return
    for name, step in steps.of_any_unit():
        table.do(name, service.name, lambda step=step: step(service))
    do_secure(table, service)


def do_secure(table, service):
    setting = secure.Setting(service)
    wanted = table.wants(service.name, [name for name, _ in secure.of(service)])
    if table.do("keys and users", service.name, setting.begin, needed=wanted):
        for name, step in secure.of(service):
            table.do(name, service.name, lambda step=step: step(setting))
    if setting.begun:
        table.do("without them", service.name, setting.end, needed=True)


def do_all(table, machine):
    own = Service(machine, "concurd.service")
    activated = Service(machine, "concurd-activated.service", sockets=["concurd.socket"])
    table.do("install", "packages", lambda: package.install(machine), needed=True)
    table.do("verify units", "packages", lambda: package.verify_units(machine))
    table.do("side by side", "concurd@", lambda: package.side_by_side(machine))
    do_unit(table, own)
    machine.ask("systemctl", "disable", "concurd.service")
    machine.ask("systemctl", "enable", *activated.sockets)
    do_unit(table, activated)
    table.do("listen in the file", activated.name, lambda: steps.listen_in_the_file(activated))
    table.do("restart with a bad file", activated.name, lambda: steps.restart_with_a_bad_file(activated))
    table.do("upgrade", activated.name, lambda: package.upgrade(activated))
    table.do("remove", "packages", lambda: package.remove(machine))
    table.do("purge", "packages", lambda: package.purge(machine))


def parse_arguments():
    parser = argparse.ArgumentParser(description="Test concurd's packages and units in a booted machine.")
    parser.add_argument("--packages", required=True, type=pathlib.Path, help="the folder with the .deb files")
    parser.add_argument("--only", help="a part of a line as printed, 'concurd-activated: reload': that and what it needs")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGINT, on_term)
    signal.alarm(SECONDS)
    began = time.monotonic()
    try:
        with Machine(arguments.packages.resolve()) as machine:
            table = Table(machine, arguments.only)
            print(f"booted in {time.monotonic() - began:.1f} s", flush=True)
            try:
                do_all(table, machine)
            except OutOfTime:
                print(f"FAIL: not done after {SECONDS} s: stopped")
                table.failed += 1
            table.show()
    except Impossible as error:
        print(f"0 passed, 0 failed, 1 skipped\n{error}")
        return 77
    print(f"\n{time.monotonic() - began:.0f} s\n{table.passed} passed, {table.failed} failed, 0 skipped")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
