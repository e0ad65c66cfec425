# SPDX-License-Identifier: Apache-2.0
"""Hostile and odd input. "PE" is an error reply that begins with "ERR Protocol error", and then the connection ends; every
such end is counted under its reason."""

import os
import ssl
import threading
import time

from harness import modes
from harness.errors import between, same, true
from harness.resp import Error, encode
from harness.scenario import scenario
from harness.swarm import Swarm

PROTOCOL_ERRORS = {
    "a count over its limit": b"*1025\r\n",
    "a count over 32 bits": b"*4294967297\r\n",
    "a count over 64 bits": b"*18446744073709551617\r\n",
    "a negative count": b"*-2\r\n",
    "a count with a sign": b"*+1\r\n$4\r\nPING\r\n",
    "a count with a leading zero": b"*01\r\n$4\r\nPING\r\n",
    "a count with a blank": b"* 1\r\n$4\r\nPING\r\n",
    "a count that is none": b"*x\r\n",
    "no count": b"*\r\n",
    "a length over its limit": b"*1\r\n$1048577\r\n",
    "a length over 32 bits": b"*1\r\n$4294967300\r\n",
    "a length over 64 bits": b"*1\r\n$18446744073709551620\r\n",
    "a negative length": b"*1\r\n$-1\r\n",
    "a length with a sign": b"*1\r\n$+4\r\nPING\r\n",
    "a length with a leading zero": b"*1\r\n$04\r\nPING\r\n",
    "a length with a blank": b"*1\r\n$4 \r\nPING\r\n",
    "no length": b"*1\r\n$\r\nPING\r\n",
    "endless digits": b"*1\r\n$" + b"1" * 100,
    "an integer element": b"*1\r\n:4\r\n",
    "an array element": b"*1\r\n*1\r\n$4\r\nPING\r\n",
    "an inline word as element": b"*2\r\n$4\r\nECHO\r\nhello\r\n",
    "a bulk string that is longer": b"*1\r\n$4\r\nPINGS\r\n",
    "a bulk string that is shorter": b"*1\r\n$4\r\nPIN\r\n\r\n",
    "a lone LF behind the count": b"*1\n$4\r\nPING\r\n",
    "a lone LF behind the length": b"*1\r\n$4\nPING\r\n",
    "a lone LF behind the bulk": b"*1\r\n$4\r\nPING\n*1\r\n",
    "64 KiB without an end": b"a" * 65536,
    "an open double quote": b'ECHO "abc\r\n',
    "an open single quote": b"ECHO 'abc\r\n",
    "letters behind a quote": b'ECHO "abc"def\r\n',
    "too many inline words": b"ECHO " + b"a " * 1100 + b"\r\n",
}

FOREIGN = {
    "an HTTP request": b"GET /set HTTP/1.1\r\nHost: localhost\r\n\r\nSET foreign 1\r\n",
    "an HTTP POST": b"POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nSET foreign 1\r\n",
    "an HTTP POST of the old kind": b"POST /\r\n\r\nSET foreign 1\r\n",
    "a header line": b"Host: localhost\r\nSET foreign 1\r\n",
    "a TLS record": bytes.fromhex("16030100c8010000c40303") + os.urandom(60) + b"\r\nSET foreign 1\r\n",
    "NUL bytes": b"\x00\x00\x00\x00SET foreign 1\r\n",
    "a NUL byte in a line": b"SET foreign\x00 1\r\nSET foreign 1\r\n",
}


def count_closed(t, daemon, reason, count):
    t.wait_until(lambda: len(daemon.events("connection_closed", close_reason=reason)) >= count,
                 f"{count} connections closed for {reason}")
    same(len(daemon.events("connection_closed", close_reason=reason)), count, f"closed for {reason}")


