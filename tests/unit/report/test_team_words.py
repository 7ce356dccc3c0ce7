"""A team's own rules in every form of a report."""

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from jsquared.records.exclusions import Exclusion
from jsquared.records.verdict import ObjectiveResult, RunVerdict
from jsquared.report.html import write_run_report, write_trial_report
from jsquared.report.junit import write_junit
from jsquared.report.markdown import MOST_CHARACTERS, MOST_ROWS, markdown
from jsquared.report.summary_text import print_summary
from jsquared.report.team_words import own_limit

LAXER = "laxer limit: failover may be 15 s where the scenario allows 10 s (jsquared.toml:5): slow disks"
SAID = (
    "exclusion: zone-lost: not run: excluded until 2027-01-31: three zones <come> later (jsquared.toml:9)",
    "exclusion: host-lost: no longer excluded: the exclusion expired after 2026-01-31: old (jsquared.toml:12)",
)
EXCLUSIONS = [
    Exclusion(
        scenario="zone-lost",
        reason="three zones <come> later",
        until="2027-01-31",
        where="jsquared.toml:9",
        effect="left-out",
    ),
    Exclusion(scenario="host-lost", reason="old", until="2026-01-31", where="jsquared.toml:12", effect="expired"),
]


@pytest.fixture
def trial(crash):
    """A trial that passed under a laxer limit, with exclusions."""
    record, verdict = crash
    objectives = [
        msgspec.structs.replace(one, limit=15_000, standard_limit=10_000, set_by="jsquared.toml:5")
        if one.name == "failover"
        else one
        for one in verdict.objectives
    ]
    return record, msgspec.structs.replace(verdict, objectives=objectives, laxer=[LAXER], exclusions=EXCLUSIONS)


@pytest.fixture
def run(trial) -> RunVerdict:
    """Two such trials together."""
    return RunVerdict(outcome="pass", trials=[trial[1], trial[1]], exclusions=EXCLUSIONS)


def test_the_terminal_says_each_once(run) -> None:
    """Below the table there is a line for the laxer limit and one for each exclusion."""
    console = Console(file=io.StringIO(), width=400, force_terminal=False)
    print_summary(run, console)
    lines = console.file.getvalue().splitlines()
    assert [line for line in lines if line in (LAXER, *SAID)] == [LAXER, *SAID]


def test_markdown_shows_them_unfolded_and_escaped(run) -> None:
    """They are a list before the tables; of very many the rest is counted."""
    said = markdown(run)
    assert "- laxer limit: failover may be 15 s" in said
    assert "three zones \\<come\\> later" in said
    assert said.index("laxer limit") < said.index("<details>")
    run.exclusions = [
        msgspec.structs.replace(EXCLUSIONS[0], scenario=f"s{number}", reason="x" * 350) for number in range(300)
    ]
    said = markdown(run)
    assert len(said) <= MOST_CHARACTERS
    assert f"- {301 - MOST_ROWS[0]} more rules of the team in the report." in said


def test_junit_skips_what_was_left_out(run, tmp_path: Path) -> None:
    """CI sees the excluded scenario as skipped, never as passed, and all rules as properties."""
    write_junit(run, tmp_path / "junit.xml")
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "0", "0", "1"]
    [skipped] = suite.findall("testcase/skipped")
    assert f"exclusion: {skipped.get('message')}" == SAID[0]
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties["laxer.1"] == LAXER
    assert [f"exclusion: {properties[f'exclusion.{number}']}" for number in (1, 2)] == list(SAID)


def test_junit_tells_of_an_own_limit_where_it_is_missed(run, tmp_path: Path) -> None:
    """The lines of a failure name who set the limit."""
    run.trials[0] = msgspec.structs.replace(run.trials[0], outcome="violated")
    write_junit(run, tmp_path / "junit.xml")
    failure = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite/testcase/failure")
    assert "(limit 15 s, laxer than the scenario's 10 s, set by jsquared.toml:5)" in failure.text


def test_the_page_of_a_trial_has_them(trial, tmp_path: Path) -> None:
    """The head has the laxer limit, the table who set it, and a section the exclusions, all escaped."""
    write_trial_report(*trial, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f'<p class="aside">{LAXER}</p>' in page
    assert "This limit is laxer than the scenario&#39;s 10 s, set by jsquared.toml:5." in page
    assert "three zones &lt;come&gt; later" in page


def test_the_page_of_several_trials_has_them_once(trial, run, tmp_path: Path) -> None:
    """They stand above all trials, and no trial repeats the exclusions."""
    write_run_report([trial, trial], run, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "own rules <span" in page
    assert page.count("three zones &lt;come&gt; later") == 1


@pytest.mark.parametrize(("standard", "said"), [(None, ""), (20_000, "stricter than"), (5_000, "laxer than")])
def test_a_limit_says_how_it_compares(standard: float | None, said: str) -> None:
    """Stricter, laxer, or the scenario's own, of which nothing is said."""
    found = own_limit(
        ObjectiveResult(name="failover", limit=10_000, value=1, unit="ms", outcome="pass", standard_limit=standard)
    )
    assert found.startswith(said)
    assert bool(found) == bool(said)
