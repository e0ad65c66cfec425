# SPDX-License-Identifier: Apache-2.0
"""The service manager's end of sd_notify: a datagram socket, and what was said to it, in order."""

import os
import socket
import tempfile
import threading
import time


class Notify:
    """`messages` are dictionaries, each with the time at which it came as "at": a thread reads all the time, from `listen`
    on."""

    def __init__(self, abstract=False, deaf=False):
        self.folder = tempfile.mkdtemp(prefix="scenario-notify-")
        self.path = os.path.join(self.folder, "socket")
        self.name = "@" + self.path if abstract else self.path
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.path if abstract else self.path)
        self._socket.settimeout(0.05)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read)
        if not deaf:
            self.listen()

    def fill(self):
        """Until its queue takes nothing more."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            try:
                while True:
                    stranger.sendto(b"X=1", self.path)
            except BlockingIOError:
                pass

    def listen(self):
        self._reader.start()

    def _read(self):
        while not self._closing.is_set():
            try:
                data = self._socket.recv(1 << 16)
            except TimeoutError:
                continue
            lines = dict(line.split("=", 1) for line in data.decode().splitlines())
            self.messages.append({"at": time.monotonic(), **lines})

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.name, **more}

    def read(self):
        """All messages so far."""
        return list(self.messages)

    def having(self, key, since=0):
        """The messages from number `since` on that have such a line."""
        return [message for message in self.read()[since:] if key in message]

    def states(self):
        """The states in their order: what is neither a status alone, nor a ping, nor a request for time."""
        known = ("READY", "RELOADING", "STOPPING")
        return [key for message in self.read() for key in known if key in message]

    def status(self):
        return next((message["STATUS"] for message in reversed(self.read()) if "STATUS" in message), None)

    def close(self):
        self._closing.set()
        if self._reader.ident is not None:
            self._reader.join()
        self._socket.close()
        if os.path.exists(self.path):
            os.unlink(self.path)
        os.rmdir(self.folder)
