#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of a `make check`: those inside a cmocka program one by one, any other program as one.

Usage: count_units.py BUILD_DIRECTORY
"""

import pathlib
import re
import sys

SUMMARY = re.compile(r"^\[ *(PASSED|FAILED|ERROR|SKIPPED) *\] (\d+) test\(s\)", re.MULTILINE)
RESULT = re.compile(r"^:test-result: (\w+)", re.MULTILINE)
KIND = {"PASSED": 0, "FAILED": 1, "ERROR": 1, "SKIPPED": 2}


def program(trs):
    """[passed, failed, skipped] of one program, from automake's verdict and its own log."""
    counts = [0, 0, 0]
    log = trs.with_suffix(".log")
    if log.exists():
        for kind, number in SUMMARY.findall(log.read_text(errors="replace")):
            counts[KIND[kind]] += int(number)
    verdict = RESULT.search(trs.read_text())
    verdict = verdict.group(1) if verdict else "ERROR"
    if verdict in ("FAIL", "ERROR", "XPASS") and counts[1] == 0:
        counts[1] = 1  # it crashed before its summary, or a checker around it failed
    elif verdict == "SKIP" and sum(counts) == 0:
        counts[2] = 1
    elif sum(counts) == 0:
        counts[0] = 1
    return counts


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    programs = [program(trs) for trs in sorted(pathlib.Path(sys.argv[1]).rglob("*.trs"))]
    passed, failed, skipped = (sum(column) for column in zip(*programs)) if programs else (0, 0, 0)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


main()
