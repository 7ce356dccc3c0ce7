"""The scorecard: each figure from its source, and not known where that is missing."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.journal.scores import Score
from jsquared.service.journal import start_journal
from jsquared.service.scorecard import scorecard
from support.record_runs import at_day, record_run

LAST = "2026-03-11"


@pytest.fixture
def journal(tmp_path: Path, runs: Path) -> Path:
    """A new journal beside the runs."""
    folder = tmp_path / "journal"
    start_journal(folder, runs, None)
    return folder


def scores(journal: Path, days: int = 10) -> dict[str, Score]:
    """The objectives by name, over the ten days from Monday, 2 March 2026."""
    return {one.name: one for one in scorecard(journal, days, LAST).scorecard.scores}


def test_nothing_is_known_without_sources(journal: Path) -> None:
    """Every figure is None with a reason, none is 0, and nothing is met or missed."""
    found = scores(journal)
    assert {one.value for one in found.values()} == {None}
    assert {one.is_met for one in found.values()} == {None}
    assert all(one.reason for one in found.values())
    text = (journal / "scorecard.md").read_text()
    assert text.count("not known") == len(found)


def test_technical_figures_are_those_of_the_run_folders(journal: Path, runs: Path) -> None:
    """Failover, losses, scenarios handled and covered, trials without an answer, and the time to mend."""
    record_run(runs, at_day(-9), failover_ms=3000.0, seed=0)
    record_run(runs, at_day(0), "pass", seed=1, failover_ms=4000.0)
    record_run(runs, at_day(1), "violated", seed=2, failover_ms=12_000.0, lost=5)
    record_run(runs, at_day(3), "pass", seed=3, failover_ms=5000.0)
    record_run(runs, at_day(4), "violated", scenario="primary-hang", seed=4)
    record_run(runs, at_day(5), "inconclusive", seed=5, lost=None)
    found = scores(journal)
    assert (found["failover p95"].n, found["failover p95"].trend) == (
        3,
        [None, None, 3000.0, found["failover p95"].value],
    )
    assert found["failover p95"].is_met is False
    assert (found["acknowledged writes lost"].value, found["acknowledged writes lost"].items) == (
        5.0,
        ["20260303T120000-primary-crash-2"],
    )
    assert (found["scenarios handled"].value, found["scenarios handled"].items) == (50.0, ["primary-hang on reference"])
    assert 0 < (found["scenarios covered"].value or 0) < 10
    assert (found["trials without an answer"].value, found["trials without an answer"].n) == (20.0, 5)
    assert (found["time to mend"].value, found["time to mend"].note) == (48.0, "1 finding still open")


GITHUB_ISSUES = [
    {"number": 1, "createdAt": "2026-03-02T10:00:00Z", "closedAt": "2026-03-03T10:00:00Z", "state": "CLOSED"},
    {"number": 2, "createdAt": "2026-03-02T10:00:00Z", "closedAt": "2026-03-05T10:00:00Z"},
    {"number": 3, "createdAt": "2026-03-01T10:00:00Z", "closedAt": None},
]
GITHUB_CHANGES = [
    {
        "number": 4,
        "createdAt": "2026-03-02T10:00:00Z",
        "mergedAt": "2026-03-02T20:00:00Z",
        "reviews": [{"submittedAt": "2026-03-02T14:00:00Z"}],
    },
    {"number": 5, "createdAt": "2026-03-02T10:00:00Z", "mergedAt": "2026-03-02T11:00:00Z", "reviews": []},
    {"number": 6, "createdAt": "2026-03-02T10:00:00Z", "mergedAt": None, "reviews": []},
]
GITLAB_CHANGES = [
    {
        "iid": 7,
        "created_at": "2026-03-04T10:00:00.000+01:00",
        "merged_at": "2026-03-05T10:00:00Z",
        "approved_by": [{"approved_at": "2026-03-04T11:00:00Z"}],
    }
]


def export(journal: Path, **files: object) -> None:
    """Write exports of a forge."""
    folder = journal / "forge"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_operational_figures_are_those_of_the_exports(journal: Path) -> None:
    """Reviews and issues of GitHub and GitLab are counted once each, with n, what is open, and the items behind."""
    export(journal, issues=GITHUB_ISSUES, again=GITHUB_ISSUES, changes=GITHUB_CHANGES, gitlab=GITLAB_CHANGES)
    found = scores(journal)
    assert (found["reviews completed"].value, found["reviews completed"].n, found["reviews completed"].items) == (
        66.7,
        3,
        ["#5"],
    )
    assert found["time to first review"].value == 3.0
    assert (found["issue resolution time"].value, found["issue resolution time"].n) == (48.0, 2)
    assert found["issue resolution time"].note == "p90 67.2 h; 1 issue open, the oldest for 10 days"


def test_an_export_without_reviews_says_nothing_of_them(journal: Path) -> None:
    """GitHub's REST lists have no reviews: the rate is not known, and not 0."""
    export(
        journal,
        rest=[
            {"number": 1, "created_at": "2026-03-02T10:00:00Z", "pull_request": {"merged_at": "2026-03-03T10:00:00Z"}}
        ],
    )
    assert scores(journal)["reviews completed"].reason == "the export says nothing of reviews"


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '[{"number": 1}]', '[{"number": 1, "createdAt": "soon"}]', "[1]"])
def test_a_malformed_export_is_one_line(journal: Path, content: str) -> None:
    """The error names the file and the entry."""
    export(journal, bad=content)
    with pytest.raises(BadInputError, match=r"bad\.json"):
        scores(journal)


