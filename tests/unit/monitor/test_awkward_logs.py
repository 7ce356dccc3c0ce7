"""Logs with parts missing, clocks that differ, and lines that nobody should write."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from jsquared.monitor.logs.document import LogTimeline
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from jsquared.text import encode_json
from support.log_variants import ENGINES, logs_of, moved, plain

SENTINEL, DATA = "sentinel-n1", "redis-n3"
AT = "30 Nov 2026 02:43:56.000"
HEX = "0123456789" * 4
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
AWKWARD = [
    "",
    "\x1b[2J\x1b]0;owned\x07",
    f"1:X {AT} # +switch-master",
    f"1:X {AT} # +switch-master mymaster",
    f"1:X {AT} # +switch-master mymaster a b c d",
    f"1:X {AT} # +switch-master \x1b[31mother 10.0.0.1 6379 10.0.0.2 6379",
    f"1:X {AT} # +sdown master",
    f"1:X {AT} # +sdown master mymaster 10.77.1.1",
    f"1:X {AT} # +sdown master mymaster 10.77.1.1 port",
    f"1:X {AT} # +odown master mymaster 10.77.1.9 6379 #quorum",
    f"1:X {AT} # +odown master mymaster 10.77.1.9 6379 #quorum \u202e2/3",
    f"1:X {AT} # +vote-for-leader",
    f"1:X {AT} # +vote-for-leader x y",
    f"1:X {AT} # +new-epoch {'9' * 5000}",
    f"1:X {AT} # +new-epoch \u0663",
    f"1:X {AT} # {HEX} voted for {HEX} {'9' * 30}",
    f"1:X {AT} # +config-update-from sentinel",
    f"1:X {AT} # +config-update-from sentinel {HEX} @ mymaster",
    f"1:X {AT} # +elected-leader master nobody 10.0.0.1 6379",
    f"1:X {AT} # -failover-abort-",
    f"1:X {AT} # +promoted-slave slave @ @ @ @",
    f"1:X {AT} # Executing user requested FAILOVER of ''",
    f"1:X {AT} # +tilt #tilt mode entered",
    f"1:X {AT} # +set master mymaster 10.77.1.1 6379 auth-pass hunter2hunter2",
    f"1:X {AT} # >>> 'sentinel auth-pass mymaster hunter2hunter2'",
    f"1:M {AT} * MASTER MODE enabled (user request from 'id=1 addr=\x1b[1m laddr=:0 ')",
    f"1:M {AT} * Replica [::1]:6379 asks for synchronization",
    f"1:M {AT} * Replica :0 asks for synchronization",
    f"1:S {AT} * Connecting to MASTER \u202e:6379",
    f"1:S {AT} * Connecting to MASTER my-host.example:70000",
    f"1:S {AT} * Full resync from master: {HEX}:{'9' * 40}",
    f"1:M {AT} # Protocol error (invalid CRLF in request) from client: id=3. Query buffer: AUTH hunter2hunter2",
    f"1:M {AT} # Redis 7.0.15 crashed by signal: 11, si_code: 1",
    f"1:M {AT} # {'x' * 300_000}",
    "Out of memory: Killed process 1 (redis-server)",
    "{" * 5000,
    '{"MESSAGE": [1, 2, 300], "__REALTIME_TIMESTAMP": "99999999999999999999"}',
    '{"MESSAGE": "+sdown master mymaster 10.77.1.1 6379", "__REALTIME_TIMESTAMP": "999999999999999999"}',
    "x  | 2026-02-31T00:00:00Z +tilt",
    "Feb 30 00:00:00 host redis[1]: +tilt",
    "Nov 30 02:43:59 host sentinel[1]: +tilt #tilt mode entered",
    "1:X 31 Dec 9999 23:59:59.999 # +sdown master mymaster 10.77.1.1 6379",
    "1:X 01 Jan 1970 00:00:00.000 # +sdown master mymaster 10.77.1.1 6379",
]
"""Lines that are cut, forged or simply odd; each is planted into good logs."""


def rebuilt(logs: dict[str, list[str]], folder: Path, *, align: bool = False, nodes: Sequence[str] = ()) -> LogTimeline:
    """The timeline of these logs."""
    folder.mkdir(exist_ok=True)
    plain(logs, folder)
    return log_timeline(LogTimelineRequest(inputs=[folder], align_clocks=align, nodes=nodes))


def written(timeline: LogTimeline) -> str:
    """Everything that is written of a timeline, in every form."""
    text = "\n".join([*as_lines(timeline, 80), *as_lines(timeline, None)])
    return "\n".join([text, str(page(timeline)), encode_json(timeline).decode()])


@pytest.mark.unmeasured
@pytest.mark.parametrize("line", AWKWARD, ids=lambda line: repr(line)[:40])
def test_an_awkward_line_changes_nothing_else(line: str, tmp_path: Path) -> None:
    """The failover is still found, nothing unsafe or secret is written, and nothing fails."""
    logs = logs_of("redis-7.0")
    for name in (SENTINEL, DATA):
        logs[name] = [*logs[name][:10], line, *logs[name][10:]]
    timeline = rebuilt(logs, tmp_path)
    done = [one for one in timeline.failovers if (one.master, one.outcome) == ("mymaster", "failed over")]
    assert ("redis-n1", "redis-n2") in [(one.old, one.new) for one in done]
    text = written(timeline)
    assert not UNSAFE.search(text)
    assert "hunter2" not in text
    json.loads(encode_json(timeline))


def test_all_awkward_lines_together(tmp_path: Path) -> None:
    """Many of them in one log are read as well."""
    logs = logs_of("valkey-9.1")
    logs[SENTINEL] += AWKWARD
    logs[DATA] += AWKWARD
    assert not UNSAFE.search(written(rebuilt(logs, tmp_path)))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("align", [False, True])
def test_a_clock_that_is_three_seconds_ahead_is_found_and_put_right(engine: str, align: bool, tmp_path: Path) -> None:
    """The difference is bounded and named; with --align-clocks the timeline is the one of equal clocks, to some milliseconds."""
    logs = logs_of(engine)
    right = rebuilt(logs, tmp_path / "right").failovers[0]
    for name in ("sentinel-n2", "redis-n3"):
        timeline = rebuilt(
            logs | {name: [moved(line, 3.0) for line in logs[name]]}, tmp_path / f"moved-{name}", align=align
        )
        clock = next(one for one in timeline.clocks if one.node == name)
        assert clock.differs
        assert clock.ahead_ms == pytest.approx(3000, abs=12)
        assert clock.least_ms is not None
        assert clock.most_ms is not None
        assert clock.least_ms <= 3000 <= clock.most_ms
        assert [one.node for one in timeline.clocks if one.differs] == [name]
        assert bool(timeline.impossible) != align
        if align:
            took = {phase.name: phase.took_ms for phase in timeline.failovers[0].phases}
            assert took == pytest.approx({phase.name: phase.took_ms for phase in right.phases}, abs=25)
        else:
            assert any(f"clocks: {name} is about 3" in line for line in as_lines(timeline, None))


@pytest.mark.parametrize("missing", ["sentinel-n1", "sentinel-n2", "sentinel-n3"])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_sentinels_log_is_named(engine: str, missing: str, tmp_path: Path) -> None:
    """The failover is rebuilt from the others' logs, and the Sentinel without a log is known by what the others wrote."""
    logs = logs_of(engine)
    [id_] = [line.split()[-1] for line in logs.pop(missing) if "Sentinel ID is" in line]
    timeline = rebuilt(logs, tmp_path)
    [failover] = timeline.failovers
    assert (failover.old, failover.new) == ("redis-n1", "redis-n2")
    [node] = [node for node in timeline.nodes if not node.has_log]
    assert node.id == id_
    assert any("there is no log of" in sentence and id_[:8] in sentence for sentence in timeline.unknown)
    took = {phase.name: phase.took_ms for phase in failover.phases}
    whole = rebuilt(logs_of(engine), tmp_path / "whole").failovers[0]
    if missing != whole.leader:
        expected = {phase.name: phase.took_ms for phase in whole.phases}
        assert {name: ms for name, ms in took.items() if abs(ms - expected[name]) > 100} == {}
    else:
        assert failover.leader == node.name
        assert any("no line of its time ends agree, elect" in note for note in failover.notes)


