# SPDX-License-Identifier: Apache-2.0
"""A driver that makes a server do the same work every time: rounds in which each connection sends one batch of PING
in a single segment, then every reply is awaited and checked. With one connection nothing is left to chance: each
batch is one turn of the server. With several, the server may share a wait among those that are ready, never do more.
"""

import socket

from servers import Failed

REQUEST = b"*1\r\n$4\r\nPING\r\n"
REPLY = b"+PONG\r\n"
TIMEOUT_S = 20


class Lockstep:
    """Open connections to one server. Closes them when left as a context manager."""

    def __init__(self, port, connections, pipeline):
        self.request = REQUEST * pipeline
        self.reply = REPLY * pipeline
        self.sockets = []
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(one)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    def rounds(self, count):
        for _ in range(count):
            for one in self.sockets:
                one.sendall(self.request)
            for one in self.sockets:
                self._expect_reply(one)

    def _expect_reply(self, one):
        got = b""
        while len(got) < len(self.reply):
            part = one.recv(len(self.reply) - len(got))
            if not part:
                raise Failed("the server closed the connection")
            got += part
        if got != self.reply:
            raise Failed(f"a reply was {got[:40]!r}")
