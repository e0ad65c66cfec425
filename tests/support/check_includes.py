#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes point one way only (the layers below), and that each library is seen by its own files alone.

Usage: check_includes.py [TREE]; prints each include that should not be, and the counts.
"""

import fnmatch
import pathlib
import re
import sys

# From the bottom up: a room may include itself and those of lower layers, not its neighbours.
LAYERS = (
    ("common",),
    ("daemon/config", "daemon/sys"),
    ("daemon/log", "daemon/shm"),
    ("daemon/command", "daemon/net"),
    ("daemon/session",),
    ("daemon/backend", "daemon/admin"),
    ("daemon/server",),
    ("daemon",),  # main.c
)
CLIENT = (("common",), ("client",))

# Headers that only some files may see.
PRIVATE = {
    "daemon/backend/backend_private.h": ("daemon/backend/*",),
    "daemon/server/server_private.h": ("daemon/server/*",),
    "daemon/log/sink_private.h": ("daemon/log/*",),
    "openssl/*": ("common/digest.*", "common/tls*"),
    "ini.h": ("daemon/config/*",),
    "event*": ("daemon/server/*", "daemon/backend/*", "daemon/admin/*", "daemon/net/listener.*"),
    "editline/*": ("client/cli_edit.c",),
    "jansson.h": ("client/*",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_of(path):
    parts = path.split("/")
    if parts[0] == "daemon":
        return "/".join(parts[:2]) if len(parts) > 2 else "daemon"
    return parts[0]


def layer_of(room, layers):
    return next((number for number, rooms in enumerate(layers) if room in rooms), None)


def wrong_direction(source, header):
    """Why this file may not include that header of ours, or None."""
    layers = CLIENT if source.startswith("client/") else LAYERS
    here, there = room_of(source), room_of(header)
    if here == there:
        return None
    mine, its = layer_of(here, layers), layer_of(there, layers)
    if mine is None:
        return f"{here} stands in no layer"
    if its is None or its >= mine:
        return f"{here} may not include {there}"
    return None


def not_allowed(source, header):
    for pattern, files in PRIVATE.items():
        if fnmatch.fnmatch(header, pattern) and not any(fnmatch.fnmatch(source, one) for one in files):
            return f"{header} is for {', '.join(files)} only"
    return None


def problems(tree, path):
    source = path.relative_to(tree).as_posix()
    for match in INCLUDE.finditer(path.read_text()):
        ours, header = match.group(1), match.group(1) or match.group(2)
        why = not_allowed(source, header)
        if ours and not why:
            if ours == "config.h":
                continue
            why = "no such file: includes name the path from the top" if not (tree / ours).exists() \
                else wrong_direction(source, ours)
        if why:
            line = path.read_text().count("\n", 0, match.start(0)) + 1
            yield f"{source}:{line}: {why}"


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files = sorted(path for room in ("common", "daemon", "client") for path in (tree / room).rglob("*.[ch]"))
    if not files:
        sys.exit(f"{tree}: no sources here")
    found = [list(problems(tree, path)) for path in files]
    for line in (line for lines in found for line in lines):
        print(line)
    failed = sum(1 for lines in found if lines)
    print(f"{len(files) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
