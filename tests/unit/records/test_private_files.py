"""Files and folders for their owner alone, whatever the umask is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.records.private_files import (
    is_replaced,
    make_private_folder,
    open_given,
    open_private,
    private_umask,
    write_private,
)


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
    open_given(Path(os.devnull)).close()
    assert mode(Path(os.devnull)) == before


@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_a_folder_of_ours_is_replaced(tmp_path: Path, there: bool) -> None:
    """What it leads to stays as it is, be it a file or nothing; appending is refused."""
    victim, file = tmp_path / "victim", tmp_path / "file"
    if there:
        victim.write_text("precious")
    file.symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        open_private(file, "a")
    write_private(file, "ours")
    assert (file.is_symlink(), file.read_text(), victim.exists()) == (False, "ours", there)
    assert not there or victim.read_text() == "precious"


def test_a_second_name_of_a_file_is_not_written_through(tmp_path: Path) -> None:
    """A hard link in a run folder is replaced as well, and a pipe that nobody reads holds nobody up."""
    victim, file, pipe = tmp_path / "victim", tmp_path / "file", tmp_path / "pipe"
    victim.write_text("precious")
    os.link(victim, file)
    os.mkfifo(pipe)
    write_private(file, "ours")
    write_private(pipe, "ours")
    assert (victim.read_text(), file.read_text(), pipe.read_text()) == ("precious", "ours", "ours")


@pytest.mark.parametrize("how", ["w", "a"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_where_the_user_wants_a_file_is_replaced(tmp_path: Path, there: bool, how: str) -> None:
    """A pull request may have put it there, and it leads to a file of the user's or nowhere."""
    victim, file = tmp_path / "victim", tmp_path / "file"
    if there:
        victim.write_text("precious")
    file.symlink_to(victim)
    with open_given(file, how) as opened:
        opened.write("ours")
    assert (file.is_symlink(), file.read_text(), victim.exists()) == (False, "ours", there)
    assert not there or victim.read_text() == "precious"


def test_what_the_user_names_is_written_in_place(tmp_path: Path) -> None:
    """A file stays the same file, a link to a terminal or pipe is followed, and one to a folder is refused."""
    file, null, folder = tmp_path / "file", tmp_path / "null", tmp_path / "folder"
    file.write_text("old, and longer")
    number = file.stat().st_ino
    with open_given(file) as opened:
        opened.write("new")
    assert (file.read_text(), file.stat().st_ino) == ("new", number)
    null.symlink_to(os.devnull)
    open_given(null).close()
    folder.symlink_to(tmp_path)
    with pytest.raises(IsADirectoryError):
        open_given(folder)
    assert null.is_symlink()
    assert folder.is_symlink()


def test_links_of_the_system_are_followed(tmp_path: Path) -> None:
    """``/dev/stdout`` may lead to a file, and is not to be replaced by one."""
    with (tmp_path / "output").open("wb") as output:
        stdout = Path(f"/proc/self/fd/{output.fileno()}")
        assert not is_replaced(stdout)
        with open_given(stdout, "wb") as opened:
            opened.write(b"said")
    assert (tmp_path / "output").read_bytes() == b"said"


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
        open_given(file)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_the_umask_comes_back(tmp_path: Path) -> None:
    """The second belt: what forgets all of this is private too."""
    with private_umask():
        (tmp_path / "file").write_text("")
    (tmp_path / "other").write_text("")
    assert (mode(tmp_path / "file"), mode(tmp_path / "other")) == (0o600, 0o666)
