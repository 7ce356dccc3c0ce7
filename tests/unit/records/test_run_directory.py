"""The run folder: written at the start, while it runs and at the end; readable in every state, and one line where it is not."""

import errno
import json
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from jsquared.errors import BadInputError, RecordError
from jsquared.records import history as h
from jsquared.records.event_types import ClockZero, Phase
from jsquared.records.events import EventLog
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from support.records import ZERO, Story

N1 = "redis-n1"


def begun(path: Path, *phases: str, **fields: object) -> RunDirectory:
    """A run folder with three operations of client-1 in its live history, an empty one of client-2, and these phases."""
    story = Story(clients=3, **fields)  # type: ignore[arg-type]
    run = RunDirectory.create(path, story.plan())
    run.write_placement(story.plan(), story.placement())
    log = EventLog(run.events_file, ZERO)
    for phase in phases:
        log.add(Phase(phase))
    log.close()
    with h.HistoryWriter(run.operations_file("client-1"), 0) as writer:
        chunk = writer.chunk(0)
        for slot in range(3):
            chunk.intended_ns[slot] = chunk.completed_ns[slot] = ZERO.zero_monotonic_ns + slot
            chunk.outcome[slot] = h.OK
        writer.header[1] = 3
    h.HistoryWriter(run.operations_file("client-2"), 1).close()
    return run


def test_configuration_lies_beside_the_plan(tmp_path: Path) -> None:
    """As given and as rendered; the plan reads as it was written."""
    run = begun(
        tmp_path / "runs" / "one",
        input_files={"n1/redis.conf": "port 6379\n"},
        config_files={"redis-n1.conf": "port 1\n"},
    )
    assert (run.config_dir / "input" / "001.conf").read_text() == "port 6379\n"
    assert json.loads((run.config_dir / "input" / "manifest.json").read_text()) == {"001.conf": "n1/redis.conf"}
    assert (run.config_dir / "redis-n1.conf").read_text() == "port 1\n"
    assert (run.shown_dir / "redis-n1.conf").read_text() == "port 1\n"
    assert run.read_plan().input_files == {}
    assert run.log_file("redis-n1") == run.path / "logs" / "redis-n1.log"


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    """The user's passwords stand in it; whatever the umask is, and folders above it that are made are private as well."""
    before = os.umask(0)
    try:
        run = RunDirectory.create(
            tmp_path / "runs" / "one", msgspec.structs.replace(Story().plan(), input_files={"a/b": "x"})
        )
        run.write_found("client-1", "redis-n1", np.ones(1, dtype=np.uint8))
    finally:
        os.umask(before)
    made = [run.path.parent, run.path, *run.path.rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}


def test_an_existing_folder_is_not_reused(tmp_path: Path) -> None:
    """Two runs never share a folder."""
    with pytest.raises(RecordError, match=r"File exists.*another --out"):
        RunDirectory.create(tmp_path, Story().plan())


def test_a_killed_run_is_read_from_its_live_files(tmp_path: Path) -> None:
    """Clients without a file are left out; without a read-back nothing was found anywhere."""
    record = begun(tmp_path / "run").load()
    assert len(record.operations) == 3
    assert record.operations.found == {}
    assert record.clock == ZERO
    assert record.client_number("client-2") == 1
    assert [event.kind for event in record.of(ClockZero)] == ["clock"]


def test_what_was_read_back_is_joined_to_the_rows(tmp_path: Path) -> None:
    """A read-back that was cut short leaves the rest unread; a node that nobody read is not named."""
    run = begun(tmp_path / "run", "read-back")
    run.write_found("client-1", N1, np.array([h.PRESENT, h.ABSENT], dtype=np.uint8))
    found = run.load().operations.found
    assert list(found) == [N1]
    assert list(found[N1]) == [h.PRESENT, h.ABSENT, h.NOT_READ]
    run.found_file("client-1", N1).write_bytes(b"\x09")
    with pytest.raises(BadInputError, match="unknown code 9"):
        run.load()


def test_finishing_replaces_the_live_files(tmp_path: Path) -> None:
    """The same record from Parquet; a second time there is nothing to do."""
    run = begun(tmp_path / "run", "read-back", "done")
    run.write_found("client-1", N1, np.full(3, h.PRESENT, dtype=np.uint8))
    run.finish_history()
    assert not run.history_dir.exists()
    run.finish_history()
    record = run.load()
    assert list(record.operations.found[N1]) == [h.PRESENT] * 3


def test_a_folder_without_a_clock_uses_zero(tmp_path: Path) -> None:
    """Events that lack the clock still load."""
    run = begun(tmp_path / "run")
    run.events_file.write_text("")
    record = run.load()
    assert record.clock is None
    assert record.operations.intended_ns[0] == ZERO.zero_monotonic_ns


