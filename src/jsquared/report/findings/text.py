"""Findings for a terminal, in the form of a compiler: ``file:line: violated: sentence``, the line, and what to try.

Sentences are wrapped to the width. What is there to be copied or clicked never is: paths, configuration lines, commands.
"""

import textwrap
from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from jsquared.records.findings import Finding, FindingOutcome, ResponsibleLine
from jsquared.report.findings.document import (
    Document,
    count_of,
    needs_secret,
    options_to_copy,
    tag,
    without_secret,
)
from jsquared.text import one_line, printable

INDENT = "    "
LEAST_COLUMNS = 20
_STYLES: dict[FindingOutcome, str] = {"violated": "bold red", "warning": "yellow", "fact": "cyan"}


def as_lines(document: Document, width: int | None) -> Iterator[Text]:
    """The whole analysis, a text for each line.

    :param width: columns to wrap sentences to; None not to wrap.
    """
    for severity, found in groupby(document.worst_first(), lambda finding: finding.severity):
        findings = list(found)
        yield Text(f"{severity}: {count_of(findings)}", style="bold")
        for finding in findings:
            yield Text()
            yield from _block(finding, document, width)
        yield Text()
    for sentence in document.not_reproduced:
        yield from _prose(f"not read: {one_line(sentence)}", width)
    yield Text(f"{document.count()}; clients acknowledge at {document.ack}", style="bold")
    if step := document.next_step:
        yield Text(f"{one_line(step.why)}:")
        yield Text(f"  {printable(step.command)}", style="bold")
        if step.has_marks:
            yield from _prose("Write the secrets in place of their marks first.", width)


def _block(finding: Finding, document: Document, width: int | None) -> Iterator[Text]:
    first, *others = document.told_places(finding)
    yield from _headline(finding, first, width)
    if first.text:
        yield _copied(first.text)
    for other in others:
        text = "the same" if other.text == first.text else other.text
        yield _copied(f"{other.place}: {text}")
    if len(finding.target.split(", ")) != 1 + len(others):
        yield from _prose(f"at {one_line(finding.target)}", width, INDENT, style="dim")
    yield from _remedy(finding, width)


def _headline(finding: Finding, place: ResponsibleLine, width: int | None) -> Iterator[Text]:
    path, outcome = printable(place.place), finding.outcome
    head = f"{path}: {outcome}: "
    lines = _wrapped(f"{one_line(finding.message)} [{tag(finding)}]", width, head, "  ")
    styled = Text(lines[0])
    styled.stylize("bold", 0, len(path))
    styled.stylize(_STYLES[outcome], len(path) + 2, len(head) - 2)
    yield styled
    yield from map(Text, lines[1:])


def _remedy(finding: Finding, width: int | None) -> Iterator[Text]:
    if not finding.fix:
        return
    if not finding.fix_is_line:
        yield from _prose(f"try: {one_line(finding.fix)}", width, "  ", INDENT)
    else:
        yield Text("  try:")
        yield _copied(finding.fix, style="green")
    if needs_secret(finding):
        yield from _prose(without_secret(finding), width, INDENT)
    elif options := options_to_copy(finding):
        yield _copied(options, style="green")


def _copied(text: str, style: str = "") -> Text:
    """A line that is never broken; inner spaces are kept as they were written."""
    return Text(INDENT + printable(text.strip()), style=style)


def _prose(text: str, width: int | None, start: str = "", then: str | None = None, style: str = "") -> Iterator[Text]:
    for line in _wrapped(text, width, start, start if then is None else then):
        yield Text(line, style=style)


def _wrapped(text: str, width: int | None, start: str, then: str) -> list[str]:
    """Lines of a sentence; words are never broken, and ``start`` neither."""
    if width is None:
        return [start + text]
    return textwrap.wrap(
        text,
        max(width, LEAST_COLUMNS),
        initial_indent=start,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )
