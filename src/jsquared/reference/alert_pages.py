"""The page of alerts: what each means, its runbook, and its rule."""

from collections.abc import Iterator

from jsquared.monitor.alert import Alert
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.recorded import RECORDED
from jsquared.reference.cells import cell

INTRODUCTION = """# Alerts

`jsquared alerts rules` writes all of these as a rule file for Prometheus, and with `--out DIR` also the tests that prove each of them:
`promtool test rules` lets every alert fire on its own example, and shows that none fires on a sound
deployment, nor because one was not measured for a while.

The rules need [redis_exporter](https://github.com/oliver006/redis_exporter), version 1.45 or newer, for many targets at once:
a job `redis` with the data nodes, whose targets carry the labels `deployment` and `master_name`, and a job `sentinel` with the
Sentinels, whose targets carry `deployment`. In both, `instance` is the address of the node itself.

How long a condition must last depends on how often is scraped: `--profile 1s`, `5s` or `15s`. The columns below have the seconds for each.
"""


def page() -> str:
    """All alerts, each with its runbook, and the recording rules that they use."""
    parts = [INTRODUCTION, *_table()]
    for alert in ALERTS.values():
        parts += _section(alert)
    return "\n".join([*parts, *_recorded()])


def _table() -> Iterator[str]:
    profiles = list(PROFILES.values())
    yield f"| alert | severity | area | {' | '.join(f'for, at {profile.name}' for profile in profiles)} |"
    yield "| --- | --- | --- |" + " --- |" * len(profiles)
    for alert in ALERTS.values():
        holds = " | ".join(f"{alert.hold_s(profile)} s" for profile in profiles)
        yield f"| [{alert.name}](#{alert.name.lower()}) | {alert.severity} | {alert.area} | {holds} |"
    yield ""


def _section(alert: Alert) -> Iterator[str]:
    yield f"## {alert.name}\n"
    yield f"{alert.means}\n"
    yield "Look at:\n"
    yield from (f"1. {step}" for step in alert.look_at)
    yield "\nDo:\n"
    yield from (f"1. {step}" for step in alert.do)
    keeps = f" It goes on firing for {alert.keep_firing_s} s." if alert.keep_firing_s else ""
    yield f"\nAt a scrape every 5 s it fires when this holds:{keeps}\n"
    yield f"```promql\n{alert.expression(PROFILES['5s'])}\n```\n"


def _recorded() -> Iterator[str]:
    yield "## Recording rules\n"
    yield "| name | at a scrape every 5 s |\n| --- | --- |"
    for name, expr in RECORDED.items():
        yield f"| `{name}` | `{cell(PROFILES['5s'].filled(expr))}` |"
    yield ""
