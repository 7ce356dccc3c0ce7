"""The catalogue's own proof, for ``promtool test rules``: each alert fires on its example, and none on a sound deployment."""

from collections.abc import Mapping
from typing import Any

from jsquared.monitor.alert import Severity
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.example import SCRAPES, sound
from jsquared.monitor.profile import Profile
from jsquared.monitor.yaml_text import to_yaml

TESTS_FILE = "redis-sentinel.tests.yml"
HEADER = "# Run with: promtool test rules FILE. Written by JSquared.\n"


def rule_tests(profile: Profile, rules: str) -> str:
    """Return the test file, YAML, for a rule file that lies beside it.

    :param rules: the name of the rule file.
    """
    always = {alert.name for alert in ALERTS.values() if alert.severity is Severity.NONE}
    tests = [_test(profile, "a sound deployment", sound(), {name: name in always for name in ALERTS})]
    tests += [
        _test(profile, alert.name, sound() | dict(alert.example), {alert.name: True}) for alert in ALERTS.values()
    ]
    document = {"rule_files": [rules], "evaluation_interval": f"{profile.scrape_s}s", "tests": tests}
    return HEADER + to_yaml(document)


def _test(profile: Profile, name: str, series: Mapping[str, str], fires: Mapping[str, bool]) -> dict[str, Any]:
    end_s = SCRAPES * profile.scrape_s
    return {
        "name": name,
        "interval": f"{profile.scrape_s}s",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "promql_expr_test": [
            {
                # It need not fire at the end any more: some conditions pass by themselves.
                "expr": f'count(count_over_time(ALERTS{{alertname="{alert}", alertstate="firing"}}[{end_s}s])) > bool 0',
                "eval_time": f"{end_s}s",
                "exp_samples": [{"labels": "{}", "value": 1}] if expected else [],
            }
            for alert, expected in fires.items()
        ],
    }
