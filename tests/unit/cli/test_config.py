"""``jsquared config``, and settings in the place of defaults."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.cli import run as run_command
from jsquared.cli.completion import complete_suites
from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.service.run import RunRequest

SETTINGS = """
ack = "wait:2"
rate = 77
runs = "build/runs"
suite = "smoke"
[objectives]
failover_ms = { limit = 15000, reason = "slow disks" }
[suites]
smoke = ["primary-crash"]
[exclusions]
zone-lost = { reason = "known", until = 2020-01-31 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which has settings."""
    (tmp_path / "jsquared.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_setting_is_shown_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has values of the file with their lines, and defaults; an expired exclusion and a laxer limit are told as such."""
    assert main(["config"]) == 0
    shown, said = capsys.readouterr()
    rows = {line.split()[0]: line for line in shown.splitlines()}
    assert rows["ack"].split() == ["ack", "wait:2", "jsquared.toml:2"]
    assert rows["jobs"].split() == ["jobs", "0", "default"]
    assert "15000, laxer than 10000: slow disks" in rows["objectives.failover_ms"]
    assert "1 scenario: primary-crash" in rows["suites.smoke"]
    assert "expired after 2020-01-31: known" in rows["exclusions.zone-lost"]
    assert said == "settings: jsquared.toml\n"


def test_json_has_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each setting is an object with key, value, source and the option that wins over it."""
    assert main(["config", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    settings = {one["key"]: one for one in found["settings"]}
    assert found["file"] == "jsquared.toml"
    assert (settings["rate"]["value"], settings["rate"]["source"], settings["rate"]["option"]) == (
        77,
        "jsquared.toml:3",
        "--rate",
    )
    assert settings["suites.smoke"]["value"] == ["primary-crash"]
    assert [one["effect"] for one in found["exclusions"]] == ["expired"]


def test_without_a_file_all_are_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That is no error."""
    monkeypatch.chdir(tmp_path)
    assert main(["config"]) == 0
    shown, said = capsys.readouterr()
    assert {line.split()[-1] for line in shown.splitlines()[1:]} == {"default"}
    assert "every value is a default" in said


@pytest.mark.parametrize("words", [["config"], ["run"], ["runs", "list"], ["hunt"], ["lab", "up"], ["analyse"]])
def test_a_wrong_file_ends_every_command_that_reads_it(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with file, line and key, exit code 2, and nothing is begun; help is shown all the same."""
    (folder / "jsquared.toml").write_text("jobs = 'many'\n", encoding="utf-8")
    assert main(words) == 2
    shown, said = capsys.readouterr()
    assert shown == ""
    assert said == "jsquared: error: jsquared.toml:1, jobs: must be a whole number, not a text. Try: jobs = 0\n"
    assert main([*words, "--help"]) == 0
    assert main(["scenarios", "primary-crash"]) == 0


Requested = Callable[..., RunRequest]


@pytest.fixture
def requested(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Requested:
    """Give the request that a command line of ``run`` makes."""
    made: list[RunRequest] = []

    def refuse(request: RunRequest, *_: object, **__: object) -> None:
        made.append(request)
        raise BadInputError("seen")

    monkeypatch.setattr(run_command.service, "run", refuse)

    def request(*words: str) -> RunRequest:
        assert main(["run", *words]) == 2
        return made[-1]

    return request


def test_settings_stand_for_what_is_not_typed(requested: Requested, capsys: pytest.CaptureFixture[str]) -> None:
    """Values and rules of the file are in the request, and one line on stderr says which."""
    request = requested()
    assert (request.ack, request.rate_per_s, str(request.out), request.suite) == ("wait:2", 77, "build/runs", "smoke")
    assert request.names == []
    assert [one.objective for one in request.team.limits] == ["failover"]
    assert "settings: jsquared.toml (ack, rate, runs, objectives, suites, exclusions)\n" in capsys.readouterr().err


def test_what_is_typed_wins(requested: Requested, capsys: pytest.CaptureFixture[str]) -> None:
    """An option outranks its key however it is written, and scenarios outrank the suite."""
    request = requested("primary-hang", "--ack", "async", "--rate=5", "--out", "elsewhere")
    assert (request.ack, request.rate_per_s, str(request.out), request.suite) == ("async", 5, "elsewhere", "")
    assert "settings: jsquared.toml (objectives, suites, exclusions)\n" in capsys.readouterr().err
    assert requested("--suite", "standard").suite == "standard"


def test_quiet_says_nothing_of_settings(requested: Requested, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but the result is printed."""
    assert requested("--quiet").ack == "wait:2"
    assert "settings:" not in capsys.readouterr().err


def test_own_suites_are_completed(folder: Path) -> None:
    """They stand beside the shipped ones."""
    assert complete_suites("s") == ["standard", "smoke"]
