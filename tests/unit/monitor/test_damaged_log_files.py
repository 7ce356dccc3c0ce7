"""Log files with bytes that no server wrote, and files beside them that are none: what is read, and what is named."""

import gzip
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.followed_files import BEGINNING_BYTES, FollowedFiles
from jsquared.monitor.log_store.store_search import Wanted, matching
from jsquared.monitor.logs.document import LogTimeline
from jsquared.monitor.logs.file_notes import NAMED, damage
from jsquared.monitor.logs.log_files import Found, is_text, read_logs, without_zeros
from jsquared.monitor.logs.timeline_page import page
from jsquared.monitor.logs.timeline_text import MOST_LEFT_OUT, as_lines
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import LOGS

LINE = b"1:X 30 Nov 2026 10:00:00.000 # +tilt #tilt mode entered\n"
RANDOM = bytes((number * 197 + number // 7 * 31) % 256 for number in range(20_000))
"""Bytes of which one is as frequent as another."""


def text_of(timeline: LogTimeline) -> str:
    """The text of a timeline, as long as it is."""
    return "\n".join(as_lines(timeline, None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The logs of a trial, to be damaged."""
    shutil.copytree(LOGS / "valkey-9.1", tmp_path / "logs")
    (tmp_path / "logs" / "truth.json").unlink()
    return tmp_path / "logs"


def at_the_end(data: bytes) -> bytes:
    """What a loss of power leaves."""
    return data + bytes(4)


def at_the_beginning(data: bytes) -> bytes:
    """What a rotation leaves that cuts a file while its server writes on, more than is looked at first."""
    return bytes(70_000) + data


def in_between(data: bytes) -> bytes:
    """A line that was cut by a loss of power, and what the server wrote when it was back."""
    first, rest = data.split(b"\n", 1)
    return first + b"\n1:X 30 Nov 2026 02:44:29.7" + bytes(4096 * 3 + 1) + rest


@pytest.mark.parametrize("damaged", [at_the_end, at_the_beginning, in_between])
def test_the_lines_around_zero_bytes_are_read(damaged: Callable[[bytes], bytes], folder: Path) -> None:
    """The failover is rebuilt as from the whole log, and how many zero bytes were skipped is told of the file."""
    whole = log_timeline(LogTimelineRequest(inputs=[folder]))
    log = folder / "sentinel-n1.log"
    data = damaged(log.read_bytes())
    log.write_bytes(data)
    timeline = log_timeline(LogTimelineRequest(inputs=[folder]))
    assert timeline.failovers == whole.failovers
    assert all(node.has_log for node in timeline.nodes)
    assert timeline.zero_bytes == {"logs/sentinel-n1.log": data.count(0)}
    expected = f"{data.count(0):,} zero bytes of logs/sentinel-n1.log were skipped, as a loss of power leaves them"
    assert expected in text_of(timeline)
    assert timeline.not_read == []


def test_packed_logs_with_zero_bytes_are_read_too(folder: Path, tmp_path: Path) -> None:
    """A gzip and an archive of such a log are read like the file itself."""
    log = folder / "sentinel-n1.log"
    data = at_the_end(log.read_bytes())
    log.unlink()
    (folder / "sentinel-n1.log.gz").write_bytes(gzip.compress(data))
    assert log_timeline(LogTimelineRequest(inputs=[folder])).zero_bytes == {"logs/sentinel-n1.log.gz": 4}
    with tarfile.open(tmp_path / "logs.tar", "w") as archive:
        info = tarfile.TarInfo("sentinel-n1.log")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    [file] = read_logs([tmp_path / "logs.tar"]).files
    assert (file.zeros, file.data) == (4, data.rstrip(b"\0") + b"\n")


def test_what_is_no_log_is_named_beside_logs(folder: Path) -> None:
    """A dump, a note, an empty file and a link are left out, and the text, the page and the document say so."""
    (folder / "core.log").write_bytes(RANDOM)
    (folder / "notes.txt").write_text("the failover of last night\n")
    (folder / "redis-n4.log").touch()
    (folder / "nothing.log").write_bytes(bytes(100))
    (folder / "today.log").symlink_to("sentinel-n1.log")
    timeline = log_timeline(LogTimelineRequest(inputs=[folder]))
    assert timeline.not_read == [
        "logs/core.log: no text",
        "logs/notes.txt: no line of a Redis or Valkey server or Sentinel",
        "logs/nothing.log: no text",
        "logs/redis-n4.log: empty",
        "logs/today.log: a link",
    ]
    assert "left out: logs/core.log: no text\n" in text_of(timeline)
    assert "logs/core.log: no text" in str(page(timeline))
    assert not any("no log of" in sentence for sentence in timeline.unknown)


def test_of_very_many_files_the_first_are_named(folder: Path) -> None:
    """The text names ten that were left out, and says how many more there are."""
    for number in range(MOST_LEFT_OUT + 3):
        (folder / f"notes-{number:02d}.txt").write_text("x\n")
    timeline = log_timeline(LogTimelineRequest(inputs=[folder]))
    assert len(timeline.not_read) == MOST_LEFT_OUT + 3
    assert "… and 3 files more: --json and --html have them" in text_of(timeline)
    [sentence] = damage({f"n{number}.log": 1 for number in range(NAMED + 2)})
    assert "1 zero byte of n0.log, " in sentence
    assert " and those of 2 files more were skipped" in sentence


def test_a_dump_is_no_text_and_a_log_with_a_stray_block_is() -> None:
    """Controls decide, where there are zero bytes: random bytes and dumps have many, logs have none."""
    assert 0 in RANDOM
    assert not is_text(RANDOM)
    assert not is_text(bytes(10))
    assert not is_text(b"\x7fELF\1\1\1\0\0\0\0\2\0>\0" * 50 + LINE)
    assert is_text(LINE * 4000 + RANDOM[:4096] + bytes(4096) + LINE)
    assert is_text(b"")


@pytest.mark.parametrize("number", [1, 2, 15, 257, 65_535, 5_000_000])
def test_many_zero_bytes_become_few_ends_of_lines(number: int) -> None:
    """However many there are, a line ends where they are, and they are not read one by one."""
    data = without_zeros(LINE + b"1:X cut" + bytes(number) + LINE)
    assert [line for line in data.split(b"\n") if line] == [LINE[:-1], b"1:X cut", LINE[:-1]]
    assert data.count(b"\n") < 12


def test_an_exported_journal_keeps_its_zero_bytes() -> None:
    """They are a part of its form: the lengths of values."""
    data = b"__CURSOR=s\nMESSAGE\n" + (5).to_bytes(8, "little") + b"hello\n\n"
    found = Found()
    found.add("journal.export", data, 2026)
    assert [(file.data, file.zeros) for file in found.files] == [(data, 0)]


@pytest.mark.parametrize("before", [b"", bytes(BEGINNING_BYTES + 100), LINE + bytes(9)])
def test_a_search_reads_around_zero_bytes_as_well(before: bytes, tmp_path: Path) -> None:
    """Lines before and after zero bytes are kept, and a file with none but zero bytes is named."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "s1.log").write_bytes(before + LINE + bytes(4))
    (tmp_path / "logs" / "nothing.log").write_bytes(bytes(8))
    with LogStore(tmp_path / "store.db") as store:
        files = FollowedFiles([tmp_path / "logs"], store, goes_on=False)
        for batch in files.batches():
            store.add(batch.lines, batch.positions)
        files.close()
        lines, _ = matching(store, Wanted(), 10)
    assert len(lines) == before.count(b"\n") + 1
    assert os.fspath(next(iter(files.skipped))).endswith("nothing.log")
