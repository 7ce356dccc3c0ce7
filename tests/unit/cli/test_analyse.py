"""The static analysis from the command line."""

import json
from typing import Any

import pytest

from jsquared.cli.main import main


def analysed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of an analysis."""
    code = main(["analyse", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_reference_keeps_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """The deployment to copy has no violated finding at its majority level."""
    code, document = analysed(capsys, "reference")
    assert (code, document["outcome"], document["ack"]) == (0, "pass", "wait:1")


@pytest.mark.parametrize("deployment", ["apart", "stock", "classic-2013"])
def test_known_weaknesses_are_found_without_a_server(deployment: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What trials prove on the other shipped deployments, their text already says, with the directive responsible."""
    code, document = analysed(capsys, deployment)
    assert code == 1
    violated = [finding for finding in document["findings"] if finding["outcome"] == "violated"]
    assert violated
    assert all(finding["directive"] and finding["message"] for finding in violated)


def test_the_table_has_the_same_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """People get a table with the rule's name and what to try."""
    _, document = analysed(capsys, "stock")
    assert main(["analyse", "stock"]) == 1
    shown = capsys.readouterr().out
    assert all(finding["rule"] in shown for finding in document["findings"])


def test_a_level_out_of_reach_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The same levels are refused as for a run."""
    assert main(["analyse", "reference", "--ack", "wait:9"]) == 2
    assert "wait:2" in capsys.readouterr().err
