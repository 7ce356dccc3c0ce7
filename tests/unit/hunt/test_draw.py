"""Drawing schedules: reproducible, playable, varied, and first what the static analysis names."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.splits import Split
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS, complete, fault_named
from jsquared.hunt.draw import Drawer, Step, drawable, planned, split_targets, unrolled
from jsquared.hunt.lab import scenario_of
from jsquared.records.plan import Ack, PlannedFault
from jsquared.sandbox.capability import Capability
from jsquared.scenario.moments import Moment
from jsquared.scenario.targets_at_start import nodes_at_start
from jsquared.scenarios.file_form import parse_scenario
from jsquared.scenarios.scenario_file import to_yaml

Make = Callable[..., Drawer]
MANY = 300


def deployment_of(text: str) -> Deployment:
    """A deployment of this text."""
    return from_yaml(text, Source("mine.yaml", "mine.yaml"), Path())


def test_the_same_seed_draws_the_same(make_drawer: Make) -> None:
    """A number of the sequence has its schedule whatever was drawn before, and another seed has others."""
    forwards = [make_drawer(seed=7).schedule(number) for number in range(20)]
    drawer = make_drawer(seed=7)
    assert [drawer.schedule(number) for number in reversed(range(20))] == forwards[::-1]
    assert [make_drawer(seed=8).schedule(number) for number in range(20)] != forwards


@pytest.mark.unmeasured
@pytest.mark.parametrize("deployment", ["reference", "apart", "stock", "classic-2013"])
def test_what_is_drawn_can_be_played(make_drawer: Make, deployment: str) -> None:
    """One to four faults, all with known targets and parameters, moments that come, and an end in time; as a file, too."""
    drawer = make_drawer(deployment)
    for number in range(MANY // 4):
        schedule = drawer.schedule(number)
        assert 1 <= len(schedule) <= 4
        assert min(Moment.parse(fault.start).after_ms for fault in schedule) == 1_000
        for fault in schedule:
            complete(fault_named(fault.name), fault.parameters)
            assert all(
                nodes_at_start(drawer.deployment, target) or target.startswith(("client", "host"))
                for target in fault.targets
            )
            begin, heal = Moment.parse(fault.start), Moment.parse(fault.heal)
            assert (begin.anchor, heal.anchor) == ("load", "injection")
            assert begin.after_ms + heal.after_ms <= 4 * drawer.deployment.down_after_ms + 30_000
        file = scenario_of(schedule, drawer.deployment, "drawn", drawer.ack)
        assert parse_scenario(to_yaml(file), "drawn.yaml").file == file


def test_what_breaks_in_the_field_is_common(make_drawer: Make) -> None:
    """Partitions of the primary with others, crashes, hangs, replication cuts, restarts and operators' errors are drawn often."""
    drawer = make_drawer()
    drawn = Counter(fault.name for number in range(MANY) for fault in drawer.schedule(number))
    assert {"cut", "kill", "pause", "restart", "flap", "manual-failover", "set-quorum", "set-priority"} <= set(drawn)
    assert min(drawn[name] for name in ("cut", "kill", "pause", "restart")) >= MANY / 12
    sides = [fault.targets for number in range(MANY) for fault in drawer.schedule(number) if fault.name == "cut"]
    assert sum("primary" in side and any(word.startswith("client") for word in side) for side in sides) >= MANY / 12
    assert sum("primary" in side and any(word.startswith("replica") for word in side) for side in sides) >= MANY / 15
    assert len({len(drawer.schedule(number)) for number in range(MANY)}) == 4


def test_faults_do_not_get_in_each_others_way(make_drawer: Make) -> None:
    """No server is hit while it is down, and no two cuts overlap, except where another node is the primary by then."""
    drawer = make_drawer("classic-2013")
    moved_ms = drawer.deployment.down_after_ms + 4_000
    for number in range(MANY):
        steps = [(fault, Moment.parse(fault.start).after_ms) for fault in drawer.schedule(number)]
        for index, (one, begin) in enumerate(steps):
            for other, later in steps[index + 1 :]:
                over = begin + Moment.parse(one.heal).after_ms < later
                if over or abs(later - begin) >= moved_ms or "cut" not in (one.name, other.name):
                    continue
                assert one.name != other.name or len(drawer.motifs) > 0


def test_overlapping_faults_are_told_apart(make_drawer: Make) -> None:
    """Two cuts at once, or two faults at one server, are in each other's way; a cut and a crash are not."""
    drawer = make_drawer()

    def step(name: str, target: str, start_ms: int = 1_000) -> Step:
        return Step(name, (target,), {}, start_ms, 9_000)

    assert not drawer._fits(step("kill", "primary"), [step("pause", "host:n1")])
    assert not drawer._fits(step("cut", "primary"), [step("cut", "replica:1")])
    assert drawer._fits(step("kill", "primary"), [step("pause", "replica:1"), step("cut", "primary")])
    assert drawer._fits(step("kill", "primary", 30_000), [step("kill", "primary")])
    late = 1_000 + drawer.deployment.down_after_ms + 4_000
    assert drawer._fits(step("kill", "primary", late), [step("kill", "primary")])
    assert not drawer._fits(step("kill", "replica:1", late), [step("kill", "replica:1")])