@scenario(tls=True)
def protocol_errors_are_said_and_close(t):
    daemon = t.daemon()
    for name, data in PROTOCOL_ERRORS.items():
        client = daemon.client()
        client.send_bytes(encode("ECHO", "before") + data)
        same(client.read(), b"before", name)
        rest = client.read_to_end()
        true(rest.startswith(b"-ERR Protocol error: ") and rest.endswith(b"\r\n") and rest.count(b"\r\n") == 1,
             f"{name}: saw {rest!r}")
        client.close()
    count_closed(t, daemon, "protocol_error", len(PROTOCOL_ERRORS))
    same(daemon.client().ask("PING"), "PONG")


@scenario(tls=True)
def a_protocol_error_arrives_although_more_was_sent(t):
    """Closing a socket with unread input resets it, and the reset would overtake the reply."""
    daemon = t.daemon()
    for _ in range(10):
        client = daemon.client()
        client.send_bytes(b"*1\r\n:1\r\n" + b"x" * 200000)
        true(client.read().startswith("ERR Protocol error"), "the reply arrives")
        same(client.read_to_end(), b"", "nothing behind it")
        client.close()


@scenario(tls=True)
def foreign_protocols_execute_nothing(t):
    daemon = t.daemon()
    for name, data in FOREIGN.items():
        client = daemon.client()
        client.send_bytes(data)
        same(client.read_to_end(), b"", name)
        client.close()
    same(daemon.client().ask("GET", "foreign"), None, "a counter that a foreign protocol set")
    count_closed(t, daemon, "foreign_protocol", len(FOREIGN))


@scenario()
def a_real_tls_handshake_is_closed_at_once(t):
    daemon = t.daemon()
    client = daemon.client()
    started = time.monotonic()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    try:
        tls.wrap_socket(client.socket)
        true(False, "a handshake with a plain port must fail")
    except (ssl.SSLError, OSError):
        pass
    between(0, time.monotonic() - started, t.seconds(2), "seconds until closed")


@scenario()
def empty_requests_are_skipped(t):
    client = t.daemon().client()
    for empty in (b"*0\r\n", b"*-1\r\n", b"\r\n", b"\n", b"   \r\n", b"\r\n\n*0\r\n"):
        client.send_bytes(empty + b"PING\r\n")
        same(client.read_wire(), b"+PONG\r\n", repr(empty))


@scenario(tls=True)
def one_byte_at_a_time_gets_the_same_replies(t):
    client = t.daemon().client(slowly=True)
    requests = [(encode("ECHO", "a b"), b"$3\r\na b\r\n"), (b"PING\r\n", b"+PONG\r\n"), (b'ECHO "x\\x41"\n', b"$2\r\nxA\r\n"),
                (encode("NUMBERS", 1, 2), b"*2\r\n:1\r\n:2\r\n"), (b"*0\r\n*1\r\n$4\r\nPING\r\n", b"+PONG\r\n")]
    for request, reply in requests:
        client.send_bytes(request)
        same(client.read_wire(), reply)


@scenario(tls=True)
def half_close_gets_every_reply_and_then_the_end(t):
    daemon = t.daemon()
    client = daemon.client()
    client.send_bytes(encode("SLEEP", 50) + encode("NUMBERS", 1, 3, "EVERY", "10ms") + encode("INCR", "n") * 100 + b"*1\r\n$4")
    client.end_input()
    same(client.read_to_end(), b"+OK\r\n*3\r\n:1\r\n:2\r\n:3\r\n" + b"".join(b":%d\r\n" % i for i in range(1, 101)))
    count_closed(t, daemon, "peer", 1)


@scenario()
def names_with_control_bytes_can_not_split_a_reply(t):
    client = t.daemon().client()
    for evil in (b"X\r\n+OK", b"X\n:1", b"\x01\x7f\x1b[31m", b"$5\r\nhello"):
        for request in (encode(evil), encode("CLIENT", evil), encode("COMMAND", evil), encode("HASH", evil, 1, "x")):
            client.send_bytes(request + encode("PING", "mark"))
            wire = client.read_wire()
            true(wire.startswith(b"-ERR") and all(byte >= 32 for byte in wire[:-2]) and b"\x7f" not in wire,
                 f"{evil!r}: saw {wire!r}")
            same(client.read(), b"mark", "the reply behind it")


