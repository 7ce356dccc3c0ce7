"""Asking the Sentinels: a connection to each, and the address that a majority of the configured ones names.

Every configured Sentinel counts, also the silent ones: an address named by one of three answering Sentinels out of five is not
what the majority says. The leading Sentinel goes on naming the old primary until its failover ends, so all are asked.
"""

from collections import Counter
from collections.abc import Callable

import hiredis

from jsquared.workload.link import CLOSED_STATE, OPEN, Link, Network, auth_command
from jsquared.workload.workload import SentinelAddress

ANSWER_LIMIT_NS = 300_000_000
Where = tuple[str, int]


class SentinelLink(Link):
    """A connection to one Sentinel with at most one question open. ``answer`` is the address it last named, None for none."""

    def __init__(
        self, network: Network, sentinel: SentinelAddress, master_name: str, changed: Callable[[], None]
    ) -> None:
        super().__init__(network, (sentinel.address, sentinel.port))
        self.answer: Where | None = None
        self._hello = auth_command(sentinel.username, sentinel.password)
        self._question: bytes = hiredis.pack_command(("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name))  # type: ignore[arg-type]
        self._changed = changed
        self._reader = hiredis.Reader()
        self._asked_ns = 0
        self._to_skip = 0

    def ask(self, now_ns: int) -> None:
        """Ask again, on a new connection when the last question was not answered in time."""
        if self._asked_ns and now_ns - self._asked_ns > ANSWER_LIMIT_NS:
            self.close()
            self._silent()
        if self._asked_ns:
            return
        self._asked_ns = now_ns
        if self.state == CLOSED_STATE:
            self._reader = hiredis.Reader()
            self.open(now_ns)
        elif self.state == OPEN:
            self.send(self._question)

    def opened(self) -> None:
        """Ask at once."""
        self._to_skip = 1 if self._hello else 0
        self.send(self._hello + self._question)

    def received(self, data: bytes) -> None:
        """An answer: an address, nothing (the name is not known there), or an error."""
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not False:
            if self._to_skip:
                self._to_skip -= 1
                continue
            self._asked_ns = 0
            named = isinstance(reply, list) and len(reply) == 2
            self._say((reply[0].decode(), int(reply[1])) if named else None)

    def lost(self, problem: OSError | None) -> None:  # noqa: ARG002 -- why does not matter: it names nobody now
        """It names nobody until it is asked again."""
        self._silent()

    def _silent(self) -> None:
        self._asked_ns = 0
        self._say(None)

    def _say(self, answer: Where | None) -> None:
        self.answer = answer
        self._changed()


class Sentinels:
    """All Sentinels that a client asks."""

    def __init__(
        self,
        network: Network,
        sentinels: tuple[SentinelAddress, ...],
        master_name: str,
        majority: int,
        named: Callable[[Where | None], None],
    ) -> None:
        """:param named: called with what the majority names whenever an answer has come in (None: no majority)."""
        self._links = [SentinelLink(network, sentinel, master_name, self._counted) for sentinel in sentinels]
        self._majority = majority
        self._named = named

    def ask(self, now_ns: int) -> None:
        """Ask all of them."""
        for link in self._links:
            link.ask(now_ns)

    def close(self) -> None:
        """Close all connections."""
        for link in self._links:
            link.close()

    def majority_names(self) -> Where | None:
        """The address that enough of them name now."""
        counts = Counter(link.answer for link in self._links if link.answer is not None)
        where, votes = next(iter(counts.most_common(1)), (None, 0))
        return where if votes >= self._majority else None

    def _counted(self) -> None:
        self._named(self.majority_names())
