#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What systemd's own tools say about the units of this build (its directory is the current one): the sandbox's score, and
that `systemd-analyze verify` is silent. 77 is a skip: there is no systemd-analyze, or the build has no units."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("srcdir", pathlib.Path(__file__).parents[2]))

# The most that each may have, 0 being safe and 10 unsafe.
SCORES = {"concurd.service": 1.2, "concurd@.service": 1.2, "concurd-activated.service": 0.3}
SOCKETS = ("concurd.socket", "concurd-tls.socket", "concurd-admin.socket")
MANUAL = {"man8": "daemon/concurd.8", "man5": "conf/concurd.conf.5"}


def skip(reason):
    print(reason)
    sys.exit(77)


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def copy_units(folder):
    """The units as they are but for the daemon, which is not installed yet: any program stands for it."""
    for name in SCORES:
        text = pathlib.Path("systemd", name).read_text(encoding="utf-8")
        (folder / name).write_text(re.sub(r"=(-?)/\S*/concurd\b", r"=\1" + shutil.which("true"), text), encoding="utf-8")
    for name in SOCKETS:
        shutil.copy(SOURCE / "systemd" / name, folder)


def check_scores(folder):
    """Problems; prints the scores."""
    problems = []
    for name, most in SCORES.items():
        said = run("systemd-analyze", "security", "--offline=true", "--no-pager", "./" + name, cwd=folder).stdout
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
        if found is None:
            problems.append(f"{name}: systemd-analyze gives no score: {said.strip()}")
            continue
        print(f"{name}: exposure {found[1]}, at most {most}")
        if float(found[1]) > most:
            problems.append(f"{name}: exposure {found[1]} is more than {most}")
    return problems


def check_verify(folder):
    manual = folder / "man"
    for section, page in MANUAL.items():
        (manual / section).mkdir(parents=True)
        shutil.copy(SOURCE / page, manual / section)
    said = run("systemd-analyze", "verify", *SOCKETS, *SCORES, "concurd@pool.service", cwd=folder,
               env={**os.environ, "MANPATH": f"{manual}:"})
    lines = [line for line in said.stdout.splitlines() if "concurd" in line]
    return lines or ([f"systemd-analyze verify ended with {said.returncode}"] if said.returncode != 0 else [])


def main():
    if shutil.which("systemd-analyze") is None:
        skip("systemd-analyze is not installed")
    if not pathlib.Path("systemd/concurd.service").exists():
        skip("this build has no units (--without-systemdsystemunitdir)")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_units(folder)
        problems = check_scores(folder)
        problems += check_verify(folder)
    for problem in problems:
        print(f"FAIL: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
