"""The catalogue's own proof, for ``promtool test rules``: each alert fires on its example, and none on a sound deployment.

Nor does one fire because a sound deployment was not measured for a while, but those that say just that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsquared.monitor.alert import Alert, Severity
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.example import SCRAPES, Case, sound, unmeasured, unscraped
from jsquared.monitor.profile import Profile
from jsquared.monitor.yaml_text import to_yaml

TESTS_FILE = "redis-sentinel.tests.yml"
HEADER = "# Run with: promtool test rules FILE. Written by JSquared.\n"
ALWAYS = frozenset(alert.name for alert in ALERTS.values() if alert.severity is Severity.NONE)
SILENCE = frozenset({"RedisExporterDown", "RedisUnresponsive", "SentinelDown"})
"""What fires when no server answers the exporter, or the exporter nobody."""


def rule_tests(profile: Profile, rules: str) -> str:
    """Return the test file, YAML, for a rule file that lies beside it.

    :param rules: the name of the rule file.
    """
    tests = [*_of_sound_ones(profile), *(test for alert in ALERTS.values() for test in _of_alert(alert, profile))]
    document = {"rule_files": [rules], "evaluation_interval": f"{profile.scrape_s}s", "tests": tests}
    return HEADER + to_yaml(document)


def _of_sound_ones(profile: Profile) -> Iterator[dict[str, Any]]:
    """Every alert on deployments that have nothing, whatever happens to their monitoring."""
    window = profile.window_s // profile.scrape_s
    parts = (window + 5, window + 2, 2 * window + 5)
    quiet = {name: name in ALWAYS for name in ALERTS}
    silent = {name: name in ALWAYS | SILENCE for name in ALERTS}
    yield _test(profile, "a sound deployment", sound(), quiet)
    yield _test(profile, "a sound deployment, and Prometheus away for a while", unscraped(*parts), quiet, sum(parts))
    yield _test(
        profile, "a sound deployment, and the exporter away for a while", unmeasured(*parts), silent, sum(parts)
    )


def _of_alert(alert: Alert, profile: Profile) -> Iterator[dict[str, Any]]:
    example = Case(name="", series=alert.example, fires=True, scrapes=alert.example_scrapes)
    for case in (example, *alert.cases):
        scrapes = sum(int(part) for part in profile.filled(case.scrapes).split("+"))
        series = sound(scrapes) | {name: profile.filled(values) for name, values in case.series.items()}
        name = f"{alert.name}: {case.name}" if case.name else alert.name
        yield _test(profile, name, series, {alert.name: case.fires}, scrapes)


def _test(
    profile: Profile, name: str, series: Mapping[str, str], fires: Mapping[str, bool], scrapes: int = SCRAPES
) -> dict[str, Any]:
    end_s = scrapes * profile.scrape_s
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
