# SPDX-License-Identifier: Apache-2.0
"""Socket activation: listening sockets that a parent hands in by name, and keeps."""

import os
import signal
import socket
import threading

from harness import modes, proc
from harness.errors import same, true
from harness.folder import Folder
from harness.notify import Notify
from harness.resp import Client, Closed
from harness.scenario import scenario


def listening(t, family=socket.AF_INET, address=("127.0.0.1", 0), kind=socket.SOCK_STREAM, queue=64):
    one = t.closing(socket.socket(family, kind))
    one.bind(address)
    if queue:
        one.listen(queue)
    return one


def local(t):
    """A listening unix socket and its path."""
    path = os.path.join(t.closing(Folder()).path, "socket")
    return listening(t, socket.AF_UNIX, path), path


@scenario()
def clients_are_served_on_what_was_handed_in(t):
    tcp, (unix, path), admin = listening(t), local(t), listening(t)
    daemon = t.daemon(inherits=[(tcp, "concurd"), (unix, "concurd"), (admin, "admin")])
    same(daemon.listens, [f"127.0.0.1:{tcp.getsockname()[1]}", f"unix:{path}"])
    same(daemon.admin_port(), admin.getsockname()[1])
    same(daemon.http("/readyz")[0], 200)
    same(daemon.client().ask("INCR", "n"), 1)
    other = t.closing(Client(address=path, family=socket.AF_UNIX))
    same(other.ask("INCR", "n"), 2)
    same(daemon.events("listen_ignored"), [])
    daemon.term()
    same(daemon.wait_exit(), 0)
    true(os.path.exists(path), "the unix socket's name is its maker's")
    same(tcp.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), 1, "still listening")


@scenario(rows=modes.once)
def the_admin_listener_may_be_a_unix_socket(t):
    tcp, (unix, path) = listening(t), local(t)
    t.daemon(inherits=[(tcp, "concurd"), (unix, "admin")])
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        true(client.makefile("rb").read().startswith(b"HTTP/1.0 200"), "an answer over the unix socket")


@scenario()
def who_waits_in_the_queue_is_served_by_the_next_daemon(t):
    tcp = listening(t)
    port = tcp.getsockname()[1]
    first = t.daemon(inherits=[(tcp, "concurd")])
    idle, sleeper = first.client(), first.client()
    same(idle.ask("PING"), "PONG")
    sleeper.send("SLEEP", 700)
    first.wait_running("sleep")
    first.term()
    first.wait_event("draining")
    waiting = [t.closing(Client(port, timeout=t.seconds(20))) for _ in range(10)]  # connect at once, to nobody
    for client in waiting:
        client.send("PING")
    same(sleeper.read(), "OK")
    same(first.wait_exit(), 0)
    same(int(first.events("drained")[0]["connections"]), 2, "connections of the first")
    waiting += [t.closing(Client(port, timeout=t.seconds(20))) for _ in range(10)]
    for client in waiting[10:]:
        client.send("PING")
    second = t.daemon(inherits=[(tcp, "concurd")])
    for client in waiting:
        same(client.read(), "PONG")
    same(second.info()["rejected_clients"], 0)


@scenario(rows=modes.crowded)
def restarts_under_load_refuse_nobody(t):
    tcp = listening(t, queue=4096)
    port, stop, failures = tcp.getsockname()[1], threading.Event(), []
    counts, again = [0] * 4, [0] * 4

    def ask(number):
        """A connection per request. One that had sent nothing yet when a drain began is closed as idle, and asks again."""
        while not stop.is_set():
            try:
                client = Client(port, timeout=t.seconds(20))
            except OSError as refused:
                failures.append(refused)
                return
            try:
                same(client.ask("PING"), "PONG")
                counts[number] += 1
            except Closed:
                again[number] += 1
            except Exception as failure:  # pylint: disable=broad-except
                failures.append(failure)
            finally:
                client.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(counts))]
    daemon = t.daemon(inherits=[(tcp, "concurd")])
    for thread in threads:
        thread.start()
    try:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGTERM):
            before = sum(counts)
            t.wait_until(lambda: failures or sum(counts) > before + 100, "answers")
            daemon.signal(number)
            daemon.wait_exit()
            daemon = t.daemon(inherits=[(tcp, "concurd")])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    same(failures, [], "failed connections and requests")
    true(max(again) <= 3, f"{again} of each client's requests asked again over 3 restarts")
    t.note(f"{sum(counts)} requests over 3 restarts, {sum(again)} asked again, none refused")


