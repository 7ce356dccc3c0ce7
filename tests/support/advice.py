"""Follows the advice of ``jsquared analyse`` as a user would: types the command that it prints, else edits the lines that it names."""

import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.reach import Allowed
from jsquared.records.findings import Finding, ResponsibleLine
from jsquared.service.analyse import Analysis, analyse
from jsquared.service.request import DeploymentRequest

_MARK = re.compile(r"<secret-(\d+)>")
MOST_ROUNDS = 8
Edit = Callable[[Path, Finding], None]


@dataclass
class Follower:
    """Somebody who does what is printed. ``by_hand`` has the edit for each rule whose advice is words rather than a line."""

    folder: Path
    by_hand: dict[str, Edit]
    floating: Sequence[str] = ()
    settings: list[str] = field(default_factory=list)
    ack: str = "auto"

    def rounds(self) -> int:
        """How often something had to be changed until nothing was left to change.

        :raises AssertionError: the advice leads in a circle, or says nothing that can be done.
        """
        for number in range(MOST_ROUNDS):
            request = self.request()
            analysis = analyse(request)
            found = [one for one in analysis.findings if one.outcome != "fact"]
            if not found:
                return number
            if not self._type_command(analysis):
                violated = [one for one in found if one.outcome == "violated"]
                self._edit(violated or found, request.load().secrets.values)
        raise AssertionError(f"the advice has no end: {[(one.rule, one.fix) for one in found]}")

    def request(self) -> DeploymentRequest:
        """The deployment with all that was changed on the command line."""
        return DeploymentRequest(
            deployment=str(self.folder),
            overrides=self.settings,
            ack=self.ack,
            allowed=Allowed(floating=self.floating),
        )

    def _type_command(self, analysis: Analysis) -> bool:
        """Take over the options of the next command; False where they are the same, or something must be written in them first."""
        words = shlex.split(analysis.next_step.command)
        settings = [value for option, value in itertools.pairwise(words) if option == "--with"]
        ack = next((value for option, value in itertools.pairwise(words) if option == "--ack"), "auto")
        if analysis.next_step.has_marks or (settings, ack) == (self.settings, self.ack):
            return False
        self.settings, self.ack = settings, ack
        return True

    def _edit(self, findings: Sequence[Finding], secrets: Sequence[str]) -> None:
        done: set[tuple[str, str]] = set()
        for finding in findings:
            if finding.rule in self.by_hand:
                self.by_hand[finding.rule](self.folder, finding)
            elif finding.fix_is_line and not finding.fix.startswith("--"):
                text = _MARK.sub(lambda mark: secrets[int(mark[1]) - 1], finding.fix)
                for line in finding.lines:
                    if (line.place, text) not in done:
                        done.add((line.place, text))
                        _write(line, text)
            else:
                raise AssertionError(f"nothing says what to do about {finding.rule}: {finding.message} ({finding.fix})")


def _write(line: ResponsibleLine, text: str) -> None:
    """Write a line in the place of one, or behind the others where there is none."""
    path = Path(line.file)
    lines = path.read_text(encoding="utf-8").splitlines()
    if line.written and line.line is not None:
        lines[line.line - 1] = text
    else:
        lines.append(text)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def substitute(pattern: str, by: str, files: str = "*/*.conf") -> Edit:
    """An edit that replaces what matches in every file; ``{number}`` stands for that of the file's host, ``n1`` and so on."""

    def edit(folder: Path, _: Finding) -> None:
        for path in folder.glob(files):
            number = path.parent.name.lstrip("n")
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(pattern, by.replace("{number}", number), text, flags=re.MULTILINE), encoding="utf-8")

    return edit
