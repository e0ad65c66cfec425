# SPDX-License-Identifier: Apache-2.0
"""Where clients connect: IPv4, IPv6, unix sockets, several at once."""

import os
import socket

from harness import modes
from harness.errors import Failed, same, true
from harness.folder import Folder
from harness.resp import Client
from harness.scenario import scenario


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@scenario()
def three_kinds_at_once(t):
    if not has_ipv6():
        t.skip("this machine has no ::1")
    path = os.path.join(t.closing(Folder()).path, "socket")
    daemon = t.daemon({"server.listen": f"127.0.0.1:0,[::1]:0,unix:{path}"})
    same(len(daemon.listens), 3)
    four = daemon.client()
    six = t.closing(Client(address=("::1", int(daemon.listens[1].rpartition(":")[2])), family=socket.AF_INET6))
    local = t.closing(Client(address=path, family=socket.AF_UNIX))
    for number, client in enumerate((four, six, local)):
        same(client.ask("INCR", "n"), number + 1)
    for client in (four, six, local):
        same(client.ask("GET", "n"), b"3")
        client.send("SLEEP", 30)
        client.end_input()
        same(client.read_to_end(), b"+OK\r\n")
    extra = t.closing(Client(address=path, family=socket.AF_UNIX))
    true("addr=unix" in extra.ask("CLIENT", "LIST").decode(), "CLIENT LIST shows a unix peer")
    daemon.term()
    same(daemon.wait_exit(), 0)
    same(os.path.exists(path), False, "the unix socket's name after the end")


@scenario(rows=modes.once)
def a_dead_daemons_unix_socket_is_replaced_and_a_live_ones_is_not(t):
    path = os.path.join(t.closing(Folder()).path, "socket")
    first = t.daemon({"server.listen": f"unix:{path}"})
    second = t.daemon({"server.listen": f"unix:{path}"}, ready=False)
    same(second.wait_exit(), 1, "exit status where a live daemon listens")
    same(t.closing(Client(address=path, family=socket.AF_UNIX)).ask("PING"), "PONG", "the live one")
    first.crash_expected = True
    first.process.kill()
    first.wait_exit()
    true(os.path.exists(path), "the dead one leaves its name")
    t.daemon({"server.listen": f"unix:{path}"})
    same(t.closing(Client(address=path, family=socket.AF_UNIX)).ask("PING"), "PONG", "the next one")


@scenario(rows=modes.once)
def a_taken_port_is_said_and_is_exit_status_1(t):
    first = t.daemon()
    second = t.daemon({"server.listen": f"127.0.0.1:{first.port}"}, ready=False)
    same(second.wait_exit(), 1)
    true(any("in use" in line and str(first.port) in line for line in second.tail()), "the reason is said")
    same(first.client().ask("PING"), "PONG")


@scenario()
def a_wrong_listener_among_right_ones_starts_nothing(t):
    first = t.daemon()
    second = t.daemon({"server.listen": f"127.0.0.1:0,127.0.0.1:{first.port}"}, ready=False)
    same(second.wait_exit(), 1)
    same(second.events("ready"), [])
    if second.events("worker_started"):
        raise Failed("workers were started although a listener can't be had")
