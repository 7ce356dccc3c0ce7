"""Clocks that are hours apart: nothing is said of a failover that needs lines of several servers side by side."""

from collections.abc import Collection
from pathlib import Path

import pytest

from jsquared.monitor.logs import clock_doubt
from jsquared.monitor.logs.cause_pairs import Pair
from jsquared.monitor.logs.changes import Word
from jsquared.monitor.logs.clock_bounds import Clock, Clocks
from jsquared.monitor.logs.clock_doubt import Doubts, with_a_part
from jsquared.monitor.logs.document import Failover, LogTimeline
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster
from jsquared.monitor.logs.node_logs import NodeLog
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import logs_of, moved, plain

HOURS_S = 3 * 3600.0
SENTINELS = ("sentinel-n1", "sentinel-n2", "sentinel-n3")
ELSEWHERE = {"the leader": ("sentinel-n3",), "all Sentinels": SENTINELS, "the promoted": ("redis-n2",)}
"""Whose clocks are not those of the others."""


def apart(
    folder: Path, names: Collection[str], by_s: float = HOURS_S, *, without: Collection[str] = (), **request: object
) -> LogTimeline:
    """The timeline of a trial's logs, those of some servers moved."""
    logs = {name: lines for name, lines in logs_of("valkey-9.1").items() if name not in without}
    folder.mkdir(exist_ok=True)
    plain({name: [moved(line, by_s if name in names else 0) for line in lines] for name, lines in logs.items()}, folder)
    return log_timeline(LogTimelineRequest(inputs=[folder], **request))  # type: ignore[arg-type]


def said(timeline: LogTimeline) -> str:
    """All that is told before the servers are listed."""
    return "\n".join(as_lines(timeline, None)).partition("  server ")[0]


@pytest.mark.parametrize("by_s", [HOURS_S, -HOURS_S, 3.0])
@pytest.mark.parametrize("who", ELSEWHERE)
def test_nothing_is_told_that_follows_from_times_that_do_not_compare(who: str, by_s: float, tmp_path: Path) -> None:
    """Who was promoted and who led is in single lines; how long it took, what came of it and why are not known."""
    timeline = apart(tmp_path, ELSEWHERE[who], by_s)
    assert timeline.doubtful
    assert {one.outcome for one in timeline.failovers} <= {"failed over", "unknown"}
    [done] = [one for one in timeline.failovers if one.outcome == "failed over"]
    assert (done.old, done.new, done.leader) == ("redis-n1", "redis-n2", "sentinel-n3")
    for one in timeline.failovers:
        assert (one.doubtful, one.kind, one.total_ms, one.fault, one.last_sign) == (True, "unknown", None, "", "")
        assert one.returned is None
        assert not any("no line of its time" in note or "left no line" in note for note in one.notes)
    text = said(timeline)
    assert text.startswith("the clock")
    assert "how long it took is not known, since clocks differ" in text
    for claim in (" in 4.81 s", " in 1.25 s", "without a failover", "no Sentinel's log says why", "by hand"):
        assert claim not in text + str(page(timeline))


@pytest.mark.parametrize("who", ELSEWHERE)
def test_moved_lines_tell_everything(who: str, tmp_path: Path) -> None:
    """With --align-clocks there is the one failover, with its duration, and the first line says whose lines were moved."""
    timeline = apart(tmp_path, ELSEWHERE[who], align_clocks=True)
    [failover] = timeline.failovers
    assert (timeline.doubtful, failover.doubtful, failover.outcome) == (False, False, "failed over")
    assert failover.total_ms == pytest.approx(4807, abs=20)
    [caution] = timeline.cautions
    assert all(f"those of {name} by -180 min 00 s" in caution for name in ELSEWHERE[who])
    assert said(timeline).startswith("lines were moved (--align-clocks)")


