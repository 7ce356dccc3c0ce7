"""Files, folders and archives of logs: what is read, what is not, and the limits."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.monitor.logs import event_list, log_files, node_logs, rebuild
from jsquared.monitor.logs.log_files import read_logs, seen, stem_of
from jsquared.monitor.logs.timeline_page import page
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline

LINE = "1:X 30 Nov 2026 10:00:00.000 # +tilt #tilt mode entered\n"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("redis.log", "redis"),
        ("var/redis.log.1", "var/redis"),
        ("redis.log.2.gz", "redis"),
        ("redis-server.log-20261130", "redis-server"),
        ("redis.2026-11-30.log", "redis"),
        ("sentinel.log.old", "sentinel"),
        ("n1", "n1"),
        ("redis-1.txt", "redis-1"),
        (".log", ".log"),
    ],
)
def test_rotated_files_have_the_stem_of_their_server(name: str, stem: str) -> None:
    """What rotation and packing add to a name is not part of it, while a number that belongs to a host's name stays."""
    assert stem_of(name) == (stem if name != "redis-1.txt" else stem_of("redis-1.log"))


def test_folders_are_read_without_links_pipes_and_other_kinds(tmp_path: Path) -> None:
    """Links are not followed, pipes are not opened, pages and snapshots are passed over, and what has no text is named."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "redis.log").write_text(LINE)
    (tmp_path / "a" / "report.html").write_text(LINE)
    (tmp_path / "a" / "core").write_bytes(b"\0\1\2")
    (tmp_path / "a" / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "a" / "pipe")
    found = read_logs([tmp_path])
    assert [file.data for file in found.files] == [LINE.encode()]
    assert [skipped.rpartition("/")[2] for skipped in sorted(found.skipped)] == [
        "core: no text",
        "link: a link",
        "pipe: not a regular file",
    ]
    assert seen(found) == "1 file with 1 line, and 3 files of other kinds"


def test_folders_without_end_and_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many folders within each other are left out, and one that cannot be read is named."""
    (tmp_path / "/".join("d" * 13)).mkdir(parents=True)
    assert any("folders within each other" in skipped for skipped in read_logs([tmp_path]).skipped)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(log_files.os, "scandir", refuse)
    assert any("Permission denied" in skipped for skipped in read_logs([tmp_path]).skipped)


def test_archives_are_read_in_memory(tmp_path: Path) -> None:
    """Files of an archive are read, packed ones too, pages in it are not, and each is named by the archive."""
    with tarfile.open(tmp_path / "logs.tgz", "w:gz") as archive:
        for name, data in (("n1/redis.log.gz", gzip.compress(LINE.encode())), ("n1/index.html", b"<p>")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    [file] = read_logs([tmp_path / "logs.tgz"]).files
    assert (file.shown, file.stem, file.data) == (f"{tmp_path}/logs.tgz:n1/redis.log.gz", "n1/redis", LINE.encode())


def test_what_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, damaged, endless and too many files are refused with where and what to try."""
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b\x08broken")
    (tmp_path / "bad.tar.gz").write_bytes(b"nothing")
    for name, what in (("none.log", "no such file"), ("bad.gz", "cannot be unpacked"), ("bad.tar.gz", "unpacked")):
        with pytest.raises(BadInputError, match=what):
            read_logs([tmp_path / name])
    with pytest.raises(BadInputError, match="no such file"):
        read_logs([Path("/proc/self/mem")])
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"a" * 5000))
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 1000)
    with pytest.raises(BadInputError, match="MiB when unpacked"):
        read_logs([tmp_path / "bomb.gz"])
    (tmp_path / "big.log").write_text("a" * 2000)
    with pytest.raises(BadInputError, match="2000 bytes are too many for a log"):
        read_logs([tmp_path / "big.log"])
    (tmp_path / "redis.log").write_text(LINE)
    monkeypatch.setattr(log_files, "MOST_FILES", 0)
    with pytest.raises(BadInputError, match="more than 0 files"):
        read_logs([tmp_path / "redis.log"])
    monkeypatch.setattr(log_files, "LARGEST_ARCHIVE_BYTES", 3)
    with pytest.raises(BadInputError, match="too many for a log"):
        read_logs([tmp_path / "bad.tar.gz"])


def test_lines_of_very_many_servers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file, or files together, in which every line has another name is not the log of a deployment."""
    monkeypatch.setattr(node_logs, "MOST_SERVERS", 3)
    (tmp_path / "compose.log").write_text("".join(f"redis-{number}  | {LINE}" for number in range(5)))
    with pytest.raises(BadInputError, match="lines of more than 3 servers"):
        node_logs.node_logs(read_logs([tmp_path]).files)
    (tmp_path / "compose.log").unlink()
    for number in range(5):
        (tmp_path / f"host{chr(97 + number)}.log").write_text(LINE)
    with pytest.raises(BadInputError, match="logs of more than 3 servers"):
        node_logs.node_logs(read_logs([tmp_path]).files)


def test_a_log_with_too_many_lines_of_interest_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a server that writes without end the beginning is read, and that is said."""
    monkeypatch.setattr(node_logs, "MOST_HAPPENINGS", 3)
    (tmp_path / "s1.log").write_text(LINE * 5)
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    assert len(timeline.events) == 3
    assert "s1 has more lines of interest than are read" in timeline.unknown


def test_the_lists_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events beyond the limit are counted, failovers beyond theirs are named."""
    monkeypatch.setattr(event_list, "MOST_EVENTS", 5)
    monkeypatch.setattr(rebuild, "MOST_FAILOVERS", 2)
    text = "".join(
        f"1:X 30 Nov 2026 10:{minute:02d}:00.000 # {sign}sdown master m 10.0.0.1 6379\n"
        for minute in range(10)
        for sign in "+-"
    )
    (tmp_path / "s1.log").write_text(text)
    timeline = log_timeline(LogTimelineRequest(inputs=[tmp_path]))
    assert (len(timeline.events), timeline.left_out) == (5, 15)
    assert len(timeline.failovers) == 2
    assert any("more than 2 failovers and outages" in note for note in timeline.failovers[-1].notes)
    assert "<p>15 more are left out.</p>" in page(timeline)
