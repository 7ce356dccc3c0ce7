"""Failovers that are not the plain one: lost leaders, orders, quorums out of reach, hangs, clocks that jump, and planted ones."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from jsquared.monitor.logs.document import LogTimeline
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import LOGS, truth

IDS = {name: name[-1] * 40 for name in ("s1", "s2", "s3")}


def of(name: str) -> LogTimeline:
    """The timeline of a trial's logs."""
    return log_timeline(LogTimelineRequest(inputs=[LOGS / name]))


def planted(folder: Path, logs: dict[str, Iterable[str]], **request: str) -> LogTimeline:
    """The timeline of logs written by hand: ``SECONDS TEXT`` lines of Sentinels, or of data nodes by the names of those."""
    for name, lines in logs.items():
        role = "X" if name in IDS else "M"
        start = [f"0 Sentinel ID is {IDS[name]}"] if name in IDS else []
        text = [f"1:{role} 30 Nov 2026 10:{_clock(line)} # {line.partition(' ')[2]}" for line in [*start, *lines]]
        (folder / f"{name}.log").write_text("\n".join(text) + "\n")
    return log_timeline(LogTimelineRequest(inputs=[folder], **request))  # type: ignore[arg-type]


def _clock(line: str) -> str:
    seconds = float(line.partition(" ")[0])
    return f"{int(seconds // 60):02d}:{seconds % 60:06.3f}"


DOWN = "+sdown master m 10.0.0.1 6379"
UP = "-sdown master m 10.0.0.1 6379"
TRY = "+try-failover master m 10.0.0.1 6379"
SWITCH = "+switch-master m 10.0.0.1 6379 10.0.0.2 6379"


def test_a_leader_that_dies_after_its_election_is_named() -> None:
    """Both attempts are listed with their votes, and the second one's phases agree with the trial's record."""
    [failover] = of("leader-crash-after-election").failovers
    expected = truth("leader-crash-after-election")
    assert (failover.new, failover.leader, failover.epoch) == (expected["new"], expected["leader"], 2)
    assert [(one.epoch, one.outcome, len(one.votes)) for one in failover.attempts] == [
        (1, "unfinished", 3),
        (2, "succeeded", 2),
    ]
    assert any("was elected at" in note and "did not go on" in note for note in failover.notes)
    took = {phase.name: phase.took_ms for phase in failover.phases}
    for phase in ("detect", "agree", "elect"):
        assert took[phase] == pytest.approx(expected["phases_ms"][phase], abs=100)


def test_a_manual_failover_begins_with_its_order() -> None:
    """No Sentinel considered the primary down, and the order is the beginning."""
    [failover] = of("manual-failover").failovers
    assert (failover.kind, failover.outcome, failover.sentinels[0].sdown) == ("manual", "failed over", None)
    took = {phase.name: phase.took_ms for phase in failover.phases}
    expected = truth("manual-failover")["phases_ms"]
    assert took["elect"] == pytest.approx(expected["elect"], abs=100)
    assert took["select"] + took["promote"] == pytest.approx(expected["promote"], abs=100)
    assert "detect" not in took
    assert not any("no line of its time" in note for note in failover.notes)
    assert any("as ordered" in line for line in as_lines(of("manual-failover"), 80))


def test_an_outage_without_a_failover_is_told() -> None:
    """With a quorum out of reach the primary is down until it returns, and no Sentinel tries anything."""
    [outage] = of("quorum-too-high").failovers
    assert (outage.outcome, outage.old, outage.new, outage.attempts) == ("recovered", "redis-n1", "", [])
    assert all(part.sdown and not part.switched for part in outage.sentinels)


def test_the_addresses_of_replicas_follow_from_when_they_asked() -> None:
    """Replicas that got no orders are found by when they asked their primary for everything."""
    nodes = {node.name: node for node in of("quorum-too-high").nodes}
    assert [nodes[f"redis-n{n}"].address for n in (1, 2, 3)] == [f"10.77.1.{n}:6379" for n in (1, 2, 3)]
    assert nodes["redis-n2"].known_by == "the times of its resynchronisations"


def test_a_hang_leaves_no_line() -> None:
    """When a primary fell silent is not in any log, and that is said instead of guessed."""
    [failover] = of("primary-hang").failovers
    assert failover.fault == ""
    assert failover.phases[0].name == "agree"
    assert any("the fault left no line" in note for note in failover.notes)


