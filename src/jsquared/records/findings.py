"""A static rule's finding in a deployment's configuration: plain data, as verdicts and reports carry it."""

from typing import Literal

import msgspec

Severity = Literal["critical", "high", "medium", "info"]
FindingOutcome = Literal["violated", "warning", "fact"]

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "info")
FINDING_OUTCOMES: tuple[FindingOutcome, ...] = ("violated", "warning", "fact")


class ResponsibleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line that a finding is about, as it is written in a file, with marks for secrets.

    ``written`` is false where the file does not have it: ``text`` is then the default that holds instead, or what was counted.
    """

    file: str
    line: int | None = None
    text: str = ""
    written: bool = True

    @property
    def place(self) -> str:
        """``file:line``, or the file alone."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding of one rule.

    ``violated``: an objective cannot be kept, which follows from the text alone. ``warning``: it will not be kept once a certain fault
    comes. ``fact``: what a setting costs or means; nothing to mend.
    """

    rule: str
    severity: Severity
    outcome: FindingOutcome
    target: str
    """Names of nodes or hosts, separated by commas."""
    directive: str
    """The responsible line as written, or the default that holds instead."""
    where: str = ""
    """``file:line`` of each responsible line, separated by commas; empty where nothing is written."""
    message: str
    """One sentence: the condition and what follows from it."""
    fix: str = ""
    """The changed line to try, or what to change where no line does it."""
    fix_is_line: bool = False
    """Whether ``fix`` is a line, or an option, to be written as it stands."""
    try_with: tuple[str, ...] = ()
    """The same as arguments of ``--with``, where that can express it."""
    effect: str = ""
    """What the fix changes, in figures, where the rule can predict it: ``detection takes 3.5 s instead of 30 s``."""
    master_name: str = ""
    """The monitored primary that it is about; empty where it holds for all of them."""
    lines: tuple[ResponsibleLine, ...] = ()
    """Each responsible line by itself; where none is written, the files that lack it."""
    ways: tuple[str, ...] = ()
    """The known ways to break Sentinel that it is about, named as in the tags of scenarios: ``fast-empty-restart``."""
