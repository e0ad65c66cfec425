# SPDX-License-Identifier: Apache-2.0
"""Every command's basic contract, byte by byte: in RESP2, RESP3 and inline, the same from every mode. A client can't tell
the modes apart but by WHOAMI (and HELLO, which repeats the mode)."""

import hashlib
import os
import time

from harness import proc
from harness.errors import between, same, true
from harness.folder import Folder
from harness.resp import Error, encode, inline
from harness.scenario import scenario

BIG = 2**63 - 1

# (request, reply as RESP2), or a third element where RESP3 differs. In order: later rows live on what earlier ones did.
CONTRACT = [
    (["PING"], b"+PONG\r\n"),
    (["ping"], b"+PONG\r\n"),
    (["PING", "hello there"], b"$11\r\nhello there\r\n"),
    (["ECHO", ""], b"$0\r\n\r\n"),
    (["ECHO", b"\x00\r\n\xff\"\\"], b"$6\r\n\x00\r\n\xff\"\\\r\n"),
    (["ECHO"], b"-ERR wrong number of arguments for 'echo' command\r\n"),
    (["ECHO", "a", "b"], b"-ERR wrong number of arguments for 'echo' command\r\n"),
    (["PING", "a", "b"], b"-ERR wrong number of arguments for 'ping' command\r\n"),
    (["NOSUCH", "x"], b"-ERR unknown command 'NOSUCH'\r\n"),
    (["CLIENT", "GETNAME"], b"$-1\r\n", b"_\r\n"),
    (["CLIENT", "SETNAME", "kim"], b"+OK\r\n"),
    (["CLIENT", "GETNAME"], b"$3\r\nkim\r\n"),
    (["CLIENT", "SETINFO", "LIB-NAME", "lib"], b"+OK\r\n"),
    (["CLIENT", "SETINFO", "LIB-VER", "1.0"], b"+OK\r\n"),
    (["SLEEP", "0"], b"+OK\r\n"),
    (["SLEEP", "5"], b"+OK\r\n"),
    (["BLOCK", "0"], b"+OK\r\n"),
    (["BLOCK", "5"], b"+OK\r\n"),
    (["SPIN", "100"], b"+OK\r\n"),
    (["READ", "x"], b"-NOPERM READ is refused: server.files_root is not set\r\n"),
    (["PRIMES", "0"], b":0\r\n"),
    (["PRIMES", "2"], b":1\r\n"),
    (["PRIMES", "20000"], b":2262\r\n"),
    (["HASH", "sha256", "1", "abc"], b"$64\r\n" + hashlib.sha256(b"abc").hexdigest().encode() + b"\r\n"),
    (["HASH", "sha256", "2", "abc"],
     b"$64\r\n" + hashlib.sha256(hashlib.sha256(b"abc").digest()).hexdigest().encode() + b"\r\n"),
    (["SQUARE", "12"], b":144\r\n"),
    (["SQUARE", "-3037000499"], b":9223372030926249001\r\n"),
    (["NUMBERS", "1", "3"], b"*3\r\n:1\r\n:2\r\n:3\r\n"),
    (["NUMBERS", "-1", "1", "EVERY", "1ms"], b"*3\r\n:-1\r\n:0\r\n:1\r\n"),
    (["LETTERS", "a", "c"], b"*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"),
    (["LETTERS", "X", "Y", "EVERY", "1ms"], b"*2\r\n$1\r\nX\r\n$1\r\nY\r\n"),
    (["GET", "n"], b"$-1\r\n", b"_\r\n"),
    (["INCR", "n"], b":1\r\n"),
    (["INCRBY", "n", "41"], b":42\r\n"),
    (["DECR", "n"], b":41\r\n"),
    (["DECRBY", "n", "-9"], b":50\r\n"),
    (["GET", "n"], b"$2\r\n50\r\n"),
    (["SET", "n", str(BIG)], b"+OK\r\n"),
    (["INCR", "n"], b"-ERR increment or decrement would overflow\r\n"),
    (["INCRBY", "n", str(BIG)], b"-ERR increment or decrement would overflow\r\n"),
    (["GET", "n"], b"$19\r\n9223372036854775807\r\n"),
    (["SET", "n", str(-BIG)], b"+OK\r\n"),
    (["DECRBY", "n", "5"], b"-ERR increment or decrement would overflow\r\n"),
    (["DEL", "n", "nothing"], b":1\r\n"),
    (["GET", "n"], b"$-1\r\n", b"_\r\n"),
    (["AUTH", "secret"], b"-ERR AUTH was sent, but this server has no users configured\r\n"),
    (["CRASH"], b"-NOPERM command 'crash' needs [faults] enable = yes\r\n"),
    (["HANG", "1"], b"-NOPERM command 'hang' needs [faults] enable = yes\r\n"),
    (["COMMAND", "INFO", "nosuch"], b"*1\r\n$-1\r\n", b"*1\r\n_\r\n"),
    (["CONFIG", "GET", "server.max_clients"], b"*2\r\n$18\r\nserver.max_clients\r\n$4\r\n5000\r\n",
     b"%1\r\n$18\r\nserver.max_clients\r\n$4\r\n5000\r\n"),
    (["CONFIG", "GET", "no.such"], b"*0\r\n", b"%0\r\n"),
    (["HELLO", "4"], b"-NOPROTO unsupported protocol version\r\n"),
]

