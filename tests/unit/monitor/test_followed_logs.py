"""Logs that grow, are rotated, truncated and packed while they are followed: every line is kept once."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.logs.journal_export import BEGINNING
from jsquared.monitor.log_store import followed_files, reading_on
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.followed_files import FollowedFiles
from jsquared.monitor.log_store.line_reader import LineReader
from jsquared.monitor.log_store.log_event import StoredLine, as_text, exported, pushed_event
from jsquared.monitor.log_store.stdin_lines import StandardInput
from jsquared.monitor.log_store.store_search import Wanted, matching

EVENING_S = 1_796_036_400.0
"""30 November 2026, 11:00 UTC."""


def line(number: int) -> str:
    """A line of a Sentinel, at a second of its own."""
    return f"1:X 30 Nov 2026 10:{number // 60:02d}:{number % 60:02d}.000 # +sdown sentinel n{number}\n"


class Follower:
    """A store that follows paths, and what it holds."""

    def __init__(self, store: LogStore, *paths: Path, goes_on: bool = True) -> None:
        self.store = store
        self.files = FollowedFiles(paths, store, goes_on=goes_on)

    def numbers(self) -> list[int]:
        """Read what is new, and give the numbers of all lines that are kept."""
        for batch in self.files.batches():
            self.store.add(batch.lines, batch.positions)
        lines, _ = matching(self.store, Wanted(), 10_000)
        return [int(each.text.rpartition("n")[2]) for each in lines]


@pytest.fixture
def follow(tmp_path: Path) -> "Callable[..., Follower]":
    """``follow(path, …)``: a follower with the store of the test; one after another is a restart."""
    made: list[Follower] = []

    def start(*paths: Path, goes_on: bool = True) -> Follower:
        stop()
        made.append(Follower(LogStore(tmp_path / "store.db"), *paths, goes_on=goes_on))
        return made[-1]

    def stop() -> None:
        while made:
            last = made.pop()
            last.files.close()
            last.store.close()

    yield start
    stop()


def append(path: Path, *numbers: int) -> None:
    """Write lines to the end of a log."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write("".join(map(line, numbers)))


