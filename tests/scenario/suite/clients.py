# SPDX-License-Identifier: Apache-2.0
"""CLIENT LIST and KILL, whichever process serves whom."""

import json
import re

from harness import modes
from harness.errors import same, true
from harness.resp import Error, encode
from harness.scenario import scenario


def listed(client):
    """CLIENT LIST as dictionaries by name."""
    rows = [dict(word.split("=", 1) for word in line.split(" ")) for line in client.ask("CLIENT", "LIST").decode().splitlines()]
    return {row["name"]: row for row in rows}


@scenario()
def the_list_has_everybody_whoever_is_asked(t):
    daemon = t.daemon()
    clients = daemon.clients(6)
    for i, client in enumerate(clients):
        same(client.ask("CLIENT", "SETNAME", f"name{i}"), "OK")
    clients[2].ask("HELLO", 3)
    who = [client.whoami() for client in clients]
    for asked in clients:
        rows = listed(asked)
        same(sorted(rows), [f"name{i}" for i in range(6)])
        for i, client in enumerate(clients):
            row = rows[f"name{i}"]
            address, port = client.socket.getsockname()
            same((row["addr"], int(row["id"]), int(row["pid"]), row["resp"]),
                 (f"{address}:{port}", who[i]["connection"], who[i]["pid"], "3" if i == 2 else "2"), f"name{i}")
    if t.mode.prefork:
        true(len({row["pid"] for row in listed(clients[0]).values()}) >= 2, "clients of several processes")
    own = clients[0].ask("CLIENT", "INFO").decode()
    true(re.match(r"id=%d addr=\S+ name=name0 .*\n$" % who[0]["connection"], own), f"CLIENT INFO: {own!r}")


@scenario()
def killed_by_id_or_address_from_any_process(t):
    daemon = t.daemon()
    killer, *victims = daemon.clients(7)
    ids = [victim.ask("CLIENT", "ID") for victim in victims]
    for victim, number in zip(victims[:4], ids):
        same(killer.ask("CLIENT", "KILL", "ID", number), 1)
        same(victim.read_to_end(), b"", "a killed client")
    address, port = victims[4].socket.getsockname()
    same(killer.ask("CLIENT", "KILL", f"{address}:{port}"), "OK")
    victims[4].read_to_end()
    same(killer.ask("CLIENT", "KILL", "ID", ids[0]), 0, "one that is gone")
    true(isinstance(killer.ask("CLIENT", "KILL", "127.0.0.1:1"), Error), "nobody's address")
    same(victims[5].ask("PING"), "PONG", "one that was not meant")
    daemon.wait_event("connection_closed", 5, close_reason="killed")


@scenario(tls=True)
def killed_while_a_command_runs(t):
    """Whatever it does: waits, blocks, computes, streams, or has no reader."""
    daemon = t.daemon({"pool.turns": 8})
    killer = daemon.client()
    for request in (encode("SLEEP", 60000), encode("PRIMES", 10**9), encode("BLOCK", 60000),
                    encode("NUMBERS", 1, 9, "EVERY", "30s"), encode("NUMBERS", 1, 1000000) * 20):
        others = daemon.clients(3) if not t.mode.classic else []
        mine, *_ = killer.whoami().values()
        victim = next_elsewhere(t, daemon, killer)
        number = victim.ask("CLIENT", "ID")
        victim.send_bytes(request)
        same(killer.ask("CLIENT", "KILL", "ID", number), 1)
        t.wait_until(lambda: number not in {int(row["id"]) for row in listed_rows(killer)}, f"the end of {request[:40]!r}")
        victim.close()
        for other in others:
            other.close()
    same(killer.ask("PING"), "PONG")


def listed_rows(client):
    return [dict(word.split("=", 1) for word in line.split(" "))
            for line in client.ask("CLIENT", "LIST").decode().splitlines()]


def next_elsewhere(t, daemon, killer):
    """A client that another reactor or process serves where that is what a blocked handler stops."""
    mine = killer.whoami()
    if t.mode.serving != "event":
        return daemon.client()
    for _ in range(20):
        client = daemon.client()
        if client.whoami()["worker"] != mine["worker"]:
            return client
    raise AssertionError("nobody elsewhere")


@scenario()
def kill_of_oneself_and_skipme(t):
    daemon = t.daemon()
    client = daemon.client()
    number = client.ask("CLIENT", "ID")
    same(client.ask("CLIENT", "KILL", "ID", number), 0, "skipped by default")
    same(client.ask("PING"), "PONG")
    client.send("CLIENT", "KILL", "ID", number, "SKIPME", "no")
    client.read_to_end()
    daemon.wait_event("connection_closed", close_reason="killed")


EVIL = [b'a"b', b"a'b", b"a\\b", b"a\nid=1 addr=0.0.0.0:1", b"a\r\n+OK", b"a\0b", b"a b=c", b'"} {"event": "ready"', b"\x1b[31m",
        b"\xff\xfe", b"x" * 5000]


@scenario(rows=modes.only("pool", "prefork/event"))
def what_peers_call_themselves_forges_no_line_anywhere(t):
    """Names, libraries, users, commands: in CLIENT LIST and INFO each is within its own field, in the log within its own line, in
    both of its formats."""
    for style in ("json", "logfmt"):
        daemon = t.daemon({"log.format": style, "log.access": "commands", "log.level": "debug"})
        client = daemon.client()
        for evil in EVIL:
            for request in (("CLIENT", "SETNAME", evil), ("HELLO", "2", "SETNAME", evil), ("CLIENT", "SETINFO", "LIB-NAME", evil),
                            ("CLIENT", "SETINFO", "LIB-VER", evil), ("AUTH", evil, evil), ("HELLO", "2", "AUTH", evil, evil),
                            (evil,), ("CLIENT", evil), ("INFO", evil), ("GET", evil)):
                client.ask(*request)
            rows = client.ask("CLIENT", "LIST").split(b"\n")
            same([len(rows), rows[-1]], [2, b""], f"lines of CLIENT LIST for one client that says {evil!r}")
            words = rows[0].split(b" ")
            same([word for word in words if b"=" not in word], [], "words of CLIENT LIST that are no field")
            names = [word.split(b"=", 1)[0] for word in words]
            same(len(names), len(set(names)), f"fields of CLIENT LIST that are twice there, {names}")
            true(all(32 <= byte < 127 for byte in rows[0]), f"control bytes in CLIENT LIST: {rows[0]!r}")
        same(daemon.client().ask("PING"), "PONG")
        daemon.finish()
        with open(daemon.log_path, "rb") as file:
            lines = file.read().split(b"\n")
        same(lines.pop(), b"", "behind the last line")
        whole = [line for line in lines if line.startswith(b'{"ts":' if style == "json" else b"ts=")]
        same(len(whole), len(lines), "lines of the log that begin as none does")
        true(all(byte >= 32 for line in lines for byte in line), "control bytes in the log")
        same(len(daemon.events("ready")), 1, "ready events")
        if style == "json":
            same([line for line in lines if not isinstance(json.loads(line), dict)], [])