def refused(t, words, inherits, status=78, **environment):
    daemon = t.daemon(inherits=inherits, environment=environment, ready=False)
    same(daemon.wait_exit(), status, "exit status")
    true(any(words in line for line in daemon.tail()), f"{daemon.tail()} says '{words}'")


@scenario(rows=modes.once)
def every_wrong_inheritance_is_refused_and_said(t):
    good = listening(t)
    with open(os.devnull, encoding="ascii") as file:
        refused(t, "is no socket", [(file, "concurd")])
    refused(t, "does not listen", [(listening(t, queue=0), "concurd")])
    refused(t, "is no stream socket", [(listening(t, kind=socket.SOCK_DGRAM, queue=0), "concurd")])
    refused(t, "'concurd.socket'; it must be concurd, server, tls or admin", [(good, "concurd.socket")])
    refused(t, "named admin, and one is all", [(good, "concurd"), (listening(t), "admin"), (listening(t), "admin")])
    refused(t, "without names", [(good, None)])
    refused(t, "do not fit", [(good, "concurd:admin")])
    refused(t, "3 and 4 are the same socket", [(good, "concurd"), (good, "admin")])
    refused(t, "LISTEN_FDS=many is not a number", [(good, "concurd")], LISTEN_FDS="many")
    refused(t, "is not open", [(good, "concurd:concurd")], LISTEN_FDS="2")


@scenario(rows=modes.once)
def sockets_for_another_process_are_none_of_ours(t):
    daemon = t.daemon({"server.listen": "127.0.0.1:0"}, inherits=[(listening(t), "nobody")],
                      environment={"LISTEN_PID": "1"})
    same(daemon.client().ask("PING"), "PONG")


@scenario()
def a_listen_that_says_something_else_is_warned_about(t):
    tcp, admin = listening(t), listening(t)
    port = tcp.getsockname()[1]
    other = f"127.0.0.1:{port ^ 1},[::1]:{port}"
    daemon = t.daemon({"server.listen": other, "admin.listen": "none"},
                      inherits=[(tcp, "concurd"), (admin, "admin")])
    ignored = {record["key"]: record for record in daemon.wait_event("listen_ignored", 2)}
    same(ignored["server.listen"]["configured"], other.replace(",", ", "))
    same(ignored["server.listen"]["inherited"], f"127.0.0.1:{port}")
    same(ignored["admin.listen"]["configured"], "none")
    same(daemon.http("/healthz")[0], 200)
    same(daemon.client().ask("PING"), "PONG")


@scenario(rows=modes.once)
def a_listen_that_says_the_same_is_not(t):
    one, two = listening(t), listening(t)
    daemon = t.daemon({"server.listen": ",".join(f"127.0.0.1:{socket_.getsockname()[1]}" for socket_ in (two, one))},
                      inherits=[(one, "concurd"), (two, "concurd")])
    same(daemon.events("listen_ignored"), [])


@scenario(rows=modes.preforked)
def workers_know_nothing_of_it(t):
    notify = t.closing(Notify())
    tcp = listening(t)
    daemon = t.daemon(inherits=[(tcp, "concurd")], environment=notify.environment(WATCHDOG_USEC="10000000"))
    inode = os.stat(f"/proc/self/fd/{tcp.fileno()}").st_ino
    for pid in daemon.workers():
        with open(f"/proc/{pid}/environ", "rb") as file:
            variables = {line.split(b"=")[0].decode() for line in file.read().split(b"\0") if line}
        same({name for name in variables if name.startswith(("LISTEN_", "NOTIFY", "WATCHDOG"))}, set(), "variables")
        held = [fd for fd in os.listdir(f"/proc/{pid}/fd") if os.stat(f"/proc/{pid}/fd/{fd}").st_ino == inode]
        same(held, [], "descriptors of the listening socket in a worker")
    true(proc.alive(daemon.pid), "the master lives")
