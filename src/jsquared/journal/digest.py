"""What is new between two days: the facts of a day or week page, in one document, before any of it becomes Markdown.

The runs are those that began after the end of the day ``since`` and until the end of the day ``until``, in the journal's zone. The same
folders and files give the same document, whenever it is asked for.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.architecture import Architecture, architecture_of, differences
from jsquared.journal.configuration_changes import ConfigurationChange, configuration_changes
from jsquared.journal.decision_records import decisions_of
from jsquared.journal.findings_over_time import OpenFinding, counted_runs, open_findings, passing_findings
from jsquared.journal.journal_folder import Journal
from jsquared.journal.kept_trials import kept_trials_of
from jsquared.journal.next_steps import next_steps
from jsquared.journal.run_facts import RunFacts, State
from jsquared.journal.trend import failovers, tallied
from jsquared.journal.waivers import Waiver, read_waivers
from jsquared.records.distribution import percentiles
from jsquared.records.plan_files import read_plan

BEFORE_DAYS = 14
"""The time before a page that its objectives are compared with."""
SOON_DAYS = 14
"""A waiver that ends within so many days is told."""


class KindOfTrial(msgspec.Struct, frozen=True, kw_only=True):
    """The trials of one scenario on one deployment."""

    deployment: str
    label: str
    trials: int
    outcomes: dict[State, int]
    failover_ms: dict[str, float] | None
    lost: int | None
    newest: str
    """The newest run."""
    newest_outcome: State
    look_at: str
    """The first reason of the newest run that was no pass; empty where all passed."""
    changes: list[str]
    """Directives that were changed to try something."""


class ObjectiveTrend(msgspec.Struct, frozen=True, kw_only=True):
    """An objective of a deployment: its limit, what the page's trials show, and what those of the days before showed."""

    deployment: str
    name: str
    unit: str
    limit: float | None
    value: float | None
    n: int
    before: float | None
    n_before: int
    is_met: bool | None
    """None where nothing says it, or where there is no limit."""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A decision or a test record of these days."""

    file: str
    """From the journal's folder."""
    title: str
    status: str


class ExpiringWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver that ends soon, or has ended."""

    rule: str
    target: str
    owner: str
    expires: dt.date
    has_ended: bool


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page says."""

    since: dt.date | None
    """The last day of the page before; None: there is none, and the runs are all that there are."""
    until: dt.date
    zone: str
    trials: int
    outcomes: dict[State, int]
    kinds: list[KindOfTrial]
    objectives: list[ObjectiveTrend]
    new_findings: list[OpenFinding]
    mended_findings: list[OpenFinding]
    """Those that were open before, or were opened on the way, and are mended."""
    open_findings: list[OpenFinding]
    """Those that were open before and still are."""
    configuration: list[ConfigurationChange]
    fingerprints: dict[str, str]
    """The configuration of each deployment at the end."""
    architecture: list[str]
    decisions: list[Noted]
    tests: list[Noted]
    waivers: list[ExpiringWaiver]
    damaged: list[str]
    next: list[str]

    @property
    def is_empty(self) -> bool:
        """True if nothing is new: no trial, no record, no waiver that ends."""
        return not (self.trials or self.decisions or self.tests or self.waivers or self.damaged)


@dataclass(frozen=True)
class Window:
    """Runs by the days of a page: those before it, and those of it, both the oldest first."""

    before: list[RunFacts]
    during: list[RunFacts]


def window(journal: Journal, runs: Sequence[RunFacts], since: dt.date | None, until: dt.date) -> Window:
    """Return the runs before the page and on it."""
    ordered = sorted(runs, key=lambda run: (run.started, run.run))
    days = [(journal.day_of(run.started), run) for run in ordered]
    return Window(
        before=[run for day, run in days if since is not None and day <= since],
        during=[run for day, run in days if (since is None or day > since) and day <= until],
    )


def digest_of(journal: Journal, runs: Sequence[RunFacts], since: dt.date | None, until: dt.date) -> Digest:
    """Return what is new after ``since`` and until ``until``.

    :raises BadInputError: a page or a file of the journal is malformed.
    """
    part = window(journal, runs, since, until)
    readable_before = [run for run in part.before if run.state != "damaged"]
    readable = [run for run in part.during if run.state != "damaged"]
    was = open_findings(readable_before)
    now, passed = open_findings(readable, was), passing_findings(readable, was)
    waivers = read_waivers(journal.folder)
    decisions = decisions_of(journal)
    return Digest(
        since=since,
        until=until,
        zone=journal.zone_name,
        trials=len(readable),
        outcomes=tallied(readable),
        kinds=_kinds(readable),
        objectives=_objectives(journal, readable_before, readable, since),
        new_findings=[one for key, one in now.items() if key not in was],
        mended_findings=[one for key, one in (was | passed).items() if key not in now],
        open_findings=[one for key, one in now.items() if key in was],
        configuration=configuration_changes(journal.runs, readable_before, readable),
        fingerprints={run.deployment: run.fingerprint for run in [*readable_before, *readable] if not run.changes},
        architecture=_architecture_changes(journal, readable_before, readable),
        decisions=[
            Noted(file=f"decisions/{one.path.name}", title=one.title, status=one.status)
            for one in decisions
            if _is_within(one.date, since, until)
        ],
        tests=[
            Noted(file=f"tests/{one.path.name}", title=one.title, status=one.outcome)
            for one in kept_trials_of(journal)
            if _is_within(one.date, since, until)
        ],
        waivers=[_expiring(one, until) for one in waivers if (one.expires - until).days <= SOON_DAYS],
        damaged=sorted(run.run for run in part.during if run.state == "damaged"),
        next=next_steps(
            journal,
            until,
            [*readable_before, *readable],
            list(now.values()),
            proposed=[one for one in decisions if one.status == "proposed" and one.date <= until],
            waivers=waivers,
            has_trials=bool(readable),
        ),
    )