def test_a_promotion_is_not_told_twice(tmp_path: Path) -> None:
    """A replica that was promoted as often as Sentinels announced it has no promotion of its own, however far its clock is."""
    assert [one.new for one in apart(tmp_path, ["redis-n2"]).failovers] == ["redis-n2"]
    assert [one.new for one in apart(tmp_path, SENTINELS).failovers] == ["redis-n2"]


def test_a_promotion_too_many_is_told_without_a_reason(tmp_path: Path) -> None:
    """One that no Sentinel announced is told, and why it was is not known where clocks differ."""
    logs = logs_of("valkey-9.1")
    [line] = [line for line in logs["redis-n2"] if "PRIMARY MODE enabled" in line]
    logs["redis-n2"] = [moved(each, HOURS_S) for each in [*logs["redis-n2"], moved(line, 3600)]]
    plain(logs, tmp_path)
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    alone = [one for one in timeline.failovers if not one.master]
    assert [(one.outcome, one.doubtful, one.total_ms) for one in alone] == [("unknown", True, None)] * 2
    assert "redis-n2 was promoted; why is not known, since clocks differ" in said(timeline)


def test_an_outage_that_one_sentinel_saw_at_another_time_is_not_said_to_have_ended(tmp_path: Path) -> None:
    """What the leader saw three hours later by its clock is an outage of which nothing more is known."""
    [outage] = [one for one in apart(tmp_path, ["sentinel-n3"]).failovers if not one.new]
    assert (outage.outcome, outage.master, outage.old) == ("unknown", "mymaster", "redis-n1")
    expected = "mymaster: sentinel-n3 considered redis-n1 down; what came of it is not known, since clocks differ"
    assert expected in said(apart(tmp_path, ["sentinel-n3"]))


def test_a_phase_on_one_clock_keeps_its_duration(tmp_path: Path) -> None:
    """The leader's own steps are on its clock alone; what began by another's is null, and is no bar in the picture."""
    timeline = apart(tmp_path, ["sentinel-n3"])
    [done] = [one for one in timeline.failovers if one.new]
    took = {phase.name: phase.took_ms for phase in done.phases}
    assert (took["elect"], took["select"]) == (79.0, 67.0)
    assert (took["agree"], took["announce"], took["reconfigure"]) == (None, None, None)
    drawn = str(page(timeline))
    assert "elect, 0.079 s" in drawn
    assert "announce, " not in drawn


def test_a_small_difference_changes_nothing(tmp_path: Path) -> None:
    """A twentieth of a second is named below, and durations are told."""
    timeline = apart(tmp_path, ["sentinel-n3"], 0.05)
    [failover] = timeline.failovers
    assert any(clock.differs for clock in timeline.clocks)
    assert (timeline.doubtful, timeline.cautions, failover.doubtful) == (False, [], False)
    assert failover.total_ms is not None


def test_which_failovers_were_within_a_time_is_not_known(tmp_path: Path) -> None:
    """Where nothing is found between --since and --until, a server's line of that time may be hours away."""
    timeline = apart(tmp_path, ["sentinel-n3"], since="2026-11-30T12:00")
    assert (timeline.failovers, timeline.doubtful) == ([], True)
    expected = "whether a failover or an outage was within that time is not known"
    assert expected in said(timeline)
    assert expected in str(page(timeline))
    assert not apart(tmp_path, [], since="2026-11-30T12:00").doubtful


def test_the_servers_of_another_primary_have_no_part() -> None:
    """A failover is told by the Sentinels that wrote of its primary, and by data nodes of which none says that they are another's."""
    events = [
        Happening(1.0, "+sdown", "", words=("master", "m", "10.0.0.1", "6379")),
        Happening(1.0, "+sdown", "", words=("master", "other", "10.0.0.2", "6379")),
    ]
    logs = {name: NodeLog(name, "data") for name in ("d1", "d2", "d3")}
    data = [Node(name, "data", f"10.0.0.{name[1]}:6379", log=log) for name, log in logs.items()]
    roster = Roster(
        [Node("s1", "sentinel", log=NodeLog("s1", "sentinel", happenings=events)), Node("s2", "sentinel"), *data]
    )
    words = [Word(1.0, "s1", events[0]), Word(0.0, "s2", Happening(0.0, "starting", ""))]
    assert with_a_part("m", words, roster) == {"s1", "d1", "d3"}


