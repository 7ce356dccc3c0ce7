"""``jsquared alerts``: the catalogue of alerts, and the rules for Prometheus that follow from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jsquared.cli.completion import complete_alerts
from jsquared.cli.listing import Part, Verbatim, is_name, print_entry, print_rows, search
from jsquared.cli.options import Interval, JsonFlag, ProfileOption
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.monitor.alert import Alert
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.profile import PROFILES
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import delivery
from jsquared.service import rules as service
from jsquared.text import counted, one_line

if TYPE_CHECKING:
    from jsquared.monitor.rule_lint import RuleFinding


def list_alerts(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ALERT|WORD]...",
            help="An alert to show whole, or words to search for.",
            autocompletion=complete_alerts,
        ),
    ] = None,
    profile: ProfileOption = Interval.USUAL,
    as_json: JsonFlag = False,
) -> None:
    """List the alerts; with a name, show what it means, what to look at and what to do.

    Examples:

    jsquared alerts list

    jsquared alerts list FailoverHappened

    jsquared alerts list replica --json
    """
    given = words or []
    found = search(given, ALERTS, _text, what="alert", command="alerts list")
    if as_json:
        print_json([describe_alert(alert, profile) for alert in found])
    elif is_name(given, ALERTS):
        _show(found[0], profile)
    else:
        rows = [[alert.name, str(alert.severity), str(alert.area), alert.means] for alert in found]
        print_rows(
            ["alert", "severity", "area", "what it means"],
            rows,
            "jsquared alerts list NAME shows one whole, with its runbook. Words narrow the list.",
        )


def write_rules(
    profile: ProfileOption = Interval.USUAL,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder to write into; default: print the rules.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the alerts as a rule file for Prometheus, with the tests that prove each of them.

    They expect the targets of the job 'redis' to carry the labels deployment and master_name, and those of the job 'sentinel' the label
    deployment; instance is the address of the node itself, as an exporter for many targets has it. 'promtool test rules' runs the tests.

    Examples:

    jsquared alerts rules > redis-sentinel.rules.yml

    jsquared alerts rules --profile 15s --out ./rules
    """
    written = service.write_rules(service.RulesRequest(profile=profile, out=out))
    if as_json:
        print_json(written)
    elif out is None:
        print_text(written.rules)
    else:
        print_text("".join(f"written: {path}\n" for path in written.files))


