"""Command lines that are forked for the tests end and say the same as those that are really started, and leave nothing behind."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.command_lines import CommandLines, finish, start, umask


@pytest.mark.parametrize(
    "words",
    [["--version"], ["run", "--help"], ["faults", "--json"], ["deployments"], ["nonsense"], ["check", "nowhere"], []],
    ids=" ".join,
)
def test_a_forked_command_line_is_like_a_started_one(
    words: list[str], tmp_path: Path, command_lines: CommandLines
) -> None:
    """The same exit code and the same output, on both streams."""
    assert command_lines.run(*words, cwd=tmp_path) == finish(start(*words, cwd=tmp_path))


def test_folder_and_umask_are_the_callers(tmp_path: Path, command_lines: CommandLines) -> None:
    """A relative folder is that of the caller, several command lines at a time included, and so is the umask when it is asked for."""
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    before = os.umask(0o027)
    try:
        assert umask() == 0o027
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda folder: command_lines.run("run", "config-quorum", cwd=folder), folders))
    finally:
        os.umask(before)
    assert [each.code for each in ended] == [0, 0, 0], ended
    assert all((folder / "runs").is_dir() for folder in folders)


def test_a_command_line_that_takes_too_long_is_ended(tmp_path: Path, command_lines: CommandLines) -> None:
    """It is killed before it has written anything, and the next one is served as if nothing had happened."""
    with pytest.raises(subprocess.TimeoutExpired):
        command_lines.run("run", "config-quorum", cwd=tmp_path, limit_s=0)
    assert command_lines.run("--version").code == 0
    assert list(tmp_path.iterdir()) == []


def test_its_server_ends_when_it_is_told_to() -> None:
    """It needs nothing but the other end of its socket to be closed."""
    own = CommandLines()
    assert own.run("--version").stdout.startswith("jsquared 0.")
    assert own.close() == 0
