# SPDX-License-Identifier: Apache-2.0
"""concurd as a unit of a machine, as an operator sees it: files of conf.d, systemctl, what it says of itself."""

import copy
import time

CONF_D = "/etc/concurd/conf.d"


def wait_until(check, what, seconds=15):
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Service:
    """`sockets`: the units that hold its addresses, if any do. `log` is its log when it writes a file. `target`: how concur
    gets to it."""

    def __init__(self, machine, unit, port=7070, sockets=()):
        self.machine = machine
        self.unit = unit
        self.port = port
        self.target = ["-p", str(port)]
        self.sockets = list(sockets)
        self.name = unit.removesuffix(".service")
        self.log = f"/var/log/{'concurd' if '@' not in unit else self.name.replace('@', '-')}/concurd.log"

    def reached_by(self, *target):
        """The same one, for whoever connects in another way."""
        other = copy.copy(self)
        other.target = list(target)
        return other

    # --- its life

    def systemctl(self, *words):
        return self.machine.run("systemctl", *words)

    def start(self):
        """At the first connection, when there are sockets."""
        self.systemctl("start", *(self.sockets or [self.unit]))

    def stop(self):
        self.systemctl("stop", *self.sockets, self.unit)

    def restart(self):
        self.systemctl("restart", self.unit)

    def show(self, what):
        return self.systemctl("show", "-P", what, self.unit)

    def pid(self):
        return int(self.show("MainPID"))

    def wait_restarted(self, pid):
        wait_until(lambda: self.pid() not in (0, pid) and self.show("ActiveState") == "active", f"{self.unit} is restarted")

    def drop_in(self, text):
        """None takes it away again."""
        path = f"/etc/systemd/system/{self.unit}.d/test.conf"
        if text is None:
            self.machine.run("rm", "-f", path)
        else:
            self.machine.write(path, text)
        self.systemctl("daemon-reload")

    # --- its configuration

    def configure(self, name, text):
        """A file of conf.d, which wins over those whose names come before it; None takes it away again."""
        if text is None:
            self.machine.run("rm", f"{CONF_D}/{name}.conf")
        else:
            self.machine.write(f"{CONF_D}/{name}.conf", text)

    # --- what it says

    def call(self, *command):
        return self.machine.run("concur", "call", *self.target, *command)

    def refusal(self, *command):
        """What is said of a command that must fail."""
        status, said = self.machine.ask("concur", "call", *self.target, *command)
        if status == 0:
            raise AssertionError(f"{' '.join(command)} succeeds: {said}")
        return said

    def answers(self):
        return self.machine.ask("concur", "call", *self.target, "PING") == (0, "PONG")

    def whoami(self, what):
        words = self.call("WHOAMI").split()
        return dict(zip(words[::2], words[1::2]))[what]

    def info(self, key):
        for line in self.call("INFO").splitlines():
            if line.startswith(key + ":"):
                return int(line.split(":")[1])
        raise AssertionError(f"INFO has no {key}")

    def journal(self, *matches):
        return self.machine.run("journalctl", "--quiet", "--no-pager", "--output=cat", *matches)

    def served(self):
        """How many commands of a load its log files have, rotated ones too, as served well."""
        script = r"zcat -f $0* 2>/dev/null | grep -c -E 'command=(echo|sleep) .* result=ok' || :"
        return int(self.machine.run("sh", "-c", script, self.log))
