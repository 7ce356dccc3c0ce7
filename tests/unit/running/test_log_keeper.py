"""Logs are brought from the sandbox into the run folder, line by line, and within limits."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.errors import RecordError
from jsquared.records.run_directory import RunDirectory
from jsquared.running import log_keeper as module
from jsquared.running.log_keeper import LogKeeper, tail_of
from jsquared.sandbox.linux.local_process import LocalLog
from support.sample_run import sample_plan

NODE = "redis-n1"


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run folder."""
    return RunDirectory.create(tmp_path / "run", sample_plan("crash"))


@pytest.fixture
def keeper(run: RunDirectory) -> Iterator[LogKeeper]:
    """A keeper that masks ``s3cret``."""
    made = LogKeeper(run, lambda line: line.replace("s3cret", "***"))
    yield made
    made.close()


@pytest.fixture
def write(keeper: LogKeeper, tmp_path: Path) -> Callable[..., None]:
    """``write(data, name=NODE)``: a process prints that."""

    def append(data: bytes, name: str = NODE) -> None:
        log = keeper.keep(name, lambda: LocalLog(tmp_path / f"{name}.log"))
        with Path(log.path).open("ab") as file:
            file.write(data)

    return append


def kept(run: RunDirectory, name: str = NODE) -> bytes:
    """What the run folder has."""
    return run.log_file(name).read_bytes()


def test_what_is_new_is_brought_over_line_by_line(
    run: RunDirectory, keeper: LogKeeper, write: Callable[..., None]
) -> None:
    """Whole lines only, scrubbed, in bytes that need not be text; who asks for the tail sees the unfinished line too."""
    write(b"one\npass s3c")
    keeper.catch_up()
    assert kept(run) == b"one\n"
    write(b"ret\n\xff\xfe\nunfinished s3cret")
    keeper.catch_up()
    keeper.catch_up()
    assert kept(run) == b"one\npass ***\n\xff\xfe\n"
    assert keeper.tail(NODE).endswith("unfinished ***")
    keeper.close()
    assert kept(run) == b"one\npass ***\n\xff\xfe\nunfinished ***"
    assert (run.log_file(NODE).stat().st_mode & 0o777) == 0o600


def test_a_line_without_end_is_cut(run: RunDirectory, keeper: LogKeeper, write: Callable[..., None]) -> None:
    """Its beginning is kept, without what a secret at the cut might need, and the next line is whole again."""
    limit = module.LINE_LIMIT_BYTES
    write(b"x" * (limit - 3) + b"s3cret" + b"y" * 3 * limit)
    keeper.catch_up()
    write(b"y" * limit)
    keeper.catch_up()
    write(b"end\nnext\n" + b"z" * (limit + 1) + b"\nlast\n")
    keeper.catch_up()
    first, second, third, last = kept(run).splitlines()
    assert first.startswith(b"xxx")
    assert first.endswith(b"x [cut by jsquared: a line of more than 64 KiB]")
    assert (second, last) == (b"next", b"last")
    assert len(third) < limit
    assert b"s3c" not in first


def test_a_log_that_is_too_long_is_cut_and_named(
    run: RunDirectory, keeper: LogKeeper, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that wrote too much is named for good; each that did is cut there, with a last line that says so."""
    monkeypatch.setattr(module, "NODE_LIMIT_BYTES", 100)
    assert keeper.excess() is None
    write(b"a line\n")
    keeper.catch_up()
    assert keeper.excess() is None
    write(b"0123456789\n" * 20)
    write(b"0123456789\n" * 10, "redis-n2")
    keeper.catch_up()
    excess = keeper.excess()
    assert excess is not None
    assert (excess.name, excess.limit_bytes, excess.alone) == (NODE, 100, True)
    write(b"more\n")
    keeper.catch_up()
    for name in (NODE, "redis-n2"):
        *lines, last = kept(run, name).splitlines()
        assert sum(len(line) + 1 for line in lines) <= 100
        assert last.startswith(b"[cut by jsquared: more than 0 MiB in 0.")
        assert last.endswith(b" of this log]")
    assert keeper.excess() == excess


def test_all_logs_together_have_a_limit(
    run: RunDirectory, keeper: LogKeeper, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest is named, and ends with that."""
    monkeypatch.setattr(module, "TRIAL_LIMIT_BYTES", 50)
    write(b"0123456789\n" * 3)
    write(b"0123456789\n" * 4, "redis-n2")
    keeper.catch_up()
    excess = keeper.excess()
    assert excess is not None
    assert (excess.name, excess.limit_bytes, excess.alone) == ("redis-n2", 50, False)
    assert kept(run, "redis-n2").endswith(b"of all logs]\n")
    assert kept(run).count(b"\n") == 3


def test_what_cannot_be_written_is_tried_again(
    run: RunDirectory, keeper: LogKeeper, write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk loses nothing that fits later."""
    write(b"one\n")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as while_full:
        while_full.setattr(module.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            keeper.catch_up()
    keeper.catch_up()
    assert kept(run) == b"one\n"


def test_a_log_that_cannot_be_made_is_said(run: RunDirectory, tmp_path: Path) -> None:
    """In one line with the file, whichever of the two it is; links are not followed."""
    keeper = LogKeeper(run)
    with pytest.raises(RecordError, match="a log cannot be written: No such file"):
        keeper.keep(NODE, lambda: LocalLog(tmp_path / "nowhere" / "log"))
    run.log_file(NODE).symlink_to(tmp_path / "elsewhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(RecordError, match="symbolic link"):
        keeper.keep(NODE, lambda: LocalLog(tmp_path / "log"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_tail_begins_with_a_line(tmp_path: Path) -> None:
    """Of a file that is longer the first, cut line is left out, where there is another."""
    path = tmp_path / "log"
    assert tail_of(path) == b""
    path.write_bytes(b"first\nsecond\nthird\n")
    assert tail_of(path, 100) == b"first\nsecond\nthird\n"
    assert tail_of(path, 9) == b"third\n"
    assert tail_of(path, 3) == b"rd\n"
