"""``jsquared runs``: tables, JSON, the page, one line for bad input."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import completed, main
from support.record_runs import at_day, record_run


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def runs(tmp_path: Path) -> str:
    """Two passes, a violation and a damaged run."""
    root = tmp_path / "runs"
    for day in (0, 1):
        record_run(root, at_day(day), seed=day, failover_ms=4000.0 + day)
    record_run(root, at_day(2), "violated", scenario="primary-isolated", lost=7)
    (record_run(root, at_day(3), seed=9) / "verdict.json").write_text("\x1b[2J")
    return str(root)


def test_the_list_is_a_table_and_json(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a second word runs are listed; a damaged one has its reason, and filters narrow the list."""
    assert main(["runs", "--runs", runs]) == 0
    shown = capsys.readouterr()
    assert [line.split()[2] for line in shown.out.splitlines()[1:]] == ["damaged", "violated", "pass", "pass"]
    assert "verdict.json: damaged" in shown.out
    assert "4 runs in" in shown.err
    assert main(["runs", "list", "--runs", runs, "--outcome", "violated", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["total"], [run["lost"] for run in document["runs"]]) == (4, [7])


def test_a_trend_is_a_table_json_and_a_page(runs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The three forms have the same figures."""
    page = tmp_path / "trend.html"
    assert main(["runs", "trend", "--runs", runs, "--page", str(page)]) == 0
    shown = capsys.readouterr()
    assert "4.00 s" in shown.out or "4 s" in shown.out
    assert "damaged, and in no figure" in shown.err
    assert "3 trials" in page.read_text()
    assert main(["runs", "trend", "--runs", runs, "--json", "--by", "week"]) == 0
    [series] = json.loads(capsys.readouterr().out)["series"]
    assert (series["lost"], series["failover_ms"]["max"], len(series["points"])) == (7, 4001.0, 1)


def test_a_run_is_found_by_a_part_of_its_name(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A part that one run has is enough; the whole entry and the JSON say the same."""
    assert main(["runs", "show", "isolated", "--runs", runs]) == 0
    assert "violated" in capsys.readouterr().out
    assert main(["runs", "show", "isolated", "--runs", runs, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["facts"]["state"], document["same_kind"], document["same_configuration"]) == ("violated", 0, 2)
    assert "plan.json" in [file["name"] for file in document["files"]]


def test_pruning_says_what_it_does(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run and the real one name the same run, in words and as JSON."""
    assert main(["runs", "prune", "--runs", runs, "--keep", "1", "--dry-run"]) == 0
    assert "would remove 20260302T120000-primary-crash-0" in capsys.readouterr().out
    assert main(["runs", "prune", "--runs", runs, "--keep", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == ["20260302T120000-primary-crash-0"]
    assert not Path(runs, "20260302T120000-primary-crash-0").exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["list", "--outcome", "passed"], "is not an outcome"),
        (["list", "--since", "soon"], "is not a time"),
        (["show", "nothing"], "no run is called"),
        (["show", "primary"], "runs"),
        (["show", "x" * 5000], "no run is called"),
        (["show", "crash-9"], "damaged"),
        (["prune"], "--keep"),
        (["prune", "--keep", "0"], "too small"),
        (["prune", "--older-than", "30"], "is not an age"),
    ],
)
def test_bad_input_is_one_line(runs: str, words: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what, where, what to try."""
    assert main(["runs", *words, "--runs", runs]) == 2
    said = capsys.readouterr().err
    assert part in said
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_only_a_missing_second_word_is_added() -> None:
    """Help and other words stay as they are typed."""
    assert completed(["runs"]) == ["runs", "list"]
    assert completed(["runs", "--json"]) == ["runs", "list", "--json"]
    for words in (["runs", "-h"], ["runs", "trend"], ["alerts"], []):
        assert completed(words) == words
