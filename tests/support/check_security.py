#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds SECURITY.md to its word: every promise names a test, and every test that it names is there. Tests stand in the last column
of its tables: `suite.scenario`, `path/to/test.c:function`, or `path/to/something` as a whole.

    check_security.py    with the tree in $srcdir"""

import os
import pathlib
import re
import sys

SCENARIO = re.compile(r"([a-z_]+)\.([a-z_0-9]+)")
HEADS = {"promise", "---"}


def is_there(tree, name):
    """Whether there is such a test, and it is run."""
    path, _, function = name.partition(":")
    if "/" in path:
        file, run = tree / path, (tree / "Makefile.am").read_text(encoding="utf-8").split()
        return file.is_file() and (path in run or path.removesuffix(".c") in run or "$(srcdir)/" + path in run) and (
            not function or re.search(rf"^ +[A-Za-z_]+\(\s*{re.escape(function)}\b.*\),$", file.read_text(encoding="utf-8"), re.M)
            is not None)
    match = SCENARIO.fullmatch(name)
    file = tree / "tests/scenario/suite" / f"{match[1]}.py" if match else None
    return file is not None and file.is_file() and re.search(
        rf"^@scenario\(.*\)\ndef {match[2]}\(t\):", file.read_text(encoding="utf-8"), re.M) is not None


def rows(text):
    """Each promise and the tests that it names."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) >= 2 and cells[0] not in HEADS:
            yield cells[0], re.findall(r"`([^`]+)`", cells[-1])


def main():
    tree = pathlib.Path(os.environ.get("srcdir", "."))
    wrong, tests = [], 0
    for promise, names in rows((tree / "SECURITY.md").read_text(encoding="utf-8")):
        if not names:
            wrong.append(f"SECURITY.md: no test holds this promise: {promise}")
        wrong += [f"SECURITY.md: there is no test {name}" for name in names if not is_there(tree, name)]
        tests += len(names)
    if not tests:
        wrong.append("SECURITY.md: no table of promises")
    print("\n".join(wrong) or f"all of {tests} tests are there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
