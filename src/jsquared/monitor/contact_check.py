"""Who is told of each alert of the catalogue, by a contact list, and what of the list cannot work as it is written."""

import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jsquared.monitor.alert import Alert
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.contacts import Contacts, Receiver
from jsquared.monitor.routing import WATCHDOG


class OwnedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with its owners: the teams of its area; for the watchdog whoever listens for it."""

    alert: str
    severity: str
    area: str
    owners: list[str]


def owned_alerts(contacts: Contacts) -> list[OwnedAlert]:
    """Return every alert of the catalogue with its owners, of whom there may be none."""
    return [
        OwnedAlert(
            alert=alert.name, severity=str(alert.severity), area=str(alert.area), owners=_owners(alert, contacts)
        )
        for alert in ALERTS.values()
    ]


def _owners(alert: Alert, contacts: Contacts) -> list[str]:
    if alert.name == WATCHDOG:
        return ["watchdog"] if contacts.watchdog else []
    return [team.name for team in contacts.teams if alert.area in team.areas]


def without_owner(alerts: list[OwnedAlert], contacts: Contacts) -> Iterator[str]:
    """Yield a sentence for each area that no team has though the catalogue has alerts of it, and for a watchdog without listener."""
    ownerless = [one for one in alerts if not one.owners]
    if any(one.alert == WATCHDOG for one in ownerless):
        yield f"{WATCHDOG} has no owner: it is told to no one that monitoring has died. Try: watchdog: {{webhook: 'https://…'}}"
    for area in dict.fromkeys(one.area for one in ownerless if one.alert != WATCHDOG):
        names = [one.alert for one in ownerless if one.area == area and one.alert != WATCHDOG]
        yield (
            f"{', '.join(names)}: no team has the area {area}, so {contacts.teams[0].name} gets them as the first team of the list. "
            f"Try: areas: [{area}] for a team"
        )


def secret_files(contacts: Contacts) -> list[str]:
    """Return the files that hold what it takes to write to a receiver, each once."""
    every = [*contacts.watchdog, *(one for team in contacts.teams for one in team.receivers)]
    mailed = contacts.smtp is not None and any(one.kind == "email" for one in every)
    password = contacts.smtp.password_file if contacts.smtp and contacts.smtp.user and mailed else ""
    return list(dict.fromkeys(file for file in (*(one.secret_file for one in every), password) if file))


def needed_files(receiver: Receiver, contacts: Contacts) -> list[str]:
    """Return the files that this receiver cannot be reached without."""
    password = contacts.smtp.password_file if receiver.kind == "email" and contacts.smtp and contacts.smtp.user else ""
    return [file for file in (receiver.secret_file, password) if file]


def file_problem(path: str) -> tuple[str, bool]:
    """Return what is wrong with a file for a secret, and whether that is certain. Nothing of it is read.

    A file that is not here may be where Alertmanager runs, so its absence is no certainty.
    """
    try:
        found = Path(path).stat()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", "") or "no such name"
        return f"{path}: cannot be looked at here ({reason}); Alertmanager needs it where it runs", False
    if not stat.S_ISREG(found.st_mode):
        return f"{path}: is not a regular file", True
    if found.st_size == 0:
        return f"{path}: is empty", True
    return "", False
