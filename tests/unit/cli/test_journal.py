"""``jsquared journal``, ``init journal`` and ``scorecard`` as they are typed."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from support.record_runs import at_day, record_run


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    record_run(tmp_path / "runs", at_day(0), failover_ms=4000.0)
    record_run(tmp_path / "runs", at_day(0, 1), "violated", scenario="primary-hang")


def test_a_journal_from_its_start_to_its_check(capsys: pytest.CaptureFixture[str]) -> None:
    """Every command says what it wrote, and the check passes until something is wrong."""
    assert main(["init", "journal"]) == 0
    assert capsys.readouterr().out.splitlines() == ["journal/journal.yaml", "journal/README.md"]
    assert main(["journal", "decide", "Three Sentinels", "--run", "primary-crash-1", "--date", "2026-03-02"]) == 0
    assert main(["journal", "keep", "primary-crash-1", "--date", "2026-03-02"]) == 0
    assert main(["journal", "keep", "primary-crash-1"]) == 0
    assert "is there already" in capsys.readouterr().err
    assert main(["journal", "day", "--date", "2026-03-02"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        "journal/days/2026-03-02.md: 2 trials until 2026-03-02: 1 passed, 1 violated; 1 new finding"
    )
    assert "next: Find out why primary-hang is violated" in shown
    assert main(["journal", "week", "--date", "2026-03-02"]) == 0
    assert main(["journal", "check"]) == 0
    Path("journal/days/2026-03-01.md").write_text("---\nkind: day\n---\n[x](nothing.md)\n")
    capsys.readouterr()
    assert main(["journal", "check"]) == 1
    assert "error: days/2026-03-01.md: links to nothing.md" in capsys.readouterr().out


def test_every_command_has_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One document each, with the names that the reference gives."""
    for words, key in (
        (["init", "journal"], "files"),
        (["journal", "day", "--date", "2026-03-02"], "digest"),
        (["journal", "week", "--date", "2026-03-02"], "digest"),
        (["journal", "decide", "x"], "file"),
        (["journal", "keep", "primary-crash-1"], "is_new"),
        (["journal", "check"], "problems"),
        (["scorecard", "--until", "2026-03-02"], "scorecard"),
    ):
        assert main([*words, "--json"]) == 0, words
        assert key in json.loads(capsys.readouterr().out)


def test_the_scorecard_says_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    """The table has the value or that it is not known, with the reason."""
    main(["init", "journal"])
    assert main(["scorecard", "--until", "2026-03-02", "--days", "7"]) == 0
    lines = {line.partition("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert " 4 s " in lines["failover p95"]
    assert "no one keeps standups.yaml" in lines["stand-ups attended"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["journal", "day"], "is no journal"),
        (["journal", "day", "--journal", "nowhere"], "nowhere"),
        (["init", "journal", "--deployment", "nowhere"], "no such file"),
        (["scorecard"], "is no journal"),
        (["journal", "keep"], "Missing argument"),
    ],
)
def test_bad_input_is_one_line(words: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what to try."""
    assert main(words) == 2
    said = capsys.readouterr().err
    assert part in said
    assert said.count("\n") == 1


def test_a_day_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the option."""
    main(["init", "journal"])
    capsys.readouterr()
    assert main(["journal", "day", "--date", "2026-02-30"]) == 2
    assert "--date: '2026-02-30' is not a day" in capsys.readouterr().err


@pytest.mark.unmeasured
def test_really_executed_runs_prove_the_deployment_that_the_journal_names(capsys: pytest.CaptureFixture[str]) -> None:
    """The fingerprint of a run is that of the files that it was made from, and a changed directive is an experiment with another one."""
    assert main(["run", "config-quorum", "--out", "executed"]) == 0
    assert main(["init", "journal", "--runs", "executed"]) == 0
    settings = Path("journal/journal.yaml")
    settings.write_text(settings.read_text().replace("# deployment: ../redis", "deployment: reference"))
    assert main(["run", "config-quorum", "--with", "redis.maxmemory=1gb", "--out", "executed"]) == 0
    capsys.readouterr()
    assert main(["runs", "list", "--runs", "executed", "--json"]) == 0
    plain, tried = sorted(json.loads(capsys.readouterr().out)["runs"], key=lambda run: len(run["changes"]))
    assert (plain["state"], plain["changes"], tried["changes"]) == ("pass", [], ["redis.maxmemory=1gb"])
    assert tried["fingerprint"] != plain["fingerprint"]
    assert main(["journal", "day"]) == 0
    assert f"fingerprint: {plain['fingerprint']}\n" in Path("journal/architecture/reference.md").read_text()
    assert main(["journal", "check"]) == 0
