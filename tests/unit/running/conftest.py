"""A deployment without servers, for questions that are answered by the test."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.records.events import EventLog
from jsquared.records.run_directory import RunDirectory
from jsquared.resp.failures import Unreachable
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView
from jsquared.testing.fake_sandbox import FakeSandbox
from support.record_plan import other_group, story_nodes
from support.records import ZERO, Story

PRIMARY = RoleView(primary=True, offset=100, link_up=False, follows="", replicas=2)
REPLICA = RoleView(primary=False, offset=100, link_up=True, follows="10.83.1.1:6379", replicas=0)
MASTER = {"name": "mymaster", "flags": "master", "num-slaves": "2", "num-other-sentinels": "2"}
NOWHERE = ("127.0.0.1", 1)
"""A port that is reserved, so nobody listens there."""


class ToldDeployment(RunningDeployment):
    """A deployment of three hosts whose nodes say what ``roles``, ``named`` and ``told`` hold; it has converged until that is changed."""

    def __init__(self, story: Story, run: RunDirectory, events: EventLog) -> None:
        plan = story.plan()
        super().__init__(plan, story.placement(), FakeSandbox(run.path), run, events)
        data = [node.name for node in plan.data_nodes()]
        others = [node.name for node in plan.all_data_nodes()[len(data) :]]
        sentinels = [node.name for node in plan.sentinels()]
        self.roles: dict[str, RoleView | None] = {name: PRIMARY if name == data[0] else REPLICA for name in data}
        follower = replace(REPLICA, follows="10.83.101.1:6379")
        self.roles |= {name: PRIMARY if name == others[0] else follower for name in others}
        self.named: dict[str, str] = dict.fromkeys(sentinels, data[0])
        self.elsewhere: dict[str, str] = dict.fromkeys(sentinels, others[0]) if others else {}
        self.told: dict[str, Any] = {name: [word for pair in MASTER.items() for word in pair] for name in sentinels}

    def role(self, name: str, timeout_s: float = 0.5) -> RoleView | None:
        """What the test put there."""
        return self.roles[name]

    def votes(self, master_name: str = "") -> dict[str, str]:
        """What the test put there, for ``mymaster`` in ``named``, for another primary in ``elsewhere``."""
        return dict(self.named if master_name in ("", "mymaster") else self.elsewhere)

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """What the test put there; an exception is raised."""
        reply = self.told.get(name, Unreachable("no connection", where=name))
        if isinstance(reply, Exception):
            raise reply
        return reply(*words) if callable(reply) else reply

    def change(self, name: str, **fields: Any) -> None:
        """Change what a data node says of itself."""
        role = self.roles[name]
        assert role is not None
        self.roles[name] = replace(role, **fields)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldDeployment]:
    """A converged deployment of three data nodes and three Sentinels, none of which runs."""
    yield from _told(Story(), tmp_path)


@pytest.fixture
def told_two(tmp_path: Path) -> Iterator[ToldDeployment]:
    """The same with a second monitored primary, ``sessions`` on ``redis-m1``, and its replica."""
    nodes = (*story_nodes(3, apart=False), *other_group("sessions"))
    yield from _told(Story(nodes=nodes, master_name="mymaster"), tmp_path)


def _told(story: Story, folder: Path) -> Iterator[ToldDeployment]:
    run = RunDirectory.create(folder / "run", story.plan())
    events = EventLog(run.events_file, ZERO)
    yield ToldDeployment(story, run, events)
    events.close()


@pytest.fixture
def at_addresses(tmp_path: Path) -> Iterator[Callable[..., RunningDeployment]]:
    """``at_addresses({"redis-n1": (address, port)}, of_nodes={"redis-n1": {"login": …}}, …)``: a real deployment, other nodes nowhere."""
    opened = []

    def build(
        addresses: dict[str, tuple[str, int]], of_nodes: dict[str, dict[str, Any]] | None = None, **changes: Any
    ) -> RunningDeployment:
        story = Story(**changes)
        plan, placement = story.plan(), story.placement()
        nodes = tuple(
            msgspec.structs.replace(node, address=address, port=port, **(of_nodes or {}).get(node.name, {}))
            for node in placement.nodes
            for address, port in [addresses.get(node.name, NOWHERE)]
        )
        placement = msgspec.structs.replace(placement, nodes=nodes)
        run = RunDirectory.create(tmp_path / f"run{len(opened)}", plan)
        opened.append(EventLog(run.events_file, ZERO))
        return RunningDeployment(plan, placement, FakeSandbox(run.path), run, opened[-1])

    yield build
    for events in opened:
        events.close()
