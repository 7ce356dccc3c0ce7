"""The findings that are open at a moment, from the runs until then: new ones and mended ones are the difference between two moments.

Three kinds are known. *Resilience*: the newest trial of a scenario that passed or was violated was violated. *Configuration*: the static
analysis says it is violated, in the newest trial of the deployment. *Alert*: one was missed, or fired without a reason, in the newest
monitored trial of a scenario. A trial that proved nothing opens and mends nothing, and one that tried a changed directive (``--with``) is
about something else than the deployment.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from jsquared.journal.run_facts import FoundRule, RunFacts

FindingKind = Literal["resilience", "configuration", "alert"]


class OpenFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is open, and the run that last showed it."""

    kind: FindingKind
    deployment: str
    name: str
    """The scenario, the rule with its targets, or the alert with its scenario."""
    message: str
    fix: str
    run: str
    since_run: str
    """The first run of those that showed it without one between them that did not."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same finding at another moment."""
        return self.kind, self.deployment, self.name


def counted_runs(runs: Sequence[RunFacts]) -> list[RunFacts]:
    """Return the runs that say something about a deployment as it is, the oldest first."""
    said = [run for run in runs if run.state in ("pass", "violated", "inconclusive") and not run.changes]
    return sorted(said, key=lambda run: (run.started, run.run))


Findings = dict[tuple[str, str, str], OpenFinding]
"""Findings by their keys."""


def open_findings(runs: Sequence[RunFacts], start: Findings | None = None) -> Findings:
    """Return the findings that are open after these runs.

    :param start: those that were open before them.
    """
    return _followed(runs, start or {})[0]


def passing_findings(runs: Sequence[RunFacts], start: Findings) -> Findings:
    """Return the findings that these runs opened and mended again, beside those of the start."""
    now, opened = _followed(runs, start)
    return {key: one for key, one in opened.items() if key not in now and key not in start}


def _followed(runs: Sequence[RunFacts], start: Findings) -> tuple[Findings, Findings]:
    """The findings that are open in the end, and all that were opened on the way."""
    found, opened = dict(start), Findings()
    for run in counted_runs(runs):
        for shown, names in _told(run):
            told = {one.key: one for one in names}
            for key in [key for key in found if shown(key) and key not in told]:
                del found[key]
            for key, one in told.items():
                since = found[key].since_run if key in found else one.since_run
                found[key] = opened[key] = msgspec.structs.replace(one, since_run=since)
    return dict(sorted(found.items())), dict(sorted(opened.items()))


class _About:
    """The findings of which a run says whether they are there."""

    def __init__(self, kind: FindingKind, deployment: str, ending: str = "") -> None:
        self._start = (kind, deployment)
        self._ending = ending

    def __call__(self, key: tuple[str, str, str]) -> bool:
        return key[:2] == self._start and (not self._ending or key[2].endswith(self._ending))


def _told(run: RunFacts) -> Iterator[tuple["_About", list[OpenFinding]]]:
    if run.state in ("pass", "violated"):
        violated = [_scenario(run)] if run.state == "violated" else []
        yield _Named("resilience", run.deployment, run.label), violated
    if run.was_run and not run.is_static:
        rules = [_rule(run, one) for one in run.findings if one.outcome == "violated"]
        yield _About("configuration", run.deployment), rules
    if run.is_monitored and run.state != "inconclusive":
        yield _About("alert", run.deployment, f" in {run.label}"), list(_alerts(run))


class _Named(_About):
    """The one finding with this name."""

    def __init__(self, kind: FindingKind, deployment: str, name: str) -> None:
        super().__init__(kind, deployment)
        self._key = (kind, deployment, name)

    def __call__(self, key: tuple[str, str, str]) -> bool:
        return key == self._key


def _scenario(run: RunFacts) -> OpenFinding:
    fixes = [one.fix for one in run.findings if one.fix]
    return OpenFinding(
        kind="resilience",
        deployment=run.deployment,
        name=run.label,
        message=run.reasons[0] if run.reasons else "violated",
        fix=fixes[0] if run.is_static and fixes else "",
        run=run.run,
        since_run=run.run,
    )


def _rule(run: RunFacts, one: FoundRule) -> OpenFinding:
    return OpenFinding(
        kind="configuration",
        deployment=run.deployment,
        name=f"{one.rule} ({one.target})" if one.target else one.rule,
        message=one.message,
        fix=one.fix,
        run=run.run,
        since_run=run.run,
    )


def _alerts(run: RunFacts) -> Iterator[OpenFinding]:
    for alerts, words in (
        (run.missed_alerts, "did not fire or arrive in time"),
        (run.false_alerts, "fired without a reason"),
    ):
        for alert in dict.fromkeys(alerts):
            yield OpenFinding(
                kind="alert",
                deployment=run.deployment,
                name=f"{alert} in {run.label}",
                message=words,
                fix="",
                run=run.run,
                since_run=run.run,
            )