def test_a_clock_that_jumps_is_named() -> None:
    """A Sentinel an hour ahead is found although its clock was right before, and the failover is rebuilt from the others."""
    timeline = of("clock-step-then-crash")
    [failover] = timeline.failovers
    assert failover.leader == truth("clock-step-then-crash")["leader"]
    assert any("contradict each other" in sentence for sentence in timeline.unknown)
    [clock] = [one for one in timeline.clocks if one.differs]
    assert (clock.node, clock.ahead_ms) == ("sentinel-n2", pytest.approx(3_600_000, abs=20))
    assert any("entered TILT" in note for note in failover.notes)


def test_split_votes_and_aborts_have_their_reasons(tmp_path: Path) -> None:
    """Two candidates share the votes of an epoch, give up, and one of them finds no replica later."""

    def candidate(own: str) -> list[str]:
        return ["5 " + DOWN, "5.1 +new-epoch 1", "5.1 " + TRY, f"5.1 +vote-for-leader {IDS[own]} 1"]

    late = ["15.1 -failover-abort-not-elected master m 10.0.0.1 6379"]
    timeline = planted(
        tmp_path,
        {
            "s1": [*candidate("s1"), *late, "20 +new-epoch 2", "20 " + TRY, f"20 +vote-for-leader {IDS['s1']} 2",
                   f"20.1 {IDS['s3']} voted for {IDS['s1']} 2", "20.1 +elected-leader master m 10.0.0.1 6379",
                   "20.2 -failover-abort-no-good-slave master m 10.0.0.1 6379"],
            "s2": [*candidate("s2"), *late, "7 +sentinel sentinel x 10.0.0.9 26379 @ m 10.0.0.1 6379"],
            "s3": ["5 " + DOWN, f"5.2 +vote-for-leader {IDS['s2']} 1", f"20.05 +vote-for-leader {IDS['s1']} 2"],
        },
    )  # fmt: skip
    [failover] = timeline.failovers
    assert failover.outcome == "aborted"
    assert [(one.sentinel, one.epoch, one.reason, one.votes) for one in failover.attempts] == [
        ("s1", 1, "not-elected", ["s1"]),
        ("s2", 1, "not-elected", ["s2", "s3"]),
        ("s1", 2, "no-good-slave", ["s1", "s3"]),
    ]
    assert "the votes of epoch 1 were split: s1 got 1 and s2 got 2" in failover.notes
    assert sum("gave up its attempt" in note for note in failover.notes) == 3
    lines = list(as_lines(timeline, 80))
    assert any("attempts to fail over were given up" in line for line in lines)
    assert any("no-good-slave" in line for line in lines)
    assert "no-good-slave" in page(timeline)


def test_several_outages_and_primaries_are_kept_apart(tmp_path: Path) -> None:
    """A short outage, a failover, one of another primary, and one that the logs do not see the end of."""
    s1 = [
        "5 " + DOWN, "6 " + UP, "60 " + DOWN, "60.5 +odown master m 10.0.0.1 6379 #quorum 2/2", "60.5 " + TRY,
        "60.6 +elected-leader master m 10.0.0.1 6379",
        "60.7 +selected-slave slave 10.0.0.2:6379 10.0.0.2 6379 @ m 10.0.0.1 6379",
        "61 +promoted-slave slave 10.0.0.2:6379 10.0.0.2 6379 @ m 10.0.0.1 6379",
        "61.1 -slave-reconf-sent-timeout slave 10.0.0.3:6379 10.0.0.3 6379 @ m 10.0.0.1 6379",
        "62 +failover-end-for-timeout master m 10.0.0.1 6379", "62 " + SWITCH,
        "70 +fix-slave-config slave 10.0.0.3:6379 10.0.0.3 6379 @ m 10.0.0.2 6379",
        "200 +sdown master other 10.0.1.1 6379", "203 +reset-master master other 10.0.1.1 6379",
        "300 +sdown master m 10.0.0.2 6379",
    ]  # fmt: skip
    timeline = planted(tmp_path, {"s1": s1, "s2": ["61.2 " + SWITCH]})
    assert [(one.master, one.outcome) for one in timeline.failovers] == [
        ("m", "recovered"),
        ("m", "failed over"),
        ("other", "unfinished"),
        ("m", "unfinished"),
    ]
    assert any("restarted or were told to forget it" in note for note in timeline.failovers[2].notes)
    assert any("before all replicas were reconfigured" in note for note in timeline.failovers[1].notes)
    assert any("got no answer of a replica" in note for note in timeline.failovers[1].notes)
    assert any("no line in these logs says what came of it" in line for line in as_lines(timeline, None))
    only = planted(tmp_path, {}, master="other", since="2026-11-30T10:03", until="2026-11-30T10:04")
    assert [one.master for one in only.failovers] == ["other"]
    assert {event.master for event in only.events} <= {"", "other"}
    late = planted(tmp_path, {}, since="2026-11-30T10:04")
    assert [one.outcome for one in late.failovers] == ["unfinished"]


