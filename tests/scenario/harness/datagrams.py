# SPDX-License-Identifier: Apache-2.0
"""A receiver of datagrams that stands in for the journal."""

import os
import socket
import struct

from harness import logfmt


class Journal:
    """`path` is where it listens when it is open; entries are kept over a close."""

    def __init__(self, path):
        self.path = path
        self.entries = []
        self._socket = None

    def open(self):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)

    def close(self):
        """Gone, after a last look at what had come."""
        if self._socket is not None:
            self.read()
            os.unlink(self.path)
            self.read()
            self._socket.close()
            self._socket = None

    def read(self):
        """Takes in what has come; all entries so far, each a dictionary of fields."""
        while self._socket is not None:
            try:
                self.entries.append(fields_of(self._socket.recv(1 << 20)))
            except BlockingIOError:
                break
        return self.entries

    def events(self, name, **fields):
        return [entry for entry in self.read() if entry["CONCURD_EVENT"] == name
                and all(entry.get(f"CONCURD_{key.upper()}") == str(value) for key, value in fields.items())]


def fields_of(data):
    """The fields of one datagram of the native protocol."""
    fields = {}
    while data:
        line, _, data = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack("<Q", data[:8])
            value, data = data[8:8 + length], data[9 + length:]
        fields[name.decode()] = value.decode("utf-8", "replace")
    return fields


def line_of(entry):
    """The record that its message is; time and level are fields of the entry."""
    return logfmt.fields(entry["MESSAGE"])
