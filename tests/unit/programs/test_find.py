"""Programs are found in one order everywhere, say what they are where they can do no harm, and are the ones that were fetched."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.programs import find as module
from jsquared.programs import tool_cache
from jsquared.programs.fetch import fetch
from jsquared.programs.find import find, locate
from jsquared.programs.overview import states
from jsquared.programs.tool import PROGRAMS, TOOLS
from jsquared.records.program import ProgramRecord
from jsquared.sandbox import question
from support.package_repository import FakeRepository, script

ON_PATH = "prometheus, version 3.1.0 (branch: HEAD)"


@pytest.fixture
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask programs without a sandbox, which takes a tenth of the time; tests/unit/sandbox has both ways."""

    def ask_here(argv: list[str], *, given: bytes, limit_s: float, libraries: tuple[str, ...]) -> bytes | None:
        return question._ask_here(argv, given, limit_s, libraries)

    monkeypatch.setattr(module, "ask", ask_here)


def program(path: Path, text: str) -> Path:
    """An executable file."""
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_given_path_comes_before_path_and_path_before_the_cache(
    repository: FakeRepository, nothing_on_path: Callable[[], Path], tmp_path: Path, unconfined: None
) -> None:
    """Where one is missing, the next is taken."""
    fetch(["prometheus"])
    folder = nothing_on_path()
    given = program(tmp_path / "mine", script("prometheus, version 9.9"))
    cached = find("prometheus")
    assert (cached.source, cached.version) == ("cache", "2.42.0+ds")
    on_path = program(folder / "prometheus", script(ON_PATH))
    assert find("prometheus").record == ProgramRecord(
        name="prometheus", version="3.1.0", sha256=module.sha256_of(on_path), source="PATH"
    )
    found = find("prometheus", str(given))
    assert (found.path, found.version, found.source) == (given, "9.9", "given")


def test_every_program_of_a_fetched_tool_is_found(
    repository: FakeRepository, nothing_on_path: Callable[[], Path], unconfined: None
) -> None:
    """Whatever name it has in its package, it says its version, and its libraries are on its loader's path."""
    names = [name for name in TOOLS if name != "valkey"]
    fetch(names)
    nothing_on_path()
    versions = {name: find(name).version for name, (tool, _) in PROGRAMS.items() if tool.name in names}
    assert versions == {
        "redis": "7.0.15",
        "redis-cli": "7.0.15",
        "prometheus": "2.42.0+ds",
        "promtool": "2.42.0+ds",
        "alertmanager": "0.25.0",
        "amtool": "0.25.0",
        "redis-exporter": "1.45.0-2+b4",
    }
    redis = find("redis")
    [folder] = redis.libraries
    assert redis.environment == {"LD_LIBRARY_PATH": folder}
    assert Path(folder).is_relative_to(tool_cache.tools_folder() / "redis")
    assert find("redis", str(redis.path)).libraries == redis.libraries
    assert find("prometheus").environment == {}


def test_a_program_that_is_nowhere(cache: Path, nothing_on_path: Callable[[], Path]) -> None:
    """The line says how to get it."""
    nothing_on_path()
    assert locate("amtool") is None
    words = "program 'amtool': there is no amtool on PATH, and none was fetched. Try: jsquared tools get alertmanager"
    with pytest.raises(BadInputError, match=words):
        find("amtool")


def test_a_program_that_has_changed_since_it_was_fetched(
    repository: FakeRepository, nothing_on_path: Callable[[], Path]
) -> None:
    """It is not run, and the line says how to get it again."""
    [fetched] = fetch(["prometheus"])
    nothing_on_path()
    program(fetched.tool.folder / fetched.tool.record.programs[0].path, script(ON_PATH))
    with pytest.raises(LabError, match=r"has changed since it was fetched .* Try: jsquared tools get prometheus"):
        find("prometheus")


def test_a_fetched_program_that_is_gone(repository: FakeRepository, nothing_on_path: Callable[[], Path]) -> None:
    """It counts as never fetched."""
    [fetched] = fetch(["prometheus"])
    nothing_on_path()
    fetched.tool.path_of(fetched.tool.record.programs[0]).unlink()
    assert locate("prometheus") is None


@pytest.mark.parametrize("text", [script("alertmanager, version 1"), "#!/bin/sh\nexit 1\n", "#!/bin/sh\nexec yes\n"])
def test_other_programs_are_refused(text: str, tmp_path: Path, cache: Path) -> None:
    """A program that says something else, nothing, or no end of things is not the one."""
    path = program(tmp_path / "program", text)
    with pytest.raises(BadInputError, match=r"--x: is not prometheus \(.*/program\). Try: the path of a prometheus"):
        find("prometheus", str(path), where="--x")


def test_a_version_on_standard_error_counts(tmp_path: Path, cache: Path) -> None:
    """Older programs say it there."""
    path = program(tmp_path / "program", f"#!/bin/sh\necho '{ON_PATH}' >&2\n")
    assert find("prometheus", str(path)).version == "3.1.0"


def test_a_version_without_end_is_cut(tmp_path: Path, cache: Path) -> None:
    """It is foreign text, and lands in records and tables."""
    path = program(tmp_path / "program", script(f"prometheus, version {'9' * 5000}"))
    assert find("prometheus", str(path)).version == "9" * 100


def test_a_program_that_hangs(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, and said to be silent."""
    monkeypatch.setattr(module, "VERSION_LIMIT_S", 0.2)
    path = program(tmp_path / "program", "#!/bin/sh\nsleep 61\n")
    with pytest.raises(BadInputError, match=r"did not answer within 0.2 s. Try: a prometheus"):
        find("prometheus", str(path))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "unreadable: No such file"),
        (lambda path: path.mkdir(), "is not a regular file"),
        (lambda path: path.write_text("text"), r"cannot be run \(Permission denied\). Try: an executable prometheus"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    ],
)
def test_what_is_no_program(make: Callable[[Path], object], words: str, tmp_path: Path, cache: Path) -> None:
    """A path that leads to nothing, a folder, a device or a text is refused in one line."""
    make(tmp_path / "given")
    with pytest.raises(BadInputError, match=words):
        find("prometheus", str(tmp_path / "given"))


def test_the_overview_has_every_tool(
    repository: FakeRepository, nothing_on_path: Callable[[], Path], unconfined: None
) -> None:
    """Those that are there with their program, those that are not with what to do, and broken ones with the reason."""
    fetch(["prometheus", "redis"])
    folder = nothing_on_path()
    program(folder / "alertmanager", "#!/bin/sh\nexit 1\n")
    found = {state.tool.name: state for state in states()}
    assert list(found) == list(TOOLS)
    assert found["redis"].program is not None
    assert [tool.record.name for tool in found["prometheus"].fetched] == ["prometheus"]
    assert found["valkey"].advice == "jsquared tools get valkey"
    assert found["alertmanager"].advice.startswith("is not alertmanager or prometheus-alertmanager (")
    assert [state.tool.name for state in states(["redis"])] == ["redis"]
