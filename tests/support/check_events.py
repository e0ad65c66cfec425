#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every log_event call against the event table: as many values as the event has fields, of the same kinds. The
daemon asserts this, but only when the call is made.

    check_events.py SOURCE-TREE"""

import pathlib
import re
import sys

KINDS = {"LOG_U": "u", "LOG_I": "i", "LOG_S": "s", "LOG_B": "s"}


def table(tree):
    """The kinds of each event's fields."""
    text = (tree / "daemon/log/event.h").read_text(encoding="utf-8").replace("\\\n", " ")
    rows = re.findall(r'EVENT\(\s*(EVENT_\w+),\s*\w+,\s*"\w+",\s*((?:"[^"]*"\s*)+)\)', text)
    return {event: [word[0].replace("e", "i") for word in fields.replace('"', "").split()] for event, fields in rows}


def arguments(text, at):
    """The arguments of the call whose parenthesis opens at `at`."""
    depth, start, found, in_string = 0, at + 1, [], False
    while True:
        character = text[at]
        if character == '"' and text[at - 1] != "\\":
            in_string = not in_string
        elif not in_string and character in "([{":
            depth += 1
        elif not in_string and character in ")]}":
            depth -= 1
        if depth == 0 or (depth == 1 and character == "," and not in_string):
            found.append(text[start:at].strip())
            start = at + 1
        if depth == 0:
            return found
        at += 1


def check(file, events):
    text = file.read_text(encoding="utf-8")
    problems, calls = [], 0
    for call in re.finditer(r"\blog_event(_at)?\(", text):
        values = arguments(text, call.end() - 1)[1 if call.group(1) else 0:]
        if values[0] not in events:
            continue  # the macro's own definition
        calls += 1
        kinds = [KINDS.get(value.split("(")[0]) for value in values[1:]]
        if kinds != events[values[0]]:
            line = text.count("\n", 0, call.start()) + 1
            problems.append(f"{file}:{line}: {values[0]} wants {events[values[0]]}, gets {kinds}")
    return problems, calls


def main():
    tree = pathlib.Path(sys.argv[1])
    events, problems, calls = table(tree), [], 0
    for file in sorted(tree.glob("daemon/**/*.c")):
        found, count = check(file, events)
        problems += found
        calls += count
    print("\n".join(problems) if problems else f"{calls} log_event calls fit {len(events)} events")
    return 1 if problems or calls == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
