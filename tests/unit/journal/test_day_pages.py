"""Day and week pages: figure by figure from run folders, the same bytes again, and nothing lost."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from jsquared.errors import BadInputError
from jsquared.journal.front_matter import read_page
from jsquared.records.alert_results import AlertResult
from jsquared.records.findings import Finding
from jsquared.service.journal import WrittenPages, start_journal, write_day, write_week
from support.record_runs import at_day, record_run

FOUND = Finding(
    rule="quorum-alone",
    severity="high",
    outcome="violated",
    target="n1",
    directive="quorum 1",
    message="One says it.",
    fix="quorum 2",
)


def day_of(number: int) -> str:
    """A day as pages name it, counted from Monday, 2 March 2026."""
    return at_day(number).date().isoformat()


@pytest.fixture
def journal(tmp_path: Path, runs: Path) -> Path:
    """A new journal beside the runs."""
    folder = tmp_path / "journal"
    start_journal(folder, runs, None)
    return folder


def write(journal: Path, number: int) -> WrittenPages:
    """Write a day's page."""
    return write_day(journal, day_of(number))


def test_an_empty_day_says_so_in_one_line(journal: Path) -> None:
    """Without trials, records and waivers there is one sentence and room for notes; a day after it says since when."""
    first = Path(write(journal, 0).page)
    assert read_page(first).body == (
        "# Monday, 2 March 2026\n\nNothing new until 2026-03-02: no trials, no changes, no decisions; 0 open findings.\n\n## Notes\n"
    )
    assert "Nothing new since 2026-03-02" in read_page(Path(write(journal, 1).page)).body


def test_a_month_of_runs_is_on_its_pages_once(journal: Path, runs: Path) -> None:
    """Every run is on exactly one page, missed days lose none, and each page's figures are those of its run folders."""
    times: dict[int, list[float]] = {}
    for day in range(30):
        for trial in range(day % 3):
            failover_ms = 3000.0 + 100 * day + trial
            times.setdefault(day, []).append(failover_ms)
            record_run(
                runs,
                at_day(day, trial),
                "violated" if day == 20 else "pass",
                seed=trial,
                failover_ms=failover_ms,
                lost=int(day == 20),
            )
    total, last = 0, -1
    for day in (0, 1, 2, 7, 8, 15, 22, 29):
        digest = write(journal, day).digest
        measured = [each for number in range(last + 1, day + 1) for each in times.get(number, [])]
        assert digest.trials == len(measured)
        failover = next((one for one in digest.objectives if one.name == "failover p95"), None)
        assert (failover.value if failover else None) == (
            round(float(np.percentile(measured, 95)), 1) if measured else None
        )
        total, last = total + digest.trials, day
    assert total == sum(map(len, times.values()))
    assert [one.name for one in write(journal, 22).digest.mended_findings] == ["primary-crash"]
    assert [one.name for one in write(journal, 20).digest.new_findings] == ["primary-crash"]
    assert [one.name for one in write(journal, 22).digest.mended_findings] == ["primary-crash"]


def test_pages_are_the_same_bytes_again_and_keep_notes(journal: Path, runs: Path) -> None:
    """A page is written once, a second time changes nothing, and what a person wrote below Notes stays when runs are added."""
    record_run(runs, at_day(0), failover_ms=4000.0)
    page = Path(write(journal, 0).page)
    assert write(journal, 0).changed == []
    page.write_text(page.read_text() + "\nTalked to operations.\n\n## More of mine\n")
    record_run(runs, at_day(0, 1), "violated", seed=2)
    assert str(page) in write(journal, 0).changed
    assert page.read_text().endswith("## Notes\n\nTalked to operations.\n\n## More of mine\n")
    assert "1 passed, 1 violated" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o644


def test_a_page_whose_runs_are_gone_stays(journal: Path, runs: Path) -> None:
    """After a pruning the page knows more than the folders, and is left alone."""
    folder = record_run(runs, at_day(0))
    record_run(runs, at_day(0, 1), seed=2)
    page = Path(write(journal, 0).page)
    before = page.read_text()
    folder.rename(runs.parent / "away")
    done = write(journal, 0)
    assert "1 trial of it is no longer" in done.stays
    assert page.read_text() == before


def test_changes_of_configuration_and_architecture_are_told_with_their_proof(journal: Path, runs: Path) -> None:
    """The lines that differ, how the new configuration fared, and the new version; an experiment with --with is neither."""
    record_run(runs, at_day(0))
    write(journal, 0)
    record_run(runs, at_day(1), "violated", seed=1, command=("jsquared", "run", "x", "--with", "sentinel.quorum=1"))
    record_run(runs, at_day(1, 1), seed=2, lines="maxmemory 1gb\n", version="9.2.0", quorum=3)
    digest = write(journal, 1).digest
    [change] = digest.configuration
    assert change.lines == [line for host in ("n1", "n2", "n3") for line in (f"# {host}/redis.conf", "+maxmemory 1gb")]
    assert change.proof == {"pass": 1}
    assert digest.architecture == [
        "reference: valkey 9.1.2 became valkey 9.2.0",
        "reference: mymaster: quorum 2 became 3",
    ]
    assert digest.new_findings == []
    body = (journal / "days" / f"{day_of(1)}.md").read_text()
    assert "  +maxmemory 1gb\n" in body
    assert "with `sentinel.quorum=1`" in body


