# SPDX-License-Identifier: Apache-2.0
"""Who visits a daemon in a soak: clients that stay and check every reply, clients that come and go, and peers that mean no
good. Each is a thread that takes one step after the other and can be told to rest, when it lets go of all that it holds."""

import os
import random
import socket
import ssl
import threading
import time

from harness.resp import Client, Closed, Error, encode

STEADY = 8   # connections that stay
HELD = 24    # that hostile peers hold at most
TIMEOUT = 20


class Visitor(threading.Thread):
    """Steps until it is stopped; between two steps it may be made to rest."""

    def __init__(self, soak, seed):
        super().__init__(daemon=True)
        self.soak = soak
        self.random = random.Random(seed)
        self.turn = threading.Lock()

    def run(self):
        while not self.soak.stopping.is_set():
            self.soak.open.wait(1)
            with self.turn:
                if not self.soak.open.is_set() or self.soak.stopping.is_set():
                    continue
                try:
                    self.step()
                except Exception as failure:  # a fault of the daemon's, or of ours: both are told
                    self.soak.unexpected(f"{type(self).__name__}: {type(failure).__name__}: {failure}")
            time.sleep(self.pause())

    def pause(self):
        return 0.002

    def step(self):
        raise NotImplementedError

    def rest(self):
        """Holds nothing; called while it can't step."""

    def client(self, **options):
        secure = self.soak.secure and self.random.random() < 0.4
        return Client(self.soak.port(secure), timeout=TIMEOUT, tls=self.soak.tls if secure else None, **options)


def checked(client, chance):
    """One exchange, right or not at all."""
    number = chance.randrange(1, 1000)
    request, expected = chance.choice([
        (["PING"], "PONG"), (["ECHO", str(number)], b"%d" % number), (["SQUARE", str(number)], number * number),
        (["ECHO", "x" * (number * 40)], b"x" * (number * 40)), (["SLEEP", "1"], "OK"), (["PRIMES", "1000"], 168),
        (["NUMBERS", "1", str(number)], list(range(1, number + 1))), (["NUMBERS", "1", "2", "EVERY", "1ms"], [1, 2]),
        (["INCRBY", "soak", "0"], 0), (["CLIENT", "SETNAME", f"soak-{number}"], "OK"), (["CLIENT", "LIST"], None),
        (["WORK", "alloc=200k", "reply=1k"], None), (["COMMAND", "DOCS"], None), (["INFO"], None)])
    reply = client.ask(*request)
    if chance.random() < 0.02 and client.ask("AUTH", "anna", "secret")[:4] not in ("OK", "BUSY"):
        raise ValueError("AUTH")
    if (expected is None and isinstance(reply, Error)) or (expected is not None and reply != expected):
        raise ValueError(f"{request[0]}: {str(reply)[:100]}")


class Steady(Visitor):
    """Connections that stay for as long as they can."""

    def __init__(self, soak, seed):
        super().__init__(soak, seed)
        self.clients = [self.client() for _ in range(STEADY)]

    def step(self):
        at = self.random.randrange(STEADY)
        try:
            checked(self.clients[at], self.random)
        except ConnectionError as error:
            self._renew(at, error)

    def _renew(self, at, error):
        self.soak.lost(self, error, self.clients[at])
        self.clients[at].close()
        self.clients[at] = self.client()

    def rest(self):
        """These stay; whom a fault has cost the connection has another."""
        for at in range(STEADY):
            try:
                self.clients[at].ask("PING")
            except ConnectionError as error:
                self._renew(at, error)

    def pause(self):
        return 0.004


class Churn(Visitor):
    """Comes, asks, and goes in one way or another."""

    def step(self):
        client, did = None, "connect"
        try:
            client = self.client()
            did = "TLS" if client.wire.secure else "plain"
            for _ in range(self.random.randrange(4)):
                checked(client, self.random)
            did += ", leaving"
            self._leave(client)
        except ConnectionError as error:
            self.soak.lost(self, f"{did}: {error}", client)
        finally:
            if client is not None:
                client.close()

    def _leave(self, client):
        way = self.random.randrange(4)
        if way == 0:
            if client.ask("QUIT") != "OK":
                raise ValueError("QUIT")
        elif way == 1:
            client.send("PING")
            client.end_input()
            if client.read_to_end() != b"+PONG\r\n":
                raise Closed("half-closed, without a reply")
        elif way == 2:
            client.reset()


class Hostile(Visitor):
    """Means no good, and is owed nothing: what it must not do is cost the others anything, or leave anything behind."""

    def __init__(self, soak, seed):
        super().__init__(soak, seed)
        self.held = []

    def step(self):
        while len(self.held) > HELD:
            self.held.pop(self.random.randrange(len(self.held))).close()
        try:
            self.random.choice(self.ATTACKS)(self)
        except (OSError, ssl.SSLError):  # cut short
            pass

    def rest(self):
        for one in self.held:
            one.close()
        self.held.clear()

    def pause(self):
        return 0.01

    def _raw(self, port, receive_buffer=None):
        peer = socket.socket()
        if receive_buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        peer.settimeout(2)
        peer.connect(("127.0.0.1", port))
        self.held.append(peer)
        return peer

    def _any_port(self):
        return self.soak.port(self.soak.secure and self.random.random() < 0.5)

    def bad_bytes(self):
        self._raw(self._any_port()).sendall(os.urandom(self.random.randrange(1, 3000)))

    def protocol_error(self):
        self._raw(self._any_port()).sendall(encode("ECHO", "a") + b"*1\r\n:1\r\n" + b"x" * self.random.randrange(90000))

    def half_request(self):
        self._raw(self.soak.port(False)).sendall(b"*2\r\n$4\r\nECHO\r\n$900000\r\nonly this")

    def half_open(self):
        self._raw(self._any_port())

    def reader_of_nothing(self):
        peer = self._raw(self.soak.port(False), 4096)
        peer.setblocking(False)
        peer.send(encode("ECHO", "x" * 50000) * 10 + encode("NUMBERS", 1, 100000) * 3)

    def pipeline_unread(self):
        self._raw(self.soak.port(False)).sendall(encode("INCR", "flood") * 2000)

    def reset_in_reply(self):
        peer = self._raw(self._any_port())
        peer.sendall(encode("NUMBERS", 1, 50000) + encode("SLEEP", 5000))
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.held.remove(peer)
        peer.close()

    def web(self):
        self._raw(self.soak.port(False)).sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    def urgent(self):
        peer = self._raw(self.soak.port(False))
        peer.send(b"!", socket.MSG_OOB)
        peer.sendall(encode("PING"))

    def wrong_password(self):
        self._raw(self.soak.port(False)).sendall(encode("AUTH", "nobody", "nothing") * 3)

    def half_web_request(self):
        self._raw(self.soak.daemon.admin_port()).sendall(b"GET /healthz HTTP/1.1\r\nX: ")

    def drip(self):
        for peer in self.held[:6]:
            peer.send(b"*")

    def handshake_stalled(self):
        if self.soak.secure:
            self._raw(self.soak.port(True)).sendall(bytes.fromhex("16030100c8010000c40303") + os.urandom(60))

    def cut_without_notice(self):
        if self.soak.secure:
            client = Client(self.soak.port(True), timeout=2, tls=self.soak.tls)
            client.send("SLEEP", 20)
            client.cut_input()
            self.held.append(client.socket)

    ATTACKS = [bad_bytes, protocol_error, half_request, half_open, reader_of_nothing, pipeline_unread, reset_in_reply, web, urgent,
               wrong_password, half_web_request, drip, handshake_stalled, cut_without_notice]