@scenario(tls=True)
def memory_does_not_follow_what_was_announced(t):
    daemon = t.daemon({"limits.max_request": "8M"})
    control = daemon.client()
    clients = daemon.clients(30)
    for client in clients:
        same(client.ask("PING"), "PONG")
    before = daemon.info(control)["rss_bytes"]
    for client in clients:
        client.send_bytes(b"*2\r\n$4\r\nECHO\r\n$8000000\r\nonly this much")
    for client in clients[:3]:  # an announcement that comes true still works
        client.send_bytes(b"x" * (8000000 - 14) + b"\r\n")
        same(len(client.read()), 8000000)
        client.close()
    if t.programs.sanitized:
        return
    grown = t.wait_until(lambda: daemon.info(control)["rss_bytes"], "INFO") - before
    between(-2**40, grown, 40 * 2**20, "bytes grown for 27 announced and 3 sent requests of 8 MB")


@scenario()
def a_request_at_its_limit_is_taken_and_one_over_is_not(t):
    daemon = t.daemon({"limits.max_request": "64k", "limits.max_args": 8})
    client = daemon.client()
    body = 65536 - len(b"*2\r\n$4\r\nECHO\r\n$65500\r\n\r\n")
    same(len(client.ask("ECHO", "x" * body)), body)
    same(client.ask("DEL", *"abcdefg"), 0)
    true(client.ask("ECHO", "x" * (body + 1)).startswith("ERR Protocol error"), "one byte more")
    client = daemon.client()
    true(client.ask("DEL", *"abcdefgh").startswith("ERR Protocol error"), "one argument more")


@scenario(tls=modes.only("pool"))
def a_hundred_thousand_pipelined_commands_leave_turns_for_others(t):
    """One client's flood takes seconds; others get their replies meanwhile, at the pace of turns."""
    daemon = t.daemon({"event.threads": 1, "prefork.workers": 1} if not t.mode.classic else {})
    flood, other = daemon.client(timeout=t.seconds(50)), daemon.client(timeout=t.seconds(20))
    count = 100000
    before = daemon.info(other)["rss_bytes"] if not t.mode.classic else 0
    request = encode("SPIN", 10) * 99 + encode("INCR", "flood")
    sender = threading.Thread(target=flood.send_bytes, args=(request * (count // 100),), daemon=True)
    sender.start()
    same(flood.read(), "OK")
    answered, slowest = 0, 0.0
    while answered < 200:
        started = time.monotonic()
        same(other.ask("PING"), "PONG")
        slowest = max(slowest, time.monotonic() - started)
        answered += 1
    reached = int(other.ask("GET", "flood") or 0)
    true(reached < count // 100, f"the flood was over before another client had {answered} replies")
    replies = [flood.read() for _ in range(count - 1)]
    sender.join()
    same([reply for reply in replies if isinstance(reply, int)], list(range(1, count // 100 + 1)), "counted replies")
    same(sum(1 for reply in replies if isinstance(reply, Error)), 0)
    t.note(f"slowest PING beside the flood {slowest * 1000:.1f} ms")
    if before and not t.programs.sanitized:
        between(-2**40, daemon.info(other)["rss_bytes"] - before, 8 * 2**20, "bytes grown by a flood")


@scenario(tls=True)
def pipelines_of_many_clients_keep_their_order(t):
    daemon = t.daemon()

    def script(number):
        for turn in range(5):
            replies = yield [["ECHO", f"{number}.{turn}.{i}"] for i in range(500)]
            same(replies, [b"%d.%d.%d" % (number, turn, i) for i in range(500)])

    t.closing(Swarm(daemon.port, [script(i) for i in range(16)], t.seconds(30), tls=daemon.tls)).run()


@scenario(tls=modes.only("pool"))
def a_large_reply_arrives_whole(t):
    client = t.daemon().client()
    same(client.ask("NUMBERS", 1, 300000), list(range(1, 300001)))
    same(client.ask("PING"), "PONG")
