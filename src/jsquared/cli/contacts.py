"""``jsquared contacts``: whether every alert reaches somebody."""

from typing import Annotated

import typer

from jsquared.cli.alerts import ContactsArgument
from jsquared.cli.listing import print_rows
from jsquared.cli.monitoring_options import AlertmanagerOption
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import contact_list as service
from jsquared.text import counted, one_line


def check_contacts(
    contacts: ContactsArgument,
    no_delivery: Annotated[
        bool, typer.Option("--no-delivery", help="Send nothing: check the list and its files alone.")
    ] = False,
    alertmanager: AlertmanagerOption = "",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long a receiver may take.", min=1, max=600)
    ] = 30.0,
    as_json: JsonFlag = False,
) -> int:
    """Prove that every alert has an owner, and that every owner has a receiver that takes alerts.

    An alert's owners are the teams of its area; the watchdog's is whoever listens for it. Each receiver gets a test alert from a real
    Alertmanager, and must accept it. Exit code 1 when an alert has no owner or a receiver does not accept, 3 when a receiver cannot be
    tried from here, since the file of its secret is not on this machine.

    Examples:

    jsquared contacts check contacts.yml

    jsquared contacts check contacts.yml --no-delivery --json
    """
    request = service.ContactsRequest(
        contacts=contacts, delivery=not no_delivery, alertmanager=alertmanager, limit_s=timeout
    )
    console = stderr_console()
    checked = service.check_contacts(request, lambda what: console.say(f"sending a test alert to {what}"))
    if as_json:
        print_json(checked)
    else:
        _show(checked)
    return EXIT_CODES[checked.outcome]


def _show(checked: service.CheckedContacts) -> None:
    print_rows(
        ["alert", "severity", "area", "owners"],
        [[one.alert, one.severity, one.area, ", ".join(one.owners) or "none"] for one in checked.alerts],
    )
    print_text("\n")
    print_rows(
        ["owner", "areas", "receiver", "test alert"],
        [[one.owner, ", ".join(one.areas), one.receiver, one.delivery] for one in checked.receivers],
    )
    for word, sentences in (("violated", checked.problems), ("unknown", checked.unknown)):
        print_text("".join(one_line(f"{word}: {sentence}") + "\n" for sentence in sentences))
    print_text(
        f"{counted(len(checked.alerts), 'alert')}, {counted(len(checked.receivers), 'receiver')}: {checked.outcome}\n"
    )
