"""The catalogue as a rule file for Prometheus."""

from typing import Any

from jsquared.monitor.alert import Alert
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.profile import Profile
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.yaml_text import to_yaml

GROUP = "jsquared-redis-sentinel"
RULES_FILE = "redis-sentinel.rules.yml"
HEADER = "# Rules for Redis behind Sentinel, for a scrape every {scrape_s} s. Written by JSquared.\n"


def rule_file(profile: Profile) -> str:
    """Return the rule file, YAML, for one interval between scrapes.

    All rules are one group, since Prometheus computes a group in its order: alerts see what was recorded in the same round.
    """
    recorded = [{"record": name, "expr": profile.filled(expr)} for name, expr in RECORDED.items()]
    alerts = [_rule(alert, profile) for alert in ALERTS.values()]
    document = {"groups": [{"name": GROUP, "interval": f"{profile.scrape_s}s", "rules": [*recorded, *alerts]}]}
    return HEADER.format(scrape_s=profile.scrape_s) + to_yaml(document)


def _rule(alert: Alert, profile: Profile) -> dict[str, Any]:
    rule: dict[str, Any] = {"alert": alert.name, "expr": alert.expression(profile)}
    if alert.hold_s(profile):
        rule["for"] = f"{alert.hold_s(profile)}s"
    if alert.keep_firing_s:
        rule["keep_firing_for"] = f"{alert.keep_firing_s}s"
    return rule | {
        "labels": {"severity": str(alert.severity), "area": str(alert.area)},
        "annotations": {"summary": alert.summary, "description": alert.means},
    }
