"""Findings as workflow commands of GitHub Actions, which shows them as annotations at the lines of a pull request.

``::error file=…,line=…,title=…::message``, with the escapes of the runner: ``%``, line breaks, and in properties also ``:`` and ``,``.
"""

from collections.abc import Iterator

from jsquared.records.findings import Finding, FindingOutcome
from jsquared.report.findings.document import Document, needs_secret, options_to_copy, tag, without_secret
from jsquared.text import one_line, printable

COMMANDS: dict[FindingOutcome, str] = {"violated": "error", "warning": "warning", "fact": "notice"}


def as_commands(document: Document) -> str:
    """One command a finding, the worst first, and the count for whoever reads the log."""
    commands = [_command(finding, document) for finding in document.worst_first()]
    notes = [f"not read: {one_line(sentence)}" for sentence in document.not_reproduced]
    return "".join(f"{line}\n" for line in (*commands, *notes, document.count()))


def _command(finding: Finding, document: Document) -> str:
    first = document.places(finding)[0]
    properties = {"file": document.path(first.file), "line": str(first.line or 1), "title": tag(finding)}
    given = ",".join(f"{name}={escaped_property(value)}" for name, value in properties.items())
    message = escaped("\n".join(_message(finding, document)))
    return f"::{COMMANDS[finding.outcome]} {given}::{message}"


def _message(finding: Finding, document: Document) -> Iterator[str]:
    first, *others = document.told_places(finding)
    yield one_line(finding.message)
    yield printable(first.text)
    yield from (f"{document.path(other.file)}:{other.line or 1}: {printable(other.text)}" for other in others)
    if finding.fix:
        yield f"try: {printable(finding.fix)}"
    if needs_secret(finding):
        yield without_secret(finding)
    elif options := options_to_copy(finding):
        yield printable(options)


def escaped(text: str) -> str:
    """The message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    """A property of a workflow command."""
    return escaped(one_line(text)).replace(":", "%3A").replace(",", "%2C")
