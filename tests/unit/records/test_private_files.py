"""Files and folders for their owner alone, whatever the umask is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.records.private_files import make_private_folder, open_private, private_umask, write_private


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Its permission bits."""
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("existing", [False, True])
def test_a_file_is_private(tmp_path: Path, existing: bool) -> None:
    """Also one that others could read before."""
    file = tmp_path / "file"
    if existing:
        file.write_text("before, and longer")
        file.chmod(0o644)
    write_private(file, "ä")
    with open_private(file, "a") as more:
        more.write("b")
    assert (mode(file), file.read_text()) == (0o600, "äb")
    with open_private(file, "w+b") as both:
        both.write(b"x")
        both.seek(0)
        assert both.read() == b"x"


def test_what_is_no_file_keeps_its_mode(tmp_path: Path) -> None:
    """A device is written to and not changed."""
    before = mode(Path(os.devnull))
    write_private(Path(os.devnull), b"x")
    assert mode(Path(os.devnull)) == before


def test_folders_are_private(tmp_path: Path) -> None:
    """Those above as well, where they are made; one that was there stays as it is."""
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b", exist_ok=True)
    make_private_folder(tmp_path, exist_ok=True)
    assert [mode(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]
    with pytest.raises(FileExistsError):
        make_private_folder(tmp_path / "a")
    write_private(tmp_path / "file", "")
    with pytest.raises(FileExistsError):
        make_private_folder(tmp_path / "file", exist_ok=True)
    with pytest.raises(NotADirectoryError):
        make_private_folder(tmp_path / "file" / "below")


def test_a_failure_leaves_no_descriptor_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be made private is not written to."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "no")

    file = tmp_path / "file"
    file.touch(0o644)
    monkeypatch.setattr(os, "fchmod", refuse)
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(PermissionError):
        open_private(file)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_the_umask_comes_back(tmp_path: Path) -> None:
    """The second belt: what forgets all of this is private too."""
    with private_umask():
        (tmp_path / "file").write_text("")
    (tmp_path / "other").write_text("")
    assert (mode(tmp_path / "file"), mode(tmp_path / "other")) == (0o600, 0o666)
