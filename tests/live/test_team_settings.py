"""The guide to team settings, followed in a repository of its own: its file, its scenario, and the runs that follow from them."""

import datetime
import json
import re
from pathlib import Path

import pytest

from support.command_lines import CommandLines

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "team-settings.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(toml|yaml|text)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def repository(tmp_path: Path, command_lines: CommandLines) -> Path:
    """A repository with the files of the guide; its exclusion ends in a month, whenever this runs."""
    for folder in (".git", "deployments", "scenarios"):
        (tmp_path / folder).mkdir()
    month = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)
    settings = BLOCKS["toml"].replace("2027-01-31", month.isoformat())
    (tmp_path / "jsquared.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "scenarios" / "replica-hangs.yaml").write_text(BLOCKS["yaml"], encoding="utf-8")
    [shipped] = command_lines.run("deployments", "reference", "--json").document
    [text] = shipped["files"].values()
    (tmp_path / "deployments" / "production.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_run_without_options_is_that_of_the_team(repository: Path, command_lines: CommandLines) -> None:
    """From a folder below, the suite of the file runs on its deployment, by its limits, and verdict, report and check tell of its rules."""
    ended = command_lines.run("run", "--rate", "25", "--json", cwd=repository / "scenarios")
    assert ended.code == 0, ended.stderr
    assert (
        "settings: ../jsquared.toml (deployment, ack, operations, runs, objectives, suites, exclusions)" in ended.stderr
    )
    trials = {trial["scenario"]: trial for trial in ended.document["trials"]}
    assert sorted(trials) == ["primary-crash", "replica-hangs"]
    crash = trials["primary-crash"]
    limits = {one["name"]: (one["limit"], one["standard_limit"], one["set_by"]) for one in crash["objectives"]}
    assert limits["failover"] == (9000, 10000, "jsquared.toml:8")
    assert limits["write_gap"] == (10000, None, "")
    [laxer] = crash["laxer"]
    assert laxer in crash["reasons"]
    assert laxer.endswith("(jsquared.toml:9): replicas copy 20 GB over a slow link")
    for verdict in (ended.document, *trials.values()):
        assert [(one["scenario"], one["effect"]) for one in verdict["exclusions"]] == [("replica-crash", "left-out")]
    folder = repository / "scenarios" / crash["run_dir"]
    assert folder.resolve().parent == repository / "build" / "runs"
    again = command_lines.run("check", str(folder), "--json")
    assert again.trial["laxer"] == crash["laxer"]
    assert again.document["exclusions"] == ended.document["exclusions"]
    assert laxer in ended.stderr
    assert "replica-crash: not run: excluded until" in (repository / "scenarios" / ended.document["report"]).read_text(
        "utf-8"
    )


def test_a_folder_of_before_there_were_settings_is_judged_as_ever(
    repository: Path, command_lines: CommandLines
) -> None:
    """A plan without the fields of settings is read, and its verdict has no limits or exclusions of a team."""
    ended = command_lines.run("run", "config-quorum", "--json", cwd=repository)
    folder = repository / ended.trial["run_dir"]
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert plan.pop("exclusions")
    for objective in plan["objectives"]:
        del objective["standard_limit"], objective["set_by"]
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    again = command_lines.run("check", str(folder), "--json")
    assert (again.code, again.document["exclusions"], again.trial["laxer"]) == (ended.code, [], [])


def test_the_error_that_the_guide_shows_is_real(repository: Path, command_lines: CommandLines) -> None:
    """The line is what a wrong number gives, with exit code 2."""
    settings = (
        (repository / "jsquared.toml").read_text(encoding="utf-8").replace("operations = 20", "operations = 'many'")
    )
    (repository / "jsquared.toml").write_text(settings, encoding="utf-8")
    ended = command_lines.run("config", cwd=repository)
    assert (ended.code, ended.stderr) == (2, BLOCKS["text"])
