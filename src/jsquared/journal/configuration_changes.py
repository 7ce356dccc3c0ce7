"""The changes of a deployment's configuration that runs show: which lines differ between two fingerprints, and what was proven since."""

import difflib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.fingerprint import effective_lines, input_texts
from jsquared.journal.run_facts import RunFacts, State
from jsquared.journal.trend import tallied

MOST_LINES = 40
LONGEST_LINE = 300


class ConfigurationChange(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment's change from one fingerprint to the next."""

    deployment: str
    before: str
    after: str
    first_run: str
    """The first run with the new configuration."""
    lines: list[str]
    """The lines that differ, with ``-`` or ``+`` before them and file names between; marks stand for secrets."""
    left_out: int
    """Lines beyond those."""
    unknown: str
    """Why the lines are not known; empty where they are."""
    proof: dict[State, int]
    """How the trials of the new configuration ended, up to the end of the page."""


def configuration_changes(
    root: Path, before: Sequence[RunFacts], during: Sequence[RunFacts]
) -> list[ConfigurationChange]:
    """Return the changes of every deployment, in time order; a deployment's first configuration is no change.

    :param root: the folder with the run folders.
    :param before: the runs up to the page before, the oldest first; ``during`` those of the page.
    """
    newest = {run.deployment: run for run in before if not run.changes}
    changes: list[ConfigurationChange] = []
    for run in during:
        if run.changes or not run.fingerprint:
            continue
        old = newest.get(run.deployment)
        if old is not None and old.fingerprint != run.fingerprint:
            proof = [
                one
                for one in during
                if (one.deployment, one.fingerprint) == (run.deployment, run.fingerprint) and not one.changes
            ]
            changes.append(_change(root, old, run, proof))
        newest[run.deployment] = run
    return changes


def _change(root: Path, old: RunFacts, new: RunFacts, proof: Sequence[RunFacts]) -> ConfigurationChange:
    unknown = ""
    lines: list[str] = []
    try:
        lines = differing_lines(*(input_texts(root / run.run) for run in (old, new)))
    except (BadInputError, OSError) as problem:
        unknown = getattr(problem, "what", "unreadable")
    return ConfigurationChange(
        deployment=new.deployment,
        before=old.fingerprint,
        after=new.fingerprint,
        first_run=new.run,
        lines=lines[:MOST_LINES],
        left_out=max(0, len(lines) - MOST_LINES),
        unknown=unknown or ("" if lines else "no line differs, but roles, hosts or addresses do"),
        proof=tallied(proof),
    )


def differing_lines(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Return the lines of configurations that differ, comments left out, below the name of each file."""
    found: list[str] = []
    for name in sorted({*old, *new}):
        before, after = (effective_lines(texts.get(name, "")) for texts in (old, new))
        changed = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]  # behind the names of the files
        lines = [line for line in changed if not line.startswith("@@")]
        if lines:
            found += [f"# {name}", *(line[:LONGEST_LINE] for line in lines)]
    return found
