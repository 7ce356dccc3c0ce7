"""Damaged run folders, and those of strangers: refused in one line that names the file, before anybody computes with them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.records import events as events_module
from jsquared.records import history as h
from jsquared.records import operations as operations_module
from jsquared.records import run_directory as run_directory_module
from jsquared.records.event import OtherEvent
from jsquared.records.events import read_events
from jsquared.records.operations import Operations, read_live, read_parquet, require_known, write_parquet
from jsquared.records.reading import open_regular, read_bounded
from jsquared.records.run_directory import RunDirectory
from support.sample_run import write_sample_run


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run folder."""
    return write_sample_run(tmp_path / "run", rate_per_s=20)


def edit_plan(run: RunDirectory, change: Callable[[Any], None]) -> None:
    """Change plan.json."""
    edit(run.plan_file, change)


def edit(file: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON file."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


PLANS: dict[str, tuple[Callable[[Any], None], str]] = {
    "a client that leaves the folder": (
        lambda p: p["clients"][0].update(name="../../x"),
        r"'\.\./\.\./x' is not a valid name",
    ),
    "a node of no name": (lambda p: p["nodes"][0].update(name=""), "is not a valid name of a node"),
    "a node called ..": (lambda p: p["nodes"][0].update(name=".."), "is not a valid name of a node"),
    "a host with a NUL": (lambda p: p["nodes"][0].update(host="a\0b"), "is not a valid name"),
    "two of a name": (lambda p: p["nodes"][1].update(name=p["nodes"][0]["name"]), "names more than one"),
    "a Sentinel that is none": (lambda p: p["clients"][0].update(sentinels=["redis-n1"]), "which is not a Sentinel"),
    "an objective of nobody": (lambda p: p["objectives"][0].update(clients=["me"]), "which is not a client"),
    "a fault twice": (lambda p: p["faults"].append(p["faults"][0]), "names more than one fault"),
    "no data node": (lambda p: p.update(nodes=[n for n in p["nodes"] if n["role"] != "data"]), "no data node"),
    "a number that is too large": (lambda p: p.update(quorum=10**15), "too large"),
    "nodes without end": (lambda p: p.update(nodes=p["nodes"] * 1000), "more than 4096"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_that_contradicts_itself_is_refused(run: RunDirectory, name: str) -> None:
    """Names stay in the folder and are unique, references lead somewhere, numbers are such as JSquared writes."""
    change, words = PLANS[name]
    edit_plan(run, change)
    with pytest.raises(BadInputError, match=words) as caught:
        run.load()
    assert "plan.json: damaged: " in str(caught.value)


PLACEMENTS: dict[str, tuple[Callable[[Any], None], str]] = {
    "a file elsewhere": (lambda p: p["config_files"].update({"/etc/x": ""}), "'/etc/x' is not a valid name"),
    "another node": (lambda p: p["nodes"][0].update(name="redis-n9"), "its nodes are not those of the plan"),
    "a node too few": (lambda p: p["nodes"].pop(), "its nodes are not those of the plan"),
    "another role": (lambda p: p["nodes"][0].update(role="sentinel"), "its nodes are not those of the plan"),
    "another client": (lambda p: p["clients"][0].update(name="me"), "its clients are not those of the plan"),
    "an address that floats": (
        lambda p: p.update(floating=[FLOATING]),
        "its floating addresses are not those of the plan",
    ),
    "a port that is too large": (lambda p: p["nodes"][0].update(port=10**15), "too large"),
    "a line that is too large": (lambda p: p["rewrites"][1].update(line=10**15), "too large"),
}
FLOATING = {
    "address": "10.77.9.1", "written": "10.5.0.1", "hosts": ["n1"], "starts_on": "n1", "follows": "manual", "after_ms": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", PLACEMENTS)
def test_a_placement_that_contradicts_its_plan_is_refused(run: RunDirectory, name: str) -> None:
    """It is of the same nodes, clients and addresses, and its names and numbers are such as JSquared writes."""
    change, words = PLACEMENTS[name]
    edit(run.placement_file, change)
    with pytest.raises(BadInputError, match=words) as caught:
        run.load()
    assert "placement.json: damaged: " in str(caught.value)


def test_documents_nested_without_end_are_one_line(run: RunDirectory) -> None:
    """A hundred thousand brackets are no plan, and no event."""
    events = run.events_file.read_text()
    run.events_file.write_text(f"{'[' * 100_000}\n{events}")
    with pytest.raises(BadInputError, match=r"events\.jsonl:1: not an event"):
        run.load()
    run.plan_file.write_text('{"nodes": ' + "[" * 100_000)
    with pytest.raises(BadInputError, match=r"plan\.json: damaged"):
        run.load()


GOOD = {"t_ms": 1.0, "source": "lab", "kind": "phase", "phase": "load"}
EVENTS: dict[str, dict[str, Any]] = {
    "no time": {"t_ms": "soon"},
    "an endless time": {"t_ms": float("inf")},
    "no number": {"t_ms": float("nan")},
    "a time that is true": {"t_ms": True},
    "the end of time": {"t_ms": 1e300},
    "a large number": {"t_ms": 10**400},
    "nobody": {"source": None},
    "a stranger": {"source": "redis-n9"},
    "an unknown fault": {"kind": "fault-bit", "fault": "f9", "ok": True},
    "a fault that is a list": {"kind": "fault-bit", "fault": ["f1"]},
    "a fault without a name": {"kind": "fault-healed"},
    "a phase that is a number": {"phase": 5},
    "a clock without a zero": {"kind": "clock"},
    "a zero that is text": {"kind": "clock", "zero_monotonic_ns": "1", "zero_unix_ns": 1},
    "targets that are numbers": {"kind": "fault-started", "fault": "f1", "targets": [1]},
    "parameters that are lists": {"kind": "fault-started", "fault": "f1", "parameters": {"port": [1]}},
    "sides that are names": {"kind": "fault-started", "fault": "f1", "sides": ["n1"]},
    "votes that are a list": {"kind": "agreement", "primary": "", "votes": ["n1"]},
    "an offset that is text": {"kind": "role", "offset": "many"},
    "a stall for ever": {"kind": "disturbance", "stall_ms": 1e300},
    "keys that are a truth": {"kind": "dataset", "keys": True},
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_cannot_be_is_refused_by_its_line(run: RunDirectory, name: str) -> None:
    """Kind, fields, types, times, and whom it speaks of."""
    lines = run.events_file.read_text().splitlines()
    run.events_file.write_text("\n".join([lines[0], json.dumps({**GOOD, **EVENTS[name]}), *lines[1:]]))
    with pytest.raises(BadInputError, match=r"events\.jsonl:2: not an event"):
        run.load()


def test_an_unknown_kind_of_event_is_kept(run: RunDirectory) -> None:
    """A later JSquared may record more."""
    with run.events_file.open("a") as file:
        file.write(json.dumps({**GOOD, "kind": "moon-phase", "phase": [{}]}) + "\n")
        file.write(json.dumps({**GOOD, "kind": "fault-started", "fault": "f1", "parameters": {"rate": 0.5}}) + "\n")
    assert [event.kind for event in run.load().of(OtherEvent)] == ["moon-phase"]


def test_events_without_end_are_refused(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than any trial has are not kept in memory, nor more failovers followed than any has."""
    monkeypatch.setattr(events_module, "MOST_SWITCHES", 1)
    with pytest.raises(BadInputError, match="more than 1 announcements"):
        read_events(run.events_file)
    monkeypatch.setattr(events_module, "MOST_EVENTS", 3)
    with pytest.raises(BadInputError, match=r"events\.jsonl:4: more than 3 events"):
        read_events(run.events_file)


@pytest.mark.parametrize("name", ["plan.json", "events.jsonl", "history.parquet"])
def test_what_is_no_file_or_too_large_is_not_read(run: RunDirectory, name: str) -> None:
    """A FIFO is not waited for, a device not read, and a file of a terabyte, which takes no space, refused by its size."""
    path = run.path / name
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BadInputError):
        run.load()
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(BadInputError):
        run.load()
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadInputError, match="1,099,511,627,776 bytes are too many"):
        run.load()


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk's word, or the limit of open files: the one is the input's, the other the machine's."""
    (tmp_path / "x").write_text("x")

    class Broken:
        def __enter__(self) -> "Broken":
            return self

        def __exit__(self, *_: object) -> None:
            return

        def fileno(self) -> int:
            return 0

        def read(self, _: int) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("jsquared.records.reading.open_regular", lambda *_, **__: Broken())
    with pytest.raises(BadInputError, match="unreadable: Input/output error"):
        read_bounded(tmp_path / "x")

    def too_many(*_: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("jsquared.records.reading.os.open", too_many)
    with pytest.raises(LabError, match="Too many open files"):
        open_regular(tmp_path / "x", 1)


def live(path: Path, **header: int) -> Path:
    """A live history of three writes, with other numbers in its header."""
    with h.HistoryWriter(path, header.get("client", 0)) as writer:
        chunk = writer.chunk(0)
        for slot in range(3):
            chunk.intended_ns[slot] = header.get("at", 1_000)
            chunk.completed_ns[slot] = header.get("completed", 2_000)
            chunk.outcome[slot] = h.OK
        writer.header[1] = header.get("slots", 3)
        for word in ("acknowledged", "failed", "unknown"):
            writer.header[h.HEADER_WORDS.index(word)] = header.get(word, 0)
    return path


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"slots": 10**15}, "are impossible"),
        ({"client": -1}, "are impossible"),
        ({"client": 1 << 40}, "are impossible"),
        ({"at": -5}, "intended_ns -5"),
        ({"at": (1 << 63) - 1}, "intended_ns"),
        ({"acknowledged": 4}, "4 acknowledged counted, and 3 there"),
        ({"failed": 1}, "1 failed counted, and 0 there"),
        ({"unknown": 1}, "1 unknown counted, and 0 there"),
        ({"completed": 0, "acknowledged": 3}, "an acknowledgement without a time"),
    ],
)
def test_a_live_history_of_impossible_numbers_is_refused(tmp_path: Path, header: dict[str, int], words: str) -> None:
    """Sizes, clients and times that nothing writes, and outcomes that the client counted and that are gone."""
    with pytest.raises(BadInputError, match=words):
        read_live(live(tmp_path / "client-1.ops", **header), 0)


def test_a_client_that_writes_meanwhile_is_no_damage(tmp_path: Path) -> None:
    """Outcomes that are there already, and neither counted nor in the column of times that was read before."""
    operations = read_live(live(tmp_path / "client-1.ops", completed=0, acknowledged=0), 0)
    assert len(operations) == 3


def test_the_history_of_another_client_is_refused(tmp_path: Path) -> None:
    """A file's client is the one that its name says."""
    run = write_sample_run(tmp_path / "killed", "killed", rate_per_s=20)
    live(run.operations_file("client-1"), client=1)
    with pytest.raises(BadInputError, match="is not the history of client-1"):
        run.load()


def columns(**changed: Any) -> Operations:
    """Two operations."""
    plain: dict[str, Any] = {name: np.zeros(2) for name in operations_module.COLUMN_TYPES}
    return Operations.from_columns(
        {**plain, **{name: np.array(value) for name, value in changed.items() if name != "found"}}, changed.get("found")
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client": [0, 2]}, "client 2 cannot be"),
        ({"client": [1, 0]}, "clients are mixed"),
        ({"node": [0, 7]}, "node 7 cannot be"),
        ({"slot": [-1, 0]}, "slot -1 cannot be"),
        ({"completed_ns": [0, 2**62]}, "completed_ns"),
        ({"found": {"redis-n9": np.zeros(2, dtype=np.uint8)}}, "no data node 'redis-n9'"),
    ],
)
def test_operations_of_nobody_are_refused(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    """Clients, nodes, slots and times that the plan does not have."""
    require_known(columns(node=[0, h.NO_NODE]), 2, ["redis-n1"], tmp_path)
    with pytest.raises(BadInputError, match=words):
        require_known(columns(**changed), 2, ["redis-n1"], tmp_path)


def test_more_operations_than_any_trial_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Together, and as a Parquet file says of itself, before it is read."""
    write_parquet(columns(), tmp_path / "history.parquet")
    monkeypatch.setattr(operations_module, "MOST_OPERATIONS", 1)
    with pytest.raises(BadInputError, match="more than 1 operations"):
        require_known(columns(), 1, ["redis-n1"], tmp_path)
    with pytest.raises(BadInputError, match=r"2 operations in .* are too many"):
        read_parquet(tmp_path / "history.parquet")


def test_a_parquet_file_with_holes_is_refused(tmp_path: Path) -> None:
    """Numbers that are missing, fractions, and outcomes that are none."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    path = tmp_path / "history.parquet"
    write_parquet(columns(), path)
    table = pq.ParquetFile(path).read()
    holes = {
        "slot": pa.array([None, 1]),
        "client": pa.array([0.5, 1.0]),
        "outcome": pa.array([None, "ok"]),
        "error": pa.array(["", "moon"]),
    }
    for name, values in holes.items():
        pq.write_table(table.set_column(table.column_names.index(name), name, values), path)
        with pytest.raises(BadInputError, match="unreadable history"):
            read_parquet(path)


def test_a_small_file_of_many_operations_is_refused(tmp_path: Path) -> None:
    """Equal rows take next to no room on a disk: what counts is how many there are."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    path = tmp_path / "history.parquet"
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(9_000_000, dtype=np.int8)), pa.array(["ok"]))
    pq.write_table(pa.table({"outcome": same, "error": same}), path, compression="zstd")
    assert path.stat().st_size < 1 << 20
    with pytest.raises(BadInputError, match="9,000,000 operations in 2 columns are too many"):
        read_parquet(path)


def test_columns_that_nobody_writes_are_not_read(tmp_path: Path) -> None:
    """A text of two megabytes in every row is left where it is."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    path = tmp_path / "history.parquet"
    write_parquet(columns(), path)
    table = pq.ParquetFile(path).read()
    text = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["x" * (2 << 20)]))
    pq.write_table(table.append_column("other", text), path, compression="zstd", store_schema=False)
    assert len(read_parquet(path)) == 2
    text = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["x" * (2 << 24)]))
    pq.write_table(table.set_column(table.column_names.index("error"), "error", text), path, compression="zstd")
    with pytest.raises(BadInputError, match=r"a dictionary of 33,554,436 bytes is too large"):
        read_parquet(path)


def test_rows_times_columns_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many columns of equal numbers take next to no room on a disk."""
    path = tmp_path / "history.parquet"
    write_parquet(columns(found={f"n{number}": np.zeros(2, dtype=np.uint8) for number in range(9)}), path)
    assert len(read_parquet(path).found) == 9
    monkeypatch.setattr(operations_module, "MOST_CELLS", 35)
    with pytest.raises(BadInputError, match="2 operations in 18 columns are too many"):
        read_parquet(path)


def test_live_histories_that_say_to_be_too_long_together_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may be as long as that; all together are counted by their headers."""
    run = write_sample_run(tmp_path / "killed", "killed", rate_per_s=20)
    for number, client in enumerate(run.read_plan().clients):
        path = run.operations_file(client.name)
        path.write_bytes(b"JSQHIST1" + np.array([number, (1 << 22) + 1, 0, 0, -1, 0, 0], "<i8").tobytes())
        os.truncate(path, h.HEADER_BYTES + 65 * h.PLAIN.chunk_bytes)
    monkeypatch.setattr(run_directory_module, "read_live", lambda *_: pytest.fail("was read"))
    with pytest.raises(BadInputError, match="more than 8,388,608 operations"):
        run.load()
