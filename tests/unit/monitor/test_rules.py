"""The catalogue as rules: everything that an alert says is there, and spans of time follow the interval between scrapes."""

import re
from typing import Any

import pytest

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.example import SCRAPES, data, sound, unmeasured, unscraped
from jsquared.monitor.exporters import OLD, known_exporter
from jsquared.monitor.profile import PROFILES, Profile
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.rule_tests import rule_tests
from jsquared.monitor.rules import rule_file
from support import quick_yaml

EACH = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


def rules_of(profile: Profile) -> list[dict[str, Any]]:
    """The rules of a file."""
    [group] = quick_yaml.load(rule_file(profile))["groups"]
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
    """On its example it fires, and in other cases as they say; on sound deployments only what always does, or says that nobody answers."""
    document = quick_yaml.load(rule_tests(profile, "the.rules.yml"))
    assert document["rule_files"] == ["the.rules.yml"]
    tests = {test["name"]: test for test in document["tests"]}
    assert len(tests) == len(document["tests"])
    fire = {name: fired(tests.pop(name)) for name in list(tests) if name.startswith("a sound deployment")}
    assert list(fire.values()) == [
        {"Watchdog"},
        {"Watchdog"},
        {"Watchdog", "RedisExporterDown", "RedisUnresponsive", "SentinelDown"},
    ]
    cases = {f"{alert.name}: {case.name}": case for alert in ALERTS.values() for case in alert.cases}
    assert set(tests) == {*ALERTS, *cases}
    for name, case in cases.items():
        assert fired(tests[name]) == ({name.partition(":")[0]} if case.fires else set()), name
    for name in [name for name, alert in ALERTS.items() if alert.example_scrapes == str(SCRAPES)]:
        [asked] = tests[name]["promql_expr_test"]
        assert f'alertname="{name}"' in asked["expr"]
        assert asked["exp_samples"] == [{"labels": "{}", "value": 1}]
        assert asked["eval_time"] == f"{SCRAPES * profile.scrape_s}s"


def fired(test: dict[str, Any]) -> set[str]:
    """The alerts that a test wants to fire."""
    asked = test["promql_expr_test"]
    return {re.findall('alertname="([A-Za-z]+)"', each["expr"])[0] for each in asked if each["exp_samples"]}


@EACH
def test_a_case_goes_on_for_as_many_scrapes_as_it_says(profile: Profile) -> None:
    """Spans are filled in and added, in the length of the test and in the values of its series."""
    document = quick_yaml.load(rule_tests(profile, "the.rules.yml"))
    [test] = [test for test in document["tests"] if test["name"] == "GhostReplica: a replica dies and is still listed"]
    [asked] = test["promql_expr_test"]
    assert asked["eval_time"] == f"{600 + 20 * profile.scrape_s}s"
    values = {each["series"]: each["values"] for each in test["input_series"]}
    assert values[data(3, "redis_up")] == f"1x5 0x{600 // profile.scrape_s} 0x20"
    assert values[data(2, "redis_up")] == f"1x{600 // profile.scrape_s + 20}"


def test_a_sound_deployment_goes_on_behind_a_gap() -> None:
    """Counters are where they would be without it; where the exporter is away, every server's scrape fails and series end."""
    for series in (unscraped(10, 3, 20), unmeasured(10, 3, 20)):
        assert series[data(1, "redis_uptime_in_seconds")].endswith(" 1065+5x20")
    assert unscraped(10, 3, 20)[data(1, "up")] == "1x9 _x3 1x20"
    assert unmeasured(10, 3, 20)[data(1, "up")] == "1x9 0x2 1x20"
    assert unmeasured(10, 3, 20)[data(1, "redis_up")] == "1x9 stale _x2 1x20"
    assert set(unscraped(10, 3, 20)) == set(unmeasured(10, 3, 20)) == set(sound())


def test_an_example_changes_what_is_there_or_adds_to_it() -> None:
    """Every series that an example ends belongs to a sound deployment: a misspelt one would leave the sound one going."""
    for alert in ALERTS.values():
        for series, values in alert.example.items():
            assert series in sound() or values.startswith("_"), f"{alert.name}: {series}"
    known = {"up", *known_exporter(OLD).metrics}
    assert [
        s for alert in ALERTS.values() for case in alert.cases for s in case.series if s.partition("{")[0] not in known
    ] == []
