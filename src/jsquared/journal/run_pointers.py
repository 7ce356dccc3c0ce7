"""Pointers from records to runs: the run's name, its outcome, and the SHA-256 of its verdict, so that a record proves itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jsquared.errors import BadInputError
from jsquared.journal.run_facts import RunFacts, is_run_folder, read_facts
from jsquared.records.plan_check import is_file_name

_POINTER = re.compile(r"(?P<run>\S+) (?P<outcome>pass|violated|inconclusive) (?P<sha256>[0-9a-f]{64})")

Found = Literal["same", "changed", "missing"]


@dataclass(frozen=True)
class RunPointer:
    """A run as a record names it."""

    run: str
    outcome: str
    sha256: str

    @classmethod
    def of(cls, run: RunFacts) -> "RunPointer":
        """Return the pointer to a run.

        :raises BadInputError: it has no verdict.
        """
        if not run.verdict_sha256:
            why = run.problem or "it was not finished"
            hint = "jsquared check RUN_DIR, or a run with a verdict"
            raise BadInputError(f"has no verdict: {why}", where=run.run, hint=hint)
        return cls(run.run, run.state, run.verdict_sha256)

    def __str__(self) -> str:
        return f"{self.run} {self.outcome} {self.sha256}"

    def found_in(self, root: Path) -> Found:
        """Say whether the run is there and still has the verdict that the record names."""
        folder = root / self.run
        if not is_run_folder(folder):
            return "missing"
        return "same" if read_facts(folder).verdict_sha256 == self.sha256 else "changed"


def parse_pointers(values: Sequence[str], where: str) -> list[RunPointer]:
    """Return the pointers of a page's head.

    :raises BadInputError: one is malformed.
    """
    found = []
    for value in values:
        parts = _POINTER.fullmatch(value)
        if not parts or not is_file_name(parts["run"]):
            raise BadInputError(
                f"'{value[:80]}' is not a run with its outcome and hash",
                where=f"{where}, runs",
                hint="jsquared journal keep RUN",
            )
        found.append(RunPointer(parts["run"], parts["outcome"], parts["sha256"]))
    return found
