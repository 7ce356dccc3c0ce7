"""Subscriptions to everything that the Sentinels of a running deployment publish, one for each Sentinel, kept alive.

A subscription that is lost begins again by itself; what was published in between is missing, so both moments are told. Sentinels that join
are subscribed to, those that are known no longer are left. Nothing but subscriptions and questions is ever sent.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from jsquared.errors import LabError
from jsquared.resp.failures import ServerReplyError
from jsquared.running.access import Access
from jsquared.running.discover import MOST_SENTINELS, rediscover
from jsquared.running.discovered import Discovered, DiscoveredNode, place
from jsquared.text import counted, one_line

LONGEST_MESSAGE_BYTES = 1 << 20
PING_EVERY_S = 1.0
"""When nothing is published: a peer that is silent to it is lost."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
"""Between attempts to connect."""
MOST_WAITING = 100_000
"""Messages that nobody has taken yet; a stranger's Sentinel may publish without end."""
MESSAGE_PARTS = 4


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a subscription tells."""

    kind: Literal["begun", "lost", "event"]
    sentinel: str
    """``address:port``, the same for as long as the Sentinel is known."""
    unix_s: float
    event: str = ""
    """The channel: the event's name."""
    payload: str = ""
    """Of an event, its message; of a loss, why."""


class Subscriptions:
    """All subscriptions of a deployment; :meth:`take` has what they told."""

    def __init__(self, found: Discovered, seeds: Sequence[tuple[str, int]], access: Access) -> None:
        """Subscribe to every Sentinel of a deployment that was found.

        :param seeds: the addresses with which the search began.
        """
        self.found = found
        self.missed = 0
        """Messages that nobody took in time."""
        self._seeds = seeds
        self._access = access
        self._told: queue.Queue[Told] = queue.Queue(MOST_WAITING)
        self._of: dict[str, _Subscription] = {}
        self._follow()

    def take(self, within_s: float) -> list[Told]:
        """Return what was told since the last time; waits for the first of it."""
        told: list[Told] = []
        with contextlib.suppress(queue.Empty):
            told.append(self._told.get(timeout=max(0.001, within_s)))
            while len(told) < MOST_WAITING:
                told.append(self._told.get_nowait())
        return told

    def look_again(self) -> None:
        """Ask who is there now, and subscribe to those who are new."""
        self.found = rediscover(self.found, self._seeds, self._access)
        self._follow()

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each thing that is missing or contradicts itself."""
        lost = (f"{counted(self.missed, 'event')} came faster than they could be kept",) if self.missed else ()
        return (*self.found.problems, *lost)

    @property
    def sentinels(self) -> dict[str, bool]:
        """Every Sentinel that is subscribed to, by ``address:port``, and whether the subscription stands."""
        return {one.name: one.is_up for one in self._of.values()}

    def close(self) -> None:
        """End all subscriptions."""
        for one in self._of.values():
            one.is_over.set()
        for one in self._of.values():
            one.thread.join()
        self._of.clear()

    def _follow(self) -> None:
        nodes = {(node.id or node.where): node for node in self.found.sentinels[:MOST_SENTINELS]}
        for key in [key for key in self._of if nodes and key not in nodes]:
            self._of.pop(key).is_over.set()
        for key, node in nodes.items():
            if key not in self._of:
                self._of[key] = _Subscription(self._access, node, self._tell)
            else:
                self._of[key].is_at(node)

    def _tell(self, told: Told) -> None:
        try:
            self._told.put_nowait(told)
        except queue.Full:
            self.missed += 1


class _Subscription:
    """One Sentinel's, in a thread of its own."""

    def __init__(self, access: Access, node: DiscoveredNode, tell: Callable[[Told], None]) -> None:
        self.name = place(node.address, node.port)
        self.is_up = False
        self.is_over = threading.Event()
        self._access = access
        self._where = (node.address, node.port)
        self._tell = tell
        self._problem = ""
        self.thread = threading.Thread(target=self._keep, name=f"subscription {self.name}", daemon=True)
        self.thread.start()

    def is_at(self, node: DiscoveredNode) -> None:
        """Its present address: where the next attempt connects to."""
        self._where = (node.address, node.port)

    def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self.is_over.is_set():
            began_s = time.monotonic()
            try:
                self._subscribed()
            except LabError as problem:
                why = one_line(str(problem))[:300]
                if self.is_up or why != self._problem:
                    self._say("lost", payload=why)
                self._problem = why
            self.is_up = False
            pause_s = (
                FIRST_PAUSE_S if time.monotonic() - began_s > LONGEST_PAUSE_S else min(2 * pause_s, LONGEST_PAUSE_S)
            )
            self.is_over.wait(pause_s)

    def _subscribed(self) -> None:
        """Subscribe, and tell everything until the connection is lost."""
        with self._access.subscription(*self._where) as connection:
            answer = connection.command("PSUBSCRIBE", "*")
            if not isinstance(answer, list) or answer[:1] != ["psubscribe"]:
                raise ServerReplyError("does not answer as a server with subscriptions", where=self.name)
            self.is_up, self._problem = True, ""
            self._say("begun")
            asked_s = 0.0
            while not self.is_over.is_set():
                message = connection.pushed(PING_EVERY_S, LONGEST_MESSAGE_BYTES)
                now_s = time.monotonic()
                if message is not False:
                    asked_s = 0.0
                    self._told(message)
                elif not asked_s:
                    asked_s = now_s
                    connection.send("PING")
                elif now_s - asked_s > self._access.timeout_s:
                    raise LabError("is silent", where=self.name)

    def _told(self, message: object) -> None:
        if isinstance(message, list) and len(message) == MESSAGE_PARTS and message[0] == "pmessage":
            self._say("event", str(message[2]), str(message[3]))

    def _say(self, kind: Literal["begun", "lost", "event"], event: str = "", payload: str = "") -> None:
        self._tell(Told(kind, self.name, time.time(), event, payload))
