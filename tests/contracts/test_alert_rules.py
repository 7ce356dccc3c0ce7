"""The rules hold by Prometheus' own judgement: promtool accepts them, and every alert fires on its example and on nothing sound."""

import subprocess
from pathlib import Path

import pytest
import yaml

from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.rule_tests import TESTS_FILE
from jsquared.monitor.rules import RULES_FILE
from jsquared.records.verdict import RunVerdict
from jsquared.report.openmetrics import openmetrics
from jsquared.service.rules import RulesRequest, write_rules
from support import quick_yaml
from support.violated import trial

pytestmark = pytest.mark.distribution


@pytest.mark.parametrize("profile", PROFILES)
def test_promtool_proves_every_alert(tool, tmp_path: Path, profile: str) -> None:
    """What ``jsquared alerts rules --out`` writes passes as it lies there."""
    write_rules(RulesRequest(profile=profile, out=tmp_path / "rules"))
    promtool = tool("promtool")

    def told(*words: str) -> str:
        done = subprocess.run(
            [promtool.path, *words], cwd=tmp_path / "rules", capture_output=True, text=True, timeout=400, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert f"{len(RECORDED) + len(ALERTS)} rules found" in told("check", "rules", RULES_FILE)
    assert "SUCCESS" in told("test", "rules", TESTS_FILE)


def test_promtool_accepts_the_figures_of_trials(tool) -> None:
    """Names, help and types are as Prometheus' own linter wants them."""
    one = trial("primary-crash", outcome="pass", failover_ms=4567.8)
    figures = openmetrics(RunVerdict(outcome="pass", trials=[one]))
    done = subprocess.run(
        [tool("promtool").path, "check", "metrics"],
        input=figures,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_promtool_sees_an_alert_that_does_not_fire(tool, tmp_path: Path) -> None:
    """The tests have teeth: with another number in a rule they fail, and name it."""
    folder = tmp_path / "rules"
    write_rules(RulesRequest(out=folder))
    rules = (folder / RULES_FILE).read_text()
    broken = rules.replace('expr: redis_up{job="redis"} == 0', 'expr: redis_up{job="redis"} == 2')
    assert broken != rules
    (folder / RULES_FILE).write_text(broken)
    tests = quick_yaml.load((folder / TESTS_FILE).read_text())
    tests["tests"] = [one for one in tests["tests"] if one["name"] in {"RedisDown", "SentinelDown"}]
    assert len(tests["tests"]) == 2
    (folder / TESTS_FILE).write_text(yaml.safe_dump(tests))
    done = subprocess.run(
        [tool("promtool").path, "test", "rules", TESTS_FILE], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "RedisDown" in done.stdout + done.stderr
    assert "SentinelDown" not in done.stdout + done.stderr
