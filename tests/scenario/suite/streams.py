# SPDX-License-Identifier: Apache-2.0
"""NUMBERS and LETTERS: replies that arrive element by element, two clients' side by side."""

import selectors
import time

from harness import modes
from harness.errors import same, true
from harness.resp import encode
from harness.scenario import scenario

EVERY_MS = 60


ATTEMPTS = 3  # a machine that stands still for a while has its client find several elements at once


@scenario(tls=True)
def elements_arrive_one_by_one(t):
    client = t.daemon().client()
    pieces = []
    for _ in range(ATTEMPTS):
        pieces.append(read_stream(client))
        if pieces[-1] >= 4:
            break
    true(pieces[-1] >= 4, f"8 elements came in {pieces} pieces")
    same(client.ask("PING"), "PONG")


def read_stream(client):
    """Eight numbers, none before its time; in how many pieces they came."""
    started = time.monotonic()
    client.send("NUMBERS", 1, 8, "EVERY", f"{EVERY_MS}ms")
    seen, chunks = b"", 0
    while seen.count(b"\r\n") < 9:
        seen += client.receive()
        chunks += 1
        elements = max(0, seen.count(b"\r\n") - 1)
        passed = time.monotonic() - started
        true(passed >= (elements - 1) * EVERY_MS / 1000 - 0.001, f"{elements} elements after {passed:.3f} s")
    same(seen, b"*8\r\n" + b"".join(b":%d\r\n" % i for i in range(1, 9)))
    return chunks


@scenario(tls=True)
def two_clients_streams_interleave(t):
    interleave(t, t.daemon())


@scenario(rows=modes.only("event", "pool"))
def two_clients_streams_interleave_on_one_core(t):
    interleave(t, t.daemon({"event.threads": 1, "pool.turns": 1}))


def interleave(t, daemon):
    changes = []
    for _ in range(ATTEMPTS):
        changes.append(count_changes(t, daemon))
        if changes[-1] >= 6:
            break
    true(changes[-1] >= 6, f"the streams took turns {changes} times")


def count_changes(t, daemon):
    """How often the one that had an element was another than before."""
    numbers, letters = daemon.client(), daemon.client()
    selector = t.closing(selectors.DefaultSelector())
    order = []
    for client, request in ((numbers, ("NUMBERS", 1, 8)), (letters, ("LETTERS", "a", "h"))):
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(*request, "EVERY", f"{EVERY_MS}ms")
    seen = {numbers: b"", letters: b""}
    until = time.monotonic() + t.seconds(10)
    wanted = {numbers: b"*8\r\n" + b"".join(b":%d\r\n" % i for i in range(1, 9)),
              letters: b"*8\r\n" + b"".join(b"$1\r\n%c\r\n" % letter for letter in b"abcdefgh")}
    while seen != wanted and time.monotonic() < until:
        for key, _ in selector.select(0.5):
            if not key.data.readable():
                continue
            seen[key.data] += key.data.receive()
            order.append("n" if key.data is numbers else "l")
    same(seen, wanted)
    numbers.close()
    letters.close()
    return sum(a != b for a, b in zip(order, order[1:]))


@scenario(tls=True)
def fifty_streams_at_once_are_whole(t):
    daemon = t.daemon({"pool.threads": 64, "prefork.inner_threads": 32} if t.mode.inner == "pool" else
                      {"pool.threads": 64})
    clients = daemon.clients(20 if t.mode.classic else 50, timeout=t.seconds(20))
    for number, client in enumerate(clients):
        client.send_bytes(encode("NUMBERS", number, number + 30, "EVERY", "7ms") + encode("ECHO", number))
    for number, client in enumerate(clients):
        same(client.read(), list(range(number, number + 31)))
        same(client.read(), str(number).encode())
