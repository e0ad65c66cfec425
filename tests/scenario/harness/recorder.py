# SPDX-License-Identifier: Apache-2.0
"""A server that believes nobody: it answers every request with OK and keeps its bytes and when the kernel got them, so
that what a load generator says can be held against what it did."""

import selectors
import socket
import struct
import threading
import time

from harness import resp

SO_TIMESTAMPNS = 35  # not in Python's socket module
ANCILLARY_BYTES = socket.CMSG_SPACE(16)
ASKED_FOR_FIGURES = (b"INFO", b"COMMAND", b"CONFIG", b"HELLO")  # what a client asks before and behind its load


class Peer:
    """One connection: what it sent, and what of that has been taken for requests."""

    def __init__(self, connection):
        self.connection = connection
        self.received = bytearray()
        self.at = 0
        self.is_load = True


class Recorder:
    """Runs in a thread of its own until closed. `requests` are (arrival in ns, wire bytes, number of the connection)."""

    def __init__(self):
        self.requests = []
        self.peers = []
        self.failure = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        # Accepted sockets inherit it, so that also what comes before accept is stamped.
        self._listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._waker, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._waker, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._waker:
                        return
                    if key.fileobj is self._listener:
                        self._accept()
                    else:
                        self._read(key.data)
        except Exception as failure:  # told by the scenario's thread
            self.failure = failure

    def _accept(self):
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        peer = Peer(connection)
        self.peers.append(peer)
        self._selector.register(connection, selectors.EVENT_READ, peer)

    def _read(self, peer):
        try:
            data, ancillary, _, _ = peer.connection.recvmsg(65536, ANCILLARY_BYTES)
        except ConnectionError:
            data = b""
        if not data:
            self._selector.unregister(peer.connection)
            peer.connection.close()
            return
        arrived = stamp(ancillary)
        peer.received += data
        replies = 0
        while True:
            try:
                words, end = resp.parse(peer.received, peer.at)
            except resp.Incomplete:
                break
            if words[0].upper() in ASKED_FOR_FIGURES:
                peer.is_load = False
            if peer.is_load:
                self.requests.append((arrived, bytes(peer.received[peer.at:end]), self.peers.index(peer)))
            peer.at = end
            replies += 1
        peer.connection.sendall(b"+OK\r\n" * replies)

    def close(self):
        """Ends the thread and closes everything; what was kept stays."""
        if self._thread.is_alive():
            self._wake.send(b"x")
            self._thread.join()
        for peer in self.peers:
            peer.connection.close()
        self._listener.close()
        self._waker.close()
        self._wake.close()
        self._selector.close()
        if self.failure is not None:
            raise self.failure

    def arrivals(self):
        """When the requests came, in seconds, in order."""
        return sorted(arrived / 1e9 for arrived, _, _ in self.requests)

    def sequences(self):
        """What came over each connection of the load, in the order in which they connected."""
        return [bytes(peer.received) for peer in self.peers if peer.is_load and peer.received]

    def sequence(self):
        """All requests in the order in which they came."""
        return [wire for _, wire, _ in sorted(self.requests, key=lambda request: request[0])]


def stamp(ancillary):
    """The kernel's time of arrival, whenever we came to read it; the reading's own where there is none."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return seconds * 10**9 + nanoseconds
    return time.time_ns()
