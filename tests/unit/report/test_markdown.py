"""A run as Markdown, for a comment or a job's summary."""

from pathlib import Path

import pytest

from jsquared.check.causes import explain
from jsquared.errors import RecordError
from jsquared.records.verdict import NotRun, RunVerdict, TrialVerdict
from jsquared.report.markdown import MOST_CHARACTERS, code, fenced, markdown, text, write_markdown
from jsquared.text import NONE
from support.violated import DOWN_AFTER, QUORUM_ONE, advice, trial


def of(*trials: TrialVerdict, **fields) -> str:
    """The Markdown of a violated run."""
    return markdown(explain(RunVerdict(outcome="violated", trials=list(trials), **fields)))


def test_causes_come_first_then_violated_inconclusive_and_folded_passes() -> None:
    """A reader of a pull request sees which line to change before anything else, with a command to copy."""
    said = of(
        trial("fine", outcome="pass", failover_ms=4000.0),
        trial("primary-crash", advice(DOWN_AFTER, effect="3.5 s instead of 30 s")),
        trial("odd"),
        trial("open", outcome="inconclusive"),
        trial("host-lost", advice(DOWN_AFTER), proven_by="failover-over-10s"),
        findings=[QUORUM_ONE],
        not_run=[NotRun(scenario="zone-lost", reason="needs five hosts")],
    )
    in_order = [
        "## ✗ JSquared: 5 trials, 3 violated, 1 inconclusive, 1 passed",
        "deployment `mine` · engine `valkey 9.1.2` · ack `wait:1`",
        "**1 line explains 2 of 3 violations: down-after-milliseconds 30000 \\(2\\)**",
        "### 1. `sentinel down-after-milliseconds mymaster 30000` explains 2 violations",
        "- **Where:** `n1/sentinel.conf:3`",
        "- **Change:** `sentinel down-after-milliseconds mymaster 3500`",
        "- **Predicted:** 3.5 s instead of 30 s",
        "```sh\njsquared run primary-crash --deployment ./mine --seed 1 --with sentinel.down-after-milliseconds=3500\n```",
        "<details><summary>2 trials explained</summary>\n\nprimary-crash, host-lost",
        "No line of the configuration explains: `odd`",
        "Violated by the configuration's text: `quorum 1` One decides.",
        "### Violated (3)",
        f"| `host-lost` | {NONE} | 0 | violated by analysis: failover-over-10s, not run; line 1 above |",
        "### Inconclusive (1)",
        "<details><summary>Passed \\(1\\)</summary>\n\n| scenario",
        "| `fine` | 4 s | 0 |",
        "1 scenario not run here",
    ]
    places = [said.index(part) for part in in_order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("said", "escaped"),
    [
        ("<img src=x> [a](b) | `c` *d*", r"\<img src=x\> \[a\]\(b\) \| \`c\` \*d\*"),
        ("@everyone https://x.y www.x.y", "@\N{ZERO WIDTH NON-JOINER}everyone https:\\//x.y www\\.x.y"),
        ("two\nlines \u202e", "two lines \\\\u202e"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_texts_of_others_are_no_markup(said: str, escaped: str) -> None:
    """No element, link, mention or column comes of a name."""
    assert text(said) == escaped


def test_code_ends_where_it_ends() -> None:
    """Backticks inside make the fence longer, a bar ends no cell, and nothing is not an empty span."""
    assert [code("a"), code("a`b"), code("`a"), code(""), code("a|b", in_table=True)] == [
        "`a`",
        "``a`b``",
        "`` `a ``",
        "` `",
        "`a\\|b`",
    ]
    assert fenced("a ```` b", "sh") == ["`````sh", "a ```` b", "`````"]
    assert fenced("run  'two  spaces'", "sh")[1] == "run  'two  spaces'"


def test_a_large_suite_fits_into_a_comment() -> None:
    """Rows are left out and counted, never causes or the tally."""
    trials = [trial(f"scenario-{number}", reasons=["why " * 100]) for number in range(500)]
    said = of(trial("primary-crash", advice(DOWN_AFTER)), *trials)
    assert len(said) <= MOST_CHARACTERS
    assert "501 trials, 501 violated" in said
    assert "more trials in the report." in said


def test_it_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """Folders are made; a folder in its place is one line."""
    run = RunVerdict(outcome="pass", trials=[trial("a", outcome="pass")])
    write_markdown(run, tmp_path / "new" / "run.md")
    assert (tmp_path / "new" / "run.md").read_text(encoding="utf-8") == markdown(run)
    with pytest.raises(RecordError):
        write_markdown(run, tmp_path)
