"""Prometheus' and Alertmanager's files of a stack: rules, targets that the user fills in, and who is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jsquared.monitor.contacts import Contacts, Receiver
from jsquared.monitor.render.stack import Stack
from jsquared.monitor.routing import alertmanager_file, nobody_file
from jsquared.monitor.rule_tests import TESTS_FILE, rule_tests
from jsquared.monitor.rules import RULES_FILE, rule_file
from jsquared.monitor.target_groups import KIND, TargetGroup
from jsquared.text import encode_json

USUAL_MASTER = "mymaster"


def rule_files(stack: Stack) -> dict[str, str]:
    """Return the rules and their tests, by file name."""
    return {RULES_FILE: rule_file(stack.profile), TESTS_FILE: rule_tests(stack.profile, RULES_FILE)}


def empty_targets(deployment: str) -> str:
    """Return a file of targets without any: the user adds ``HOST:PORT`` of each server."""
    groups = [
        TargetGroup(targets=[], labels={"deployment": deployment, "master_name": USUAL_MASTER, KIND: "data"}),
        TargetGroup(targets=[], labels={"deployment": deployment, KIND: "sentinel"}),
    ]
    return encode_json(groups).decode() + "\n"


@dataclass(frozen=True)
class ContactSecret:
    """A file that the contact list names: what it is called in the stack, and where the user has it."""

    name: str
    path: str


def contact_secrets(contacts: Contacts | None) -> list[ContactSecret]:
    """Return the files with secrets that Alertmanager reads, each once."""
    if contacts is None:
        return []
    paths = dict.fromkeys(_secret_files(contacts))
    return [ContactSecret(f"contact-{number}", path) for number, path in enumerate(paths, 1)]


def alerting_file(contacts: Contacts | None, folder: str) -> str:
    """Return Alertmanager's configuration.

    :param folder: where Alertmanager finds the files of :func:`contact_secrets`, under their names.
    """
    if contacts is None:
        return nobody_file()
    places = {secret.path: f"{folder}/{secret.name}" for secret in contact_secrets(contacts)}

    def moved(receivers: tuple[Receiver, ...]) -> tuple[Receiver, ...]:
        return tuple(replace(one, secret_file=places.get(one.secret_file, "")) for one in receivers)

    smtp = contacts.smtp
    return alertmanager_file(
        Contacts(
            teams=tuple(replace(team, receivers=moved(team.receivers)) for team in contacts.teams),
            smtp=smtp and replace(smtp, password_file=places.get(smtp.password_file, "")),
            watchdog=moved(contacts.watchdog),
        )
    )


def _secret_files(contacts: Contacts) -> Iterator[str]:
    # Without a user there is no login, and no password is read
    if contacts.smtp and contacts.smtp.user and contacts.smtp.password_file:
        yield contacts.smtp.password_file
    every = (*(one for team in contacts.teams for one in team.receivers), *contacts.watchdog)
    yield from (one.secret_file for one in every if one.secret_file)
