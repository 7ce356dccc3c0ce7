"""What may be read for a deployment: its own folder, what the user allowed, and nothing that a link leads to elsewhere."""

import os
from pathlib import Path

import pytest

from jsquared.deployment.model import reach as module
from jsquared.deployment.model.reach import Allowed, Reach, outside
from jsquared.errors import BadInputError


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder ``own`` with a file and links, beside a folder ``other`` with a secret."""
    (tmp_path / "own" / "sub").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "own" / "a.conf").write_text("a")
    (tmp_path / "other" / "secret").write_text("s")
    (tmp_path / "own" / "link").symlink_to("../other/secret")
    (tmp_path / "own" / "folder").symlink_to("../other")
    (tmp_path / "own" / "alias.conf").symlink_to("a.conf")
    return tmp_path / "own"


@pytest.mark.parametrize(
    "name",
    ["link", "folder/secret", "../other/secret", "sub/../../other/secret", "folder/../other/secret", "nul\0", "sub/.."],
)
def test_what_leads_out_is_out_of_reach(own: Path, name: str) -> None:
    """By dots, by a link, by a link in the middle of a path: where a path ends counts."""
    reach = Reach.of(own)
    assert reach.has(own / name) is (name == "sub/..")
    with pytest.raises(BadInputError, match=r"outside the folders that may be read|no such file|not a regular file"):
        reach.text(own / name)


def test_what_is_inside_is_read(own: Path) -> None:
    """Links within the folder are as good as files."""
    reach = Reach.of(own)
    assert reach.text(own / "alias.conf") == reach.text(own / "a.conf") == "a"
    assert reach.is_file(own / "alias.conf")
    assert not reach.is_file(own / "sub")
    assert reach.is_folder(own / "sub")
    assert reach.names(own) == ["a.conf", "alias.conf", "folder", "link", "sub"]


def test_nothing_is_within_reach_of_nobody(own: Path) -> None:
    """Without a folder nothing may be read, and links that go round lead nowhere."""
    assert not Reach().has(own / "a.conf")
    (own / "round").symlink_to("round")
    assert not Reach.of(own).has(own / "round")


def test_a_folder_that_is_allowed_is_read_too(own: Path) -> None:
    """Links that lead there are followed then; the names of such files say where they come from."""
    other = own.parent / "other"
    reach = Reach.of(own, Allowed(paths=[str(other)]))
    assert reach.text(own / "link") == reach.text(other / "secret") == "s"
    assert reach.name_of(own / "link") == "link"
    assert reach.name_of(other / "secret") == "allowed/1/secret"
    assert reach.name_of(Path("/etc/hostname")) == "elsewhere/hostname"
    assert reach.name_of(own / "sub" / ".." / "a.conf") == "a.conf"
    assert reach.visible == (str(own), str(other))


@pytest.mark.parametrize(
    ("path", "what"),
    [("none", "is not a folder"), ("/proc", "is never read"), ("/dev/shm", "is never read"), ("/", "is never read")],
)
def test_what_cannot_be_allowed(own: Path, path: str, what: str) -> None:
    """A missing folder, the whole machine, and what the kernel shows."""
    with pytest.raises(BadInputError, match=f"--allow-path: .*{what}"):
        Reach.of(own, Allowed(paths=[path]))


def test_the_whole_machine_is_no_deployment() -> None:
    """A file in the root would let everything be read."""
    with pytest.raises(BadInputError, match="whole machine"):
        Reach.of(Path("/"))
    assert Reach.of(Path("/proc/self")).folders == ()


def test_standard_folders_come_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives a file in one of Redis' own folders means the others too; a configuration elsewhere cannot."""
    etc, modules = tmp_path / "etc", tmp_path / "modules"
    etc.mkdir()
    monkeypatch.setattr(module, "STANDARD", (etc, modules))
    assert Reach.of(etc).folders == (etc, modules)
    assert Reach.of(tmp_path / "own").folders == (tmp_path / "own",)


def test_a_file_that_the_user_names_is_given(own: Path) -> None:
    """Such as one of ``--with``; below the deployment a link still leads where it leads, and devices stay what they are."""
    other = own.parent / "other"
    assert Reach.of(own).and_given(other / "secret").text(other / "secret") == "s"
    assert Reach.of(own).and_given(own / "link").given == ()
    assert Reach.of(own).and_given(Path("/dev/zero")).given == ()
    assert Reach.of(own).and_given(other / "secret").name_of(other / "secret") == "allowed/1/secret"


