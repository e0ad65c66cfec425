# SPDX-License-Identifier: Apache-2.0
"""Thousands of clients in one thread. What a client does is a generator: it yields a list of commands (or bytes to be sent
as they are, and how many replies they have) and gets the list of replies. What it finds wrong it raises."""

import resource
import selectors
import socket
import threading
import time

from harness import wire
from harness.errors import Failed
from harness.resp import Incomplete, encode, parse


class Peer:
    """One client of a swarm."""

    def __init__(self, number, script):
        self.number = number
        self.script = script
        self.socket = None
        self.inbound = bytearray()
        self.outbound = bytearray()
        self.wanted = 0
        self.replies = []
        self.done = False
        self.lost = None    # how the connection was lost, where it was
        self.failure = None
        self.wire = wire.Plain()
        self.facts = {}     # what its script wants to tell
        self.writing = False

    def step(self):
        """Hands the script its replies and takes its next commands; as often as it wants no reply."""
        while True:
            replies, self.replies = self.replies, []
            try:
                request = self.script.send(replies if self.facts.setdefault("started", False) else None)
            except StopIteration:
                self.done = True
                return
            self.facts["started"] = True
            data, self.wanted = request if isinstance(request, tuple) else (
                b"".join(encode(*command) for command in request), len(request))
            self.outbound += self.wire.outgoing(data)
            if self.wanted:
                return

    def take(self, data):
        """Bytes arrived. True when all that was wanted is there."""
        self.inbound += data
        at = 0
        try:
            while self.wanted > len(self.replies):
                reply, at = parse(self.inbound, at)
                self.replies.append(reply)
        except Incomplete:
            pass
        del self.inbound[:at]
        return len(self.replies) == self.wanted


class Swarm:
    """Runs scripts against a port until all are done, or until `stop` in a thread of its own."""

    def __init__(self, port, scripts, seconds, lossy=False, tls=None):
        self.port = port
        self.tls = tls
        self.seconds = seconds
        self.lossy = lossy
        self.selector = selectors.EpollSelector()
        self.peers = [Peer(i, script) for i, script in enumerate(scripts)]
        self.active = 0
        self.thread = None
        self.failure = None
        self.stopping = threading.Event()  # for scripts that go on until it is set

    # --- the loop

    def _open(self, peer):
        peer.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.seconds)
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls is not None:
            self._shake_hands(peer)
        peer.socket.setblocking(False)
        self.selector.register(peer.socket, selectors.EVENT_READ, peer)
        self.active += 1

    def _shake_hands(self, peer):
        peer.wire = wire.Tls(self.tls)
        while not peer.wire.ready:
            peer.socket.sendall(peer.wire.outgoing())
            data = peer.socket.recv(65536)
            if not data:
                raise Failed(f"client {peer.number} was closed in its handshake")
            peer.inbound += peer.wire.incoming(data)
        peer.outbound += peer.wire.outgoing()

    def _leave(self, peer):
        self.selector.unregister(peer.socket)
        self.active -= 1

    def _lose(self, peer, why):
        peer.lost = why
        self._leave(peer)
        if not self.lossy:
            raise Failed(f"client {peer.number} lost its connection: {why}")

    def _write(self, peer):
        try:
            while peer.outbound:
                sent = peer.socket.send(peer.outbound[:262144])
                del peer.outbound[:sent]
        except BlockingIOError:
            pass
        except ConnectionError as error:
            self._lose(peer, type(error).__name__)
            return
        if bool(peer.outbound) != peer.writing:
            peer.writing = not peer.writing
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.writing else 0)
            self.selector.modify(peer.socket, events, peer)

    def _advance(self, peer):
        peer.step()
        if peer.done:
            self._leave(peer)
        else:
            self._write(peer)

    def _read(self, peer):
        try:
            data = peer.socket.recv(262144)
        except BlockingIOError:
            return
        except ConnectionError as error:
            self._lose(peer, type(error).__name__)
            return
        arrived = peer.wire.incoming(data) if data else b""
        if arrived and peer.take(arrived):
            self._advance(peer)
        elif not data or peer.wire.ended:
            self._lose(peer, "closed")

    def connect(self):
        for peer in self.peers:
            self._open(peer)
        return self

    def run(self):
        """Until every script is done."""
        deadline = time.monotonic() + self.seconds
        if not self.active:
            self.connect()
        for peer in self.peers:
            self._advance(peer)
        while self.active:
            for key, events in self.selector.select(0.5):
                if events & selectors.EVENT_WRITE:
                    self._write(key.data)
                if events & selectors.EVENT_READ and key.data.lost is None:
                    self._read(key.data)
            if time.monotonic() > deadline:
                late = [peer.number for peer in self.peers if not peer.done and peer.lost is None]
                raise Failed(f"{len(late)} of {len(self.peers)} clients not done after {self.seconds:g} s, "
                             f"the first is {late[0]}")
        return self.peers

    # --- in the background

    def _run_guarded(self):
        try:
            self.run()
        except Exception as error:  # handed to whoever joins
            self.failure = error

    def start(self):
        self.connect()
        self.thread = threading.Thread(target=self._run_guarded, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        """Lets scripts end that look at `stopping`, and answers the peers."""
        self.stopping.set()
        return self.join()

    def join(self):
        self.thread.join(self.seconds + 5)
        if self.thread.is_alive():
            raise Failed("a swarm does not end")
        if self.failure is not None:
            raise self.failure
        return self.peers

    def close(self):
        self.stopping.set()
        if self.thread is not None:
            self.thread.join(self.seconds + 5)
        for peer in self.peers:
            if peer.socket is not None:
                peer.socket.close()
        self.selector.close()


def raise_files(wanted):
    """Raises the limit of descriptors; whether that many are allowed now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return True
    for limits in ((wanted, max(hard, wanted)), (min(wanted, hard), hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= wanted
