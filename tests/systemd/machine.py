# SPDX-License-Identifier: Apache-2.0
"""A machine of its own: this one's systemd, booted by systemd-nspawn over an overlay of this machine's files, without its
network. It lives in namespaces and control groups of ours, so that killing one process takes all of it away, mounts
included.

What boots it is this file as a program, inside the namespaces: machine.py FOLDER PACKAGES."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_PDEATHSIG = 1
BOOT_SECONDS = 60
NEEDED = ("systemd-nspawn", "systemctl", "unshare", "nsenter", "mount", "dpkg", "openssl")
PACKAGES = "/opt/packages"


class Impossible(Exception):
    """This machine can't boot another one; says why."""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def hierarchies():
    """The control groups of this process in systemd's hierarchies, which differ between versions of control groups."""
    root = pathlib.Path("/sys/fs/cgroup")
    unified = root if (root / "cgroup.controllers").exists() else root / "unified"
    for line in pathlib.Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        base = {"": unified, "name=systemd": root / "systemd"}.get(controllers)
        if base is not None and base.is_dir():
            yield base / path.lstrip("/")


def preflight():
    if os.geteuid() != 0:
        raise Impossible("booting a machine takes root")
    for program in NEEDED:
        if shutil.which(program) is None:
            raise Impossible(f"{program} is not installed")
    if "overlay" not in pathlib.Path("/proc/filesystems").read_text(encoding="ascii"):
        raise Impossible("the kernel has no overlay file system")
    if not list(hierarchies()):
        raise Impossible("there are no control groups of systemd's")


class Machine:
    """One machine, with the Debian packages of a folder in PACKAGES. `run` and its like run commands in it."""

    def __init__(self, packages):
        preflight()
        self.packages = packages
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="concurd-machine-"))
        self.groups = [group / self.folder.name for group in hierarchies()]
        self.process = None
        self.leader = None  # process id of the systemd inside
        self.children = []

    # --- its life

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(self, *_):
        self.destroy()

    def _boot(self):
        try:
            for group in self.groups:
                group.mkdir()
        except OSError as error:
            raise Impossible(f"no control group can be made: {error}") from error
        with open(self.folder / "console", "wb") as console:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                 sys.executable, "-B", __file__, str(self.folder), str(self.packages)],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, preexec_fn=self._enter_groups)
        deadline = time.monotonic() + BOOT_SECONDS
        while self._state() not in ("running", "degraded"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "console").read_text(errors="replace").split("\n")
                raise Impossible("it does not boot: " + " | ".join(line for line in said[-6:] if line.strip()))
            time.sleep(0.1)

    def _enter_groups(self):
        die_with_parent()
        for group in self.groups:
            (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    def _state(self):
        if self.leader is None:
            self.leader = self._find_leader()
        if self.leader is None:
            return None
        done = subprocess.run(self.words("systemctl", "is-system-running"), capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def _find_leader(self):
        """systemd-nspawn's child; its own process id is the only one that it has in the inner namespace."""
        for group in self.groups:
            for file in group.rglob("cgroup.procs"):
                for pid in file.read_text(encoding="ascii").split():
                    with contextlib.suppress(OSError):
                        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
                        numbers = [line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")][0]
                        name = pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                        if name == "systemd" and len(numbers) > 2 and numbers[-1] == "1":
                            return pid
        return None

    def destroy(self):
        """Kills the one process that all others go with."""
        for child in self.children:
            child.kill()
            child.wait()
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for group in self.groups:
            self._remove_group(group)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _remove_group(group):
        deadline = time.monotonic() + 10
        while group.exists() and time.monotonic() < deadline:
            for path in sorted(group.rglob("*"), key=lambda one: len(one.parts), reverse=True):
                if path.is_dir():
                    with contextlib.suppress(OSError):
                        path.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()
                return
            time.sleep(0.05)

    # --- commands in it

    def words(self, *command):
        """Nothing of the environment here is true in there."""
        return ["nsenter", "--target", str(self.leader), "--all", "--",
                "env", "-i", "LC_ALL=C", "HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command]

    def start(self, *command, **more):
        """A command in the background, which ends with the machine at the latest."""
        child = subprocess.Popen(self.words(*command), text=True, preexec_fn=die_with_parent,
                                 **{"stdin": subprocess.DEVNULL, **more})
        self.children.append(child)
        return child

    def ask(self, *command, seconds=60):
        """The exit status, and all that it said."""
        done = subprocess.run(self.words(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=seconds)
        return done.returncode, done.stdout.strip()

    def run(self, *command, seconds=60):
        """What it said; it must succeed."""
        status, said = self.ask(*command, seconds=seconds)
        if status != 0:
            raise AssertionError(f"{' '.join(command)}: exit status {status}: {said}")
        return said

    def shell(self, script, seconds=60):
        return self.run("sh", "-ec", script, seconds=seconds)

    def write(self, path, text):
        """Puts a file there, whole or not at all."""
        subprocess.run(self.words("sh", "-ec", 'mkdir -p "${1%/*}"; cat >"$1.new"; mv "$1.new" "$1"', "sh", path),
                       input=text, text=True, check=True)


# --- inside the namespaces

def mount_root(folder, packages):
    """The overlay, with what makes a machine of it: no name of its own, and nothing that this one would start besides."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    root, upper, work = (pathlib.Path(folder, name) for name in ("root", "upper", "work"))
    for path in (root, upper, work):
        path.mkdir()
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", root],
                   check=True)
    for name in ("etc/machine-id", "etc/fstab"):
        (root / name).write_text("", encoding="ascii")
    for wants in (root / "etc/systemd/system").glob("*.wants"):
        shutil.rmtree(wants)
    for path in ("usr/sbin/policy-rc.d", "var/lib/man-db/auto-update"):  # what forbids starting services; takes seconds
        (root / path).unlink(missing_ok=True)
    for path in ("etc/concurd", "var/log/concurd", "var/log/private"):
        shutil.rmtree(root / path, ignore_errors=True)
    shutil.copytree(packages, root / PACKAGES.lstrip("/"))
    return root


def boot(folder, packages):
    root = mount_root(folder, packages)
    os.execvp("systemd-nspawn", ["systemd-nspawn", "-D", str(root), "-b", "--register=no", "--keep-unit",
                                 "--private-network", "--machine=concurd-test", "--console=read-only",
                                 "systemd.unified_cgroup_hierarchy=1"])


if __name__ == "__main__":
    boot(*sys.argv[1:])