def test_a_file_is_found_beside_first(own: Path) -> None:
    """A relative path, then the bare name of a path on the user's server, then the path as written where that is within reach."""
    other = own.parent / "other"
    (own / "sub" / "b").touch()
    reach = Reach.of(own, Allowed(paths=[str(other)]))
    assert reach.find_beside("sub/b", [own]) == own / "sub" / "b"
    assert reach.find_beside("/etc/redis/a.conf", [own]) == own / "a.conf"
    assert reach.find_beside("/etc/sub/b", [own]) == own / "sub" / "b"
    assert reach.find_beside(str(other / "secret"), [own]) == other / "secret"
    assert Reach.of(own).find_beside(str(other / "secret"), [own]) is None
    assert reach.find_beside("none", [own]) is None
    assert reach.find_beside("/etc/hostname", [own]) is None


def test_what_this_user_may_not_see_is_not_there(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of the user's server may lie in a folder that is closed, or be a file that is: neither is meant."""
    file = own.parent / "other" / "secret"
    reach = Reach.of(own, Allowed(paths=[str(file.parent)]))
    with monkeypatch.context() as closed_file:
        closed_file.setattr(module.os, "access", lambda path, mode: False)
        assert reach.find_beside(str(file), ()) is None
        assert reach.find_beside(str(file), (file.parent,)) == file, (
            "in the user's own folder it is meant, and reading it says why not"
        )

    def refuse(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module.Path, "exists", refuse)
    assert not reach.has(file)


def test_what_was_read_stays_as_it_was(own: Path) -> None:
    """A file that changes meanwhile is not another one for those who ask later."""
    reach = Reach.of(own)
    assert reach.text(own / "a.conf") == "a"
    (own / "a.conf").write_text("other")
    assert reach.text(own / "a.conf") == "a"


def test_totals_are_limited(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and files of a deployment, its lines, and the names in a folder."""
    for limit, value in (("MOST_BYTES", 0), ("MOST_FILES", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, value)
            with pytest.raises(BadInputError, match="too many or too large"):
                Reach.of(own).text(own / "a.conf")
    monkeypatch.setattr(module, "MOST_LINES", 3)
    reach = Reach.of(own)
    reach.count_lines(3, "x")
    with pytest.raises(BadInputError, match="more than 3 lines"):
        reach.count_lines(1, "x")
    monkeypatch.setattr(module, "MOST_NAMES", 2)
    with pytest.raises(BadInputError, match="more than 2 files"):
        reach.names(own)


def test_names_that_are_no_text_are_left_out(own: Path) -> None:
    """Bytes that are no UTF-8 and control characters could be written nowhere; a file is not a folder."""
    Path(os.fsdecode(os.fsencode(own) + b"/\xff.conf")).touch()
    (own / "a\nb").touch()
    assert Reach.of(own).names(own) == ["a.conf", "alias.conf", "folder", "link", "sub"]
    with pytest.raises(BadInputError, match="unreadable"):
        Reach.of(own).names(own / "a.conf")


def test_sentences_say_how_to_allow_it(own: Path) -> None:
    """The folder to allow is named; for what is never read only a copy helps."""
    reach = Reach.of(own)
    said = outside("The file", own / "../other/secret", reach, "it is not read")
    assert said.startswith("The file lies outside the folders that may be read, so it is not read (to allow it:")
    assert f"--allow-path {own.parent / 'other'}" in said
    assert reach.advice(Path("/proc/self/environ")) == "a copy of it in the deployment's folder"


def test_the_folder_to_allow_is_where_a_link_ends(own: Path) -> None:
    """To allow the folder that has the link would change nothing."""
    (own / "away.conf").symlink_to(own.parent / "other" / "secret")
    assert Reach.of(own).advice(own / "away.conf").endswith(f"--allow-path {own.parent / 'other'}")


def test_what_is_allowed_is_said_again_without_values() -> None:
    """The command that runs a trial again has the options, and no variable's value."""
    allowed = Allowed(paths=["/a b"], modules=True, env_files=["x.env"], env=["A=secret", "B"])
    assert allowed.options() == [
        "--allow-path", "/a b", "--env-file", "x.env", "--env", "A", "--env", "B", "--allow-modules",
    ]  # fmt: skip
    assert Allowed().options() == []


@pytest.mark.parametrize("folder", ["/", "/root", "/home", "of somebody", "own"])
def test_nobody_is_advised_to_open_a_home(own: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file directly in a home folder is better copied, or put into a folder of its own."""
    monkeypatch.setenv("HOME", str(own.parent / "home"))
    folder = str(Path("/home") / "somebody") if folder == "of somebody" else folder
    path = Path(folder) / "x.conf" if folder != "own" else own.parent / "home" / "x.conf"
    assert Reach.of(own).advice(path).endswith("or a separate folder for it, named with --allow-path")
    assert Reach.of(own).advice(own.parent / "home" / "redis" / "x.conf").endswith("home/redis")
