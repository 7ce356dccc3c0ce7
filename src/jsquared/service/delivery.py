"""A contact list: Alertmanager's configuration from it, and whether everybody on it is reached."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.contacts import Contacts, Receiver, read_contacts
from jsquared.monitor.delivery import deliver
from jsquared.monitor.routing import alertmanager_file
from jsquared.programs.find import find
from jsquared.service.outputs import write_new
from jsquared.text import did_you_mean


class DeliveryRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The contacts to try; ``teams`` are those to try alone, ``alertmanager`` is the path of one in the place of any other."""

    contacts: Path
    teams: list[str] = []
    alertmanager: str = ""
    limit_s: float = 30.0


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver of one team, without what may be a secret, and whether it took the alert."""

    team: str
    areas: list[str]
    kind: str
    receiver: str
    delivered: bool
    took_s: float
    problem: str = ""


def write_routing(contacts: Path, out: Path | None) -> str:
    """Return Alertmanager's configuration for a contact list, written where that was asked for; nothing is overwritten.

    :raises BadInputError: the contact list is none, or there is such a file already.
    """
    text = alertmanager_file(read_contacts(contacts))
    if out is not None:
        write_new({out: text})
    return text


def try_delivery(request: DeliveryRequest, tell: Callable[[str], None] = lambda _: None) -> list[Tried]:
    """Send a test alert to every receiver, one after the other.

    :param tell: told of each receiver before it is tried.
    :raises BadInputError: the contact list is none, has no such team, or there is no Alertmanager.
    """
    contacts = read_contacts(request.contacts)
    chosen = _chosen(contacts, request.teams)
    program = find("alertmanager", request.alertmanager, where="--alertmanager" if request.alertmanager else "")
    tried = []
    for team, areas, receiver in chosen:
        tell(f"{team}: {receiver.shown}")
        labels = {"area": areas[0] if areas else "", "severity": "none", "deployment": "test"}
        done = deliver(receiver, contacts.smtp, program, labels, limit_s=request.limit_s)
        tried.append(
            Tried(
                team=team, areas=areas, kind=receiver.kind, receiver=receiver.shown,
                delivered=done.delivered, took_s=round(done.took_s, 3), problem=done.problem,
            )
        )  # fmt: skip
    return tried


def _chosen(contacts: Contacts, teams: list[str]) -> list[tuple[str, list[str], Receiver]]:
    named = {team.name for team in contacts.teams}
    for name in teams:
        if name not in named:
            raise BadInputError(
                "no such team", where=f"--team {name}", hint=did_you_mean(name, named, otherwise=", ".join(named))
            )
    every = [
        (team.name, [str(area) for area in team.areas], each) for team in contacts.teams for each in team.receivers
    ]
    every += [("watchdog", [], each) for each in contacts.watchdog]
    return [one for one in every if not teams or one[0] in teams]