def _is_within(day: dt.date, since: dt.date | None, until: dt.date) -> bool:
    return (since is None or day > since) and day <= until


def _expiring(one: Waiver, until: dt.date) -> ExpiringWaiver:
    return ExpiringWaiver(
        rule=one.rule, target=one.target, owner=one.owner, expires=one.expires, has_ended=one.expires < until
    )


def _kinds(runs: Sequence[RunFacts]) -> list[KindOfTrial]:
    groups: dict[tuple[str, str, tuple[str, ...]], list[RunFacts]] = {}
    for run in runs:
        groups.setdefault((run.deployment, run.label, run.changes), []).append(run)
    return [_kind(groups[key]) for key in sorted(groups)]


def _kind(runs: Sequence[RunFacts]) -> KindOfTrial:
    known = [run.lost for run in runs if run.lost is not None]
    told = [run for run in runs if run.state not in ("pass", "unfinished") and run.reasons]
    newest = runs[-1]
    return KindOfTrial(
        deployment=newest.deployment,
        label=newest.label,
        trials=len(runs),
        outcomes=tallied(runs),
        failover_ms=percentiles(failovers(runs)),
        lost=sum(known) if known else None,
        newest=newest.run,
        newest_outcome=newest.state,
        look_at=told[-1].reasons[0] if told else "",
        changes=list(newest.changes),
    )


def _objectives(
    journal: Journal, before: Sequence[RunFacts], during: Sequence[RunFacts], since: dt.date | None
) -> list[ObjectiveTrend]:
    first = since - dt.timedelta(days=BEFORE_DAYS - 1) if since else None
    recent = [run for run in counted_runs(before) if first is not None and journal.day_of(run.started) >= first]
    counted = counted_runs(during)
    found: list[ObjectiveTrend] = []
    for name in sorted({run.deployment for run in counted}):
        now, was = ([run for run in runs if run.deployment == name] for runs in (counted, recent))
        found += [
            _trend(name, "failover p95", "ms", journal.failover_limit_ms, _p95(now), _p95(was)),
            _trend(name, "lost writes", "writes", float(journal.lost_limit), _lost(now), _lost(was)),
            _trend(name, "trials passed", "%", None, _passed(now), _passed(was)),
            _trend(name, "without an answer", "%", None, _unanswered(now), _unanswered(was)),
        ]
    return found


Measured = tuple[float | None, int]


def _trend(deployment: str, name: str, unit: str, limit: float | None, now: Measured, was: Measured) -> ObjectiveTrend:
    is_known = now[0] is not None and limit is not None
    return ObjectiveTrend(
        deployment=deployment,
        name=name,
        unit=unit,
        limit=limit,
        value=now[0],
        n=now[1],
        before=was[0],
        n_before=was[1],
        is_met=(now[0] or 0.0) <= (limit or 0.0) if is_known else None,
    )


def _p95(runs: Sequence[RunFacts]) -> Measured:
    found = percentiles(failovers(runs))
    return (found["p95"] if found else None), len(failovers(runs))


def _lost(runs: Sequence[RunFacts]) -> Measured:
    """All that was lost, over the trials that asked for it: a scenario that measures a loss below its level violates nothing by it."""
    asked = [one.value for run in runs for one in run.objectives if one.name == "lost_writes" and one.value is not None]
    return (float(sum(asked)) if asked else None), len(asked)


def _passed(runs: Sequence[RunFacts]) -> Measured:
    return _share([run.state == "pass" for run in runs])


def _unanswered(runs: Sequence[RunFacts]) -> Measured:
    return _share([run.state == "inconclusive" for run in runs])


def _share(states: Sequence[bool]) -> Measured:
    return (round(100 * sum(states) / len(states), 1) if states else None), len(states)


def _architecture_changes(journal: Journal, before: Sequence[RunFacts], during: Sequence[RunFacts]) -> list[str]:
    """Compare the newest run of each deployment on the page with the newest before it."""
    sentences: list[str] = []
    old, new = ({run.deployment: run for run in runs if not run.changes} for runs in (before, during))
    for name in sorted(old.keys() & new.keys()):
        pair = [drawn_from(journal, [run]) for run in (old[name], new[name])]
        if pair[0] is not None and pair[1] is not None:
            sentences += differences(pair[0], pair[1])
    return sentences


def drawn_from(journal: Journal, runs: Sequence[RunFacts]) -> Architecture | None:
    """Return the architecture that these runs of one configuration had; None where none of them can be read any more."""
    plans = []
    for run in runs:
        try:
            plans.append(read_plan(journal.runs / run.run))
        except (BadInputError, OSError):
            continue
    return architecture_of(plans, runs[0].fingerprint) if plans else None
