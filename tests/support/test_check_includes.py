#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the check of includes: a small tree that is right is green, and each way of being wrong turns it red with the
message that says so."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CHECKER = HERE / "check_includes.py"


def header(name, *includes, body="int x_{};"):
    word = name.upper().replace("/", "_").replace(".", "_")
    lines = "".join(f'#include "{one}"\n' for one in includes)
    return f"#ifndef {word}\n#define {word}\n{lines}{body.format(word.lower())}\n#endif\n"


GOOD = {
    "common/a.h": header("common/a.h"),
    "common/digest.c": '#include <openssl/evp.h>\n#include "common/a.h"\n',
    "daemon/config/c.h": header("c.h", "common/a.h"),
    "daemon/config/text.c": '#include <ini.h>\n#include "daemon/config/c.h"\n',
    "daemon/sys/s.h": header("s.h", "common/a.h"),
    "daemon/shm/m.h": header("m.h", "daemon/config/c.h"),
    "daemon/log/l.h": header("l.h", "daemon/config/c.h"),
    "daemon/net/n.h": header("n.h", "daemon/log/l.h"),
    "daemon/net/listener.c": '#include <event2/event.h>\n#include "daemon/net/n.h"\n',
    "daemon/command/c.h": header("cc.h", "daemon/shm/m.h", "daemon/log/l.h", "daemon/sys/s.h"),
    "daemon/session/s.h": header("ss.h", "daemon/command/c.h"),
    "daemon/backend/backend_private.h": header("bp.h", body="extern int backend_thread, backend_pool;"),
    "daemon/backend/registry.c": '#include "daemon/backend/backend_private.h"\nint *all[] = {&backend_thread};\n',
    "daemon/backend/thread.c": '#include "daemon/session/s.h"\n#include "daemon/net/n.h"\nint backend_thread;\n',
    "daemon/admin/a.c": '#include "daemon/net/n.h"\n#include <event2/http.h>\n',
    "daemon/server/s.c": '#include "config.h"\n#include "daemon/session/s.h"\n',
    "daemon/main.c": '#include "daemon/sys/s.h"\n',
    "client/c.h": header("cl.h", "common/a.h"),
    "client/print.c": '#include "client/c.h"\n#include <jansson.h>\n',
}

# What is added to the good tree, and what must be said.
WRONG = (
    ("common/b.c", '#include "daemon/sys/s.h"\n', "common/b.c:1: common may not include daemon/sys"),
    ("common/b.c", '#include "client/c.h"\n', "common may not include client"),
    ("common/b.c", "\n#include <event2/event.h>\n", "common/b.c:2: event2/event.h is for "),
    ("common/b.c", "#include <jansson.h>\n", "jansson.h is for "),
    ("common/b.c", "#include <openssl/evp.h>\n", "openssl/evp.h is for common/digest.*, common/password.*, common/tls* only"),
    ("daemon/command/x.c", "#include <openssl/evp.h>\n", "openssl/evp.h is for "),
    ("daemon/config/x.c", '#include "daemon/log/l.h"\n', "daemon/config may not include daemon/log"),
    ("daemon/config/x.c", '#include "daemon/sys/s.h"\n', "daemon/config may not include daemon/sys"),
    ("daemon/sys/x.c", '#include "daemon/config/c.h"\n', "daemon/sys may not include daemon/config"),
    ("daemon/shm/x.c", '#include "daemon/log/l.h"\n', "daemon/shm may not include daemon/log"),
    ("daemon/log/x.c", '#include "daemon/shm/m.h"\n', "daemon/log may not include daemon/shm"),
    ("daemon/command/x.c", '#include "daemon/net/n.h"\n', "daemon/command may not include daemon/net"),
    ("daemon/command/x.c", '#include "daemon/session/s.h"\n', "daemon/command may not include daemon/session"),
    ("daemon/net/x.c", '#include "daemon/command/c.h"\n', "daemon/net may not include daemon/command"),
    ("daemon/session/x.c", '#include "daemon/backend/backend_private.h"\n', "backend_private.h is for "),
    ("daemon/server/x.c", '#include "daemon/backend/backend_private.h"\n', "backend_private.h is for "),
    ("daemon/admin/x.c", '#include "daemon/server/s.h"\n', "no such file"),
    ("daemon/backend/pool.c", '#include <event2/event.h>\n', "event2/event.h is for "),
    ("daemon/session/x.c", '#  include   <event2/event.h>\n', "event2/event.h is for "),
    ("daemon/server/x.c", "#include <ini.h>\n", "ini.h is for daemon/config/* only"),
    ("daemon/server/x.c", '#include "s.h"\n', "no such file: includes name the path from the top"),
    ("daemon/server/x.c", "extern int backend_pool;\n", "backend_pool is named by the registry only"),
    ("daemon/backend/pool.c", "extern int backend_thread;\n", "backend_thread is named by the registry only"),
    ("daemon/other/x.c", '#include "common/a.h"\n', "daemon/other stands in no layer"),
    ("client/x.c", '#include "daemon/sys/s.h"\n', "client may not include daemon/sys"),
    ("client/x.c", "#include <editline/readline.h>\n", "editline/readline.h is for client/cli_edit.c only"),
    ("daemon/sys/x.h", "int x;\n", "daemon/sys/x.h: no guard around all of it"),
    ("daemon/sys/x.h", "#ifndef A\n#define B\nint x;\n#endif\n", "daemon/sys/x.h: no guard around all of it"),
    ("daemon/sys/x.h", "#include <a.h>\n#ifndef A\n#define A\n#endif\n", "daemon/sys/x.h: no guard around all of it"),
    ("daemon/sys/x.h", "#ifndef A\n#define A\n#endif\nint x;\n", "daemon/sys/x.h: no guard around all of it"),
)


def check(files, directory, compiler=""):
    for name, text in files.items():
        path = pathlib.Path(directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([sys.executable, "-B", CHECKER, directory], stdout=subprocess.PIPE, text=True, check=False,
                          env=dict(os.environ, CC=compiler))
    return done.returncode, done.stdout


class CheckIncludes(unittest.TestCase):
    def test_a_right_tree_is_green(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(check(GOOD, directory), (0, f"{len(GOOD)} passed, 0 failed, 0 skipped\n"))

    def test_every_wrong_way_is_red(self):
        for name, text, said in WRONG:
            with self.subTest(file=name, text=text), tempfile.TemporaryDirectory() as directory:
                status, out = check({**GOOD, name: text}, directory)
                self.assertEqual(status, 1, out)
                self.assertIn(said, out)
                self.assertIn(" 1 failed, 0 skipped\n", out)

    def test_a_header_that_needs_another_is_red(self):
        name, compiler = "daemon/sys/x.h", os.environ.get("CC") or "cc"
        wrong = {**GOOD, name: header(name, body="size_t length(void);")}
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(check(GOOD, directory, compiler)[0], 0)
            self.assertEqual(check(wrong, directory)[0], 0)
            status, out = check(wrong, directory, compiler)
            self.assertEqual(status, 1)
            self.assertIn(f"{name}: does not compile by itself:\n", out)

    def test_nothing_is_no_tree(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(check({}, directory)[0], 1)


if __name__ == "__main__":
    unittest.main()