def test_stand_ups_are_those_that_a_person_wrote(journal: Path) -> None:
    """Those who came of those who were invited; what cannot be is one line."""
    file = journal / "standups.yaml"
    file.write_text(
        "standups:\n- {date: 2026-03-02, attended: 4, invited: 5}\n- {date: 2026-03-03, attended: 5, invited: 5}\n"
    )
    one = scores(journal)["stand-ups attended"]
    assert (one.value, one.n, one.items) == (90.0, 2, ["2026-03-02"])
    for wrong in (
        "{date: 2026-03-02, attended: 6, invited: 5}",
        "{date: today, attended: 1, invited: 5}",
        "{attended: 1}",
    ):
        file.write_text(f"standups:\n- {wrong}\n")
        with pytest.raises(BadInputError, match=r"standups\.yaml"):
            scores(journal)


def test_documentation_is_counted_by_git(journal: Path, tmp_path: Path) -> None:
    """Working days with a commit that changes a page count, by the commit's date; a shallow clone is refused."""

    def git(*words: str, folder: Path = tmp_path, when: str = "2026-03-02T12:00:00Z") -> None:
        names = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            **names,
            "GIT_COMMITTER_DATE": when,
            "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
        }
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True)

    git("init", "-q")
    for number, (name, when) in enumerate(
        (("a.md", "2026-03-02"), ("docs.rst", "2026-03-04"), ("code.py", "2026-03-05"))
    ):
        (tmp_path / name).write_text(str(number))
        git("add", name)
        git("commit", "-q", "-m", name, when=f"{when}T12:00:00Z")
    one = scores(journal)["documentation updated daily"]
    assert (one.value, one.n) == (25.0, 8)
    assert one.items[:2] == ["2026-03-03", "2026-03-05"]
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", str(tmp_path / "shallow"))
    settings = journal / "journal.yaml"
    settings.write_text(settings.read_text().replace("repository: ..", "repository: ../shallow"))
    assert "shallow" in scores(journal)["documentation updated daily"].reason


def test_the_page_is_the_same_bytes_again(journal: Path, runs: Path) -> None:
    """The same sources give the same page, and spans are what was asked for."""
    record_run(runs, at_day(0))
    assert scorecard(journal, 10, LAST).is_changed
    done = scorecard(journal, 10, LAST)
    assert not done.is_changed
    assert (done.scorecard.first, done.scorecard.last) == (date(2026, 3, 2), date(2026, 3, 11))
    with pytest.raises(BadInputError, match="too small"):
        scorecard(journal, 0, LAST)
