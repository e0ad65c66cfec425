#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes point one way only (the layers below), that each library is seen by its own files alone, that
only the registry names all backends, and that headers have guards and stand alone.

Usage: check_includes.py [TREE]; TREE is $srcdir else, or where we are. With CC in the environment every header is
compiled by itself, too. Prints what should not be, and the counts.
"""

import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shlex
import subprocess
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
CLIENT = (("common",), ("client/chart",), ("client",), ("client/load",), ("client/compare",))

# Headers that only some files may see.
PRIVATE = {
    "daemon/backend/backend_private.h": ("daemon/backend/*",),
    "daemon/backend/prefork_private.h": ("daemon/backend/prefork*", "daemon/backend/supervisor*"),
    "daemon/server/server_private.h": ("daemon/server/*",),
    "daemon/log/sink_private.h": ("daemon/log/*",),
    "openssl/*": ("common/digest.*", "common/password.*", "common/tls*"),
    "ini.h": ("daemon/config/*",),
    "event*": ("daemon/server/*", "daemon/admin/*", "daemon/net/listener.c", "client/load/*") + tuple(
        f"daemon/backend/{one}.c" for one in ("loop", "reactor", "event", "prefork", "supervisor", "worker_process")),
    "editline/*": ("client/cli_edit.c",),
    "histedit.h": ("client/cli_edit.c",),
    "jansson.h": ("client/*",),
}

# A backend's operations are named where they are defined and declared, and in the registry.
OPERATIONS = re.compile(r"\bbackend_(thread|pool|event|prefork)\b")
OPERATIONS_FILES = ("daemon/backend/registry.c", "daemon/backend/backend_private.h")

GUARD = re.compile(r"^\s*#\s*ifndef\s+(\w+)\s*\n\s*#\s*define\s+(\w+)\s*$", re.MULTILINE)
DIRECTIVE = re.compile(r"^\s*#", re.MULTILINE)
FLAGS = "-std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Wundef -Werror".split()

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] != "common" and len(parts) > 2 else parts[0]


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


def wrong_includes(tree, source, text):
    for match in INCLUDE.finditer(text):
        ours, header = match.group(1), match.group(1) or match.group(2)
        why = not_allowed(source, header)
        if ours and not why:
            if ours == "config.h":
                continue
            why = "no such file: includes name the path from the top" if not (tree / ours).exists() \
                else wrong_direction(source, ours)
        if why:
            line = text.count("\n", 0, match.start(0)) + 1
            yield f"{source}:{line}: {why}"


def wrong_names(source, text):
    for match in OPERATIONS.finditer(text):
        if source not in OPERATIONS_FILES and source != f"daemon/backend/{match.group(1)}.c":
            line = text.count("\n", 0, match.start(0)) + 1
            yield f"{source}:{line}: {match.group(0)} is named by the registry only"


def wrong_guard(source, text):
    guard, first = GUARD.search(text), DIRECTIVE.search(text)
    if not guard or guard.group(1) != guard.group(2) or text.count("\n", 0, first.start()) != \
            text.count("\n", 0, guard.start()) or not text.rstrip().endswith("#endif"):
        yield f"{source}: no guard around all of it"


def stands_alone(tree, source):
    """Includes it twice in an empty file."""
    text = f'#include "{source}"\n' * 2
    done = subprocess.run(shlex.split(os.environ["CC"]) + FLAGS + ["-I.", "-x", "c", "-"], cwd=tree, input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        yield f"{source}: does not compile by itself:\n{done.stdout.rstrip()}"


def problems(tree, path):
    source, text = path.relative_to(tree).as_posix(), path.read_text()
    yield from wrong_includes(tree, source, text)
    yield from wrong_names(source, text)
    if path.suffix == ".h":
        yield from wrong_guard(source, text)
        if os.environ.get("CC"):
            yield from stands_alone(tree, source)


def main():
    tree = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("srcdir", ".")).resolve()
    files = sorted(path for room in ("common", "daemon", "client") for path in (tree / room).rglob("*.[ch]"))
    if not files:
        sys.exit(f"{tree}: no sources here")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda path: list(problems(tree, path)), files))
    for line in (line for lines in found for line in lines):
        print(line)
    failed = sum(1 for lines in found if lines)
    print(f"{len(files) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
