"""Figures that logs do not hold: with a line missing at one end, or lines that contradict each other, none is told as if it were known."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.monitor.logs.document import Failover, LogTimeline
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import ENGINES, logs_of, moved, plain

SENTINELS = ("sentinel-n1", "sentinel-n2", "sentinel-n3")
DOWN = "+sdown master m 10.0.0.1 6379"
UP = "-sdown master m 10.0.0.1 6379"
ODOWN = "+odown master m 10.0.0.1 6379 #quorum 2/2"
TRY = "+try-failover master m 10.0.0.1 6379"
ELECTED = "+elected-leader master m 10.0.0.1 6379"
PROMOTED = "+promoted-slave slave 10.0.0.2:6379 10.0.0.2 6379 @ m 10.0.0.1 6379"
SWITCH = "+switch-master m 10.0.0.1 6379 10.0.0.2 6379"
BACK = "+switch-master m 10.0.0.2 6379 10.0.0.1 6379"
NUMBER_OF_S = {"s1": "1", "s2": "2", "s3": "3"}


def of_lines(folder: Path, logs: dict[str, list[str]]) -> LogTimeline:
    """The timeline of these lines."""
    plain(logs, folder)
    return log_timeline(LogTimelineRequest(inputs=[folder]))


def of_seconds(folder: Path, logs: dict[str, Iterable[str]]) -> LogTimeline:
    """The timeline of ``SECONDS TEXT`` lines of Sentinels, or of data nodes by the names of those."""

    def line(name: str, text: str) -> str:
        at_s, _, said = text.partition(" ")
        minutes, seconds = divmod(float(at_s), 60)
        clock = f"{10 + int(minutes // 60):02d}:{int(minutes % 60):02d}:{seconds:06.3f}"
        return f"1:{'X' if name in NUMBER_OF_S else 'M'} 30 Nov 2026 {clock} # {said}"

    starts = {name: [f"0 Sentinel ID is {number * 40}"] for name, number in NUMBER_OF_S.items()}
    return of_lines(
        folder, {name: [line(name, text) for text in (*starts.get(name, ()), *lines)] for name, lines in logs.items()}
    )


def only(lines: Iterable[str], *kinds: str) -> list[str]:
    """The lines that have one of these words."""
    return [line for line in lines if any(f" {kind} " in f"{line} " for kind in kinds)]


def without(lines: Iterable[str], *kinds: str) -> list[str]:
    """The other lines."""
    lines = list(lines)
    left_out = set(only(lines, *kinds))
    return [line for line in lines if line not in left_out]


def headline(timeline: LogTimeline) -> str:
    """The first line of the text."""
    return next(iter(as_lines(timeline, None)))


def took(failover: Failover) -> dict[str, float | None]:
    """The duration of each phase."""
    return {phase.name: phase.took_ms for phase in failover.phases}


@pytest.mark.parametrize("engine", ENGINES)
def test_one_announcement_alone_has_no_duration(engine: str, tmp_path: Path) -> None:
    """From a single +switch-master neither the beginning nor a majority is known, so no figure is told and none is 0 s."""
    timeline = of_lines(tmp_path, {"sentinel-n1": only(logs_of(engine)["sentinel-n1"], "+switch-master")})
    [failover] = timeline.failovers
    assert (failover.total_ms, failover.at_least_ms, set(took(failover).values())) == (None, None, set())
    said = headline(timeline)
    assert "how long it took is not known: no line in these logs tells of its beginning" in said
    assert "is its only moment in these logs" in "\n".join(as_lines(timeline, None)) + str(page(timeline))
    assert " in 0 s" not in said + str(page(timeline))


@pytest.mark.parametrize("engine", ENGINES)
def test_without_data_nodes_the_bound_says_what_it_leaves_out(engine: str, tmp_path: Path) -> None:
    """From Sentinels' logs alone it took at least so long, counted from the first +sdown: how long the primary was away is not in it."""
    logs = logs_of(engine)
    whole = of_lines(tmp_path, logs).failovers[0]
    folder = tmp_path / "sentinels"
    folder.mkdir()
    timeline = of_lines(folder, {name: logs[name] for name in SENTINELS})
    [failover] = timeline.failovers
    assert (failover.total_ms, failover.counted_from, failover.counted_to) == (
        None,
        "the first +sdown",
        "the announcement",
    )
    assert whole.total_ms is not None
    assert failover.at_least_ms is not None
    detect = took(whole)["detect"]
    assert detect is not None
    assert failover.at_least_ms == pytest.approx(whole.total_ms - detect, abs=1)
    said = headline(timeline)
    assert "it took at least 1." in said
    assert (
        "from the first +sdown to the announcement: how long the primary was away before that is not in these logs"
        in said
    )
    assert said in str(page(timeline)).replace("&#43;", "+")