def test_without_sentinels_a_promotion_is_still_told(tmp_path: Path) -> None:
    """From the data nodes' logs alone it is known which replica was promoted and since when its primary was gone."""
    logs = {name: lines for name, lines in logs_of("redis-6.2").items() if name.startswith("redis")}
    timeline = rebuilt(logs, tmp_path)
    [promotion] = timeline.failovers
    assert (promotion.master, promotion.outcome, promotion.old, promotion.new) == (
        "",
        "promoted",
        "redis-n1",
        "redis-n2",
    )
    assert (promotion.total_ms, promotion.counted_from, promotion.counted_to) == (None, "the fault", "the promotion")
    assert promotion.at_least_ms == pytest.approx(3924, abs=1)
    assert any("no log of any Sentinel" in sentence for sentence in timeline.unknown)
    assert any("was promoted, and no Sentinel's log says why" in line for line in as_lines(timeline, 80))


def test_without_data_nodes_their_addresses_are_their_names(tmp_path: Path) -> None:
    """From the Sentinels' logs alone every phase but the fault is known, and nothing is said of lines that data nodes would have."""
    logs = {name: lines for name, lines in logs_of("redis-6.2").items() if name.startswith("sentinel")}
    timeline = rebuilt(logs, tmp_path)
    [failover] = timeline.failovers
    assert (failover.old, failover.new) == ("10.77.1.1:6379", "10.77.1.2:6379")
    assert [phase.name for phase in failover.phases][:3] == ["agree", "elect", "select"]
    assert any("only data nodes write when the primary was lost" in note for note in failover.notes)
    assert not any("the fault left no line" in note for note in failover.notes)
    assert any("no log of any data node" in sentence for sentence in timeline.unknown)


def test_another_time_zone_is_suspected(tmp_path: Path) -> None:
    """A server that is two hours ahead probably writes times of another zone."""
    logs = logs_of("redis-7.0")
    logs["sentinel-n3"] = [moved(line, 7200) for line in logs["sentinel-n3"]]
    timeline = rebuilt(logs, tmp_path)
    assert any("sentinel-n3 is 120 min 00 s ahead: perhaps" in sentence for sentence in timeline.unknown)


def test_a_file_with_two_sentinels_is_named(tmp_path: Path) -> None:
    """Logs written together without saying whose each line is cannot be told apart: that is said first, and no figure is given."""
    logs = logs_of("redis-7.0")
    logs["sentinel-n1"] += logs.pop("sentinel-n2")
    timeline = rebuilt(logs, tmp_path)
    assert timeline.cautions[0].startswith("sentinel-n1 mixes the lines of 2 servers or more")
    assert timeline.inconclusive == ["mixed"]
    [failover] = timeline.failovers
    assert {phase.took_ms for phase in failover.phases} | {failover.total_ms, failover.at_least_ms} == {None}