@pytest.mark.parametrize(
    ("deployment", "ack", "targets"),
    [
        ("apart", Ack(mode="wait", replicas=1), ("primary", "replica:1", "client:1")),
        ("reference", Ack(), ("primary", "client:1")),
        ("classic-2013", Ack(), ("primary",)),
    ],
)
def test_the_breaking_split_comes_first(make_drawer: Make, deployment: str, ack: Ack, targets: tuple[str, ...]) -> None:
    """The split that the static analysis names is the first schedule: its primary's side, with a client that writes there."""
    drawer = make_drawer(deployment, ack, prior=True)
    [cut] = drawer.schedule(0)
    assert (cut.name, cut.targets, cut.start) == ("cut", targets, "1000 ms after load")
    assert Moment.parse(cut.heal).after_ms == drawer.deployment.down_after_ms + 6_000
    assert drawer.schedule(1) == make_drawer(deployment, ack).schedule(1)


def test_without_a_breaking_split_all_is_drawn(make_drawer: Make) -> None:
    """Where no split breaks the level, or cuts are left out, the sequence begins with draws."""
    assert make_drawer("reference", Ack(mode="wait", replicas=1), prior=True).first == ()
    assert make_drawer("reference", Ack(), prior=True, allowed=("kill",)).first == ()


def test_splits_name_hosts_that_have_no_word() -> None:
    """Hosts with Sentinels alone are named, machines of several hosts are taken apart, and a client beside them is enough."""
    apart = load_deployment("apart")
    split = Split(("n1+s1", "n3"), ("n2", "s2", "s3"), (), (), 0)
    assert split_targets(split, apart) == ("primary", "host:s1", "replica:2", "client:1")
    beside = deployment_of("data: [a, b]\nsentinels: [a, b, c]\nclients: {on: [b]}\n")
    assert split_targets(Split(("a",), ("b", "c"), (), (), 0), beside) == ("primary",)
    assert split_targets(Split(("a", "b"), ("c",), (), (), 0), beside) == ("primary", "replica:1")


def test_small_deployments_have_what_they_can(make_drawer: Make) -> None:
    """Without replicas nothing is drawn that needs one."""
    drawer = make_drawer()
    alone = Drawer(
        deployment_of("data: [a]\nsentinels: [a, b, c]\n"), drawer.engine, Ack(), 1, drawer.allowed, prior=False
    )
    drawn = [fault for number in range(60) for fault in alone.schedule(number)]
    assert not any("replica" in target for fault in drawn for target in fault.targets)


def test_only_what_is_allowed_is_drawn(make_drawer: Make) -> None:
    """Faults that were left out never come, not even in the company of others from the catalogue."""
    drawer = make_drawer(allowed=("kill", "pause"))
    assert {fault.name for number in range(100) for fault in drawer.schedule(number)} == {"kill", "pause"}


def test_faults_that_only_the_catalogue_knows_are_drawn(make_drawer: Make) -> None:
    """A fault without a line of its own comes with the scenarios that have it, alone where nothing else is allowed."""
    drawer = make_drawer(allowed=("replicaof-by-hand",))
    assert drawer.kinds == ()
    drawer.check()
    assert {fault.name for number in range(10) for fault in drawer.schedule(number)} == {"replicaof-by-hand"}


def test_nothing_to_draw_is_refused(make_drawer: Make) -> None:
    """A fault that no draw can use alone is no hunt."""
    with pytest.raises(BadInputError, match="nothing is left to draw"):
        make_drawer(allowed=()).check()


def test_what_may_be_drawn_depends_on_machine_and_user() -> None:
    """What the sandbox cannot do is left out, as is what the user does not want; unknown names are refused."""
    process = frozenset({Capability.PROCESS})
    assert "cut" not in drawable(process, (), ())
    assert "cut" in drawable(frozenset(Capability), (), ())
    assert drawable(process, ("kill", "pause"), ("kill",)) == ("pause",)
    for only, without in ((("kil",), ()), ((), ("kil",))):
        with pytest.raises(BadInputError, match="kil: no such fault"):
            drawable(process, only, without)


def planned_fault(name: str, start: str, heal: str) -> PlannedFault:
    """A fault of a scenario."""
    return PlannedFault(id=name, name="kill", targets=("primary",), start=start, heal=heal)


def test_scenarios_lose_their_waiting() -> None:
    """Where a scenario waits for recovery, a failover's time is waited instead; other moments keep their distance."""
    steps = unrolled(
        [
            planned_fault("a", "3000 ms after load", "1000 ms after recovery"),
            planned_fault("b", "500 ms after a", "700 ms after injection"),
            planned_fault("c", "200 ms after recovery", "5000 ms after a"),
            planned_fault("d", "200 ms after b", "900 ms after c"),
        ],
        down_after_ms=2_000,
    )
    assert [(step.start_ms, step.length_ms) for step in steps] == [(1000, 7000), (1500, 700), (7700, 100), (1700, 6900)]
    assert unrolled([planned_fault("a", "1 ms after later", "1 ms after injection")], 2_000) == ()


def test_faults_are_in_the_order_of_their_moments() -> None:
    """Each has an id of its own."""
    faults = planned([Step("kill", ("primary",), {}, 2000, 100), Step("kill", ("replica:1",), {}, 1000, 100)])
    assert [(fault.id, fault.targets) for fault in faults] == [("kill", ("replica:1",)), ("kill-2", ("primary",))]
    assert set(FAULTS) >= {fault.name for fault in faults}
