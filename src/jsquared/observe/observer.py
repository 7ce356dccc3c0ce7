"""The observer: one thread that watches every node from the side while a trial runs.

It subscribes to all events of every Sentinel, and asks every data node for its role and every Sentinel for the primary that the trial is
about, twenty times a second. What changes becomes an event. It speaks from the observer's address, which no cut touches, and it never
waits for anyone: a node that is silent is recorded as silent.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from jsquared.observe.background import Background
from jsquared.observe.node_link import NodeLink
from jsquared.records.event_types import AgreementChanged, RoleChanged, SentinelEvent
from jsquared.records.events import EventLog
from jsquared.records.placement import PlacedNode
from jsquared.resp.poller import Poller
from jsquared.resp.replies import parse_info
from jsquared.running.view import DeploymentView, RoleView

ASK_EVERY_S = 0.05
SILENT_AFTER_S = 0.3


class Watch(Protocol):
    """Watches one node by one connection."""

    link: NodeLink

    def ask(self) -> None:
        """Send the question, unless the previous one is still open."""
        ...

    def on_reply(self, reply: object) -> None:
        """A reply arrived."""
        ...

    def on_silence(self) -> None:
        """It has not answered for a while."""
        ...


def _link(
    watch: Watch,
    node: PlacedNode,
    deployment: DeploymentView,
    poller: Poller,
    *,
    greeting: Sequence[tuple[str, ...]] = (),
    subscriber: bool = False,
) -> NodeLink:
    """A link to a node as its configuration wants it; what it encrypts with is there once the nodes are installed."""
    return NodeLink(
        poller,
        (deployment.address(node.name), node.port),
        deployment.credentials(node.name),
        on_reply=watch.on_reply,
        on_silence=watch.on_silence,
        greeting=greeting,
        subscriber=subscriber,
        tls=lambda: deployment.tls(node.name),
        renamed_commands=deployment.renamed_commands(node.name),
        dial=deployment.dial,
    )


class RoleWatch:
    """Asks one data node for its role; records a ``role`` event when role, link, primary or process changes."""

    def __init__(self, node: PlacedNode, deployment: DeploymentView, events: EventLog, poller: Poller) -> None:
        self.link = _link(self, node, deployment, poller, greeting=[("INFO", "server")])
        self._node = node
        self._deployment = deployment
        self._events = events
        self._last: tuple[object, ...] | None = None
        self._run_id = ""

    def ask(self) -> None:
        """Ask for its role, where faults may have moved it to, with what they may have changed to log in with."""
        self.link.move_to(self._deployment.address(self._node.name))
        self.link.credentials = self._deployment.credentials(self._node.name)
        self.link.ask("INFO", "replication")

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
            self._events.add(
                RoleChanged(role=role, link=link, of=follows, run_id=run_id, offset=offset, source=self._node.name)
            )


class VoteWatch:
    """Asks one Sentinel who the primary is; reports changes to the owner, who sees all of them together."""

    def __init__(
        self,
        node: PlacedNode,
        deployment: DeploymentView,
        report: Callable[[str, str | None], None],
        poller: Poller,
    ) -> None:
        self.link = _link(self, node, deployment, poller)
        self._node = node
        self._deployment = deployment
        self._report = report

    def ask(self) -> None:
        """Ask for the primary that the trial is about."""
        self.link.move_to(self._deployment.address(self._node.name))
        self.link.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._deployment.master_name)

    def on_reply(self, reply: object) -> None:
        """A reply arrived."""
        named = self._deployment.node_at(":".join(map(str, reply))) if isinstance(reply, list) else ""
        self._report(self._node.name, named)

    def on_silence(self) -> None:
        """It has not answered for a while."""
        self._report(self._node.name, None)


class EventWatch:
    """Subscribes to every event of one Sentinel."""

    def __init__(self, node: PlacedNode, deployment: DeploymentView, events: EventLog, poller: Poller) -> None:
        self.link = _link(self, node, deployment, poller, greeting=[("PSUBSCRIBE", "*")], subscriber=True)
        self._node = node
        self._deployment = deployment
        self._events = events

    def ask(self) -> None:
        """Nothing to ask: events come by themselves; this only keeps the connection."""
        self.link.move_to(self._deployment.address(self._node.name))
        self.link.keep_connected()

    def on_reply(self, reply: object) -> None:
        """A message (or the confirmation of the subscription) arrived."""
        if isinstance(reply, list) and len(reply) == 4 and reply[0] == "pmessage":
            self._events.add(
                SentinelEvent(event=str(reply[2]), payload=str(reply[3]), via="pubsub", source=self._node.name)
            )

    def on_silence(self) -> None:
        """Ignored: a Sentinel with no events sends nothing."""


class Observer(Background):
    """Runs all watches in one thread; all connections are closed at the end."""

    def __init__(self, deployment: DeploymentView, events: EventLog) -> None:
        super().__init__("observer")
        self._events = events
        self._votes: dict[str, str] = {}
        self._agreement: tuple[str, dict[str, str]] | None = None
        self._majority = len(deployment.sentinels) // 2 + 1
        self._poller = Poller()
        self._watches: list[Watch] = [RoleWatch(node, deployment, events, self._poller) for node in deployment.data]
        for node in deployment.sentinels:
            self._watches.append(VoteWatch(node, deployment, self._voted, self._poller))
            self._watches.append(EventWatch(node, deployment, events, self._poller))

    def run(self) -> None:
        """Ask all, and take what they say."""
        next_ask = time.monotonic()
        while not self.stopping.is_set():
            now = time.monotonic()
            if now >= next_ask:
                self._ask_all(now)
                next_ask = max(next_ask + ASK_EVERY_S, now)
            self._poller.run(int(max(0.001, next_ask - time.monotonic()) * 1e9), fine=False)
        for watch in self._watches:
            watch.link.close()
        self._poller.close()

    def _ask_all(self, now: float) -> None:
        for watch in self._watches:
            if watch.link.silent_for(now) > SILENT_AFTER_S:
                watch.link.drop()
                watch.on_silence()
            watch.ask()

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
            self._events.add(AgreementChanged(primary=agreed, votes=dict(self._votes)))