@pytest.mark.parametrize("engine", ENGINES)
def test_phases_that_contradict_each_other_are_not_known(engine: str, tmp_path: Path) -> None:
    """A phase that ends after a later one has no figure, nor has the later one; a note names both moments, and nothing is proven."""
    logs = logs_of(engine)
    leader = next(name for name in SENTINELS if only(logs[name], "+elected-leader"))
    logs[leader] = [moved(line, 0.6) if "+elected-leader" in line else line for line in logs[leader]]
    timeline = of_lines(tmp_path, logs)
    [failover] = timeline.failovers
    assert {took(failover)[name] for name in ("elect", "select", "promote")} == {None}
    notes = [note for note in failover.notes if "lines are missing or clocks differ" in note]
    ends = {phase.name: phase.at.partition("T")[2] for phase in failover.phases}
    assert any(
        note.startswith(f"elect ends at {ends['elect']} by {leader}, after promote") and ends["promote"] in note
        for note in notes
    )
    assert timeline.inconclusive == ["contradiction"]
    assert main(["timeline", str(tmp_path)]) == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_another_sentinels_agreement_does_not_end_the_leaders_phase(engine: str, tmp_path: Path) -> None:
    """With the leader's +odown missing no line ends agree, and what would begin with it is not known either."""
    logs = logs_of(engine)
    leader = next(name for name in SENTINELS if only(logs[name], "+elected-leader"))
    logs[leader] = without(logs[leader], "+odown")
    [failover] = of_lines(tmp_path, logs).failovers
    assert "agree" not in took(failover)
    assert took(failover)["elect"] is None
    assert took(failover)["select"] is not None
    assert any("no line of its time ends agree" in note for note in failover.notes)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("keep", [0, 1])
def test_half_of_the_lines_never_make_a_wrong_figure(engine: str, keep: int, tmp_path: Path) -> None:
    """With every other line lost, each figure that is told is the whole logs' one, and a bound is no more than the whole duration."""
    whole = of_lines(tmp_path, logs_of(engine)).failovers[0]
    folder = tmp_path / "half"
    folder.mkdir()
    timeline = of_lines(folder, {name: lines[keep::2] for name, lines in logs_of(engine).items()})
    right = took(whole)
    for failover in (one for one in timeline.failovers if one.outcome == "failed over"):
        is_late = any("+promoted-slave" in note for note in failover.notes)
        for name, ms in took(failover).items():
            if not (is_late and name in ("promote", "announce")):
                assert ms is None or ms == pytest.approx(right[name], abs=150), name
        assert whole.total_ms is not None
        assert failover.total_ms is None or failover.total_ms == pytest.approx(whole.total_ms, abs=150)
        assert failover.at_least_ms is None or failover.at_least_ms <= whole.total_ms + 100


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", [*ENGINES, "leader-crash-after-election", "primary-hang", "manual-failover"])
def test_lines_lost_at_random_never_make_a_wrong_figure(name: str, tmp_path: Path) -> None:
    """Whichever lines and files are missing, each figure that is told is the whole logs' one, and no outage is told to have passed by."""
    logs = logs_of(name)
    whole = of_lines(tmp_path, logs).failovers[0]
    right, longest = took(whole), whole.total_ms or whole.at_least_ms or 0.0
    for seed in range(25):
        lost = random.Random(f"{name} {seed}")
        share = lost.choice([0.3, 0.5, 0.7, 0.9])
        left = {one: [line for line in lines if lost.random() < share] for one, lines in logs.items()}
        folder = tmp_path / str(seed)
        folder.mkdir()
        timeline = of_lines(folder, {one: lines for one, lines in left.items() if lines and lost.random() < 0.9})
        for failover in timeline.failovers:
            assert failover.outcome != "recovered", seed
            assert failover.total_ms is None or failover.total_ms == pytest.approx(whole.total_ms, abs=150), seed
            assert (failover.at_least_ms or 0.0) <= longest + 100, seed
            is_late = any("+promoted-slave" in note for note in failover.notes)
            told = {phase: ms for phase, ms in took(failover).items() if ms is not None}
            for phase, ms in told.items():
                assert ms == pytest.approx(right[phase], abs=150) or (is_late and phase in ("promote", "announce")), (
                    seed
                )


def test_a_failover_that_was_begun_is_not_recovered(tmp_path: Path) -> None:
    """A Sentinel that was elected and then took its +sdown back has lost the lines between, or those that say why it gave up."""
    [outage] = of_seconds(tmp_path, {"s1": ["5 " + DOWN, "5.2 " + ELECTED, "9 " + UP]}).failovers
    assert outage.outcome == "unfinished"