def test_clocks_of_another_primarys_servers_do_not_matter() -> None:
    """Only the clocks of servers that had a part count."""
    clocks = Clocks(
        "a",
        {
            "a": Clock("a", 0, 0, 0.0),
            "b": Clock("b", 8, 9, 8.5),
            "c": Clock("c", -1, 1, 0.0),
            "d": Clock("d", 0, 0, None),
        },
    )
    doubts = Doubts.of(clocks, {}, [])
    assert doubts.among(["a", "c", "d"]) is None
    doubt = doubts.among(["a", "b"])
    assert doubt is not None
    assert doubt.who == "the clock of b differs by 8.5 s"
    assert Doubts.of(clocks, {"b": -8.5}, []).among(["a", "b"]) is None


def test_a_clock_that_was_set_in_between_leaves_a_doubt() -> None:
    """Effects that stay before their causes once lines are moved say so, if by more than a tenth of a second."""
    clocks = Clocks("a", {"a": Clock("a", 0, 0, 0.0)}, ["b", "c"])
    late, little = (Pair("b", 10, "c", 10 - by_s, "a vote") for by_s in (5.0, clock_doubt.TOLERATED_S / 2))
    doubts = Doubts.of(clocks, {}, [late])
    assert doubts.among(["a", "b"]) is None
    doubt = doubts.among(["b", "c"])
    assert doubt is not None
    assert doubt.who == "lines of b and c contradict each other by 5 s, as if a clock was set in between"
    assert doubts.cautions(["b", "c"])[0].endswith("leaving out the log with that clock may help")
    assert Doubts.of(clocks, {}, [little]).among(["b", "c"]) is None


@pytest.mark.parametrize("cut", SENTINELS)
def test_the_log_that_ends_before_the_others_is_named(cut: str, tmp_path: Path) -> None:
    """A phase that no line ends is told with whose log ended, and when."""
    logs = logs_of("valkey-9.1")
    until = next(number for number, line in enumerate(logs[cut]) if "+odown" in line)
    logs[cut] = logs[cut][: until + 1]
    plain(logs, tmp_path)
    [failover] = log_timeline(LogTimelineRequest(inputs=[tmp_path])).failovers
    notes = [note for note in failover.notes if "no line of its time" in note]
    assert bool(notes) == (cut == failover.leader)
    for note in notes:
        assert note.endswith(
            "select and reconfigure; the log of sentinel-n3, which led it, ends at 2026-11-30T02:44:36.472, before it was over"
        )


def missing_phases(failover: Failover) -> str:
    """The note of a failover about phases that no line ends."""
    return next(note for note in failover.notes if "no line of its time" in note)


def test_a_log_that_begins_late_or_is_missing_is_named_too(tmp_path: Path) -> None:
    """The leader's log began after the election, or there is none."""
    logs = logs_of("valkey-9.1")
    leader = logs["sentinel-n3"]
    since = next(number for number, line in enumerate(leader) if "+promoted-slave" in line)
    plain(logs | {"sentinel-n3": leader[since:]}, tmp_path)
    [failover] = log_timeline(LogTimelineRequest(inputs=[tmp_path])).failovers
    assert (
        "the log of sentinel-n3, which led it, begins at 2026-11-30T02:44:37.534, when it had begun"
        in missing_phases(failover)
    )
    (tmp_path / "sentinel-n3.log").unlink()
    [failover] = log_timeline(LogTimelineRequest(inputs=[tmp_path])).failovers
    assert missing_phases(failover).endswith(f"there is no log of {failover.leader}, which led it")
