# SPDX-License-Identifier: Apache-2.0
"""A client of a TLS listener. It tells an end in good order (close_notify) from a connection that was cut."""

import socket
import ssl
import time

from harness.resp import Client, Closed


class Cut(Closed):
    """The connection ended without close_notify."""


def trusting(authority, identity=None, least=None, most=None):
    """A client's context: whom it believes, and which certificate it shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.cert)
    if identity:
        context.load_cert_chain(identity.cert, identity.key)
    if least:
        context.minimum_version = least
    if most:
        context.maximum_version = most
    return context


class SecureClient(Client):
    """As Client, over TLS; `session` is one to be resumed."""

    def __init__(self, port, context, session=None, name="localhost", **options):
        super().__init__(port, **options)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=name, session=session,
                                              suppress_ragged_eofs=False)
        except BaseException:
            self.socket.close()
            raise

    def _receive(self, deadline):
        try:
            super()._receive(deadline)
        except ssl.SSLEOFError:
            raise Cut("cut by the server") from None

    def read_to_end(self, timeout=None):
        """Every byte until the server says goodbye; anything else is no end."""
        deadline = time.monotonic() + (timeout or self.timeout)
        try:
            while True:
                self._receive(deadline)
        except Closed as end:
            if str(end) != "closed by the server":
                raise Cut(f"{end}, after {bytes(self.buffer[-100:])!r}") from None
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    def serial(self):
        """Which certificate the server has shown."""
        return self.socket.getpeercert()["serialNumber"]

    def end_input_rudely(self):
        """FIN without close_notify."""
        plain = socket.socket(fileno=self.socket.detach())
        plain.shutdown(socket.SHUT_WR)
        plain.settimeout(self.timeout)
        self.socket = plain

    def say_goodbye(self):
        """close_notify; answers whether the server's came, too."""
        try:
            self.socket = self.socket.unwrap()
            return True
        except (ssl.SSLError, OSError):
            return False


def refused(port, context):
    """Why no handshake succeeded, or no byte came afterwards; None when one did."""
    try:
        client = SecureClient(port, context)
    except (ssl.SSLError, OSError) as error:
        return str(error) or type(error).__name__
    try:
        client.ask("PING")
    except (ssl.SSLError, OSError, Closed) as error:
        return str(error) or type(error).__name__
    finally:
        client.close()
    return None
