# SPDX-License-Identifier: Apache-2.0
"""A server made to misbehave: it speaks enough of the protocol to be asked, and answers as it is told to."""

import socket
import ssl
import threading


def read_commands(data):
    """The whole commands at the front of `data`, and what is left of it."""
    commands = []
    while True:
        at = data.find(b"\r\n")
        if at < 0:
            return commands, data
        count, rest, words = int(data[1:at]), data[at + 2:], []
        for _ in range(count):
            end = rest.find(b"\r\n")
            if end < 0:
                return commands, data
            length = int(rest[1:end])
            if len(rest) < end + 4 + length:
                return commands, data
            words.append(rest[end + 2:end + 2 + length])
            rest = rest[end + 4 + length:]
        commands.append(words)
        data = rest


def send(client, reply):
    """A list goes out piece by piece, with TLS a record each, and arrives in one."""
    if isinstance(reply, bytes):
        client.sendall(reply)
        return
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for piece in reply:
        client.sendall(piece)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


class Fake:
    """Serves on a free port of the loopback, a thread per client. `answer(number, words)` answers the bytes of the reply to
    the request of that number, counted from 0 over all clients, or None for none; INFO, which a load asks beside itself, is
    answered with `info`, or not at all where `mute`. `asked` has all the requests in their order. `tls`, an SSLContext, has
    it speak TLS; `path` has it listen on a unix socket. `ended` counts the clients that said goodbye, `cut` those that went
    without, `resumed` the sessions that were resumed."""

    def __init__(self, answer=lambda number, words: b"+PONG\r\n", mute=False, info=b"-ERR no INFO here\r\n", tls=None,
                 path=None):
        self.tls = tls
        self.ended = self.cut = self.resumed = 0
        self.answer = answer
        self.info = info
        self.mute = mute
        self.asked = []
        self.lock = threading.Lock()
        self.clients = []
        if path is not None:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.listener.listen(1024)
        else:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
            self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, client):
        data = b""
        try:
            if client.family != socket.AF_UNIX:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                client = self._shake(client)
            while True:
                got = client.recv(65536)
                if not got:
                    break
                commands, data = read_commands(data + got)
                for words in commands:
                    reply = self._reply(words)
                    if reply is not None:
                        send(client, reply)
            self._count("ended")
            if self.tls is not None:
                client.unwrap()
        except ssl.SSLEOFError:
            self._count("cut")
        except (OSError, ValueError):
            pass

    def _shake(self, client):
        secure = self.tls.wrap_socket(client, server_side=True, suppress_ragged_eofs=False)
        with self.lock:
            self.clients.append(secure)
            self.resumed += secure.session_reused
        return secure

    def _count(self, name):
        with self.lock:
            setattr(self, name, getattr(self, name) + 1)

    def _reply(self, words):
        if words[0] == b"INFO":
            return None if self.mute else self.info
        with self.lock:
            number = len(self.asked)
            self.asked.append(words)
        return self.answer(number, words)

    def close(self):
        """Nobody is served any more, and its port refuses."""
        for one in [self.listener, *self.clients]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
