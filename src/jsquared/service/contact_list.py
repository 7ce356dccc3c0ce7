"""Checks a contact list: every alert has an owner, and every owner a receiver that takes alerts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from jsquared.monitor.contact_check import (
    OwnedAlert,
    file_problem,
    needed_files,
    owned_alerts,
    secret_files,
    without_owner,
)
from jsquared.monitor.contacts import Contacts, Receiver, read_contacts
from jsquared.monitor.delivery import deliver
from jsquared.programs.find import Program, find


class ContactsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The contact list; without ``delivery`` nothing is sent. ``alertmanager`` is the path of one in the place of any other."""

    contacts: Path
    delivery: bool = True
    alertmanager: str = ""
    limit_s: float = 30.0


class CheckedReceiver(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver of an owner, without what may be a secret, and whether it takes alerts."""

    owner: str
    areas: list[str]
    kind: str
    receiver: str
    delivery: Literal["accepted", "refused", "unknown", "not tried"]
    problem: str = ""


class CheckedContacts(msgspec.Struct, frozen=True, kw_only=True):
    """A contact list held against the catalogue: ``violated`` with a problem, ``inconclusive`` with something that is not known."""

    outcome: Literal["pass", "violated", "inconclusive"]
    alerts: list[OwnedAlert]
    receivers: list[CheckedReceiver]
    problems: list[str]
    unknown: list[str]


def check_contacts(request: ContactsRequest, tell: Callable[[str], None] = lambda _: None) -> CheckedContacts:
    """Hold a contact list against the catalogue, and send every receiver a test alert.

    :param tell: told of each receiver before it is tried.
    :raises BadInputError: the contact list is none, or there is no Alertmanager to send with.
    :raises LabError: Alertmanager does not start.
    """
    contacts = read_contacts(request.contacts)
    alerts = owned_alerts(contacts)
    program = _alertmanager(request) if request.delivery else None
    files = [file_problem(path) for path in secret_files(contacts)]
    receivers = []
    for owner, areas, receiver in _every(contacts):
        if program is not None:
            tell(f"{owner}: {receiver.shown}")
        receivers.append(_checked(owner, areas, receiver, contacts, program, request.limit_s))
    problems = [*without_owner(alerts, contacts), *(text for text, is_certain in files if text and is_certain)]
    problems += [_sentence(one) for one in receivers if one.delivery == "refused"]
    unknown = [text for text, is_certain in files if text and not is_certain]
    unknown += [_sentence(one) for one in receivers if one.delivery == "unknown"]
    return CheckedContacts(
        outcome="violated" if problems else "inconclusive" if unknown else "pass",
        alerts=alerts,
        receivers=receivers,
        problems=problems,
        unknown=unknown,
    )


def _alertmanager(request: ContactsRequest) -> Program:
    return find("alertmanager", request.alertmanager, where="--alertmanager" if request.alertmanager else "")


def _every(contacts: Contacts) -> Iterator[tuple[str, list[str], Receiver]]:
    for team in contacts.teams:
        for one in team.receivers:
            yield team.name, [str(area) for area in team.areas], one
    for one in contacts.watchdog:
        yield "watchdog", [], one


def _checked(
    owner: str, areas: list[str], receiver: Receiver, contacts: Contacts, program: Program | None, limit_s: float
) -> CheckedReceiver:
    outcome, problem = _delivery(areas, receiver, contacts, program, limit_s)
    return CheckedReceiver(
        owner=owner, areas=areas, kind=receiver.kind, receiver=receiver.shown, delivery=outcome, problem=problem
    )


def _delivery(
    areas: list[str], receiver: Receiver, contacts: Contacts, program: Program | None, limit_s: float
) -> tuple[Literal["accepted", "refused", "unknown", "not tried"], str]:
    if program is None:
        return "not tried", ""
    if any(not Path(file).is_file() for file in needed_files(receiver, contacts)):
        return "unknown", "cannot be tried without the file of its secret"
    labels = {"area": areas[0] if areas else "", "severity": "none", "deployment": "test"}
    done = deliver(receiver, contacts.smtp, program, labels, limit_s=limit_s)
    return ("accepted", "") if done.delivered else ("refused", done.problem)


def _sentence(one: CheckedReceiver) -> str:
    return f"{one.owner}: {one.receiver}: {one.problem}"
