"""A static analysis as every format shows it: findings in order, the count, and the next step."""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from jsquared.records.findings import FINDING_OUTCOMES, SEVERITIES, Finding, FindingOutcome, ResponsibleLine
from jsquared.records.secret_places import marks_in
from jsquared.text import counted

OPTION = "--with"
"""The file of a line that the command line gives."""
_NOUNS = {"violated": ("violated", "violated"), "warning": ("warning", "warnings"), "fact": ("fact", "facts")}


@dataclass(frozen=True)
class NextStep:
    """The command to type next, complete, and in a few words why. ``has_marks``: it has marks in place of secrets, to be replaced first."""

    why: str
    command: str

    @property
    def has_marks(self) -> bool:
        """True if a mark stands where a secret must be written before the command works."""
        return bool(marks_in(self.command))


@dataclass(frozen=True)
class RuleHelp:
    """The knowledge of a rule beside its findings: one sentence, and a paragraph for whoever meets it for the first time."""

    id: str
    about: str
    help: str
    outcome: FindingOutcome
    severity: str
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """An analysis to show. ``rules`` describes those of the findings; paths are shown relative to ``folder`` where they lie in it."""

    deployment: str
    ack: str
    findings: Sequence[Finding]
    not_reproduced: Sequence[str] = ()
    next_step: NextStep | None = None
    rules: Sequence[RuleHelp] = ()
    folder: Path = field(default_factory=Path.cwd)

    def worst_first(self) -> list[Finding]:
        """The findings by severity, and within the same severity by outcome."""
        return sorted(
            self.findings, key=lambda one: (SEVERITIES.index(one.severity), FINDING_OUTCOMES.index(one.outcome))
        )

    def count(self) -> str:
        """``2 violated, 3 warnings, 1 fact``; ``nothing found`` where there is nothing to count."""
        return count_of(self.findings) or "nothing found"

    def path(self, file: str) -> str:
        """A file as a repository names it: relative to the folder where it lies in it, with slashes. An option lies in the deployment."""
        path = Path(os.path.normpath(self.deployment if file == OPTION else file))
        if path.is_absolute() and path.is_relative_to(self.folder):
            path = path.relative_to(self.folder)
        return path.as_posix()

    def uri(self, file: str) -> str:
        """The same as a URI: relative, or absolute as ``file:///…``."""
        path = self.path(file)
        return f"file://{quote(path)}" if path.startswith("/") else quote(path)

    def places(self, finding: Finding) -> list[ResponsibleLine]:
        """Its lines; for one without any, the deployment itself."""
        return list(finding.lines) or [ResponsibleLine(file=self.deployment, text=finding.directive, written=False)]

    def told_places(self, finding: Finding) -> list[ResponsibleLine]:
        """The same for people: of files that all lack the same line, the first."""
        first, *others = self.places(finding)
        return [first, *(other for other in others if other.written or other.text != first.text)]


def count_of(findings: Sequence[Finding]) -> str:
    """``1 violated, 2 warnings``: outcomes that occur, the worst first."""
    found = Counter(finding.outcome for finding in findings)
    return ", ".join(counted(found[outcome], *_NOUNS[outcome]) for outcome in FINDING_OUTCOMES if found[outcome])


def needs_secret(finding: Finding) -> bool:
    """True if what to try has a mark where only the user can write the secret."""
    return any(map(marks_in, finding.try_with))


def options_to_copy(finding: Finding) -> str:
    """``--with KEY=VALUE …`` for a shell, in one line; empty where there is none, or none that works as it stands."""
    if needs_secret(finding):
        return ""
    return " ".join(f"--with {shlex.quote(setting)}" for setting in finding.try_with)


def without_secret(finding: Finding) -> str:
    """A sentence in the place of options that have a mark: what to write there."""
    keys = [setting.partition("=")[0] for setting in finding.try_with]
    marks = dict.fromkeys(mark for setting in finding.try_with for mark in marks_in(setting))
    stands = "stands for a secret" if len(marks) == 1 else "stand for secrets"
    return f"{', '.join(marks)} {stands} of this deployment: to try it, give --with {', '.join(keys)} its real value."


def tag(finding: Finding) -> str:
    """The rule's name, with the monitored primary's where the finding is about one of several."""
    return f"{finding.rule}, {finding.master_name}" if finding.master_name else finding.rule
