# SPDX-License-Identifier: Apache-2.0
"""RESP as a client speaks it: requests to bytes, bytes to replies, and a blocking client with a deadline on everything, plain or
over TLS."""

import socket
import ssl
import threading
import time

from harness import wire


class Error(str):
    """An error reply."""


class Simple(str):
    """A simple string."""


class Closed(ConnectionError):
    """The server ended the connection."""


class Incomplete(Exception):
    """More bytes are needed."""


def encode(*arguments):
    """A request as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def inline(*arguments, end=b"\r\n"):
    """The same request as a line, everything but plain words quoted as Redis quotes."""
    words = []
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        if data and all(33 <= byte <= 126 and byte not in b"\"'\\" for byte in data):
            words.append(data)
        else:
            words.append(b'"' + b"".join(b"\\x%02x" % byte for byte in data) + b'"')
    return b" ".join(words) + end


def _line(data, at):
    end = data.find(b"\r\n", at)
    if end < 0:
        raise Incomplete
    return data[at:end], end + 2


def _values(data, at, count):
    values = []
    for _ in range(count):
        value, at = parse(data, at)
        values.append(value)
    return values, at


def parse(data, at=0):
    """One reply at `at`, and where the next begins. Raises Incomplete, or ValueError for what is no RESP."""
    if at >= len(data):
        raise Incomplete
    kind = data[at:at + 1]
    line, at = _line(data, at + 1)
    if kind == b"+":
        return Simple(line.decode("utf-8", "surrogateescape")), at
    if kind == b"-":
        return Error(line.decode("utf-8", "surrogateescape")), at
    if kind == b":":
        return int(line), at
    if kind == b"_" and line == b"":
        return None, at
    if kind == b"#" and line in (b"t", b"f"):
        return line == b"t", at
    if kind == b",":
        return float(line), at
    if kind in (b"$", b"="):
        length = int(line)
        if length < 0:
            return None, at
        if len(data) < at + length + 2:
            raise Incomplete
        if data[at + length:at + length + 2] != b"\r\n":
            raise ValueError("a bulk string without its end")
        body = bytes(data[at:at + length])
        return body[4:] if kind == b"=" else body, at + length + 2
    if kind in (b"*", b"~", b">"):
        count = int(line)
        return _values(data, at, count) if count >= 0 else (None, at)
    if kind == b"%":
        flat, at = _values(data, at, 2 * int(line))
        return dict(zip(flat[::2], flat[1::2])), at
    raise ValueError(f"no RESP: {bytes(data[max(0, at - 40):at + 40])!r}")


class Client:
    """A connection that waits for its replies, `timeout` seconds at most. `tls` is the context of one that speaks TLS; `slowly`:
    each byte of the stream, TLS's own ones too, goes by itself. Bytes are the application's, but in `socket`."""

    def __init__(self, port=None, timeout=10, address=None, family=socket.AF_INET, receive_buffer=None, source=None, tls=None,
                 slowly=False):
        self.timeout = timeout
        self.slowly = slowly
        self.buffer = bytearray()
        self.wire = wire.Plain() if tls is None else wire.Tls(tls)
        self._at_wire, self._sending = threading.Lock(), threading.Lock()  # one thread may send while another reads
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            if source is not None:
                self.socket.bind((source, 0))
            self.socket.connect(address if address is not None else ("127.0.0.1", port))
            if family != socket.AF_UNIX:
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.send_bytes(b"")
            while not self.wire.ready:
                self._receive(time.monotonic() + timeout)
        except BaseException:
            self.socket.close()
            raise

    def _transmit(self, data):
        if self.slowly:
            for at in range(len(data)):
                self.socket.sendall(data[at:at + 1])
        elif data:
            self.socket.sendall(data)

    def send_bytes(self, data):
        with self._sending:
            with self._at_wire:
                data = self.wire.outgoing(data)
            self._transmit(data)

    def send(self, *arguments):
        self.send_bytes(encode(*arguments))

    def _receive(self, deadline):
        if self.wire.ended:
            raise Closed("closed by the server")
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(262144)
        except ConnectionResetError:
            raise Closed("reset by the server") from None
        except socket.timeout:
            raise TimeoutError(f"no reply within {self.timeout:g} s; so far {bytes(self.buffer[:200])!r}") from None
        self._arrived(data)

    def _arrived(self, data):
        if not data:
            raise Closed("cut by the server, without close_notify" if self.wire.secure else "closed by the server")
        try:
            with self._at_wire:
                self.buffer += self.wire.incoming(data)
        except ssl.SSLError as error:
            raise Closed(f"TLS: {error.reason}") from None
        if self.wire.owes:
            self.send_bytes(b"")

    def receive(self, timeout=None):
        """What comes next, a byte at least."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while not self.buffer:
            self._receive(deadline)
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    def read(self, timeout=None):
        """The next reply."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            try:
                value, at = parse(self.buffer)
            except Incomplete:
                self._receive(deadline)
                continue
            del self.buffer[:at]
            return value

    def read_wire(self, timeout=None):
        """The next reply's bytes as they are."""
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            try:
                _, at = parse(self.buffer)
            except Incomplete:
                self._receive(deadline)
                continue
            wire = bytes(self.buffer[:at])
            del self.buffer[:at]
            return wire

    def read_count(self, count):
        return [self.read() for _ in range(count)]

    def read_to_end(self, timeout=None):
        """Every byte until the server closes; a reset counts as the end."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                self._receive(deadline)
        except Closed:
            data = bytes(self.buffer)
            self.buffer.clear()
            return data

    def ask(self, *arguments, timeout=None):
        """Sends a command and answers its reply."""
        self.send(*arguments)
        return self.read(timeout)

    def whoami(self):
        reply = self.ask("WHOAMI")
        flat = reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2]))
        return {name.decode(): value.decode() if isinstance(value, bytes) else value for name, value in flat.items()}

    def readable(self):
        """Whether a reply or an end is there already."""
        self.socket.setblocking(False)
        try:
            # Not all that TLS sends is a reply or part of one.
            while self.wire.secure and not self.buffer and not self.wire.ended and self.socket.recv(1, socket.MSG_PEEK):
                self._arrived(self.socket.recv(65536))
            if not self.buffer and not self.wire.ended:
                self.socket.recv(1, socket.MSG_PEEK)
            return True
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        finally:
            self.socket.settimeout(self.timeout)

    def end_input(self):
        """Sends no more, and says so as the stream says it: with close_notify over TLS."""
        if self.wire.secure:
            self._transmit(self.wire.finish())
        else:
            self.socket.shutdown(socket.SHUT_WR)

    def cut_input(self):
        """Ends the socket's input, and TLS is not told."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection the rude way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        try:
            if self.wire.secure and self.wire.ready and self.socket.fileno() >= 0:
                self.socket.setblocking(False)
                self._transmit(self.wire.finish())
        except OSError:
            pass  # it is closed either way
        self.socket.close()
