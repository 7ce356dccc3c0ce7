"""One file with the lines of several servers: taken apart by process, or told as mixed, and one bad file among good ones."""

import gzip
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.followed_files import FollowedFiles
from jsquared.monitor.logs import log_files
from jsquared.monitor.logs.document import LogTimeline
from jsquared.monitor.logs.log_files import read_logs
from jsquared.monitor.logs.mixed_files import Entry, apart, note, servers_in, servers_of
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import ENGINES, LOGS, logs_of, plain

LINE = "1:X 30 Nov 2026 10:00:00.000 # +tilt #tilt mode entered\n"


def in_turn(lines: list[str]) -> list[str]:
    """What ``cat *.log`` makes."""
    return lines


def by_time(lines: list[str]) -> list[str]:
    """The same, sorted."""
    return sorted(lines, key=lambda line: line.split(" ")[1:5])


def own_pids(logs: dict[str, list[str]]) -> dict[str, list[str]]:
    """The logs as of one machine, on which no two servers have the same pid."""
    return {
        name: [f"{int(line.partition(':')[0]) + 1000 * number}:{line.partition(':')[2]}" for line in lines]
        for number, (name, lines) in enumerate(logs.items())
    }


def together(logs: dict[str, list[str]], order: Callable[[list[str]], list[str]], folder: Path) -> LogTimeline:
    """The timeline of one file with all of these lines."""
    (folder / "all.log").write_text("\n".join(order([line for lines in logs.values() for line in lines])) + "\n")
    return log_timeline(LogTimelineRequest(inputs=[folder]))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", [in_turn, by_time])
