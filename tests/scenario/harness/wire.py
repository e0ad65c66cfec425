# SPDX-License-Identifier: Apache-2.0
"""What lies between a client's bytes and its socket's: nothing, or TLS. Neither does input or output of its own, so that a
blocking client and a swarm of others share them, and so that a scenario can do to TLS what well-made clients never do."""

import ssl


class Plain:
    """Bytes as they are."""

    secure = False
    ready = True   # for application's bytes
    ended = False  # the peer has said that it sends no more
    owes = False   # whether something is to be sent without being asked for

    def outgoing(self, data=b""):
        """What to send for those bytes, and what was to be sent anyway."""
        return data

    def incoming(self, data):
        """The application's bytes in what has arrived."""
        return data


class Tls:
    """The client's side of TLS. Bytes that are handed over before the handshake is done wait for that."""

    secure = True

    def __init__(self, context, name="localhost", session=None):
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self._in, self._out, server_hostname=name, session=session)
        self._waiting = bytearray()
        self.ready = False
        self.ended = False
        self._go_on()

    def _go_on(self):
        if self.ready:
            return
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            return
        self.ready = True
        if self._waiting:
            self.object.write(bytes(self._waiting))
            self._waiting.clear()

    @property
    def owes(self):
        return self._out.pending > 0

    def outgoing(self, data=b""):
        if data and self.ready:
            self.object.write(data)
        else:
            self._waiting += data
        return self._out.read()

    def incoming(self, data):
        self._in.write(data)
        self._go_on()
        found = bytearray()
        while self.ready and not self.ended:
            try:
                part = self.object.read(65536)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                part = b""
            self.ended = not part
            found += part
        return bytes(found)

    def finish(self):
        """Says that no more comes, as TLS says it (close_notify), without waiting for the other side's word; what to send."""
        try:
            self.object.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLSyscallError):
            pass
        return self._out.read()