def lint_rules(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Rule files of Prometheus, or PrometheusRule objects of Kubernetes."),
    ],
    exporter: Annotated[
        str, typer.Option(help="The version of redis_exporter: 1.45, current, or the address of a running one's page.")
    ] = "current",
    scrape: Annotated[
        float, typer.Option(metavar="SECONDS", help="How often Prometheus scrapes.", min=0.1, max=3600)
    ] = 15.0,
    target_labels: Annotated[
        list[str] | None,
        typer.Option("--target-label", metavar="NAME", help="A label that your targets carry; may be repeated."),
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """Name rules that can never fire or always do, and those that do not see a failover.

    never: with this exporter its expression is empty at all times, which is proven; other rules may be as useless. always: it fires
    whatever the series are. dead: a part of it is always empty. blind: it can fire, but not on a failover that keeps the objective of
    10 s, or not on what its function looks for. labels: it fires only if your targets carry a label that the exporter does not give.
    option: it fires only if the exporter runs with an option, or with a server or version that has what it asks for. unknown: neither
    the exporter nor these files have the series, or it is not read. Exit code 1 when a rule is sure never to fire; 2 for a file that
    Prometheus does not load.

    Examples:

    jsquared alerts lint their-rules.yml

    jsquared alerts lint their-rules.yml --exporter 1.45 --scrape 30

    jsquared alerts lint rules/*.yml --exporter "http://127.0.0.1:9121/scrape?target=redis://127.0.0.1:6379" --json
    """
    from jsquared.service import linted_rules  # noqa: PLC0415 -- with a parser that few have, of the extra 'monitoring'

    request = linted_rules.LintRequest(
        files=files, exporter=exporter, scrape_s=scrape, target_labels=target_labels or []
    )
    linted = linted_rules.lint_rules(request)
    if as_json:
        print_json(linted)
    else:
        print_text("".join(map(_line, linted.findings)))
        print_text(
            f"{counted(linted.rules, 'rule')} for {linted.exporter}: {counted(len(linted.findings), 'finding')}, "
            f"{counted(linted.never, 'rule')} {'is' if linted.never == 1 else 'are'} sure never to fire\n"
        )
    return EXIT_CODES["violated" if linted.never else "pass"]


ContactsArgument = Annotated[
    Path, typer.Argument(metavar="CONTACTS", help="The contact list, YAML: teams, and how each is reached.")
]


def write_routing(
    contacts: ContactsArgument,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The file to write; default: print it.")] = None,
) -> None:
    """Write Alertmanager's configuration from a contact list: each area's alerts go to the teams that have it.

    Infrastructure goes to DevOps, security to the Security Architect, application to Backend and UI to Full-stack, unless a team says
    otherwise. The file is private, since the address of a webhook is a secret.

    Examples:

    jsquared alerts routing contacts.yml --out alertmanager.yml
    """
    text = delivery.write_routing(contacts, out)
    print_text(text if out is None else f"written: {out}\n")


def try_delivery(
    contacts: ContactsArgument,
    teams: Annotated[
        list[str] | None, typer.Option("--team", metavar="NAME", help="Only this team's receivers; may be repeated.")
    ] = None,
    alertmanager: Annotated[
        str, typer.Option(metavar="PATH", help="The Alertmanager to send with; default: on PATH, or a fetched one.")
    ] = "",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long a receiver may take.", min=1, max=600)
    ] = 30.0,
    as_json: JsonFlag = False,
) -> int:
    """Send a test alert through a real Alertmanager to every receiver, and wait until each has accepted it.

    Accepted is what Alertmanager counts: HTTP 2xx, or a mail server that takes sender and recipient (Alertmanager 0.25 does not wait
    for its last word on the content). Whether somebody reads it is not known. Exit code 1 when a receiver does not accept the alert.

    Examples:

    jsquared alerts test-delivery contacts.yml

    jsquared alerts test-delivery contacts.yml --team Backend --json
    """
    request = delivery.DeliveryRequest(contacts=contacts, teams=teams or [], alertmanager=alertmanager, limit_s=timeout)
    console = stderr_console()
    tried = delivery.try_delivery(request, lambda what: console.say(f"sending a test alert to {what}"))
    if as_json:
        print_json(tried)
    else:
        rows = [
            [
                one.team,
                ", ".join(one.areas),
                one.receiver,
                f"{one.took_s:.2f} s" if one.delivered else "no",
                one.problem,
            ]
            for one in tried
        ]
        print_rows(["team", "areas", "receiver", "accepted", "why not"], rows)
    return EXIT_CODES["pass" if all(one.delivered for one in tried) else "violated"]


def _line(finding: "RuleFinding") -> str:
    hint = f". Try: {finding.hint}" if finding.hint else ""
    return one_line(f"{finding.file}:{finding.line}: {finding.outcome}: {finding.rule}: {finding.message}{hint}") + "\n"


def describe_alert(alert: Alert, profile: str) -> dict[str, Any]:
    """An alert as ``alerts list --json`` shows it."""
    interval = PROFILES[profile]
    return {
        "name": alert.name,
        "description": alert.means,
        "tags": [str(alert.severity), str(alert.area)],
        "needs": [],
        "severity": str(alert.severity),
        "area": str(alert.area),
        "expr": alert.expression(interval),
        "for_s": alert.hold_s(interval),
        "keep_firing_s": alert.keep_firing_s,
        "summary": alert.summary,
        "look_at": list(alert.look_at),
        "do": list(alert.do),
    }


def _text(alert: Alert) -> str:
    return " ".join((str(alert.severity), str(alert.area), alert.means, *alert.look_at, *alert.do))


def _show(alert: Alert, profile: str) -> None:
    interval = PROFILES[profile]
    after = f" for {alert.hold_s(interval)} s" if alert.hold_scrapes else ""
    parts: list[Part] = [
        ("", alert.means),
        ("severity", f"{alert.severity}, {alert.area}"),
        ("look at", alert.look_at),
        ("do", alert.do),
        ("fires", f"at a scrape every {profile}, when this holds{after}"),
        ("rule", Verbatim([alert.expression(interval)])),
    ]
    print_entry(alert.name, "", parts, f"jsquared alerts rules --profile {profile} --out DIR")
