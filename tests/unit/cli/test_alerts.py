"""``jsquared alerts``: the catalogue to read and to search, and its rules as text or files."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.monitor.alert_catalogue import ALERTS
from support import quick_yaml


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints."""
    assert main(["alerts", *words]) == code
    captured = capsys.readouterr()
    return captured.err if code else captured.out


def test_alerts_are_listed_and_searched(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them without words; those that mention every word with some."""
    assert len(said(capsys, "list").splitlines()) == len(ALERTS) + 1
    assert "GapBeyondBacklog" in said(capsys, "list", "repl-backlog-size")
    document = json.loads(said(capsys, "list", "--json"))
    assert [alert["name"] for alert in document] == list(ALERTS)
    assert {"name", "description", "tags", "needs"} <= set(document[0])


def test_an_alert_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """With its runbook and its rule, for the interval that was asked for."""
    shown = said(capsys, "list", "RedisDown", "--profile", "15s")
    assert "for 30 s" in shown
    assert 'redis_up{job="redis"} == 0' in shown
    assert all(step in shown for step in ALERTS["RedisDown"].do)


def test_rules_are_printed_or_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Printed they can be piped; written, their tests lie beside them, and nothing is overwritten."""
    printed = said(capsys, "rules", "--profile", "1s")
    assert quick_yaml.load(printed)["groups"][0]["interval"] == "1s"
    folder = tmp_path / "rules"
    document = json.loads(said(capsys, "rules", "--profile", "1s", "--out", str(folder), "--json"))
    assert [Path(file).name for file in document["files"]] == ["redis-sentinel.rules.yml", "redis-sentinel.tests.yml"]
    assert (folder / "redis-sentinel.rules.yml").read_text() == printed
    assert "is not overwritten" in said(capsys, "rules", "--out", str(folder), code=2)
    assert "written: " in said(capsys, "rules", "--out", str(tmp_path / "others"))


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "jsquared alerts --help"),
        (["lst"], "Try: list, or jsquared alerts --help"),
        (["list", "RedisDwn"], "Try: RedisDown"),
        (["rules", "--profile", "2s"], "'1s', '5s'"),
        (["rules", "--outt", "x"], "Try: --out, or jsquared alerts rules --help"),
    ],
)
def test_a_wrong_line_says_what_to_type(capsys: pytest.CaptureFixture[str], words: list[str], hint: str) -> None:
    """A command of a group that is missing or misspelt is answered like any other."""
    assert hint in said(capsys, *words, code=2)


def test_the_list_of_a_group_has_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """As that of all commands has."""
    shown = " ".join(said(capsys, "--help").split())
    assert "list List the alerts; with a name, show what it means, what to look at and what to do." in shown


def test_rules_are_linted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A rule that can never fire is named with its line and ends with 1; sound ones end with 0."""
    rules = Path(__file__).parents[2] / "fixtures" / "rules"
    file = str(rules / "impossible.yml")
    assert main(["alerts", "lint", file, "--exporter", "1.45"]) == 1
    shown = capsys.readouterr().out
    assert f"{file}:7: never: MetricThatIsNowhere: redis_exporter 1.45 has no redis_sentinel_master_odown" in shown
    assert "20 rules are sure never to fire" in shown.splitlines()[-1]
    document = json.loads(said(capsys, "lint", str(rules / "sound.yml"), "--json"))
    assert (document["findings"], document["exporter"]) == ([], "redis_exporter 1.88")
    assert "no such file" in said(capsys, "lint", str(tmp_path / "none.yml"), code=2)