def test_one_announcement_of_three_is_no_majority(tmp_path: Path) -> None:
    """Where too few Sentinels announce the new address in these logs, that phase has no end."""
    timeline = planted(tmp_path, {"s1": ["5 " + DOWN], "s2": ["5 " + DOWN, "6 " + SWITCH], "s3": ["5 " + DOWN]})
    [failover] = timeline.failovers
    assert "1 of 3 Sentinels announced 10.0.0.2:6379 in these logs, fewer than a majority" in failover.notes
    assert failover.leader == ""
    assert any("a Sentinel that these logs do not name" in line for line in as_lines(timeline, None))


def test_a_superseded_candidate_and_a_restart(tmp_path: Path) -> None:
    """A candidate that hears of another leader's failover is superseded; one that restarts forgets that the primary is down."""
    told = f"9 +config-update-from sentinel {IDS['s2']} 10.0.0.9 26379 @ m 10.0.0.1 6379"
    timeline = planted(
        tmp_path,
        {
            "s1": ["5 " + DOWN, "6 +new-epoch 4", "6 " + TRY, told, "9 " + SWITCH],
            "s3": ["5 " + DOWN, "6 x Redis is starting x", "9 " + SWITCH],
        },
    )
    [failover] = timeline.failovers
    assert [(one.epoch, one.outcome) for one in failover.attempts] == [(4, "superseded")]
    assert failover.leader == "10.0.0.9:26379"
    assert [node.name for node in timeline.nodes if node.role == "sentinel"] == ["s1", "s3", "10.0.0.9:26379"]


def test_ends_of_servers_are_faults_and_events(tmp_path: Path) -> None:
    """A primary that writes that it ends has told when; slow disks, failed snapshots and OOM kills are events of their nodes."""
    primary = [
        "1 x Redis is starting x", "1 Ready to accept connections", "2 Replica 10.0.0.2:6379 asks for synchronization",
        "3 Asynchronous AOF fsync is taking too long (disk is busy?).", "3.5 Asynchronous AOF fsync is taking too long",
        "4 Background saving error", "5 User requested shutdown...", "5.1 Redis is now ready to exit, bye bye...",
        "90 x Redis is starting x", "91 Ready to accept connections", "95 x Redis is starting x",
    ]  # fmt: skip
    killed = "kernel: Out of memory: Killed process 7 (redis-server) total-vm:1kB"
    (tmp_path / "kernel.log").write_text(f"Nov 30 10:01:33 d1 {killed}\nNov 30 10:01:34 elsewhere {killed}\n")
    timeline = planted(tmp_path, {"d1": primary, "s1": ["9 " + DOWN, "10 " + SWITCH], "s2": []})
    [failover] = timeline.failovers
    assert failover.fault == ""
    given = log_timeline(LogTimelineRequest(inputs=[tmp_path], nodes=["d1=10.0.0.1:6379"]))
    [failover] = given.failovers
    assert (failover.fault, failover.began) == ("d1 wrote so itself", "2026-11-30T10:00:05.000")
    kinds = {event.kind: event.times for event in given.events if event.node != "s1"}
    assert kinds["slow-fsync"] == 2
    assert [node.name for node in given.nodes if node.role == "machine"] == ["elsewhere"]
    assert {"save-failed", "shutdown", "ended", "gone-silently", "out-of-memory"} <= set(kinds)
    assert failover.returned is not None
    assert failover.returned.started == "2026-11-30T10:01:31.000"
    assert any("accepted connections at 10:01:31.000" in line for line in as_lines(given, 60))
