"""Findings on a terminal: what is to be copied is whole on one line at any width, and the worst comes first."""

import re
from dataclasses import replace

import pytest

from jsquared.report.findings.document import Document, NextStep
from jsquared.report.findings.text import as_lines
from support.sample_findings import LONG_LINE, SENTENCE, finding, sample_document

WIDTHS = [40, 80, 200, None]


def plain(document: Document, width: int | None) -> list[str]:
    """The lines without their styles."""
    return [line.plain for line in as_lines(document, width)]


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_copied_is_never_broken(width: int | None) -> None:
    """Paths, configuration lines, options and the next command are whole on one line, however narrow the terminal is."""
    lines = plain(sample_document(), width)
    assert any(line.startswith("my config/n1/sentinel.conf:4: violated: ") for line in lines)
    for whole in (
        "    sentinel  down-after-milliseconds mymaster 30000",
        "    my config/n2/sentinel.conf:7: sentinel down-after-milliseconds mymaster 31000",
        f"    {LONG_LINE} | `x`",
        "    --with sentinel.down-after-milliseconds=3500",
        "    --with 'redis.save=60 1'",
        "  jsquared analyse 'my config' --with redis.appendonly=yes",
    ):
        assert whole in lines, whole


@pytest.mark.parametrize("width", [40, 80, 200])
def test_sentences_are_wrapped(width: int) -> None:
    """A sentence stays within the width, and its words stay whole and in order."""
    text = plain(replace(sample_document(), findings=[finding()]), width)
    start = next(number for number, line in enumerate(text) if ": violated: " in line)
    end = next(number for number, line in enumerate(text) if line.startswith("    sentinel  down"))
    assert all(len(line) <= width for line in text[start + 1 : end])
    assert " ".join(line.strip() for line in text[start:end]).endswith(f"violated: {SENTENCE} [failover-over-10s]")


def test_in_a_pipe_a_sentence_is_one_line() -> None:
    """Programs get ``file:line: outcome: sentence [rule]`` on one line, as from a compiler."""
    lines = plain(sample_document(), None)
    heads = [line for line in lines if re.match(r"\S.*: (violated|warning|fact): ", line)]
    assert len(heads) == 5
    assert f"my config/n1/sentinel.conf:4: violated: {SENTENCE} [failover-over-10s]" in heads
    assert "not read: The pattern /gone/*.conf leads to nothing." in lines


def test_the_worst_comes_first() -> None:
    """Findings are grouped by severity, violated before warnings, and a count and the next command come last."""
    lines = plain(sample_document(), None)
    groups = [line for line in lines if re.match(r"(critical|high|medium|info): ", line)]
    assert groups == ["critical: 2 violated", "high: 1 violated, 1 warning", "info: 1 fact"]
    assert lines.index("high: 1 violated, 1 warning") < next(n for n, line in enumerate(lines) if "[quoted]" in line)
    assert lines[-3:] == [
        "3 violated, 1 warning, 1 fact; clients acknowledge at wait:1",
        "Next, look again:",
        "  jsquared analyse 'my config' --with redis.appendonly=yes",
    ]


def test_a_fix_that_is_no_line_is_a_sentence() -> None:
    """What no single line mends is told as prose, and a finding without anything to try ends with its line."""
    lines = plain(sample_document(), 40)
    assert "  try: SENTINEL RESET mymaster, one" in lines
    assert "    after another" in lines
    fact = next(number for number, line in enumerate(lines) if "[ack-safe]" in line)
    assert lines[fact + 1].startswith("    sentinel down-after")
    assert "try" not in "".join(lines[fact + 1 : fact + 4])


def test_a_secret_is_not_offered_to_be_copied() -> None:
    """An option whose value is a mark would set the mark, so the line says what to write instead."""
    lines = plain(replace(sample_document(), findings=[finding(try_with=("redis.masterauth=<secret-1>",))]), None)
    assert not [line for line in lines if line.strip().startswith("--with")]
    assert any("<secret-1> stands for a secret" in line and "--with redis.masterauth" in line for line in lines)
    step = NextStep("Next", "jsquared analyse x --with 'redis.requirepass=<secret-1>'")
    assert "Write the secrets in place of their marks first." in plain(replace(sample_document(), next_step=step), None)


def test_nothing_found_is_said() -> None:
    """A deployment without findings gets its count and the next step."""
    lines = plain(replace(sample_document(), findings=[], not_reproduced=[]), 80)
    assert lines[0] == "nothing found; clients acknowledge at wait:1"


def test_hostile_names_stay_text() -> None:
    """Escape sequences and line breaks in names are shown, and cannot begin a line of their own."""
    evil = finding(message="\x1b[2J\nfile: violated: no", fix="\x1b]0;x\x07", target="n1\x1b")
    shown = "\n".join(plain(replace(sample_document(), findings=[evil]), None))
    assert "\x1b" not in shown
    assert "\nfile: violated" not in shown
