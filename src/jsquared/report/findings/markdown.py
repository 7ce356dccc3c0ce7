"""Findings as a table in Markdown, for a comment on a pull request.

A table's cell is one line: ``|`` is escaped, and what others wrote neither becomes markup nor mentions anybody.
"""

import re
from collections.abc import Iterator

from jsquared.records.findings import Finding, ResponsibleLine
from jsquared.report.findings.document import Document, needs_secret, options_to_copy, tag, without_secret
from jsquared.text import one_line, printable

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_LINKS = re.compile(r"@(?=\w)|(?<=://)|(?<=www)(?=\.)")


def as_markdown(document: Document) -> str:
    """A heading with the count, the table, and the next step."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"### {code(document.deployment)}: {document.count()}\n"
    if document.findings:
        yield "| | where | finding | as it is | to try |"
        yield "| --- | --- | --- | --- | --- |"
        yield from (_row(finding, document) for finding in document.worst_first())
        yield ""
    yield from (f"- not read: {plain(sentence)}" for sentence in document.not_reproduced)
    if document.not_reproduced:
        yield ""
    if step := document.next_step:
        yield f"{plain(step.why)}:\n\n```sh\n{printable(step.command)}\n```"


def _row(finding: Finding, document: Document) -> str:
    places = document.told_places(finding)
    outcome = f"**{finding.outcome}**" if finding.outcome == "violated" else finding.outcome
    cells = [
        f"{outcome}, {finding.severity}",
        "<br>".join(code(_place(place, document)) for place in places),
        f"{plain(finding.message)} ({code(tag(finding))})",
        "<br>".join(code(text) for text in dict.fromkeys(place.text for place in places) if text),
        "<br>".join(_remedy(finding)),
    ]
    return f"| {' | '.join(cells)} |"


def _place(place: ResponsibleLine, document: Document) -> str:
    path = document.path(place.file)
    return path if place.line is None else f"{path}:{place.line}"


def _remedy(finding: Finding) -> Iterator[str]:
    if finding.fix:
        yield code(finding.fix) if finding.fix_is_line else plain(finding.fix)
    if needs_secret(finding):
        yield plain(without_secret(finding))
    elif options := options_to_copy(finding):
        yield code(options)


def plain(text: str) -> str:
    """Text as text: no markup, no mention, no link."""
    return _LINKS.sub(lambda found: f"{found[0]}<!-- -->", _MARKUP.sub(r"\\\1", one_line(text)))


def code(text: str) -> str:
    """Text as code that may stand in a cell of a table, where even code needs its ``|`` escaped."""
    shown = printable(text).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    padding = " " if "`" in shown or not shown.strip() else ""
    return f"{fence}{padding}{shown}{padding}{fence}"
