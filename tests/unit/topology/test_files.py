"""Reading the user's files: what is refused, and in which words."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.topology import files
from jsquared.topology.files import LARGEST_BYTES, did_you_mean, find_beside, is_there, read_text


def test_text_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    """A UTF-8 file comes back as text; a byte order mark is no part of it."""
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfport 1\n")
    assert read_text(tmp_path / "a") == "port 1\n"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """No such file: one line with its path."""
    with pytest.raises(BadInputError, match=rf"{tmp_path}/none: no such file"):
        read_text(tmp_path / "none")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder, pipe or device is refused before anything is read from it."""
    with pytest.raises(BadInputError, match="is no regular file"):
        read_text(tmp_path)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """More than 1 MiB is no configuration; it is not even read."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(BadInputError, match=r"1048577 bytes are too many"):
        read_text(tmp_path / "huge")


def test_a_file_of_other_bytes_is_refused(tmp_path: Path) -> None:
    """What is not UTF-8 is refused with the place of the first such byte."""
    (tmp_path / "latin").write_bytes(b"user \xe4")
    with pytest.raises(BadInputError, match=r"latin: not UTF-8 text \(byte 5\)"):
        read_text(tmp_path / "latin")


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own reason is part of the line (root may read everything, so the refusal is made up)."""

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret").write_text("x")
    monkeypatch.setattr(files.Path, "read_bytes", refuse)
    with pytest.raises(BadInputError, match=r"secret: unreadable: Permission denied"):
        read_text(tmp_path / "secret")


def test_what_this_user_may_not_see_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of the user's server may lie in a folder of this machine that is closed, or be a file that is: neither is meant."""

    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "users.acl"
    file.write_text("")
    assert find_beside(str(file), ()) == file
    with monkeypatch.context() as closed_file:
        closed_file.setattr(files.os, "access", lambda path, mode: False)
        assert find_beside(str(file), ()) is None
        assert find_beside(str(file), (tmp_path,)) == file, (
            "in the user's own folder it is meant, and reading it says why not"
        )
    monkeypatch.setattr(files.Path, "exists", refuse)
    assert not is_there(file)
    assert find_beside(str(file), (tmp_path,)) is None


def test_a_referenced_file_is_looked_for_beside_first(tmp_path: Path) -> None:
    """A relative path, then the bare name of a path on the user's server, then the path as written."""
    near, far = tmp_path / "near", tmp_path / "far"
    (near / "sub").mkdir(parents=True)
    far.mkdir()
    (near / "sub" / "a").touch()
    (near / "b").touch()
    (far / "c").touch()
    assert find_beside("sub/a", [near]) == near / "sub" / "a"
    assert find_beside("/etc/redis/b", [near]) == near / "b"
    assert find_beside(str(far / "c"), [near]) == far / "c"
    assert find_beside("d", [near]) is None
    assert find_beside("/nowhere/d", [near]) is None


@pytest.mark.parametrize(("word", "guess"), [("Appendonli", "appendonly"), ("zzz", "other")])
def test_the_nearest_known_word_is_suggested(word: str, guess: str) -> None:
    """A near miss gets the word that was meant, anything else what the caller says."""
    assert did_you_mean(word, ["appendonly", "port"], otherwise="other") == guess
