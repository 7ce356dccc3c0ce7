"""Alertmanager's configuration from a contact list: each area's alerts go to the teams that have it.

Written for Alertmanager 0.25 and newer. Secrets stay in the files that the contact list names, but for the addresses of webhooks, which
Alertmanager of that age reads from nowhere else: whoever writes the configuration keeps it private.
"""

from collections.abc import Iterator
from typing import Any

from jsquared.monitor.alert import Area
from jsquared.monitor.contacts import Contacts, Receiver, Smtp
from jsquared.monitor.yaml_text import to_yaml

WATCHDOG, EXPORTER_DOWN = "Watchdog", "RedisExporterDown"
NOBODY, ALIVE = "(nobody)", "(watchdog)"
"""Receivers of ours, called as no team may be."""
GROUPED_BY = ("deployment", "master_name", "alertname")
HEADER = "# Alertmanager: who is told of what. Written by JSquared.\n"
NOBODY_HEADER = """\
# Alertmanager: nobody is told of anything yet. Written by JSquared.
# Write a contact list, and render again with --contacts FILE; or write receivers and routes here by hand.
"""


def alertmanager_file(contacts: Contacts) -> str:
    """Return the configuration as YAML.

    Alerts of one deployment and primary come as one message. Without anybody to listen for it, the watchdog is told to nobody.
    """
    document = {
        **_global(contacts.smtp),
        "route": {
            "receiver": contacts.teams[0].name,
            "group_by": list(GROUPED_BY),
            "group_wait": "5s",
            "group_interval": "1m",
            "repeat_interval": "4h",
            "routes": list(_routes(contacts)),
        },
        "inhibit_rules": [_nothing_is_measured()],
        "receivers": [
            *({"name": team.name, **channels(team.receivers)} for team in contacts.teams),
            {"name": NOBODY},
            *([{"name": ALIVE, **channels(contacts.watchdog)}] if contacts.watchdog else []),
        ],
    }
    return HEADER + to_yaml(document)


def nobody_file() -> str:
    """Return a configuration that tells nobody: alerts are shown, and that is all."""
    document = {
        "route": {"receiver": NOBODY, "group_by": list(GROUPED_BY)},
        "inhibit_rules": [_nothing_is_measured()],
        "receivers": [{"name": NOBODY}],
    }
    return NOBODY_HEADER + to_yaml(document)


def delivery_file(receiver: Receiver, smtp: Smtp | None) -> str:
    """Return a configuration that sends whatever fires to one receiver, at once."""
    document = {
        **_global(smtp),
        "route": {"receiver": "tried", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
        "receivers": [{"name": "tried", **channels((receiver,))}],
    }
    return to_yaml(document)


def channels(receivers: tuple[Receiver, ...]) -> dict[str, list[dict[str, Any]]]:
    """Return the settings of one receiver of Alertmanager's for all ways to reach a team."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in receivers:
        found.setdefault(f"{one.kind}_configs", []).append(_channel(one))
    return found


def _channel(receiver: Receiver) -> dict[str, Any]:
    settings: dict[str, dict[str, Any]] = {
        "webhook": {"url": receiver.target},
        "email": {"to": receiver.target},
        "slack": {"channel": receiver.target, "api_url_file": receiver.secret_file},
        "pagerduty": {"routing_key_file": receiver.secret_file},
    }
    return {**settings[receiver.kind], "send_resolved": True}


def _global(smtp: Smtp | None) -> dict[str, Any]:
    if smtp is None:
        return {}
    login = {"smtp_auth_username": smtp.user, "smtp_auth_password_file": smtp.password_file} if smtp.user else {}
    settings = {"smtp_smarthost": smtp.host, "smtp_from": smtp.sender, **login, "smtp_require_tls": smtp.tls}
    return {"global": settings}


def _routes(contacts: Contacts) -> Iterator[dict[str, Any]]:
    watchdog = {"matchers": [f'alertname="{WATCHDOG}"'], "receiver": ALIVE if contacts.watchdog else NOBODY}
    yield {**watchdog, "repeat_interval": "1m"}
    for area in Area:
        teams = [team for team in contacts.teams if area in team.areas]
        for number, team in enumerate(teams, 1):
            route: dict[str, Any] = {"matchers": [f'area="{area}"'], "receiver": team.name}
            yield {**route, "continue": True} if number < len(teams) else route


def _nothing_is_measured() -> dict[str, Any]:
    """While nothing of a deployment can be measured, what follows from that is not told too."""
    return {
        "source_matchers": [f'alertname="{EXPORTER_DOWN}"'],
        "target_matchers": [f'alertname!="{EXPORTER_DOWN}"'],
        "equal": ["deployment"],
    }
