"""OpenMetrics of a run: a sample for each figure of each trial, for whoever keeps the figures of trials where all others are.

Text of version 1.0 of the format, without times of its own, as a push gateway and node_exporter's textfile collector take it. Names and
units follow Prometheus' conventions: seconds, and ``_total`` for nothing, since a trial's counts are measurements of that trial.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jsquared.records.private_files import make_private_folder, open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import EXIT_CODES, RunVerdict, TrialVerdict
from jsquared.text import metric_labels

Labels = dict[str, str]
Sample = tuple[Labels, float]


@dataclass(frozen=True)
class _Family:
    """A metric with its samples of one trial, beside the labels that every sample of the trial has."""

    name: str
    unit: str
    meaning: str
    samples: Callable[[TrialVerdict], Iterable[Sample]]


def write_openmetrics(run: RunVerdict, path: Path) -> None:
    """Write the figures of a run.

    :raises RecordError: the file cannot be written.
    """
    with explain_write_errors(path):
        make_private_folder(path.parent, exist_ok=True)
        with open_given(path) as file:
            file.write(openmetrics(run))


def openmetrics(run: RunVerdict) -> str:
    """Return the figures of a run as the text of such a file."""
    lines = [line for family in FAMILIES for line in _lines(family, run.trials)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _lines(family: _Family, trials: Iterable[TrialVerdict]) -> Iterator[str]:
    yield f"# HELP {family.name} {family.meaning}"
    yield f"# TYPE {family.name} gauge"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    seen: set[str] = set()
    for trial in trials:
        for labels, value in family.samples(trial):
            series = f"{family.name}{metric_labels(_of_trial(trial) | labels)}"
            if series not in seen:  # a trial that was given twice is one series
                seen.add(series)
                yield f"{series} {value:.10g}"


def _of_trial(trial: TrialVerdict) -> Labels:
    return {
        "scenario": trial.label,
        "deployment": trial.deployment,
        "engine": trial.engine.name,
        "engine_version": trial.engine.version,
        "ack": trial.ack,
        "seed": str(trial.seed),
        "run": Path(trial.run_dir).name,
    }


def _outcomes(trial: TrialVerdict) -> Iterator[Sample]:
    yield from (({"outcome": str(outcome)}, float(trial.outcome == outcome)) for outcome in EXIT_CODES)


def _failover(trial: TrialVerdict) -> Iterator[Sample]:
    if trial.failover_ms is not None:
        yield {}, trial.failover_ms / 1000


def _phases(trial: TrialVerdict) -> Iterator[Sample]:
    yield from (({"phase": name}, ms / 1000) for name, ms in (trial.phases_ms or {}).items())


def _writes(trial: TrialVerdict) -> Iterator[Sample]:
    for kind in ("attempted", "acknowledged", "lost", "unknown", "unknown_survived", "failed_but_present"):
        count = getattr(trial.writes, kind)
        if count is not None:  # what could not be read back is not known
            yield {"kind": kind}, float(count)


def _objectives(trial: TrialVerdict) -> Iterator[Sample]:
    yield from (({"objective": one.name}, float(one.outcome == "pass")) for one in trial.objectives)


def _duration(trial: TrialVerdict) -> Iterator[Sample]:
    yield {}, trial.duration_ms / 1000


def _alerts(trial: TrialVerdict) -> Iterator[Sample]:
    for one in trial.alerts:
        for what, ms in (("fired", one.fired_ms), ("delivered", one.delivered_ms), ("resolved", one.resolved_ms)):
            if ms is not None:
                yield {"alert": one.alert, "state": what}, ms / 1000


FAMILIES = (
    _Family("jsquared_trial_outcome", "", "1 for the outcome that the trial had, 0 for the others.", _outcomes),
    _Family(
        "jsquared_trial_failover_seconds",
        "seconds",
        "From the first fault until clients wrote to another primary.",
        _failover,
    ),
    _Family("jsquared_trial_failover_phase_seconds", "seconds", "How long each phase of the failover took.", _phases),
    _Family("jsquared_trial_writes", "", "Writes of the trial by what became of them.", _writes),
    _Family(
        "jsquared_trial_objective_met",
        "",
        "1 where the objective was met, 0 where it was not or nothing is known.",
        _objectives,
    ),
    _Family("jsquared_trial_duration_seconds", "seconds", "How long the trial took.", _duration),
    _Family(
        "jsquared_trial_alert_seconds", "seconds", "From the first fault until an alert was in that state.", _alerts
    ),
)
