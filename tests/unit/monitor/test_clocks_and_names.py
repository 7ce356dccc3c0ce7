"""Bounds of clocks, and the rarer ways in which servers are known."""

from pathlib import Path

from jsquared.monitor.logs.cause_pairs import Pair
from jsquared.monitor.logs.clock_bounds import compare_clocks, impossible, shifts
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import logs_of, plain


def pair(cause: str, at_s: float, effect: str, effect_s: float) -> Pair:
    """A cause and its effect."""
    return Pair(cause, at_s, effect, effect_s, "a thing")


def test_no_servers_have_no_clocks() -> None:
    """Without servers, and with contradictions alone, there is nothing to compare."""
    assert compare_clocks([], []).clocks == {}
    both = [pair("a", 0, "b", -5), pair("b", 0, "a", -5)]
    found = compare_clocks(["a", "b"], both)
    assert (found.clocks, found.contradicts) == ({}, ["a", "b"])


def test_a_chain_of_pairs_bounds_servers_that_never_spoke() -> None:
    """a and c both spoke with b alone; c is five seconds ahead of both."""
    pairs = [pair("a", 0, "b", 0.1), pair("b", 1, "a", 1.1), pair("b", 2, "c", 7.1), pair("c", 8, "b", 3.1)]
    clocks = compare_clocks(["a", "b", "c", "d"], pairs)
    clock = clocks.clocks["c"]
    assert clocks.reference in ("a", "b")
    assert clock.is_off
    assert clock.least_s <= 5 <= clock.most_s
    assert clocks.clocks["d"].ahead_s is None
    assert set(shifts(clocks.clocks)) == {"c"}
    assert [one.effect for one in impossible(pairs)] == ["b"]


def test_a_sentinel_without_its_first_line_is_known_by_elimination(tmp_path: Path) -> None:
    """Rotation took the line with the id of a Sentinel; it is the only id that no other log has."""
    logs = logs_of("redis-7.0")
    follower = "sentinel-n1"
    logs[follower] = [line for line in logs[follower] if "Sentinel ID is" not in line]
    plain(logs, tmp_path)
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    [node] = [node for node in timeline.nodes if node.name == follower]
    assert node.id == "e26b452135876974b5dfd09d7df05ad925d75808"
    leader = "sentinel-n2"
    logs[leader] = [line for line in logs[leader] if "Sentinel ID is" not in line]
    plain(logs, tmp_path)
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    ids = {node.name: node.id[:8] for node in timeline.nodes}
    assert (ids[leader], ids[follower]) == ("56535ab6", "e26b4521")


def test_what_does_not_follow_is_asked_for(tmp_path: Path) -> None:
    """A data node that no line places, and a Sentinel without an id, are listed as not known."""
    (tmp_path / "d1.log").write_text("1:M 30 Nov 2026 10:00:00.000 * Ready to accept connections\n")
    (tmp_path / "s1.log").write_text("1:X 30 Nov 2026 10:00:00.000 # +tilt #tilt mode entered\n")
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    said = "\n".join(timeline.unknown)
    assert "--node d1=ADDRESS:PORT says it" in said
    assert "the id of s1 does not follow" in said
    assert "no Sentinel wrote of a monitored primary" in said
    assert "no cause and effect compares the clock of" in said
    assert next(iter(as_lines(timeline, 80))).startswith("no failover, and no outage")


def test_two_logs_of_one_address_are_named(tmp_path: Path) -> None:
    """A log that lies there twice under different names is not two servers."""
    logs = logs_of("redis-7.0")
    plain(logs | {"copy-of-n2": logs["redis-n2"]}, tmp_path)
    nodes = ["redis-n2=10.77.1.2:6379", "copy-of-n2=10.77.1.2:6379"]
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path], nodes=nodes))
    assert any("several logs seem to be by 10.77.1.2:6379" in sentence for sentence in timeline.unknown)


def test_more_lines_than_are_shown_are_counted(tmp_path: Path) -> None:
    """The text shows the first sixty lines and says how many more there are."""
    text = "".join(f"1:X 30 Nov 2026 10:00:{n:02d}.000 # {s}tilt #x\n" for n in range(60) for s in "+-")
    (tmp_path / "s1.log").write_text(text)
    lines = list(as_lines(log_timeline(LogTimelineRequest(inputs=[tmp_path])), None))
    assert lines[-1] == "  … and 60 lines more: --json and --html have them, --since and --until choose"
