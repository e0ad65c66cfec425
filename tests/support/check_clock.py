#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The wall clock may jump: only what a person reads may look at it - the log's time stamps, TIME, and the dates of reports.
Everything that lasts or ends is on the monotonic clock, condition variables too. Finds whoever else asks.

    check_clock.py    with the tree in $srcdir"""

import os
import pathlib
import re
import sys

ALLOWED = {
    "common/clock.h": "what all the others call",
    "daemon/log/format.c": "time stamps",
    "daemon/command/server.c": "TIME",
    "daemon/config/credentials.c": "a certificate's end",
    "client/load/report_html.c": "the report's date",
    "client/compare/compare.c": "the report's date",
}
WALL = re.compile(r"\bclock_wall_us\s*\(|\bCLOCK_REALTIME\b|\bgettimeofday\s*\(|\btime\s*\(\s*(?:NULL|&)|\bftime\s*\(")
# What waits on the wall clock unless told otherwise.
WAITS = re.compile(r"\b(?:sem_timedwait|pthread_mutex_timedlock|pthread_rwlock_timed\w+|mq_timed\w+|pthread_timedjoin_np|"
                   r"alarm|setitimer)\s*\(")
CONDITION = re.compile(r"\bpthread_cond_timedwait\s*\(")


def complaints(tree):
    for folder in ("common", "daemon", "client"):
        for file in sorted((tree / folder).rglob("*.[ch]")):
            text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"),
                          file.read_text(encoding="utf-8"), flags=re.S)
            name = str(file.relative_to(tree))
            for number, line in enumerate(text.splitlines(), 1):
                if WALL.search(line) and name not in ALLOWED:
                    yield f"{name}:{number}: the wall clock: {line.strip()}"
                if WAITS.search(line):
                    yield f"{name}:{number}: waits on the wall clock: {line.strip()}"
            if CONDITION.search(text) and "pthread_condattr_setclock" not in text:
                yield f"{name}: a timed wait on a condition whose clock was not set"


def main():
    tree = pathlib.Path(os.environ.get("srcdir", "."))
    found = list(complaints(tree))
    print("\n".join(found) or "only those who may look at the wall clock")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
