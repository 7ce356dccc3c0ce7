"""The fake deployment answers the lab's questions as real servers do, in every field that the lab looks at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError
from jsquared.observe.observer import Observer
from jsquared.records.event_types import AgreementChanged, RoleChanged
from jsquared.records.events import EventLog, read_events
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment
from jsquared.testing.fake_deployment import fake_deployment
from jsquared.testing.fake_plan import fake_placement
from jsquared.testing.fake_sandbox import FakeSandbox
from support.sample_run import sample_plan

Wait = Callable[..., None]
NODES = ("redis-n1", "redis-n2", "redis-n3")
SENTINELS = ("sentinel-n1", "sentinel-n2", "sentinel-n3")


def real_placement(servers: Any, plan: Plan) -> Placement:
    """The fake deployment at the addresses of real servers."""
    sample = fake_placement(plan)
    where = {f"redis-n{number + 1}": servers.data(number) for number in range(3)}
    where |= {f"sentinel-n{number + 1}": servers.sentinel(number) for number in range(3)}
    nodes = tuple(
        msgspec.structs.replace(node, address=where[node.name][0], port=where[node.name][1]) for node in sample.nodes
    )
    return msgspec.structs.replace(sample, nodes=nodes, config_files={})


@contextmanager
def asking(servers: Any, folder: Path) -> Iterator[RunningDeployment]:
    """A deployment that only asks."""
    plan = sample_plan("crash")
    run = RunDirectory.create(folder / "asking", plan)
    events = EventLog(run.events_file, TrialClock.start())
    try:
        yield RunningDeployment(plan, real_placement(servers, plan), FakeSandbox(folder), run, events)
    finally:
        events.close()


@pytest.fixture(params=["fake", "valkey", pytest.param("redis", marks=pytest.mark.redis)])
def deployment(request: pytest.FixtureRequest, tmp_path: Path, wait_until: Wait) -> Iterator[RunningDeployment]:
    """A converged deployment: scripted, or of real servers."""
    if request.param == "fake":
        with fake_deployment(tmp_path) as fake:
            yield fake.deployment
        return
    lab = request.getfixturevalue("make_lab")(request.getfixturevalue(f"{request.param}_engine"))
    lab.stand_up(2, 3)
    with asking(lab.servers, tmp_path) as asks:
        wait_until(lambda: not asks.unconverged(), what="converged")
        yield asks


def test_a_converged_deployment_answers_every_question(deployment: RunningDeployment) -> None:
    """Roles, links, votes and views make convergence, run ids tell processes apart, nobody leads yet, and errors are answers."""
    assert deployment.unconverged() == ""
    assert deployment.primary() == deployment.last_primary() == "redis-n1"
    assert deployment.replicas() == ["redis-n2", "redis-n3"]
    assert deployment.votes() == dict.fromkeys(SENTINELS, "redis-n1")
    primary, replica = deployment.role("redis-n1"), deployment.role("redis-n2")
    assert primary is not None
    assert replica is not None
    assert (primary.primary, primary.replicas, primary.follows) == (True, 2, "")
    assert (replica.primary, replica.link_up, deployment.node_at(replica.follows)) == (False, True, "redis-n1")
    run_ids = {deployment.run_id(name) for name in NODES}
    assert {len(run_id) for run_id in run_ids} == {40}
    assert len(run_ids) == 3
    assert all(deployment.answers(name) for name in NODES + SENTINELS)
    with pytest.raises(BadInputError, match="no vote has been cast"):
        deployment.leading_sentinel()
    with pytest.raises(ServerReplyError, match="unknown command"):
        deployment.ask("redis-n1", "NONSENSE")


def test_the_observer_sees_the_same(deployment: RunningDeployment, wait_until: Wait) -> None:
    """Beside either, the observer records one primary, two replicas that follow it, and the agreement of all."""
    observer = Observer(deployment, deployment.events)
    path = cast("RunDirectory", deployment._run).events_file
    observer.start()
    try:
        wait_until(lambda: sum(isinstance(event, RoleChanged) for event in read_events(path)) >= 3, what="roles")
        wait_until(
            lambda: any(isinstance(event, AgreementChanged) and len(event.votes) == 3 for event in read_events(path)),
            what="votes of all Sentinels",
        )
    finally:
        observer.stop()
    events = read_events(path)
    seen = {event.source: (event.role, event.link, event.of) for event in events if isinstance(event, RoleChanged)}
    assert seen == {
        "redis-n1": ("primary", "", ""),
        "redis-n2": ("replica", "up", "redis-n1"),
        "redis-n3": ("replica", "up", "redis-n1"),
    }
    agreements = [event for event in events if isinstance(event, AgreementChanged)]
    assert (agreements[-1].primary, agreements[-1].votes) == ("redis-n1", dict.fromkeys(SENTINELS, "redis-n1"))
