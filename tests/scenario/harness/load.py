# SPDX-License-Identifier: Apache-2.0
"""Clients that never stop asking, in the background, each checking every reply: what faults are tried under. Afterwards each
peer tells who served it, how many replies it had, and how it lost its connection where it did."""

from harness.errors import same
from harness.swarm import Swarm


class Load:
    """`count` clients in a closed loop of ECHO and INCR against one daemon."""

    def __init__(self, t, daemon, count, lossy=False, command=None):
        self.t = t
        self.command = command
        self.swarm = t.closing(Swarm(daemon.port, [], t.seconds(40), lossy=lossy, tls=daemon.tls))
        self.swarm.peers = [self._peer(number) for number in range(count)]
        self.swarm.start()
        self.peers = self.swarm.peers
        t.wait_until(lambda: self.swarm.failure or all("pid" in peer.facts or peer.lost for peer in self.peers),
                     "every client of the load served")

    def _peer(self, number):
        from harness.swarm import Peer
        peer = Peer(number, None)
        peer.script = self._script(peer)
        peer.facts.update(acknowledged=0, asked=0)
        return peer

    def _script(self, peer):
        (who,) = yield [["WHOAMI"]]
        facts = dict(zip(who[::2], who[1::2]))
        peer.facts.update(pid=facts[b"pid"], connection=facts[b"connection"], pids={facts[b"pid"]})
        turn = 0
        while not self.swarm.stopping.is_set():
            peer.facts["asked"] += 1
            requests = [["ECHO", f"{peer.number}.{turn}"], ["INCR", "load"]]
            replies = yield requests if self.command is None else [self.command, *requests]
            same(replies[-2], b"%d.%d" % (peer.number, turn), f"client {peer.number}")
            same(type(replies[-1]), int, f"client {peer.number}: {replies[-1]!r}")
            peer.facts["acknowledged"] += 1
            turn += 1

    def progress(self, replies=20):
        """Waits until every client that is connected still had so many more replies."""
        before = {peer: peer.facts["acknowledged"] for peer in self.peers}
        self.t.wait_until(lambda: self.swarm.failure or all(peer.lost or peer.facts["acknowledged"] >= before[peer] + replies
                                                           for peer in self.peers), "progress of every client", 15)
        if self.swarm.failure:
            raise self.swarm.failure

    def on(self, pid):
        return [peer for peer in self.peers if peer.facts.get("pid") == pid]

    def lost(self):
        return [peer for peer in self.peers if peer.lost]

    def stop(self):
        """Ends it; every client gets what it was owed."""
        self.swarm.stop()
        return self.peers

    def join(self):
        """Waits for its end when the daemon ends it."""
        self.swarm.join()
        return self.peers

    def acknowledged(self):
        return sum(peer.facts["acknowledged"] for peer in self.peers)

    def asked(self):
        return sum(peer.facts["asked"] for peer in self.peers)
