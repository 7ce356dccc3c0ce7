"""The gate that every input file passes: what is refused, in which words, and without waiting for anything."""

import os
import socket
from pathlib import Path

import pytest

from jsquared.deployment.model import input_files
from jsquared.deployment.model.input_files import (
    LONGEST_LINE,
    MOST_LINES,
    read_bytes,
    read_given,
    readable,
    text_of,
)
from jsquared.errors import BadInputError


def test_text_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    """A UTF-8 file comes back as text; a byte order mark is no part of it."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfport 1\n")
    assert read_given(tmp_path / "a") == "port 1\n"


@pytest.mark.parametrize("name", ["none", "a/b", "x" * 300, "nul\0", "loop", "loop/x"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    """No such file, whatever makes it so: one line."""
    (tmp_path / "a").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BadInputError, match=r"no such file|unreadable: File name too long"):
        read_given(tmp_path / name)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """A folder, a pipe that nobody writes to, a socket and a device: none of them is opened and waited for."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for name, kind in {"": "a folder", "pipe": "a pipe", "socket": "a socket"}.items():
            with pytest.raises(BadInputError, match=f"is not a regular file but {kind}"):
                read_bytes(tmp_path / name)
    with pytest.raises(BadInputError, match="is not a regular file but a device"):
        read_bytes(Path("/dev/zero"))


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "/proc/self/environ", "/sys/kernel/notes"])
def test_what_the_kernel_shows_is_never_read(path: str) -> None:
    """Not even where the user gives it."""
    with pytest.raises(BadInputError, match=r"is not a regular file|no such file"):
        read_given(Path(path))


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """More than 1 MiB is no configuration; no more than that is read."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadInputError, match=r"1099511627776 bytes are too many"):
        read_given(tmp_path / "huge")


def test_lines_have_limits(tmp_path: Path) -> None:
    """Neither many lines nor a long one are a configuration; each is named."""
    with pytest.raises(BadInputError, match="lines are too many"):
        text_of(b"\n" * (MOST_LINES + 1), tmp_path / "many")
    with pytest.raises(BadInputError, match=r"long:2: a line of more than 65536 characters"):
        text_of(b"\n" + b"x" * (LONGEST_LINE + 1), tmp_path / "long")
    assert text_of(b"\n" * MOST_LINES, tmp_path / "fits")


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    """What is not UTF-8 is refused with the line of the first such byte."""
    (tmp_path / "latin").write_bytes(b"user a\nuser \xe4\n")
    with pytest.raises(BadInputError, match=r"latin:2: a byte of this line is not UTF-8 text"):
        read_given(tmp_path / "latin")


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own reason is part of the line (root may read everything, so the refusal is made up)."""

    def refuse(*_arguments: object, **_options: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret").write_text("x")
    monkeypatch.setattr(input_files.os, "open", refuse)
    with pytest.raises(BadInputError, match=r"secret: unreadable: Permission denied"):
        read_given(tmp_path / "secret")


def test_a_given_link_stays_in_its_folder(tmp_path: Path) -> None:
    """The user named a place; where a link leads from there may be somebody else's doing."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_text("1")
    (tmp_path / "outside").write_text("2")
    (tmp_path / "folder" / "within").symlink_to("a")
    (tmp_path / "folder" / "out").symlink_to("../outside")
    assert read_given(tmp_path / "folder" / "within") == "1"
    with pytest.raises(BadInputError, match="is a link that leads out of its folder"):
        read_given(tmp_path / "folder" / "out")


def test_a_link_that_comes_in_between_is_not_followed(tmp_path: Path) -> None:
    """What was resolved is opened a folder at a time, none of which may have become a link meanwhile."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("1")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "link").symlink_to("real/a")
    for name in ("folder/a", "link"):
        with pytest.raises(BadInputError, match=r"no such file|not a regular file but a link"):
            read_bytes(tmp_path / name)


def test_a_file_that_became_a_device_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The open file is looked at again: a look before opening alone could be deceived."""
    (tmp_path / "a").write_text("1")
    os.mkfifo(tmp_path / "pipe")
    real = os.stat

    def deceived(path: str, **options: object) -> os.stat_result:
        return real(tmp_path / "a") if path == "pipe" else real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(input_files.os, "stat", deceived)
    with pytest.raises(BadInputError, match="not a regular file but a pipe"):
        read_bytes(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n1/redis.conf", "n1/redis.conf"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("ü", "ü"),
        ("\udcff", "\\udcff"),
        ("x" * 300, "x" * 199 + "…"),
        ("\u202e", "\\u202e"),
    ],
)
def test_names_are_made_readable(name: str, shown: str) -> None:
    """Control characters, bytes that are no text and what turns writing round are written out; a long name is cut."""
    assert readable(name) == shown
