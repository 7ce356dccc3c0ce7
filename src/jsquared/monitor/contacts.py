"""A team's contact list: who is told of which area's alerts, and how. One small YAML file.

::

    smtp: {host: "mail.example.org:587", from: alerts@example.org, user: alerts, password_file: /etc/secrets/smtp}
    teams:
      DevOps: {slack: {channel: "#ops", url_file: /etc/secrets/slack}, pagerduty: {key_file: /etc/secrets/pagerduty}}
      Security Architect: {email: security@example.org}
      Backend: {webhook: "https://hooks.example.org/backend"}
      Full-stack: {email: [ui@example.org, web@example.org]}
    watchdog: {webhook: "https://deadman.example.org/ping"}

A team called as in ``USUAL_AREAS`` has that area; any other says ``areas: [infrastructure]``. What nobody has goes to the first team.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.monitor.alert import Area

USUAL_AREAS = {
    "DevOps": Area.INFRASTRUCTURE,
    "Security Architect": Area.SECURITY,
    "Backend": Area.APPLICATION,
    "Full-stack": Area.UI,
}
KINDS = ("webhook", "email", "slack", "pagerduty")
MOST_TEAMS = 50
_ADDRESS = re.compile(r"[^@\s]{1,200}@[^@\s]{1,200}")
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}:[0-9]{1,5}")


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """The mail server: ``host`` with its port, and the login where it wants one."""

    host: str
    sender: str
    user: str = ""
    password_file: str = ""
    tls: bool = True


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """One way to reach a team. ``target`` is an address, or a channel; ``secret_file`` holds what it takes to write there."""

    kind: str
    target: str
    secret_file: str = ""

    @property
    def shown(self) -> str:
        """The target without what may be a secret: of a webhook the host alone."""
        return (
            f"{urlsplit(self.target).hostname} (webhook)" if self.kind == "webhook" else f"{self.target} ({self.kind})"
        )


@dataclass(frozen=True, kw_only=True)
class Team:
    """A team with the areas whose alerts it is told of."""

    name: str
    areas: tuple[Area, ...]
    receivers: tuple[Receiver, ...]


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """All teams, the first of which also gets what nobody else has, and who listens for the watchdog."""

    teams: tuple[Team, ...]
    smtp: Smtp | None = None
    watchdog: tuple[Receiver, ...] = ()


def read_contacts(path: Path) -> Contacts:
    """Return the contacts of a file.

    :raises BadInputError: it cannot be read, or names no team, or one that cannot be reached.
    """
    root = parse_yaml(read_given(path), Source(path.name, str(path)))
    entries = root.mapping(("smtp", "teams", "watchdog"))
    if "teams" not in entries:
        raise root.bad("names no teams", "teams: {DevOps: {email: ops@example.org}}")
    teams = tuple(_team(name, item) for name, item in entries["teams"].mapping().items())
    if not 0 < len(teams) <= MOST_TEAMS:
        raise entries["teams"].bad(f"must have 1 to {MOST_TEAMS} teams")
    smtp = _smtp(entries["smtp"]) if "smtp" in entries else None
    watchdog = tuple(_receivers(entries["watchdog"])) if "watchdog" in entries else ()
    mailed = any(one.kind == "email" for one in (*watchdog, *(each for team in teams for each in team.receivers)))
    if mailed and smtp is None:
        raise root.bad(
            "has e-mail addresses and no smtp", "smtp: {host: 'mail.example.org:587', from: alerts@example.org}"
        )
    return Contacts(teams=teams, smtp=smtp, watchdog=watchdog)


def _team(name: str, item: Item) -> Team:
    entries = item.mapping(("areas", *KINDS))
    areas = (
        tuple(Area(each.word([str(area) for area in Area])) for each in entries["areas"].items())
        if "areas" in entries
        else ()
    )
    if not name or name.startswith("("):
        raise item.bad("is no name of a team", ", ".join(USUAL_AREAS))
    if not areas and name not in USUAL_AREAS:
        raise item.bad("has no areas", f"areas: [{', '.join(Area)}], or one of the names {', '.join(USUAL_AREAS)}")
    receivers = tuple(_receivers(item))
    if not receivers:
        raise item.bad("cannot be reached", "email: team@example.org, or webhook: https://…")
    return Team(name=name, areas=areas or (USUAL_AREAS[name],), receivers=receivers)


def _receivers(item: Item) -> Iterator[Receiver]:
    entries = item.mapping(("areas", *KINDS))
    for url in _each(entries.get("webhook")):
        address = url.text()
        if not _is_address(address):
            raise url.bad("is no address of a webhook", "https://hooks.example.org/…")
        yield Receiver(kind="webhook", target=address)
    for mail in _each(entries.get("email")):
        if not _ADDRESS.fullmatch(mail.text()):
            raise mail.bad("is no e-mail address", "team@example.org")
        yield Receiver(kind="email", target=mail.text())
    if "slack" in entries:
        slack = entries["slack"].mapping(("channel", "url_file"))
        yield Receiver(
            kind="slack",
            target=_required(entries["slack"], slack, "channel"),
            secret_file=_file(entries["slack"], slack, "url_file"),
        )
    if "pagerduty" in entries:
        pager = entries["pagerduty"].mapping(("key_file",))
        yield Receiver(kind="pagerduty", target="PagerDuty", secret_file=_file(entries["pagerduty"], pager, "key_file"))


def _is_address(text: str) -> bool:
    """Whether it is the address of something that speaks HTTP; brackets without an IPv6 address in them are none of any kind."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _each(item: Item | None) -> list[Item]:
    if item is None:
        return []
    return item.items() if item.is_list else [item]


def _smtp(item: Item) -> Smtp:
    entries = item.mapping(("host", "from", "user", "password_file", "tls"))
    host = _required(item, entries, "host")
    if not _HOST.fullmatch(host):
        raise entries["host"].bad("is no host with a port", "mail.example.org:587")
    return Smtp(
        host=host,
        sender=_required(item, entries, "from"),
        user=entries["user"].text() if "user" in entries else "",
        password_file=_file(item, entries, "password_file") if "password_file" in entries else "",
        tls=entries["tls"].word(("yes", "no")) == "yes" if "tls" in entries else True,
    )


def _file(item: Item, entries: dict[str, Item], key: str) -> str:
    """A file with a secret, by its absolute path: Alertmanager reads it, wherever it is started."""
    path = _required(item, entries, key)
    if not Path(path).is_absolute():
        raise entries[key].bad(
            "must be an absolute path, as Alertmanager reads it", f"/etc/secrets/{Path(path).name or 'file'}"
        )
    return path


def _required(item: Item, entries: dict[str, Item], key: str) -> str:
    if key not in entries:
        raise item.bad(f"has no {key}", f"{key}: …")
    return entries[key].text()
