"""What to do next, from what is open: at most ten lines, the most pressing first, each with what to type where that is known."""

import datetime as dt
import shlex
from collections.abc import Iterator, Sequence
from itertools import islice

from jsquared.journal.decision_records import Decision
from jsquared.journal.findings_over_time import OpenFinding, counted_runs
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_facts import RunFacts
from jsquared.journal.waivers import Waiver
from jsquared.text import counted

MOST_STEPS = 10
DECIDE_AFTER_DAYS = 14
WAIVER_DAYS = 7
_ORDER = {"resilience": 0, "configuration": 1, "alert": 2}


def next_steps(
    journal: Journal,
    today: dt.date,
    runs: Sequence[RunFacts],
    findings: Sequence[OpenFinding],
    *,
    proposed: Sequence[Decision],
    waivers: Sequence[Waiver],
    has_trials: bool,
) -> list[str]:
    """Return the steps as sentences.

    :param runs: all until today, the oldest first; ``findings`` those that are open after them.
    """
    by_name = {run.run: run for run in runs}
    steps = [
        *_to_mend(findings, by_name),
        *_waived(waivers, today),
        *_to_repeat(runs),
        *_forgotten(journal, today, runs),
        *_undecided(proposed, today),
        *([] if has_trials else _to_run(runs)),
    ]
    return list(islice(dict.fromkeys(steps), MOST_STEPS))


def _to_mend(findings: Sequence[OpenFinding], runs: dict[str, RunFacts]) -> Iterator[str]:
    for one in sorted(findings, key=lambda one: (_ORDER[one.kind], one.deployment, one.name)):
        if one.fix:
            yield f"Mend {one.name} on {one.deployment}: {one.fix}"
        elif one.kind == "resilience":
            command = shlex.join(runs[one.run].command) if one.run in runs else ""
            yield f"Find out why {one.name} is violated on {one.deployment}{f': {command}' if command else ''}"
        else:
            yield f"Look into {one.name} on {one.deployment}: {one.message}"


def _waived(waivers: Sequence[Waiver], today: dt.date) -> Iterator[str]:
    for one in waivers:
        left = (one.expires - today).days
        about = f"{one.rule}{f' ({one.target})' if one.target else ''}"
        if left < 0:
            yield f"The waiver of {about} ended on {one.expires}: mend the finding, or decide anew"
        elif left <= WAIVER_DAYS:
            yield f"The waiver of {about} ends on {one.expires}, in {counted(left, 'day')}"


def _to_repeat(runs: Sequence[RunFacts]) -> Iterator[str]:
    newest = {run.kind: run for run in counted_runs(runs)}
    for kind in sorted(newest):
        run = newest[kind]
        if run.state == "inconclusive":
            yield f"Run {run.label} on {run.deployment} again, since its newest trial proved nothing: {shlex.join(run.command)}"


def _forgotten(journal: Journal, today: dt.date, runs: Sequence[RunFacts]) -> Iterator[str]:
    """Scenarios that were run once and not for long, for deployments that still are."""
    proofs = [run for run in counted_runs(runs) if run.state != "inconclusive"]
    newest = {run.kind: journal.day_of(run.started) for run in proofs}
    for deployment in sorted({kind[0] for kind in newest}):
        old = [label for (name, label), day in newest.items() if name == deployment and _is_old(journal, today, day)]
        if old:
            names = ", ".join(sorted(old)[:3])
            more = f" and {len(old) - 3} more" if len(old) > 3 else ""
            yield f"Not proven on {deployment} for over {journal.stale_after_days} days: {names}{more}"


def _is_old(journal: Journal, today: dt.date, day: dt.date) -> bool:
    return (today - day).days > journal.stale_after_days


def _undecided(proposed: Sequence[Decision], today: dt.date) -> Iterator[str]:
    for one in proposed:
        if (today - one.date).days > DECIDE_AFTER_DAYS:
            yield f"Decide: {one.title} has been proposed since {one.date}"


def _to_run(runs: Sequence[RunFacts]) -> Iterator[str]:
    deployments = list(dict.fromkeys(run.deployment for run in reversed(runs) if not run.changes))
    name = shlex.quote(deployments[0]) if deployments else "FOLDER"
    yield f"Run the scenarios: jsquared run --suite standard --deployment {name}"