# What is out of bounds: the reply's beginning.
REFUSED = [
    (["SLEEP", "-1"], "ERR argument 1"), (["SLEEP", "3600001"], "ERR argument 1"), (["SLEEP", "1.5"], "ERR argument 1"),
    (["SLEEP", "99999999999999999999"], "ERR argument 1"), (["BLOCK", "x"], "ERR argument 1"),
    (["SPIN", "-5"], "ERR argument 1"), (["PRIMES", "1000000001"], "ERR argument 1"), (["PRIMES", ""], "ERR argument 1"),
    (["HASH", "nosuch", "1", "x"], "ERR unknown"), (["HASH", "sha256", "0", "x"], "ERR argument 2"),
    (["SQUARE", "3037000500"], "ERR argument 1"), (["SQUARE", "+5"], "ERR argument 1"),
    (["SQUARE", " 5"], "ERR argument 1"), (["NUMBERS", "2", "1"], "ERR the range"),
    (["NUMBERS", "1", "1000001"], "ERR the range"), (["NUMBERS", "1", "2", "EVERY"], "ERR syntax"),
    (["NUMBERS", "1", "2", "EVERY", "5"], "ERR argument 4"), (["NUMBERS", "1", "2", "EVERY", "2h"], "ERR argument 4"),
    (["LETTERS", "a", "Z"], "ERR both letters"), (["LETTERS", "a", "bb"], "ERR argument 2"),
    (["LETTERS", "z", "a"], "ERR the range"), (["INCRBY", "n", "1e3"], "ERR value"),
    (["INCRBY", "n", "9223372036854775808"], "ERR value"), (["SET", "n", "-9223372036854775808"], "ERR value"),
    (["INCR", ""], "ERR a counter"), (["INCR", "x" * 300], "ERR a counter"),
    (["CLIENT", "SETNAME", "a b"], "ERR a client name"), (["CLIENT", "NOSUCH"], "ERR unknown subcommand"),
    (["CLIENT", "KILL", "ID", "x"], "ERR"), (["CLIENT"], "ERR wrong number"), (["COMMAND", "NOSUCH"], "ERR unknown sub"),
    (["HELLO", "3", "SETNAME"], "ERR syntax"), (["CONFIG", "SET", "a", "b"], "ERR unknown subcommand"),
]

NAMES = """ping echo hello auth quit reset client whoami info command config time sleep block read primes hash spin square
work numbers letters incr decr incrby decrby get set del crash hang""".split()


def check_contract(t, write, protocol):
    daemon = t.daemon({"server.max_clients": 5000})
    client = daemon.client()
    if protocol == 3:
        true(client.ask("HELLO", 3)[b"proto"] == 3, "HELLO 3 answers a map with proto 3")
    for row in CONTRACT:
        client.send_bytes(write(*row[0]))
        same(client.read_wire(), row[-1] if protocol == 3 else row[1], " ".join(map(str, row[0]))[:60])
    for request, beginning in REFUSED:
        client.send_bytes(write(*request))
        reply = client.read()
        true(isinstance(reply, Error) and reply.startswith(beginning), f"{request}: saw {reply!r}")
    client.send_bytes(write("QUIT"))
    same(client.read_to_end(), b"+OK\r\n", "QUIT")


@scenario(tls=True)
def contract_in_resp2(t):
    check_contract(t, encode, 2)


@scenario()
def contract_in_resp3(t):
    check_contract(t, encode, 3)


@scenario()
def contract_inline(t):
    check_contract(t, inline, 2)


@scenario()
def contract_inline_with_a_lone_line_feed(t):
    check_contract(t, lambda *words: inline(*words, end=b"\n"), 2)


