"""The Sentinels that a client asks who the primary is, and how many of them must agree.

Questions go to all of them at once over persistent connections; an answer is a vote for as long as it is fresh: asked after the
client's last reason to doubt, and not long ago. A Sentinel that does not answer in time gets a new connection, because
a connection that was cut may stay silent long after the cut is healed. An answer that is a name counts once its address is known.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from jsquared.clock import NS_PER_MS, now_ns
from jsquared.resp.nonblocking import CLOSED_STATE, OPEN, Link, Network
from jsquared.resp.packing import auth_command, packed
from jsquared.workload.resolver import Resolver
from jsquared.workload.workload import ClientSpec, SentinelAddress

ANSWER_TIMEOUT_NS = 300 * NS_PER_MS
ASK_EVERY_NS = 20 * NS_PER_MS
"""Only while there is a reason to ask. What a client itself adds to a write gap is at most about this."""
VOTE_VALID_NS = 500 * NS_PER_MS
NOBODY = -1
Where = tuple[str, int]
PORT = re.compile(r"[0-9]{1,5}")


class SentinelLink(Link):
    """One Sentinel: at most one question under way, and its latest answer."""

    def __init__(
        self, network: Network, sentinel: SentinelAddress, master_name: str, answered: Callable[["SentinelLink"], None]
    ) -> None:
        super().__init__(replace(network, tls=None) if sentinel.plain else network, (sentinel.address, sentinel.port))
        self._auth = auth_command(sentinel.username, sentinel.password, sentinel.words)
        command = sentinel.words.get("SENTINEL", "SENTINEL")
        self._question = packed(command, "GET-MASTER-ADDR-BY-NAME", master_name)
        self._answered = answered
        self._awaited = 0
        self._sent_ns = 0
        self.answer: tuple[str, int] | None = None
        self.asked_ns = 0

    def ask(self, now: int) -> None:
        """Ask, unless a question is under way; a link that kept silent for too long is replaced."""
        if self.state != CLOSED_STATE:
            since_ns = self._sent_ns if self._awaited else self.opened_ns
            if (self._awaited or self.state != OPEN) and now - since_ns > ANSWER_TIMEOUT_NS:
                self.close()
                self.answer = None
        if self.state == CLOSED_STATE:
            self.open(now)
        elif self.state == OPEN and not self._awaited:
            self._send(b"")

    def opened(self) -> None:
        """Introduce itself and ask."""
        self._awaited = 0
        self._send(self._auth)

    def _send(self, before: bytes) -> None:
        self._awaited += 2 if before else 1
        self._sent_ns = now_ns()
        self.send(before + self._question)

    def received(self, data: bytes) -> None:
        """Count replies: of those under way the last one is the answer."""
        for reply in self.replies(data):
            if self._awaited == 1:
                self._take(reply)
            self._awaited = max(0, self._awaited - 1)

    def _take(self, reply: object) -> None:
        self.answer = None
        if isinstance(reply, list) and len(reply) == 2 and PORT.fullmatch(str(reply[1])):
            self.answer = (str(reply[0]), int(reply[1]))
        self.asked_ns = self._sent_ns
        self._answered(self)

    def lost(self, problem: OSError | None) -> None:  # noqa: ARG002 -- whatever the reason, it names no primary
        """Its vote is void; the next question opens a new connection."""
        self._awaited = 0
        self.answer = None


class Listener:
    """Somebody who wants to know the primary: ``named`` is told it and where it is, by votes asked for after its own last doubt."""

    def __init__(
        self, named: Callable[[int, Where], None], doubt_ns: Callable[[], int], wants: Callable[[], bool]
    ) -> None:
        self.named = named
        self.doubt_ns = doubt_ns
        self.wants = wants
        self.asking = False
        """Whether it wanted to know when this round of questions began."""
        self.told = NOBODY
        """The node that this round's answers named."""


class Sentinels:
    """All Sentinels of a client. ``named(node, where)`` is called when enough fresh votes name a data node at one address."""

    def __init__(
        self, spec: ClientSpec, network: Network, named: Callable[[int, Where], None], doubt_ns: Callable[[], int]
    ) -> None:
        """:param doubt_ns: answers to questions asked before that moment do not count."""
        self._numbers = {
            where: number for places in (spec.nodes, spec.elsewhere) for number, where in enumerate(places)
        }
        self._numbers |= dict.fromkeys(spec.floating, 0)  # who it is will be said there
        self._through = spec.through
        self._majority = spec.majority
        self._first = Listener(named, doubt_ns, lambda: True)
        self._listeners = [self._first]
        self.links = [SentinelLink(network, sentinel, spec.master_name, self._count) for sentinel in spec.sentinels]
        self._resolver = Resolver()
        self.due_ns = 0
        """When the next round of questions may start."""

    @property
    def told(self) -> int:
        """The node that this round's answers named."""
        return self._first.told

    def listen(
        self,
        named: Callable[[int, Where], None],
        doubt_ns: Callable[[], int],
        wants: Callable[[], bool],
        *,
        first: Callable[[], bool],
    ) -> None:
        """Tell somebody else too, of rounds that began while it wanted to know.

        :param first: whether the one who was there before wants to know; from now on it too is told of its own rounds only.
        """
        self._first.wants = first
        self._listeners.append(Listener(named, doubt_ns, wants))

    def ask(self, now: int) -> None:
        """Start a round of questions; who knows a floating address in the place of Sentinels has the answer."""
        self.due_ns = now + ASK_EVERY_NS
        for listener in self._listeners:
            listener.told = NOBODY
            listener.asking = listener.wants()
            for where in self._through if listener.asking else ():
                listener.told = 0
                listener.named(0, where)
        if self._through:
            return
        for link in self.links:
            link.ask(now)

    def _count(self, link: SentinelLink) -> None:
        """Whoever answers may complete a majority for what it says, and for nothing else."""
        where = self._place(link)
        node = self._numbers.get(where, NOBODY)
        if node == NOBODY:
            return
        for listener in self._listeners:
            if listener.asking and node != listener.told:
                oldest_ns = max(listener.doubt_ns(), link.asked_ns - VOTE_VALID_NS)
                fresh = [self._place(other) for other in self.links if other.answer and other.asked_ns >= oldest_ns]
                votes = fresh.count(where)
                # One vote is enough for a client that asks only some of them: another one does not make it change its mind.
                if votes >= self._majority and (listener.told == NOBODY or 2 * votes > len(fresh)):
                    listener.told = node
                    listener.named(node, where)

    def _place(self, link: SentinelLink) -> Where:
        """Where its answer leads; nowhere without an answer."""
        return (self._resolver.address(link.answer[0]), link.answer[1]) if link.answer else ("", 0)

    def votes(self) -> str:
        """The latest votes in words: ``2 for 10.0.0.1:6379, 1 silent``."""
        answers = Counter(f"for {link.answer[0]}:{link.answer[1]}" if link.answer else "silent" for link in self.links)
        return ", ".join(f"{count} {what}" for what, count in sorted(answers.items()))

    def close(self) -> None:
        """Close all links."""
        for link in self.links:
            link.close()
