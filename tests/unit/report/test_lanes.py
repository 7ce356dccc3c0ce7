"""Role and health of nodes, Sentinels and clients over time."""

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from jsquared.records.event_types import (
    AgreementChanged,
    Disturbed,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    FloatingMoved,
    ProcessChanged,
    RoleChanged,
    SentinelEvent,
)
from jsquared.records.placement import PlacedFloating
from jsquared.report import lanes
from jsquared.report.chart_data import chart_data, focus
from jsquared.report.series import Axis

AXIS = Axis(10_000.0, 50)


def told(lane: lanes.FastPath, part: str = "segments") -> list[tuple[float, float, str]]:
    """A lane's segments without their words."""
    return [(segment[0], segment[1], segment[2]) for segment in lane[part]]


def role(at: float, role: str, **fields):
    """A role event of redis-n1."""
    return RoleChanged(role=role, **fields, source="redis-n1", t_ms=at)


def process(at: float, state: str, source: str = "redis-n1"):
    """A process event."""
    return ProcessChanged(state=state, source=source, t_ms=at)


def data_lane(record) -> lanes.FastPath:
    """The lane of redis-n1."""
    return lanes.data_lane(record, record.plan.node("redis-n1"), AXIS)


def test_segments_last_until_the_next_change_and_merge() -> None:
    """Equal neighbours become one segment; an empty state is a hole; nothing of no length is drawn."""
    changes = [(0.0, "a", "", ""), (1.0, "a", "", ""), (2.0, "", "", ""), (3.0, "b", "", ""), (3.0, "c", "", "")]
    assert lanes.segments(changes, 5.0) == [[0.0, 2.0, "a", "", ""], [3.0, 5.0, "c", "", ""]]
    assert lanes.segments([], 5.0) == []


def test_a_data_node_that_is_killed_and_comes_back(with_events) -> None:
    """Starting until it says its role, down from its exit, and then a replica whose link is first down, then up."""
    record = with_events(
        process(10, "started"),
        role(100, "primary", offset=5),
        process(3000, "exited"),
        role(3100, "down"),
        process(6000, "started"),
        role(6100, "down"),
        role(6500, "replica", link="down", of="redis-n2"),
        role(7000, "replica", link="up", of="redis-n2", offset=1234),
        RoleChanged(role="primary", source="redis-n2", t_ms=7500),
    )
    lane = data_lane(record)
    assert told(lane) == [
        (10, 100, "starting"),
        (100, 3000, "primary"),
        (3000, 6000, "down"),
        (6000, 6500, "starting"),
        (6500, 7000, "detached"),
        (7000, 10_000, "replica"),
    ]
    assert lane["segments"][1][4] == "offset 5"
    assert lane["segments"][-1][4] == "of redis-n2, link up, offset 1,234"


def test_a_paused_node_is_paused_although_it_looks_down(with_events) -> None:
    """What the lab did to the process explains the silence; afterwards the node is again what it says."""
    record = with_events(
        role(100, "primary"),
        process(3000, "stopped"),
        role(3200, "down"),
        process(5000, "continued"),
        role(5010, "replica", link="", of=""),
    )
    lane = data_lane(record)
    assert told(lane) == [
        (100, 3000, "primary"),
        (3000, 5000, "paused"),
        (5000, 5010, "down"),
        (5010, 10_000, "replica"),
    ]
    assert lane["segments"][-1][4] == "of no one, link unknown, offset 0"


def test_a_sentinel_in_tilt_is_not_just_running(with_events) -> None:
    """TILT is a state of its own, a pause hides it, and a restart ends it."""
    source = "sentinel-n1"
    record = with_events(
        process(10, "started", source),
        SentinelEvent(event="+tilt", source=source, t_ms=1000),
        process(2000, "stopped", source),
        process(3000, "continued", source),
        SentinelEvent(event="-tilt", source=source, t_ms=4000),
        SentinelEvent(event="+tilt", source=source, t_ms=5000),
        process(6000, "exited", source),
        process(7000, "started", source),
        SentinelEvent(event="+sdown", source=source, t_ms=7500),
    )
    lane = lanes.sentinel_lane(record, record.plan.node(source), AXIS)
    assert [segment[2] for segment in lane["segments"]] == ["up", "tilt", "paused", "tilt", "up", "tilt", "down", "up"]
    assert lane["segments"][1][3] == "TILT"


