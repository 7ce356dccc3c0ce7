"""The catalogue as rules: everything that an alert says is there, and spans of time follow the interval between scrapes."""

import re
from typing import Any

import pytest
import yaml

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.example import SCRAPES, sound
from jsquared.monitor.profile import PROFILES, Profile
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.rule_tests import rule_tests
from jsquared.monitor.rules import rule_file

EACH = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def rules_of(profile: Profile) -> list[dict[str, Any]]:
    """The rules of a file."""
    [group] = yaml.safe_load(rule_file(profile))["groups"]
    assert group["interval"] == f"{profile.scrape_s}s"
    rules: list[dict[str, Any]] = group["rules"]
    return rules


@EACH
def test_everything_is_a_rule(profile: Profile) -> None:
    """Recorded series come first, and every alert has its severity, area, words and time."""
    rules = rules_of(profile)
    assert [rule.get("record") for rule in rules[: len(RECORDED)]] == list(RECORDED)
    alerts = {rule["alert"]: rule for rule in rules[len(RECORDED) :]}
    assert list(alerts) == list(ALERTS)
    for name, alert in ALERTS.items():
        rule = alerts[name]
        assert rule["labels"] == {"severity": str(alert.severity), "area": str(alert.area)}
        assert rule["annotations"] == {"summary": alert.summary, "description": alert.means}
        assert rule.get("for", "0s") == f"{max(alert.hold_scrapes * profile.scrape_s, alert.least_hold_s)}s"
        assert rule.get("keep_firing_for", "0s") == f"{alert.keep_firing_s}s"


@EACH
def test_spans_of_time_are_filled_in(profile: Profile) -> None:
    """No placeholder is left, and a window has at least four scrapes."""
    assert not re.search(r"<[a-z]+>", rule_file(profile))
    assert profile.window_s >= max(60, 4 * profile.scrape_s)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=list(ALERTS))
def test_an_alert_has_a_runbook_and_an_example(alert: Alert) -> None:
    """It says what it means, what to look at and what to do in whole sentences, and has series that let it fire."""
    assert alert.name in ALERTS
    for sentence in (alert.means, *alert.look_at, *alert.do):
        assert re.search(r"[.?…]$", sentence), sentence
    assert alert.look_at
    assert alert.do
    assert bool(alert.example) is (alert.severity is not Severity.NONE)
    assert alert.summary[0].islower() or alert.summary.startswith(("{{", "Sentinel"))


@EACH
def test_each_alert_has_a_test_of_its_own(profile: Profile) -> None:
    """On its example it fires; on a sound deployment none does but the one that always fires."""
    document = yaml.safe_load(rule_tests(profile, "the.rules.yml"))
    assert document["rule_files"] == ["the.rules.yml"]
    tests = {test["name"]: test for test in document["tests"]}
    assert list(tests) == ["a sound deployment", *ALERTS]
    silent = [
        name
        for name, asked in zip(ALERTS, tests["a sound deployment"]["promql_expr_test"], strict=True)
        if not asked["exp_samples"]
    ]
    assert silent == [name for name in ALERTS if name != "Watchdog"]
    for name in ALERTS:
        [asked] = tests[name]["promql_expr_test"]
        assert f'alertname="{name}"' in asked["expr"]
        assert asked["exp_samples"] == [{"labels": "{}", "value": 1}]
        assert asked["eval_time"] == f"{SCRAPES * profile.scrape_s}s"


def test_an_example_changes_what_is_there_or_adds_to_it() -> None:
    """Every series that an example ends belongs to a sound deployment: a misspelt one would leave the sound one going."""
    for alert in ALERTS.values():
        for series, values in alert.example.items():
            assert series in sound() or values.startswith("_"), f"{alert.name}: {series}"