def test_a_file_grows_across_restarts(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Each round and each restart reads what is new alone, and a line only once it has its end."""
    log = tmp_path / "logs" / "sentinel.log"
    append(log, 1, 2)
    follower = follow(log)
    assert follower.numbers() == [1, 2]
    with log.open("a") as file:
        file.write(line(3)[:-5])
    assert follower.numbers() == [1, 2]
    with log.open("a") as file:
        file.write(line(3)[-5:])
    assert follower.numbers() == [1, 2, 3]
    append(log, 4)
    assert follow(log).numbers() == [1, 2, 3, 4]


def test_rotation_by_renaming(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """What was written to a file before and after it was renamed is read, and what is new under its name from the beginning."""
    log = tmp_path / "logs" / "sentinel.log"
    append(log, 1)
    follower = follow(log)
    assert follower.numbers() == [1]
    append(log, 2)
    log.rename(log.with_name("sentinel.log.1"))
    append(log.with_name("sentinel.log.1"), 3)
    append(log, 4)
    assert follower.numbers() == [1, 2, 3, 4]


@pytest.mark.parametrize("restarts", [True, False])
def test_a_folder_with_rotated_and_packed_files(
    tmp_path: Path, follow: Callable[..., Follower], restarts: bool
) -> None:
    """A file that was read, then renamed, then packed is the same one under every name."""
    folder = tmp_path / "logs"
    log, first, packed = (folder / name for name in ("sentinel.log", "sentinel.log.1", "sentinel.log.2.gz"))
    append(log, 1)
    follower = follow(folder)
    assert follower.numbers() == [1]
    append(log, 2)
    log.rename(first)
    append(log, 3)
    follower = follow(folder) if restarts else follower
    assert follower.numbers() == [1, 2, 3]
    packed.write_bytes(gzip.compress(first.read_bytes()))
    log.rename(first)
    append(log, 4)
    follower = follow(folder) if restarts else follower
    assert follower.numbers() == [1, 2, 3, 4]


def test_rotation_by_copying_and_truncating(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """The copy is the file that was read, and what follows in the truncated one is new, even where it is longer at once."""
    folder = tmp_path / "logs"
    log = folder / "sentinel.log"
    append(log, 1, 2)
    follower = follow(folder)
    assert follower.numbers() == [1, 2]
    append(log, 3)
    (folder / "sentinel.log.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    assert follower.numbers() == [1, 2, 3]
    append(log, 4, 5, 6, 7)
    assert follower.numbers() == [1, 2, 3, 4, 5, 6, 7]


def test_a_file_that_is_cut_and_one_that_goes(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Nothing is read twice from a file that lost its end, and one that has gone is no failure."""
    log = tmp_path / "logs" / "sentinel.log"
    append(log, 1, 2)
    follower = follow(log)
    assert follower.numbers() == [1, 2]
    os.truncate(log, len(line(1)))
    assert follower.numbers() == [1, 2]
    log.unlink()
    assert follower.numbers() == [1, 2]
    append(log, 3)
    assert follower.numbers() == [1, 2, 3]


def test_a_run_folder_is_its_logs(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Of a run folder of the lab the logs are read, and nothing else."""
    append(tmp_path / "run" / "sentinel.log", 1)
    (tmp_path / "run" / "plan.json").write_text("{}")
    append(tmp_path / "run" / "logs" / "sentinel-n1.log", 2)
    follower = follow(tmp_path / "run", goes_on=False)
    assert follower.numbers() == [2]
    [kept], _ = matching(follower.store, Wanted(), 10)
    assert (kept.node, kept.source) == ("sentinel-n1", "logs/sentinel-n1.log")


def test_names_are_as_short_as_they_can_be(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Files of one name have the folder before it, and a name that was given stays."""
    for host in "ab":
        append(tmp_path / "logs" / f"{host}.log", ord(host))
    follower = follow(tmp_path / "logs")
    follower.numbers()
    (tmp_path / "logs" / "c").mkdir()
    append(tmp_path / "logs" / "c" / "a.log", 1)
    follower.numbers()
    lines, _ = matching(follower.store, Wanted(), 10)
    assert sorted(each.node for each in lines) == ["a", "b", "c/a"]


def test_archives_and_a_last_line_without_end(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Files of an archive are read once, and where nothing goes on the last line may lack its end."""
    with tarfile.open(tmp_path / "logs.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("n1/sentinel.log")
        data = (line(1) + line(2).rstrip()).encode()
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    assert follow(tmp_path / "logs.tgz", goes_on=False).numbers() == [1, 2]
    assert follow(tmp_path / "logs.tgz", goes_on=False).numbers() == [1, 2]


def test_what_is_not_read_is_named(
    tmp_path: Path, follow: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder a broken archive, no text and what is too large are passed over with the reason; given by name they are refused."""
    folder = tmp_path / "logs"
    append(folder / "sentinel.log", 1)
    (folder / "broken.gz").write_bytes(gzip.compress(b"text" * 100)[:-20])
    (folder / "core").write_bytes(b"\0\1")
    monkeypatch.setattr(followed_files, "LARGEST_BYTES", 1000)
    (folder / "large.gz").write_bytes(gzip.compress(line(2).encode() * 100))
    follower = follow(folder, goes_on=False)
    assert follower.numbers() == [1]
    assert {Path(name).name for name in follower.files.skipped} == {"broken.gz", "core", "large.gz"}
    with pytest.raises(BadInputError, match="cannot be read"):
        follow(folder / "broken.gz", goes_on=False).numbers()
    with pytest.raises(BadInputError, match="no such file"):
        follow(tmp_path / "nothing")


def test_long_lines_and_small_pieces(
    tmp_path: Path, follow: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines lie across the borders of what is read at once, and one without an end is cut."""
    monkeypatch.setattr(reading_on, "CHUNK_BYTES", 50)
    log = tmp_path / "logs" / "sentinel.log"
    append(log, *range(1, 20))
    assert follow(log).numbers() == list(range(1, 20))
    with log.open("a") as file:
        file.write("1:X 30 Nov 2026 10:30:00.000 # " + "x" * 5000 + " n99\n")
    append(log, 20)
    follower = follow(log)
    for batch in follower.files.batches():
        follower.store.add(batch.lines, batch.positions)
    lines, _ = matching(follower.store, Wanted(since_us=1), 100)
    assert "+sdown sentinel n20" in [each.text for each in lines]


def test_an_exported_journal_is_read_once(tmp_path: Path, follow: Callable[..., Follower]) -> None:
    """Each entry is a line of its unit, and another look finds nothing new."""
    entry = BEGINNING + b"x\n__REALTIME_TIMESTAMP=1796036400000000\n_HOSTNAME=n1\n_SYSTEMD_UNIT=sentinel.service\n"
    (tmp_path / "journal").write_bytes(entry + b"MESSAGE=+sdown sentinel n7\n\n")
    for _ in range(2):
        follower = follow(tmp_path / "journal", goes_on=False)
        assert follower.numbers() == [7]
    [kept], _ = matching(follower.store, Wanted(), 10)
    assert (kept.node, kept.event, exported(kept).at) == ("n1/sentinel", "+sdown", "2026-11-30T11:00:00.000Z")


def read(*lines: str, written_s: float = EVENING_S) -> list[StoredLine]:
    """The lines of one file as they are kept."""
    return list(LineReader("n1", "n1.log", written_s).lines(each.encode() for each in lines))


def test_lines_have_their_servers_time_and_kind() -> None:
    """The server's own stamp counts, a zone that the collector shows is taken off, and a banner belongs to the line above."""
    own, banner, shifted = read(
        "1:X 30 Nov 2026 10:00:00.123 # +odown master mymaster 10.0.0.1 6379 #quorum 2/2",
        "   _._   ",
        "2026-11-30T11:00:00.5Z 7:M 30 Nov 2026 12:00:00.400 * Ready to accept connections tcp",
    )
    assert exported(own).at == "2026-11-30T10:00:00.123Z"
    assert (own.event, own.master, own.level) == ("+odown", "mymaster", "warning")
    assert (banner.at_us, banner.event, banner.text) == (own.at_us, "", "   _._")
    assert (exported(shifted).at, shifted.event) == ("2026-11-30T11:00:00.400Z", "ready")


def test_a_stamp_without_a_year_is_of_the_files_year_or_the_one_before() -> None:
    """December in a file that was written last in January is the December before it."""
    [now] = read("Nov 30 10:00:00 host1 redis[1]: Ready to accept connections")
    [before] = read("Dec 31 10:00:00 host1 redis[1]: Ready to accept connections")
    assert (exported(now).at[:10], exported(before).at[:10]) == ("2026-11-30", "2025-12-31")


def test_lines_of_other_programs_are_not_kept() -> None:
    """A machine's whole journal has few lines of servers in it, and what follows a line of another program is not ours."""
    assert read("Nov 30 10:00:00 host1 sshd[1]: Accepted", "no stamp", '{"json": 1}') == []
    [kernel] = read("Nov 30 10:00:00 host1 kernel: Out of memory: Killed process 12 (redis-server) total-vm:1")
    assert kernel.event == "out-of-memory"


def test_secrets_and_control_characters_are_not_shown() -> None:
    """A password is masked before it is kept, and an escape sequence in a line is shown and not obeyed."""
    [told, hostile] = read(
        "1:X 30 Nov 2026 10:00:00.000 # +set master mymaster 10.0.0.1 6379 auth-pass hunter2hunter2",
        "1:X 30 Nov 2026 10:00:01.000 # \x1b]0;title\x07 \u202e zero\0byte",
    )
    assert "hunter2" not in told.text
    assert "\x1b" not in as_text(hostile)
    assert "\\x1b" in as_text(hostile)
    assert "\0" not in hostile.text
    pushed = pushed_event("10.0.0.5:26379", "+set", "master mymaster 10.0.0.1 6379 auth-pass hunter2hunter2", EVENING_S)
    assert "hunter2" not in pushed.text
    assert pushed.event == "+set"
    assert pushed_event("x", "no event", "\udcff", EVENING_S).event == ""


def test_standard_input_is_read_to_its_end() -> None:
    """What has come is read without waiting, the rest when it comes, and the last line at the end."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb", buffering=0) as sink:
        stdin = StandardInput(EVENING_S, source.fileno())
        assert list(stdin.batches(waits=False)) == []
        sink.write((line(1) + line(2)[:-3]).encode())
        [batch] = stdin.batches(waits=False)
        assert [each.text for each in batch.lines] == ["+sdown sentinel n1"]
        sink.write(line(2)[-3:].rstrip().encode())
        assert list(stdin.batches(waits=False)) == []
        sink.close()
        [batch] = stdin.batches(waits=True)
        assert [each.text for each in batch.lines] == ["+sdown sentinel n2"]
        assert stdin.is_over