def test_servers_with_the_same_pid_are_told_as_mixed(
    engine: str, order: Callable[[list[str]], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Containers' servers all have one pid: the first lines say what to do, no figure is told, and there is one failover, not three."""
    timeline = together(logs_of(engine), order, tmp_path)
    assert any(each.startswith("all (Sentinel) mixes the lines of 3 servers or more") for each in timeline.cautions)
    [failover] = timeline.failovers
    assert (failover.doubtful, failover.total_ms, failover.at_least_ms, failover.leader) == (True, None, None, "")
    assert {phase.took_ms for phase in failover.phases} == {None}
    assert (failover.attempts, failover.sentinels, timeline.inconclusive) == ([], [], ["mixed"])
    assert main(["timeline", str(tmp_path)]) == 3
    said = capsys.readouterr().out
    assert said.startswith("all mixes the lines of ")
    assert "give each server's log as a file of its own" in said
    assert "how long it took is not known, since a file mixes several servers" in said


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", [in_turn, by_time])
def test_processes_of_one_machine_are_taken_apart(
    engine: str, order: Callable[[list[str]], list[str]], tmp_path: Path
) -> None:
    """Where no process restarted, pids say whose each line is: the failover is told as from a file for each server."""
    logs = logs_of(engine)
    pid = next(line.partition(":")[0] for line in logs["redis-n1"] if " Ready to accept" in line)
    logs["redis-n1"] = [line for line in logs["redis-n1"] if line.startswith((f"{pid}:M", f"{pid}:C"))]
    (tmp_path / "whole").mkdir()
    plain(logs, tmp_path / "whole")
    whole = log_timeline(LogTimelineRequest(inputs=[tmp_path / "whole"])).failovers[0]
    (tmp_path / "one").mkdir()
    timeline = together(own_pids(logs), order, tmp_path / "one")
    [failover] = timeline.failovers
    assert len([node for node in timeline.nodes if node.has_log]) == 6
    assert (failover.total_ms, [phase.took_ms for phase in failover.phases]) == (
        whole.total_ms,
        [phase.took_ms for phase in whole.phases],
    )
    assert timeline.inconclusive == []
    assert any("were taken apart by their processes: all[" in sentence for sentence in timeline.unknown)


def test_a_restart_on_another_port_is_another_server(tmp_path: Path) -> None:
    """A process that began after another ended is the same server by its port, another one by another port, else not known."""

    def process(pid: int, port: int | None, from_s: int, until_s: int) -> list[str]:
        mode = [f"{pid}:M 30 Nov 2026 10:00:{from_s:02d}.000 * Running mode=standalone, port={port}."] if port else []
        ends = [f"{pid}:M 30 Nov 2026 10:00:{at:02d}.000 * Ready to accept connections" for at in (from_s, until_s)]
        return [*mode, *ends]

    always = process(1, 6379, 0, 50)
    for port, names in ((6380, ["all[1]", "all[2]"]), (6381, ["all[1]", "all[2]", "all[3]"]), (None, ["all"])):
        logs = {"a": always, "b": process(2, 6380, 0, 10), "c": process(3, port, 20, 50)}
        assert [node.name for node in together(logs, by_time, tmp_path).nodes if node.has_log] == names


def test_the_log_of_one_server_is_never_mixed() -> None:
    """None of the logs of trials, with restarts, children, clocks that were set and changes of role, seems to be of two servers."""
    for folder in (path for path in LOGS.iterdir() if path.is_dir()):
        timeline = log_timeline(LogTimelineRequest(inputs=[folder]))
        assert "mixed" not in timeline.inconclusive
        assert not any("taken apart" in sentence for sentence in timeline.unknown)


def test_roles_that_change_without_a_word_are_of_several_servers() -> None:
    """Two data nodes with one pid and nothing else in their lines are told by their roles; a few changes may have lost their lines."""
    few = [Entry(1, letter, at, None) for at, letter in enumerate("MSMS")]
    assert servers_in(few) == 1
    assert servers_in([*few, *few]) == 2
    assert apart([*few, *few]) is None
    assert servers_of([*few, *few]).undivided("data") == 2
    assert servers_of([]).undivided("sentinel") == 1


def test_lines_that_tell_nothing_are_not_all_kept() -> None:
    """Of many lines of a process in a row the first and the last say when it wrote."""
    entries: list[Entry] = []
    for at in range(100):
        note(entries, Entry(1, "M", at, None))
    assert [one.at_s for one in entries] == [0, 99]


def test_a_mixed_file_without_a_failover_proves_none(tmp_path: Path) -> None:
    """That no failover is in it is not said, and neither is one that only a mixed data node's line tells of."""
    timeline = together({n: v for n, v in logs_of("redis-7.0").items() if n.startswith("redis")}, in_turn, tmp_path)
    assert (timeline.failovers, timeline.inconclusive) == ([], ["mixed"])
    text = "\n".join(as_lines(timeline, None))
    assert (
        "whether a failover or an outage was within that time is not known, since a file mixes several servers" in text
    )
    assert "no failover, and no outage" not in text + str(page(timeline))


@pytest.mark.parametrize("bad", [gzip.compress(b"a" * 200_000), b"\x1f\x8b\x08broken"])
def test_a_bad_file_does_not_hide_the_others(
    bad: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is read and told, the bad file is named first with why, and the exit code says that it is not proven."""
    plain(logs_of("valkey-9.1"), tmp_path)
    (tmp_path / "bomb.log.gz").write_bytes(bad)
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 100_000)
    assert main(["timeline", str(tmp_path), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["failovers"][0]["total_ms"] == pytest.approx(4807.0)
    assert document["inconclusive"] == ["unread"]
    [caution], [left_out] = document["cautions"], document["not_read"]
    assert caution.startswith("not read, so that lines may be missing: ")
    assert "bomb.log.gz: " in caution
    assert left_out.partition(": ")[0].endswith("/bomb.log.gz")


def test_a_bad_archive_and_a_large_file_are_left_out_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged archives, bad files within archives and files beyond the limits are unread; without any other log they are refused."""
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 1000)
    (tmp_path / "big.log").write_text("a" * 2000)
    (tmp_path / "bad.tar.gz").write_bytes(b"nothing")
    with pytest.raises(BadInputError):
        read_logs([tmp_path])
    (tmp_path / "redis.log").write_text(LINE)
    (tmp_path / "inside.gz").write_bytes(gzip.compress(b"a" * 2000))
    with tarfile.open(tmp_path / "logs.tar", "w") as archive:
        archive.add(tmp_path / "redis.log", "s1.log")
        archive.add(tmp_path / "inside.gz", "s2.log.gz")
    (tmp_path / "inside.gz").unlink()
    found = read_logs([tmp_path])
    assert len(found.files) == 2
    assert sorted(name.rpartition("/")[2] for name in found.unread) == ["bad.tar.gz", "big.log", "logs.tar:s2.log.gz"]
    assert len(log_timeline(LogTimelineRequest(inputs=[tmp_path])).not_read) == 3
    monkeypatch.setattr(log_files, "MOST_FILES", 1)
    assert len(read_logs([tmp_path]).files) == 1


def test_bombs_have_one_limit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What files that could not be read may have unpacked to counts: no folder of them is unpacked without end."""
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 1000)
    monkeypatch.setattr(log_files, "MOST_BYTES", 2000)
    (tmp_path / "a.log").write_text(LINE)
    for number in range(4):
        (tmp_path / f"b{number}.gz").write_bytes(gzip.compress(b"a" * 5000))
    said = [problem.what for problem in read_logs([tmp_path]).unread.values()]
    assert ["unpacked" in one for one in said] == [True, True, False, False]


def test_a_search_names_a_bad_file_within_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files of the archive are searched; a damaged archive that was given is refused."""
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 1000)
    (tmp_path / "logs").mkdir()
    (tmp_path / "s1.log").write_text(LINE)
    (tmp_path / "s2.gz").write_bytes(gzip.compress(b"a" * 5000))
    with tarfile.open(tmp_path / "logs" / "logs.tar", "w") as archive:
        archive.add(tmp_path / "s1.log", "s1.log")
        archive.add(tmp_path / "s2.gz", "s2.log.gz")
    (tmp_path / "bad.tar.gz").write_bytes(b"nothing")
    with LogStore(tmp_path / "store.db") as store:
        files = FollowedFiles([tmp_path / "logs"], store, goes_on=False)
        assert sum(len(batch.lines) for batch in files.batches()) == 1
        files.close()
        assert [name.rpartition(":")[2] for name in files.skipped] == ["s2.log.gz"]
        given = FollowedFiles([tmp_path / "bad.tar.gz"], store, goes_on=False)
        with pytest.raises(BadInputError):
            list(given.batches())
        given.close()


def test_many_unread_files_are_counted(tmp_path: Path) -> None:
    """The caution names five and says how many more there are."""
    (tmp_path / "s1.log").write_text(LINE)
    for number in range(7):
        (tmp_path / f"bad{number}.gz").write_bytes(b"\x1f\x8b\x08broken")
    [caution] = log_timeline(LogTimelineRequest(inputs=[tmp_path])).cautions
    assert "and 2 files more" in caution