def cut(links: str, *, healed: bool = True, targets=("n1", "c1"), **more):
    """Events of a cut."""
    details = {"sides": (("n1", "c1"), ("n2", "n3")), "links": links} | more
    start = FaultStarted("f1", name="cut", targets=targets, t_ms=1000.0, **details)
    end = FaultHealing("f1", t_ms=4000.0)
    return (start, end, FaultHealed("f1", t_ms=4100.0)) if healed else (start,)


@pytest.mark.parametrize(
    ("links", "concerned"),
    [
        ("all", ["redis-n1", "sentinel-n1", "client-1"]),
        ("replication", ["redis-n1"]),
        ("clients", ["redis-n1", "client-1"]),
        ("sentinels", ["redis-n1", "sentinel-n1"]),
    ],
)
def test_a_cut_is_shown_where_its_traffic_was_cut(with_events, idle, links, concerned) -> None:
    """A cut of one kind of traffic concerns only the roles that talk this way, on the cut-off side, until healing begins."""
    record = with_events(*cut(links))
    plan, verdict = record.plan, idle[1]
    found = [lanes.data_lane(record, node, AXIS) for node in plan.data_nodes()]
    found += [lanes.sentinel_lane(record, node, AXIS) for node in plan.sentinels()]
    found += [lanes.client_lane(record, verdict, client.name, AXIS) for client in plan.clients]
    shown = {lane["name"]: told(lane, "over") for lane in found if lane["over"]}
    assert list(shown) == concerned
    assert set(map(tuple, shown.values())) == {((1000.0, 4000.0, "cut"),)}


def test_a_cut_that_never_healed_lasts_to_the_end(with_events) -> None:
    """Nothing says that it ended, so it did not; and a fault that cuts nothing is no cut."""
    record = with_events(*cut("all", healed=False), FaultStarted("f2", targets=("n1",), t_ms=2000.0))
    assert told(data_lane(record), "over") == [(1000.0, 10_000.0, "cut")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "all links cut between n1, c1 and n2, n3"),
        ({"direction": "both"}, "all links cut between n1, c1 and n2, n3"),
        ({"direction": "inbound"}, "all links cut between n1, c1 and n2, n3, inbound only"),
        ({"sides": None}, "all links cut"),
    ],
)
def test_a_cut_is_told_in_words(with_events, more, said) -> None:
    """Which links, between whom, in which direction."""
    assert lanes.cut_words(with_events(*cut("all", **more)).events[0]) == said


def test_the_agreement_lane_names_the_votes(with_events) -> None:
    """While Sentinels disagree the lane says so, with who says what."""
    votes = {"sentinel-n2": "redis-n2", "sentinel-n1": ""}
    record = with_events(
        AgreementChanged(primary="redis-n1", votes={}, t_ms=100.0),
        AgreementChanged(primary="", votes=votes, t_ms=500.0),
    )
    lane = lanes.agreement_lane(record, AXIS)
    assert lane["segments"] == [
        [100.0, 500.0, "agreed", "redis-n1", ""],
        [500.0, 10_000.0, "split", "they disagree", "sentinel-n1: none, sentinel-n2: redis-n2"],
    ]


def test_a_clients_lane_shows_who_served_it(split_brain) -> None:
    """The cut-off client stays with the old primary and its lost writes are marked; the other has its gap."""
    record, verdict = split_brain
    first, second = (lanes.client_lane(record, verdict, name, Axis.until(30_000)) for name in ("client-1", "client-2"))
    assert [segment[3] for segment in first["segments"]] == ["redis-n1", "redis-n3"]
    assert [segment[2] for segment in first["over"]] == ["cut", "lost"]
    assert [segment[3] for segment in second["segments"]] == ["redis-n1", "redis-n3"]
    assert [segment[2:4] for segment in second["over"]] == [["gap", "no write for 4.96 s"]]


def test_an_acknowledgement_of_no_known_node_is_still_service(crash) -> None:
    """A node number that the plan does not know is shown as such."""
    record, verdict = crash
    record.operations.node[:] = 77
    lane = lanes.client_lane(record, verdict, "client-1", AXIS)
    assert {segment[3] for segment in lane["segments"]} == {"an unknown node"}