@scenario()
def contract_pipelined_in_one_write(t):
    client = t.daemon({"server.max_clients": 5000}).client()
    client.send_bytes(b"".join(encode(*row[0]) for row in CONTRACT))
    for row in CONTRACT:
        same(client.read_wire(), row[1], " ".join(map(str, row[0]))[:60])


@scenario()
def hello_switches_and_reset_switches_back(t):
    client = t.daemon().client()
    two = client.ask("HELLO", 2)
    true(isinstance(two, list) and two[two.index(b"proto") + 1] == 2, "HELLO 2 answers a flat array")
    three = client.ask("HELLO", "3", "SETNAME", "bob")
    same((three[b"server"], three[b"proto"], three[b"mode"]), (b"concurd", 3, t.mode.model.encode()))
    same(client.ask("CLIENT", "GETNAME"), b"bob")
    client.send("GET", "absent")
    same(client.read_wire(), b"_\r\n", "null in RESP3")
    same(client.ask("RESET"), "RESET")
    client.send("GET", "absent")
    same(client.read_wire(), b"$-1\r\n", "null after RESET")
    same(client.ask("CLIENT", "GETNAME"), None, "name after RESET")


@scenario()
def whoami_tells_the_truth(t):
    daemon = t.daemon()
    client, other = daemon.client(), daemon.client()
    who = client.whoami()
    same((who["mode"], who["inner"], who["generation"]), (t.mode.model, t.mode.inner, 1))
    same(who["connection"], client.ask("CLIENT", "ID"), "connection")
    true(other.whoami()["connection"] != who["connection"], "connections have numbers of their own")
    if t.mode.prefork:
        true(who["pid"] in daemon.workers(), "pid is a worker's")
    else:
        same(who["pid"], daemon.pid, "pid")
    true(who["tid"] in proc.tasks(who["pid"]), "tid is a thread of that process")
    if not t.mode.prefork:
        true(who["tid"] != who["pid"], "commands never run in the master's main thread")


@scenario()
def the_command_table_is_whole(t):
    client = t.daemon().client()
    names = [name.decode() for name in client.ask("COMMAND", "LIST")]
    same(sorted(names), sorted(NAMES), "commands")
    same(client.ask("COMMAND", "COUNT"), len(NAMES))
    rows = client.ask("COMMAND")
    same(sorted(row[0].decode() for row in rows), sorted(NAMES))
    arity = {row[0].decode(): row[1] for row in rows}
    same((arity["echo"], arity["ping"], arity["incrby"], arity["del"]), (2, -1, 3, -2), "arities")
    docs = client.ask("COMMAND", "DOCS", "sleep")
    same(docs[0], b"sleep")
    same(len(client.ask("COMMAND", "DOCS")), 2 * len(NAMES))


@scenario()
def time_is_now(t):
    seconds, micros = (int(part) for part in t.daemon().client().ask("TIME"))
    between(time.time() - 30, seconds, time.time() + 30, "TIME")
    between(0, micros, 999999, "microseconds")


@scenario()
def read_stays_below_its_root(t):
    root = os.path.join(t.closing(Folder()).path, "root")
    os.mkdir(root)
    with open(os.path.join(root, "hello"), "wb") as file:
        file.write(b"some bytes\r\n\x00")
    with open(os.path.join(os.path.dirname(root), "secret"), "wb") as file:
        file.write(b"secret")
    os.symlink("../secret", os.path.join(root, "link"))
    os.symlink("hello", os.path.join(root, "inside"))
    os.mkdir(os.path.join(root, "folder"))
    os.mkfifo(os.path.join(root, "pipe"))
    client = t.daemon({"server.files_root": root}).client()
    same(client.ask("READ", "hello"), b"some bytes\r\n\x00")
    for name in ("../secret", "link", "inside", os.path.join(os.path.dirname(root), "secret"), "folder", "pipe", "absent",
                 "", b"hello\x00", "folder/../../secret", "/proc/self/environ", "x" * 5000):
        reply = client.ask("READ", name)
        true(isinstance(reply, Error) and reply.startswith("ERR"), f"READ {name!r}: saw {reply!r}")


@scenario()
def disabled_commands_are_refused(t):
    client = t.daemon({"commands.disable": "spin,BLOCK"}).client()
    for name in ("SPIN", "block"):
        reply = client.ask(name, "1")
        true(isinstance(reply, Error) and reply.startswith("NOPERM"), f"{name}: saw {reply!r}")
    same(client.ask("SLEEP", "1"), "OK")
