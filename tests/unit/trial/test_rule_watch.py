"""Rules that Prometheus cannot compute become events, and so do those that it can again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsquared.clock import TrialClock
from jsquared.records.alert_events import RuleHealth
from jsquared.records.events import EventLog, read_events
from jsquared.trial.rule_watch import RuleWatch
from support.json_server import JsonServer

DUPLICATES = "vector contains metrics with the same labelset\nafter applying alert labels"


class Rules:
    """A Prometheus with two groups of rules, whose health is ``health`` by their names."""

    def __init__(self, log: Path) -> None:
        self.health: dict[str, str] = {}
        self.log = log
        self.events = EventLog(log, TrialClock.start())
        self.server = JsonServer(self.answer)
        self.at_s = 0.0
        self.tolerated = False
        self.watch = RuleWatch(self.server.port, 5.0, self.events, lambda: self.tolerated, lambda: self.at_s)

    def answer(self, _: str) -> object:
        """What it says of them."""
        return {
            "status": "success",
            "data": {"groups": [self.group("often", 5, "Down"), self.group("rare", 3600, "Lag")]},
        }

    def group(self, name: str, interval_s: float, rule: str) -> dict[str, Any]:
        """A group of one alert."""
        health = self.health.get(rule, "ok")
        error = DUPLICATES if health == "err" else ""
        one = {"name": rule, "query": "up", "health": health, "lastError": error, "type": "alerting", "alerts": []}
        return {"name": name, "file": "rules.yml", "interval": interval_s, "rules": [one]}

    def told(self) -> list[tuple[str, str, bool, str]]:
        """All events of rules."""
        self.events.close()
        found = [one for one in read_events(self.log) if isinstance(one, RuleHealth)]
        return [(one.rule, one.group, one.ok, one.error) for one in found]


@pytest.fixture
def rules(tmp_path: Path) -> Iterator[Rules]:
    """Rules that are all computed at first."""
    made = Rules(tmp_path / "events.jsonl")
    yield made
    made.server.close()
    made.events.close()


def test_a_rule_that_fails_is_told_once_and_once_more_when_it_is_computed(rules: Rules) -> None:
    """With what Prometheus says of it, on one line; those that are computed are not told."""
    for health in ("ok", "err", "err", "ok", "ok", "err"):
        rules.health = {"Down": health}
        rules.watch.look()
    error = DUPLICATES.replace("\n", " ")
    assert rules.told() == [
        ("Down", "often", False, error),
        ("Down", "often", True, ""),
        ("Down", "often", False, error),
    ]


def test_a_rule_that_was_never_computed_is_told_at_the_end(rules: Rules) -> None:
    """Until then it may only be early; its group's interval says why."""
    rules.health = {"Lag": "unknown"}
    rules.watch.look()
    assert rules.watch._errors == {}
    rules.watch.conclude()
    said = "it has not been computed once: its group has an interval of 3600 s"
    assert rules.told() == [("Lag", "rare", False, said)]


def test_rules_that_fail_since_a_fault_has_blinded_prometheus_are_not_told(rules: Rules) -> None:
    """Nor are they for the time that it takes to compute each again; what fails on is told."""
    rules.health = {"Down": "err"}
    rules.tolerated = True
    rules.watch.look()
    rules.tolerated = False
    rules.at_s = 14.9
    rules.watch.look()
    assert rules.watch._errors == {}
    rules.at_s = 15.1
    rules.watch.look()
    assert [one[:3] for one in rules.told()] == [("Down", "often", False)]


def test_a_prometheus_that_is_silent_says_nothing_of_rules(rules: Rules) -> None:
    """Others tell of its silence."""
    rules.server.close()
    rules.watch.conclude()
    assert rules.told() == []