def test_the_failover_lane_has_its_phases_in_order(crash) -> None:
    """The six phases follow each other from the fault to the first write."""
    _, verdict = crash
    segments = lanes.failover_lane(verdict)["segments"]
    assert [segment[3] for segment in segments] == ["detect", "agree", "elect", "promote", "announce", "reconnect"]
    assert all(one[1] == other[0] for one, other in pairwise(segments))
    assert segments[-1][1] - segments[0][0] == pytest.approx(verdict.failover_ms)


def test_phases_that_were_not_measured_are_left_out(altered) -> None:
    """Without marks a phase follows the one before; without phases there is no lane."""
    partial = altered(phases_ms={"detect": 1000.0, "promote": 0.0}, phase_marks_ms={"fault": 500.0})
    assert [(part["name"], part["from"], part["to"]) for part in lanes.failover_phases(partial)] == [
        ("detect", 500.0, 1500.0),
        ("promote", 1500.0, 1500.0),
    ]
    assert len(lanes.failover_lane(partial)["segments"]) == 1
    assert lanes.failover_lane(altered(phases_ms=None)) is None


def test_the_lab_and_its_faults(crash, altered) -> None:
    """The lab's phases end with done; a fault that never started has no lane, one that never healed has no end."""
    record, verdict = crash
    names = [segment[3] for segment in lanes.phase_lane(record, AXIS)["segments"]]
    assert names == ["stand-up", "load", "break", "heal", "settle", "read-back"]
    never = msgspec.structs.replace(verdict.faults[0], started_ms=None)
    unhealed = msgspec.structs.replace(verdict.faults[0], healed_ms=None)
    assert told(lanes.fault_lanes([never, unhealed], AXIS)[0]) == [(3000.0, 10_000.0, "fault")]


@pytest.mark.parametrize(
    ("changes", "span"),
    [
        ({}, [2603.2, 8753.6]),
        ({"phase_marks_ms": {}}, [2488.0, 10_424.0]),
        ({"faults": []}, None),
    ],
)
def test_the_focus_is_the_failover_else_the_fault(altered, changes, span) -> None:
    """The zoom that is offered shows from just before the fault to just after service was back."""
    assert focus(altered(**changes), Axis(16_000.0, 50)) == span


def test_the_focus_of_an_unhealed_fault_reaches_the_end(samples) -> None:
    """Where neither service nor links came back, the end of the trial is shown."""
    assert focus(samples("killed")[1], Axis(6200.0, 50)) == [2744.0, 6200.0]


def test_chart_data_has_a_lane_for_everyone(split_brain) -> None:
    """All data nodes, Sentinels and clients of the plan are there, and disturbances of the machine too."""
    record, verdict = split_brain
    record.events.append(Disturbed(stall_ms=140, t_ms=29_999.0))
    data = chart_data(record, verdict)
    names = {group["name"]: [lane["name"] for lane in group["lanes"]] for group in data["groups"]}
    assert names["course"] == ["Lab", "Fault f1", "Failover"]
    assert names["data"] == ["redis-n1", "redis-n2", "redis-n3"]
    assert names["sentinels"] == ["sentinel-s1", "sentinel-s2", "sentinel-s3", "Agreed primary"]
    assert names["clients"] == ["client-1", "client-2"]
    assert data["disturbances"] == [[29_999.0, 140.0]]
    assert data["losses"][0]["label"] == "9,998 lost: split brain"


def test_a_floating_address_has_a_lane(with_events) -> None:
    """Who has it, nobody, or several at once, which is drawn as what it is."""
    record = with_events(
        *(
            FloatingMoved(address="10.5.0.100", holders=holders, why="because", t_ms=at)
            for at, holders in ((0.0, ["n1"]), (2000.0, []), (4000.0, ["n2"]), (6000.0, ["n2", "n1"]))
        ),
        FloatingMoved(address="10.5.0.101", holders=["n3"], t_ms=7000.0),
    )
    vip = PlacedFloating(
        address="10.77.9.1", written="10.5.0.100", hosts=("n1", "n2"), starts_on="n1", follows="primary", after_ms=2000
    )
    record = replace(record, plan=msgspec.structs.replace(record.plan, floating=(vip,)))
    (lane,) = lanes.floating_lanes(record, AXIS)
    assert lane["name"] == "Address 10.5.0.100"
    assert lane["segments"] == [
        [0.0, 2000.0, "agreed", "n1", "because"],
        [2000.0, 4000.0, "gap", "no host has it", "because"],
        [4000.0, 6000.0, "agreed", "n2", "because"],
        [6000.0, 10000.0, "split", "n2, n1", "because"],
    ]
