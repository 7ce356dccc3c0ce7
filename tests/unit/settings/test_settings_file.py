"""Where the settings file is found, and what it may be."""

import os
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.settings.settings_file import read_settings_file, suite_names

ACK = 'ack = "wait:1"\n'
SECTION = f"[tool.jsquared]\n{ACK}"


def found(working: Path) -> tuple[str, object] | None:
    """The file that holds in a folder, and its content."""
    entry = read_settings_file(working)
    return (entry.source.shown, entry.value) if entry else None


def test_it_is_found_from_a_folder_below(repository: Path) -> None:
    """The nearest file upwards holds, and no other one is read."""
    below = repository / "deployments" / "production"
    assert found(below) is None
    (repository / "jsquared.toml").write_text(ACK)
    assert found(below) == ("../../jsquared.toml", {"ack": "wait:1"})
    (repository / "deployments" / "jsquared.toml").write_text("jobs = 2\n")
    assert found(below) == ("../jsquared.toml", {"jobs": 2})


def test_nothing_above_a_repository_is_read(repository: Path) -> None:
    """The root of the repository ends the search, also where its mark is a file, as in a worktree."""
    (repository.parent / "jsquared.toml").write_text(ACK)
    assert found(repository) is None
    (repository / ".git").rmdir()
    (repository / ".git").write_text("gitdir: elsewhere\n")
    assert found(repository / "deployments") is None


def test_outside_of_a_repository_only_the_working_folder_counts(repository: Path) -> None:
    """A file that somebody has left above, such as in /tmp, changes nothing."""
    (repository / ".git").rmdir()
    (repository / "jsquared.toml").write_text(ACK)
    assert found(repository / "deployments") is None
    assert found(repository) == ("jsquared.toml", {"ack": "wait:1"})


def test_the_table_of_pyproject_is_as_good(repository: Path) -> None:
    """A pyproject.toml without the table says nothing, whatever else is wrong with it."""
    (repository / "pyproject.toml").write_text("this is = no TOML\n")
    assert found(repository) is None
    (repository / "pyproject.toml").write_text('[project]\nname = "jsquared-tests"\n')
    assert found(repository) is None
    (repository / "pyproject.toml").write_text("tool = 'jsquared'\n")
    assert found(repository) is None
    (repository / "pyproject.toml").write_text(SECTION)
    assert found(repository) == ("pyproject.toml", {"ack": "wait:1"})


def test_two_files_in_one_folder_are_refused(repository: Path) -> None:
    """No one could tell which of them holds; a pyproject.toml that cannot be read is not one of them."""
    (repository / "jsquared.toml").write_text(ACK)
    (repository / "pyproject.toml").write_text(SECTION)
    with pytest.raises(BadInputError, match="settings stand both in"):
        read_settings_file(repository)
    (repository / "pyproject.toml").write_bytes(b"\xff\xfe")
    assert found(repository) is not None
    (repository / "jsquared.toml").unlink()
    with pytest.raises(BadInputError, match="not UTF-8"):
        read_settings_file(repository)


def _binary(file: Path) -> None:
    file.write_bytes(bytes(range(256)))


def _huge(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(100 << 20)


def _loop(file: Path) -> None:
    file.symlink_to("other.toml")
    (file.parent / "other.toml").symlink_to(file.name)


def _elsewhere(file: Path) -> None:
    file.symlink_to("/etc/passwd")


HOSTILE = {
    "binary": (_binary, "not UTF-8"),
    "100 MB": (_huge, "bytes are too many"),
    "a loop of links": (_loop, "no such file"),
    "a link that leads elsewhere": (_elsewhere, "a link that leads out of its folder"),
    "a dangling link": (lambda file: file.symlink_to("nothing"), "no such file"),
    "a folder": (Path.mkdir, "not a regular file but a folder"),
    "a pipe": (os.mkfifo, "not a regular file but a pipe"),
    "no TOML": (lambda file: file.write_text("ack wait:1"), "is not TOML"),
    "a key twice": (lambda file: file.write_text("jobs = 1\njobs = 2"), "is not TOML"),
    "deep brackets": (lambda file: file.write_text(f"a = {'[' * 20000}"), "values that nothing here needs"),
    "a number of 5,000 digits": (
        lambda file: file.write_text(f"jobs = {'9' * 5000}"),
        "values that nothing here needs",
    ),
    "a zero byte": (lambda file: file.write_text("ack = 'a\0'"), "zero byte"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_one_line(kind: str, repository: Path) -> None:
    """What is no settings file is refused in one line that names it, and hides no suite from completion by an exception."""
    make, said = HOSTILE[kind]
    make(repository / "jsquared.toml")
    with pytest.raises(BadInputError) as refused:
        read_settings_file(repository)
    assert said in str(refused.value)
    assert "jsquared.toml" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert suite_names(repository) == []


def test_completion_takes_the_names_of_suites_unchecked(repository: Path) -> None:
    """Whatever else is wrong with the file, its suites are offered."""
    (repository / "jsquared.toml").write_text("nonsense = 1\n[suites]\nsmoke = []\n")
    assert suite_names(repository) == ["smoke"]
    (repository / "jsquared.toml").write_text("suites = 1\n")
    assert suite_names(repository) == []
    assert suite_names(repository / "deployments" / "gone") == []