def test_an_announcement_by_a_minority_has_no_end(tmp_path: Path) -> None:
    """Of three Sentinels one announced it: from the first +sdown to the promotion is a bound, to the announcement nothing is."""
    s1 = ["5 " + DOWN, "5.1 " + ODOWN, "5.1 " + TRY, "5.2 " + ELECTED, "6 " + PROMOTED]
    timeline = of_seconds(tmp_path, {"s1": s1, "s2": ["5 " + DOWN], "s3": ["5 " + DOWN]})
    [failover] = timeline.failovers
    assert (failover.outcome, failover.new, failover.leader) == ("unfinished", "10.0.0.2:6379", "s1")
    assert (failover.at_least_ms, failover.counted_to) == (1000.0, "the promotion")
    assert "was down and 10.0.0.2:6379 was promoted, led by s1; it took at least 1 s" in headline(timeline)
    timeline = of_seconds(tmp_path, {"s1": s1, "s2": ["5 " + DOWN, "6.2 " + SWITCH], "s3": ["5 " + DOWN]})
    assert timeline.failovers[0].counted_to == "the announcement"
    timeline = of_seconds(tmp_path, {"s1": s1[:1], "s2": ["5 " + DOWN, "6.2 " + SWITCH], "s3": ["5 " + DOWN]})
    assert (timeline.failovers[0].total_ms, timeline.failovers[0].at_least_ms) == (None, None)
    assert "these logs do not say when a majority of the Sentinels announced it" in headline(timeline)


def test_one_known_sentinel_is_no_majority_unless_it_elected_itself(tmp_path: Path) -> None:
    """The quorum in its own line says that there are others; a leader without votes of others is alone."""
    alone = [
        "5 " + DOWN,
        "5.1 +odown master m 10.0.0.1 6379 #quorum 1/1",
        "5.1 " + TRY,
        "5.2 " + ELECTED,
        "6 " + PROMOTED,
        "6.5 " + SWITCH,
    ]
    [failover] = of_seconds(tmp_path, {"s1": alone}).failovers
    assert failover.counted_to == "the announcement"
    [failover] = of_seconds(tmp_path, {"s1": ["5 " + DOWN, "5.1 " + ODOWN, "6.5 " + SWITCH]}).failovers
    assert "1 of 2 Sentinels announced 10.0.0.2:6379 in these logs, fewer than a majority" in failover.notes
    [failover] = of_seconds(tmp_path, {"s1": ["5 " + DOWN, "6.5 " + SWITCH]}).failovers
    assert (failover.total_ms, failover.at_least_ms) == (None, None)
    assert "s1 alone announced 10.0.0.2:6379, and how many Sentinels there are is not known" in failover.notes


def test_announcements_of_two_failovers_are_not_put_together(tmp_path: Path) -> None:
    """A Sentinel whose first announcements are lost announces the third failover, not hours late the first."""
    both = ["5 " + DOWN, "6 " + SWITCH, "1000 +sdown master m 10.0.0.2 6379", "1001 " + BACK, "3000 " + DOWN]
    for third in ("3001", "3000.9"):
        timeline = of_seconds(
            tmp_path,
            {"s1": [*both, "3001 " + SWITCH], "s2": ["3000 " + DOWN, f"{third} " + SWITCH], "s3": ["3000 " + DOWN]},
        )
        first, _, last = timeline.failovers
        assert (first.total_ms, first.at_least_ms) == (None, None)
        assert last.at_least_ms == 1000.0
    timeline = of_seconds(
        tmp_path, {"s1": ["5 " + DOWN, "6 " + SWITCH, "3001 " + SWITCH], "s2": ["3000.9 " + SWITCH], "s3": []}
    )
    assert all((one.at_least_ms or 0) < 60_000 for one in timeline.failovers)
    timeline = of_seconds(tmp_path, {"s1": ["5 " + DOWN, "6 " + SWITCH], "s2": ["900 " + SWITCH], "s3": []})
    [failover] = timeline.failovers
    assert failover.at_least_ms is None
    assert any("lines between them are missing, or Sentinels were away" in note for note in failover.notes)


def test_an_outage_whose_end_is_lost_is_not_made_one_with_the_next(tmp_path: Path) -> None:
    """A second +sdown says that the first outage was over; when, no line says, and the failover is counted from its own."""
    switched = {name: ["3600 " + DOWN, "3601 " + SWITCH] for name in ("s1", "s2", "s3")}
    timeline = of_seconds(tmp_path, switched | {"s1": ["5 " + DOWN, *switched["s1"]]})
    assert [one.outcome for one in timeline.failovers] == ["unfinished", "failed over"]
    assert timeline.failovers[1].at_least_ms == 1000.0


