"""What ``jsquared monitor up`` refuses before it starts anything."""

from pathlib import Path

import pytest

from jsquared.cli import missing_programs
from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.monitor.routing import nobody_file
from jsquared.programs.find import Program
from jsquared.service import monitoring
from jsquared.service.access import AccessRequest
from jsquared.service.monitoring import MonitoringRequest, missing_tools, run_monitoring

NOBODY = "127.0.0.1:1"


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program is on PATH, and none was fetched."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.usefixtures("nothing_there")
def test_missing_programs_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """With the command that fetches them, where nobody can be asked; those that are given are not missing."""
    request = MonitoringRequest(access=AccessRequest(sentinels=[NOBODY]), prometheus="/some/prometheus")
    assert missing_tools(request) == ["redis-exporter", "alertmanager"]
    assert main(["monitor", "up", "--sentinel", NOBODY]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "redis-exporter, prometheus and alertmanager: neither on PATH nor fetched" in line
    assert "jsquared tools get redis-exporter prometheus alertmanager, or --yes" in line


@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize("words", [["--yes"], []])
@pytest.mark.parametrize("command", [
    ["monitor", "up", "--sentinel", NOBODY], ["run", "primary-crash", "--alerts"], ["alerts", "matrix", "primary-crash"],
], ids=lambda command: " ".join(command[:2]))  # fmt: skip
def test_they_are_fetched_where_somebody_agrees(
    monkeypatch: pytest.MonkeyPatch, command: list[str], words: list[str]
) -> None:
    """By an option, or at the terminal; then the next thing that is missing is told."""
    fetched: list[list[str]] = []
    monkeypatch.setattr(missing_programs, "fetch", lambda names, tell: fetched.append(list(names)))
    monkeypatch.setattr(missing_programs, "is_confirmed", lambda question: "Fetch" in question)
    assert main([*command, *words]) == 2
    assert fetched == [["redis-exporter", "prometheus", "alertmanager"]]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program is there."""
    monkeypatch.setattr(
        monitoring, "find", lambda name, given, where: Program(name, Path("/bin/true"), "1", "", "given")
    )


@pytest.mark.usefixtures("found")
def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Nothing in it is overwritten, and nobody was asked."""
    (tmp_path / "mine").write_text("kept")
    request = MonitoringRequest(access=AccessRequest(sentinels=[NOBODY]), out=tmp_path)
    with pytest.raises(BadInputError, match="is not empty"):
        run_monitoring(request, *[lambda *_: None] * 4)  # type: ignore[list-item]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.usefixtures("found")
def test_without_a_sentinel_nothing_is_started_or_left(tmp_path: Path) -> None:
    """The error is that of 'monitor targets', and the folder has nothing in it."""
    request = MonitoringRequest(access=AccessRequest(sentinels=[NOBODY]), out=tmp_path / "new")
    with pytest.raises(BadInputError, match="no Sentinel answers"):
        run_monitoring(request, *[lambda *_: None] * 4)  # type: ignore[list-item]
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.usefixtures("found")
def test_contacts_are_read_before_anything_is_started(tmp_path: Path) -> None:
    """A list that names nobody is an error; without one Alertmanager tells nobody."""
    (tmp_path / "contacts.yml").write_text("teams: {}")
    request = MonitoringRequest(access=AccessRequest(sentinels=[NOBODY]), contacts=tmp_path / "contacts.yml")
    with pytest.raises(BadInputError, match="teams"):
        run_monitoring(request, *[lambda *_: None] * 4)  # type: ignore[list-item]
    assert "receivers:\n- name: (nobody)" in nobody_file()
