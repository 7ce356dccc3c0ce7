"""The figures of a run as OpenMetrics: one family after another, each series once, hostile names escaped."""

import re
from pathlib import Path

from jsquared.records.alert_results import AlertResult
from jsquared.records.verdict import RunVerdict, TrialVerdict, Writes
from jsquared.report.openmetrics import FAMILIES, openmetrics, write_openmetrics
from support.violated import trial

LINE = re.compile(
    r'[a-z_]+\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\} -?[0-9.e+-]+', re.ASCII
)


def told(*trials: TrialVerdict) -> list[str]:
    """The lines of the file."""
    return openmetrics(RunVerdict(outcome="pass", trials=list(trials))).splitlines()


def passed() -> TrialVerdict:
    """A trial with a failover and an alert."""
    one = trial("primary-crash", outcome="pass", failover_ms=4567.8)
    one.phases_ms = {"detect": 3500.0, "elect": 12.5}
    one.writes = Writes(attempted=900, acknowledged=890, unknown=10)
    one.alerts = [AlertResult(alert="RedisDown", fired_ms=16_000.0, delivered_ms=16_100.5)]
    one.run_dir = "/somewhere/runs/20260101T000000-primary-crash-1"
    return one


def test_every_figure_is_a_sample_in_seconds() -> None:
    """Times are seconds, counts and outcomes numbers, and what did not happen has no sample."""
    text = "\n".join(told(passed(), trial("odd", outcome="violated")))
    samples = {re.sub(r'\{.*?run="[^"]*",?', "{", line): line for line in text.splitlines() if not line.startswith("#")}
    assert samples["jsquared_trial_failover_seconds{} 4.5678"]
    assert samples['jsquared_trial_failover_phase_seconds{phase="elect"} 0.0125']
    assert samples['jsquared_trial_writes{kind="acknowledged"} 890']
    assert samples['jsquared_trial_alert_seconds{alert="RedisDown",state="delivered"} 16.1005']
    assert samples['jsquared_trial_outcome{outcome="violated"} 1']
    assert text.count("jsquared_trial_failover_seconds{") == 1
    assert 'run="20260101T000000-primary-crash-1"' in text
    assert "/somewhere" not in text


def test_the_text_is_well_formed() -> None:
    """Each family has its help and its type once and all its samples in one piece, each series is there once, and an end ends it."""
    lines = told(passed(), passed(), trial('a"b\\c\nd\x1b[31m', outcome="pass"))
    assert lines[-1] == "# EOF"
    samples = [line for line in lines if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in samples), [line for line in samples if not LINE.fullmatch(line)]
    series = [line.rsplit(" ", 1)[0] for line in samples]
    assert len(series) == len(set(series))
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == [family.name for family in FAMILIES]
    order = [name.split("{")[0] for name in series]
    assert order == sorted(order, key=[family.name for family in FAMILIES].index)


def test_a_run_without_trials_is_a_file_too(tmp_path: Path) -> None:
    """Nothing but families and the end."""
    write_openmetrics(RunVerdict(outcome="inconclusive", trials=[]), tmp_path / "deep" / "out.om")
    assert (tmp_path / "deep" / "out.om").read_text(encoding="utf-8").endswith("# EOF\n")