def test_a_sentinel_that_was_blind_alone_does_not_begin_the_failover(tmp_path: Path) -> None:
    """One Sentinel considered the primary down an hour before the others: the count begins with theirs, and a note says so."""
    logs = {name: ["3600 " + DOWN, "3601 " + SWITCH] for name in ("s1", "s2")}
    [failover] = of_seconds(tmp_path, logs | {"s3": ["5 " + DOWN, "3601 " + SWITCH]}).failovers
    assert failover.at_least_ms == 1000.0
    assert any(
        note.startswith("s3 considered the primary down 59 min 55 s before any other Sentinel")
        for note in failover.notes
    )


def test_an_end_of_an_earlier_life_is_not_the_fault(tmp_path: Path) -> None:
    """A primary that ended, came back and lost the lines of its return was not lost when it ended."""
    primary = ["5 User requested shutdown...", "5.1 Redis is now ready to exit, bye bye..."]
    begin = ["9 " + DOWN, "30 " + UP, "3000 " + DOWN, "3001 " + SWITCH]
    plain({"d1": [f"1:M 30 Nov 2026 10:00:05.000 # {text.partition(' ')[2]}" for text in primary]}, tmp_path)
    of_seconds(tmp_path, {"s1": begin, "s2": begin})
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path], nodes=["d1=10.0.0.1:6379"]))
    first, second = timeline.failovers
    assert (first.outcome, first.fault) == ("recovered", "d1 wrote so itself")
    assert (second.fault, second.total_ms, second.at_least_ms) == ("", None, 1000.0)


def test_an_order_of_a_later_failover_makes_no_earlier_one_manual(tmp_path: Path) -> None:
    """An automatic failover stays one when somebody orders the next; one with neither order nor +sdown is of an unknown kind."""
    order = ["700 Executing user requested FAILOVER of 'm'", "700 +try-failover master m 10.0.0.2 6379", "701 " + BACK]
    timeline = of_seconds(tmp_path, {"s1": ["5 " + DOWN, "6 " + SWITCH, *order], "s2": ["6 " + SWITCH, "701 " + BACK]})
    assert [one.kind for one in timeline.failovers] == ["automatic", "manual"]
    timeline = of_seconds(tmp_path, {"s1": ["5 " + TRY, "5.5 " + PROMOTED, "6 " + SWITCH], "s2": ["6 " + SWITCH]})
    [failover] = timeline.failovers
    assert (failover.kind, failover.at_least_ms, failover.counted_from) == (
        "unknown",
        1000.0,
        "the first +try-failover",
    )
    assert any("it was ordered, or those lines are missing" in note for note in failover.notes)


def test_an_aborted_failover_has_no_duration(tmp_path: Path) -> None:
    """What was given up took no time from fault to announcement, and the outage goes on until a line ends it."""
    lines = ["5 " + DOWN, "5.1 " + ODOWN, "5.1 " + TRY, "15 -failover-abort-not-elected master m 10.0.0.1 6379"]
    [outage] = of_seconds(tmp_path, {"s1": lines, "s2": ["5 " + DOWN]}).failovers
    assert (outage.outcome, outage.ended, outage.total_ms, outage.at_least_ms) == ("aborted", "", None, None)


def test_a_majority_without_all_logs_has_its_tolerance(tmp_path: Path) -> None:
    """Where the log of a Sentinel is missing, how much earlier a majority may have announced it is said."""
    known = f"1 +sentinel sentinel {'3' * 40} 10.0.0.9 26379 @ m 10.0.0.1 6379"
    leads = [known, "5 " + DOWN, "5.5 " + ELECTED, "6 " + PROMOTED, "7.5 " + SWITCH]
    [failover] = of_seconds(tmp_path, {"s1": leads, "s2": ["6.3 " + SWITCH]}).failovers
    assert (failover.at_least_ms, failover.counted_to) == (1300.0, "the announcement")
    assert "without the lines of all Sentinels, a majority may have announced it 0.30 s earlier" in failover.notes
    [failover] = of_seconds(tmp_path, {"s1": leads, "s2": ["7 " + SWITCH]}).failovers
    assert (failover.at_least_ms, failover.counted_to) == (1000.0, "the promotion")
    assert any("a majority may have announced it up to 1 s before s2 did" in note for note in failover.notes)


@pytest.mark.parametrize(
    "change", [lambda logs: {"sentinel-n1": only(logs["sentinel-n1"], "+switch-master")}, lambda logs: logs]
)
def test_the_document_says_why_a_duration_is_null(
    change: Callable[[dict[str, list[str]]], dict[str, list[str]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """total_ms and not_known exclude each other, and so do total_ms and at_least_ms."""
    plain(change(logs_of("redis-7.0")), tmp_path)
    assert main(["timeline", str(tmp_path), "--json"]) == 0
    [failover] = json.loads(capsys.readouterr().out)["failovers"]
    assert (failover["total_ms"] is None) == bool(failover["not_known"])
    assert failover["at_least_ms"] is None
