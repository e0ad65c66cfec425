# SPDX-License-Identifier: Apache-2.0
"""Clients that come, ask and go."""

import socket
import threading
import time


class Visitors:
    """Threads that connect, ask once - half of them 5 ms later - and close, until they are refused or stopped.
    `lost` are those who got in and got no reply."""

    def __init__(self, port, count):
        self.port = port
        self.served = 0
        self.lost = []
        self._stopped = False
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._visit, args=(number % 2 * 0.005,)) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _visit(self, pause_s):
        while not self._stopped:
            try:
                visitor = socket.create_connection(("127.0.0.1", self.port), timeout=20)
            except ConnectionError:
                return
            with visitor:
                time.sleep(pause_s)
                outcome = self._ask(visitor)
            with self._lock:
                self.served += outcome is None
                self.lost += [outcome] if outcome else []

    @staticmethod
    def _ask(visitor):
        try:
            visitor.sendall(b"PING\r\n")
            reply = visitor.recv(100)
            return None if reply == b"+PONG\r\n" else f"got {reply!r}"
        except OSError as error:
            return repr(error)

    def join(self):
        for thread in self._threads:
            thread.join()

    def stop(self):
        self._stopped = True
        self.join()

    close = stop