def test_findings_open_and_close(journal: Path, runs: Path) -> None:
    """Findings of the analysis and of alerts come with the run that shows them, stay while nothing says otherwise, and are mended."""
    missed = AlertResult(alert="RedisDown", expected=True, missed=True)
    record_run(runs, at_day(0), "violated", findings=[FOUND], alerts=[missed])
    assert {one.kind for one in write(journal, 0).digest.new_findings} == {"resilience", "configuration", "alert"}
    record_run(runs, at_day(1), "inconclusive", seed=2, findings=[FOUND])
    digest = write(journal, 1).digest
    assert (len(digest.open_findings), digest.new_findings, digest.mended_findings) == (3, [], [])
    assert "Mend quorum-alone (n1) on reference: quorum 2" in digest.next
    record_run(runs, at_day(2), seed=3, alerts=[AlertResult(alert="RedisDown", expected=True, fired_ms=1.0)])
    assert len(write(journal, 2).digest.mended_findings) == 3


def test_waivers_are_told_before_they_end(journal: Path, runs: Path) -> None:
    """One that ends within 14 days is on the page, one that ended is to be decided anew, and a malformed file is one line."""
    waivers = journal / "waivers.yaml"
    waivers.write_text(
        "waivers:\n- {rule: S7, target: n1, expires: 2026-03-05, owner: ops}\n- {rule: S8, expires: 2027-01-01}\n"
    )
    assert [(one.rule, one.has_ended) for one in write(journal, 0).digest.waivers] == [("S7", False)]
    digest = write(journal, 4).digest
    assert [one.has_ended for one in digest.waivers] == [True]
    assert "ended on 2026-03-05" in digest.next[0]
    waivers.write_text("waivers:\n- {rule: S7, expires: soon}\n")
    with pytest.raises(BadInputError, match="is not a day"):
        write(journal, 5)


def test_a_week_sums_up(journal: Path, runs: Path) -> None:
    """Its days are in a table, with links to the pages that there are, and its figures are those since Monday."""
    for day in (5, 6, 7, 8):
        record_run(runs, at_day(day), seed=day)
    write(journal, 7)
    done = write_week(journal, day_of(8))
    text = Path(done.page).read_text()
    assert Path(done.page).name == "2026-W11.md"
    assert done.digest.trials == 2
    assert "[Mon 2026-03-09](../days/2026-03-09.md) | 1 | 1 passed" in text
    assert "Tue 2026-03-10 (no page) | 1 | 1 passed" in text
    assert write_week(journal, day_of(8)).changed == []


def test_days_are_those_of_the_zone(journal: Path, runs: Path) -> None:
    """A run late in the evening, UTC, belongs to the next day of a zone east of it."""
    settings = journal / "journal.yaml"
    settings.write_text(settings.read_text().replace("zone: UTC", "zone: Asia/Tokyo"))
    record_run(runs, at_day(0, 8 * 60))
    assert write(journal, 0).digest.trials == 0
    assert write(journal, 1).digest.trials == 1
    today = write_day(journal, "", dt.datetime(2026, 3, 9, 20, tzinfo=dt.UTC))
    assert Path(today.page).name == "2026-03-10.md"


def test_hostile_text_stays_text(journal: Path, runs: Path) -> None:
    """Markup, links and control characters of a deployment's name or a line are shown and do nothing."""
    record_run(runs, at_day(0), deployment="[x](http://evil)<b>")
    record_run(runs, at_day(1), "violated", deployment="[x](http://evil)<b>", lines="```\n\x1b[2J<script>\n")
    write(journal, 0)
    text = Path(write(journal, 1).page).read_text()
    assert "\x1b" not in text
    assert "](http" not in text.split("---\n")[2]
    assert "  ````diff" in text


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("zone: Nowhere/Else", "not a time zone"),
        ("colour: red", "unknown key"),
        ("stale_after_days: 0", "whole number"),
        ("runs: [1]", "one value"),
    ],
)
def test_a_wrong_setting_is_one_line(journal: Path, line: str, part: str) -> None:
    """The error names the file, the line and the setting."""
    (journal / "journal.yaml").write_text(f"format: 1\n{line}\n")
    with pytest.raises(BadInputError, match=part) as caught:
        write(journal, 0)
    assert caught.value.where.startswith(f"{journal / 'journal.yaml'}:2")


def test_without_a_journal_there_is_no_page(tmp_path: Path, journal: Path) -> None:
    """A folder that is no journal says how to start one, and one that is there is not overwritten."""
    with pytest.raises(BadInputError, match="is no journal"):
        write_day(tmp_path, "")
    with pytest.raises(BadInputError, match="not overwritten"):
        start_journal(journal, tmp_path, None)
    (journal / "days").mkdir()
    (journal / "days" / "notes.md").write_text("mine")
    with pytest.raises(BadInputError, match="not called like a day"):
        write(journal, 0)
