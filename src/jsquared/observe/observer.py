"""The observer: one thread that watches every node from the side while a trial runs.

It subscribes to all events of every Sentinel, and asks every data node for its role and every Sentinel for the primary that the trial is
about, twenty times a second. What changes becomes an event. It speaks from the observer's address, which no cut touches, and it never
waits for anybody: a node that is silent is recorded as silent.
"""

import contextlib
import selectors
import time
from collections.abc import Callable
from typing import Any

from jsquared.observe.background import Background
from jsquared.observe.link import Link
from jsquared.records.events import EventLog
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.sources import LAB
from jsquared.running.connection import parse_info
from jsquared.running.deployment import RoleView, RunningDeployment

ASK_EVERY_S = 0.05
SILENT_AFTER_S = 0.3


def _link(node: PlannedNode, deployment: RunningDeployment, *, subscriber: bool = False) -> Link:
    """A link to a node as its configuration wants it; what it encrypts with is there once the nodes are installed."""
    return Link(
        deployment.address(node.name),
        node.port,
        deployment.credentials(node.name),
        subscriber=subscriber,
        tls=lambda: deployment.tls(node.name),
        names=deployment.names(node.name),
    )


class RoleWatch:
    """Asks one data node for its role; records a ``role`` event when role, link, primary or process changes."""

    def __init__(self, node: PlannedNode, deployment: RunningDeployment, events: EventLog) -> None:
        self.link = _link(node, deployment)
        self._node = node
        self._deployment = deployment
        self._events = events
        self._last: tuple[object, ...] | None = None
        self._run_id = ""
        self.link.greeting = [("INFO", "server")]

    def ask(self) -> None:
        """Send the question, unless the previous one is still open."""
        self.link.address = self._deployment.address(self._node.name)  # faults may change both
        self.link.credentials = self._deployment.credentials(self._node.name)
        self.link.send("INFO", "replication")

    def on_reply(self, reply: object) -> None:
        """A reply arrived."""
        if not isinstance(reply, str):
            return  # LOADING, NOAUTH: an answer, but not about its role
        info = parse_info(reply)
        self._run_id = info.get("run_id", self._run_id)
        if "role" not in info:
            return
        view = RoleView.parse(info)
        follows = self._deployment.node_at(view.follows) or view.follows
        role, link = ("primary", "") if view.primary else ("replica", "up" if view.link_up else "down")
        self._change((role, link, follows, self._run_id), view.offset)

    def on_silence(self) -> None:
        """It has not answered for a while."""
        self._change(("down", "", "", ""), 0)

    def _change(self, now: tuple[str, str, str, str], offset: int) -> None:
        if now != self._last:
            self._last = now
            role, link, follows, run_id = now
            self._events.add(self._node.name, "role", role=role, link=link, of=follows, run_id=run_id, offset=offset)


class VoteWatch:
    """Asks one Sentinel who the primary is; reports changes to the owner, who sees all of them together."""

    def __init__(
        self, node: PlannedNode, deployment: RunningDeployment, report: Callable[[str, str | None], None]
    ) -> None:
        self.link = _link(node, deployment)
        self._node = node
        self._deployment = deployment
        self._report = report

    def ask(self) -> None:
        """Send the question, unless the previous one is still open."""
        self.link.address = self._deployment.address(self._node.name)
        self.link.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._deployment.master_name)

    def on_reply(self, reply: object) -> None:
        """A reply arrived."""
        named = self._deployment.node_at(":".join(map(str, reply))) if isinstance(reply, list) else ""
        self._report(self._node.name, named)

    def on_silence(self) -> None:
        """It has not answered for a while."""
        self._report(self._node.name, None)


class EventWatch:
    """Subscribes to every event of one Sentinel."""

    def __init__(self, node: PlannedNode, deployment: RunningDeployment, events: EventLog) -> None:
        self.link = _link(node, deployment, subscriber=True)
        self.link.greeting = [("PSUBSCRIBE", "*")]
        self._node = node
        self._deployment = deployment
        self._events = events

    def ask(self) -> None:
        """Nothing to ask: events come by themselves; this only keeps the connection."""
        self.link.address = self._deployment.address(self._node.name)
        self.link.keep()

    def on_reply(self, reply: object) -> None:
        """A message (or the confirmation of the subscription) arrived."""
        if isinstance(reply, list) and len(reply) == 4 and reply[0] == "pmessage":
            self._events.add(self._node.name, "sentinel", event=str(reply[2]), payload=str(reply[3]), via="pubsub")

    def on_silence(self) -> None:
        """Ignored: a Sentinel with no events sends nothing."""


Watch = RoleWatch | VoteWatch | EventWatch


class Observer(Background):
    """Runs all watches in one thread; all connections are closed at the end."""

    def __init__(self, plan: Plan, deployment: RunningDeployment, events: EventLog) -> None:
        super().__init__("observer")
        self._events = events
        self._votes: dict[str, str] = {}
        self._agreement: tuple[str, dict[str, str]] | None = None
        self._majority = len(plan.sentinels()) // 2 + 1
        self._watches: list[Watch] = [RoleWatch(node, deployment, events) for node in plan.all_data_nodes()]
        for node in plan.sentinels():
            self._watches += [VoteWatch(node, deployment, self._voted), EventWatch(node, deployment, events)]
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Ask all, and take what they say."""
        next_ask = time.monotonic()
        while not self.stopping.is_set():
            now = time.monotonic()
            if now >= next_ask:
                self._ask_all(now)
                next_ask = max(next_ask + ASK_EVERY_S, now)
            for key, ready in self._selector.select(timeout=max(0.001, next_ask - time.monotonic())):
                self._serve(key.data, ready)
        for watch in self._watches:
            self._forget(watch)
        self._selector.close()

    def _ask_all(self, now: float) -> None:
        for watch in self._watches:
            if watch.link.silent_for(now) > SILENT_AFTER_S:
                self._forget(watch)
                watch.on_silence()
            watch.ask()
            self._watch_socket(watch)

    def _watch_socket(self, watch: Watch) -> None:
        link = watch.link
        if link.socket is None or link.registered == link.wants:
            return
        change = self._selector.modify if link.registered else self._selector.register
        change(link.socket, link.wants, watch)
        link.registered = link.wants

    def _serve(self, watch: Watch, ready: int) -> None:
        alive = watch.link.flush()
        if alive and ready & selectors.EVENT_READ:
            replies, alive = watch.link.receive()
            for reply in replies:
                watch.on_reply(reply)
        if alive:
            self._watch_socket(watch)
        else:
            # A connection that had answered and is closed means little: a Sentinel closes all when it reconfigures a node.
            refused = not watch.link.answered
            self._forget(watch)
            if refused:
                watch.on_silence()

    def _forget(self, watch: Watch) -> None:
        if watch.link.socket is not None and watch.link.registered:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(watch.link.socket)
        watch.link.drop()

    def _voted(self, sentinel: str, primary: str | None) -> None:
        if primary is None:
            self._votes.pop(sentinel, None)
        else:
            self._votes[sentinel] = primary
        counts: dict[str, int] = {}
        for named in self._votes.values():
            counts[named] = counts.get(named, 0) + 1
        agreed = next((name for name, votes in counts.items() if name and votes >= self._majority), "")
        now: Any = (agreed, dict(self._votes))
        if now != self._agreement:
            self._agreement = now
            self._events.add(LAB, "agreement", primary=agreed, votes=dict(self._votes))