def test_no_verdict_yet(tmp_path: Path) -> None:
    """None while there is none; a damaged one is one line."""
    run = begun(tmp_path / "run")
    assert run.read_verdict() is None
    run.verdict_file.write_text('{"outcome": "maybe"}')
    with pytest.raises(BadInputError, match=r"verdict\.json: damaged"):
        run.read_verdict()


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("plan.json", None, "no run folder"),
        ("plan.json", b"{", "damaged"),
        ("plan.json", b"\xff\xfe", "damaged"),
        ("placement.json", None, "placement.json is missing"),
        ("placement.json", b"{", "damaged"),
        ("events.jsonl", None, "events.jsonl is missing"),
        ("events.jsonl", b"x\ny\n", "not an event"),
        ("history/client-1.ops", b"x", "not a history file"),
        ("history.parquet", b"x", "unreadable history"),
    ],
)
def test_a_damaged_folder_is_one_line(tmp_path: Path, file: str, content: bytes | None, words: str) -> None:
    """Whichever file is missing or damaged, the line says what and where."""
    run = begun(tmp_path / "run", "done")
    if content is None:
        (run.path / file).unlink()
    else:
        (run.path / file).write_bytes(content)
    with pytest.raises(BadInputError, match=words) as caught:
        run.load()
    assert "\n" not in str(caught.value)
    assert str(run.path) in str(caught.value)


def test_a_folder_where_a_file_should_be_is_unreadable(tmp_path: Path) -> None:
    """The operating system's words, and the file."""
    run = begun(tmp_path / "run")
    run.operations_file("client-3").mkdir()
    with pytest.raises(BadInputError, match=r"client-3\.ops: is not a regular file"):
        run.load()


def test_an_unreadable_plan_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions are the user's to change."""
    run = begun(tmp_path / "run")

    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("jsquared.records.reading.os.open", refuse)
    with pytest.raises(BadInputError, match="unreadable: Permission denied"):
        run.read_plan()


@pytest.mark.parametrize("number", [1, 2])
def test_a_plan_of_before_placements_is_read_as_both(tmp_path: Path, number: int) -> None:
    """Addresses and rewrites stood in plan.json; in the first format the configuration and its secrets did too."""
    run = begun(tmp_path / "run", config_files={"redis-n1.conf": "requirepass zebra-crossing\n"})
    before = run.load()
    old = json.loads(run.placement_file.read_text()) | json.loads(run.plan_file.read_text()) | {"format": number}
    for part in ("nodes", "clients"):
        old[part] = json.loads(run.placement_file.read_text())[part]
    if number == 1:
        old["config_files"] = {"redis-n1.conf": "requirepass zebra-crossing\n"}
        old["nodes"][0]["login"] = ["zebra-crossing"]
        shutil.rmtree(run.config_dir)
    run.plan_file.write_text(json.dumps(old))
    run.placement_file.unlink()
    record = run.load()
    assert record.plan == msgspec.structs.replace(before.plan, format=number)
    assert record.placement.clients == before.placement.clients
    assert [node.address for node in record.placement.nodes] == [node.address for node in before.placement.nodes]
    assert record.placement.config_files == {"redis-n1.conf": "requirepass <secret>\n"}
    assert "zebra" not in str(record)


def test_a_static_check_has_no_placement(tmp_path: Path) -> None:
    """No server is started for it, so nothing is rendered."""
    run = RunDirectory.create(tmp_path / "run", Story(rules=("quorum-one",)).plan())
    EventLog(run.events_file, ZERO).close()
    placement = run.load().placement
    assert (placement.nodes, placement.config_files, placement.engine) == ((), {}, run.read_plan().engine)


def test_a_plan_of_a_newer_jsquared_is_refused(tmp_path: Path) -> None:
    """Reading on would be guessing."""
    run = begun(tmp_path / "run")
    run.write_plan(msgspec.structs.replace(run.read_plan(), format=99))
    with pytest.raises(BadInputError, match="plan format 99 is newer"):
        run.load()


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "freeing disk space"),
        (errno.EACCES, "a folder you may write to"),
        (errno.ENOTDIR, "the name of a folder"),
        (errno.EIO, "--out with another folder"),
    ],
)
def test_refused_writes_say_what_to_try(number: int, hint: str) -> None:
    """The operating system's refusal in one line."""
    with pytest.raises(RecordError, match=hint), explain_write_errors(Path("runs/x")):
        raise OSError(number, "refused")
    with pytest.raises(RecordError, match="cannot write the run folder: bare"), explain_write_errors(Path("x")):
        raise OSError("bare")


def test_a_file_in_the_way_is_a_record_error(tmp_path: Path) -> None:
    """``--out`` below a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="Not a directory"):
        RunDirectory.create(tmp_path / "file" / "run", Story().plan())
