"""``jsquared lab …``: what is done in a lab that is up, and how it is."""

import re
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.lab_up import NameOption
from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_table, print_text
from jsquared.errors import EXIT_INCONCLUSIVE, EXIT_LAB_FAILED, EXIT_PASS, BadInputError, LabError
from jsquared.records.lab_messages import LabFault, LabFaultKind, LabNode, LabStatus
from jsquared.records.verdict import EXIT_CODES
from jsquared.service.lab.fault_words import parameters_in
from jsquared.service.lab.lab import Lab
from jsquared.text import NONE, count, duration

_TIME = re.compile(r"(\d{1,7})(ms|s|m)")
WAIT_S = 5.0
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}


def status(name: NameOption = "", as_json: JsonFlag = False) -> int:
    """Show how a lab is now: roles, who is primary by the Sentinels' majority, lag, faults, load.

    Examples:

    jsquared lab status

    jsquared lab status --json
    """
    now = Lab.attach(name).status()
    if as_json:
        print_json(now)
        return EXIT_PASS
    print_text(_summary(now))
    print_table(("node", "host", "address", "says", "", "lag"), [_row(node) for node in now.nodes])
    if now.faults:
        rows = [(one.id, ", ".join(one.targets) or NONE, _state(one), one.evidence) for one in now.faults]
        print_table(("fault", "targets", "state", "evidence"), rows)
    return EXIT_PASS


def _summary(now: LabStatus) -> str:
    load = now.load
    gap = "" if load.write_gap_ms is None else f", the last one {duration(load.write_gap_ms)} ago"
    lines = [
        f"{now.deployment}, {now.engine}, acknowledged at {now.ack}",
        f"primary  {now.primary or 'none that a majority of the Sentinels names'}",
        "converged" if now.converged else f"not converged: {now.why_not_converged}",
        f"load     {load.state}: {load.acknowledged:,} writes acknowledged, {load.failed:,} failed, {load.unknown:,} unknown{gap}",
        *(["saved: nothing more is recorded"] if now.is_concluded else []),
        *([f"trouble  {now.trouble}"] if now.trouble else []),
    ]
    return "\n".join(lines) + "\n\n"


def _row(node: LabNode) -> tuple[str, ...]:
    about = f"names {node.names}" if node.names else ""
    if node.says == "replica":
        about = f"follows {node.follows or 'a stranger'}{'' if node.link_up else ', link down'}"
    says = node.says if node.is_running else "does not run"
    lag = "" if node.lag_bytes is None else f"{count(node.lag_bytes)} B"
    return node.name, node.host, f"{node.address}:{node.port}", says, about, lag


def _state(fault: LabFault) -> str:
    if fault.is_active:
        return "active"
    return "healed" if fault.healed else "did not heal"


def break_fault(
    fault: Annotated[str, typer.Argument(metavar="FAULT", help="Its name, as jsquared faults lists them.")],
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...", help="primary, replica:1, sentinels, client:1, host:NAME, a node's name."
        ),
    ] = None,
    lasts: Annotated[
        str, typer.Option("--for", metavar="TIME", help="Heal by itself after so long: 500ms, 10s, 2m.")
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the fault; may be repeated."),
    ] = None,
    name: NameOption = "",
    as_json: JsonFlag = False,
) -> int:
    """Break something in a lab, and prove that it is broken. It stays broken until it is healed.

    Exit code 3 where it cannot be proven; it is then healed again.

    Examples:

    jsquared lab break kill primary

    jsquared lab break cut primary --for 10s

    jsquared lab break cut replica:1 --set links=replication --name disks
    """
    heal_after_s = _seconds(lasts) if lasts else 0.0
    parameters = parameters_in(fault, settings or [])
    injected = Lab.attach(name).break_(fault, *(targets or []), heal_after_s=heal_after_s, **parameters)
    if as_json:
        print_json(injected.told)
    else:
        hint = f"it heals by itself in {duration(heal_after_s * 1000)}" if lasts else f"jsquared lab heal {injected.id}"
        proof = injected.evidence or "what proves it is measured when it heals"
        print_text(f"{injected.id} on {', '.join(injected.targets) or 'the deployment'}: {proof} ({hint})\n")
    return EXIT_PASS


def _seconds(text: str) -> float:
    match = _TIME.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise BadInputError(f"'{text[:80]}' is not a valid time", where="--for", hint="500ms, 10s or 2m")
    return int(match[1]) * _UNITS_S[match[2]]


def faults(name: NameOption = "", as_json: JsonFlag = False) -> int:
    """List the faults that a lab can have, with whom each can hit there, its parameters, and why it cannot have the others.

    Examples:

    jsquared lab faults

    jsquared lab faults --json
    """
    offered = Lab.attach(name).fault_kinds()
    if as_json:
        print_json(offered)
        return EXIT_PASS
    rows = [
        [one.name, "no" if one.unavailable_because else "yes", ", ".join(one.usual_targets), _about(one)]
        for one in offered
    ]
    print_rows(["fault", "here", "usually at", "what it does"], rows, "jsquared faults NAME shows its parameters.")
    return EXIT_PASS


def _about(kind: LabFaultKind) -> str:
    reason = kind.unavailable_because
    return f"not here: {reason}" if reason else kind.description


def events(
    since: Annotated[int, typer.Option(metavar="N", help="Leave out the first N.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until the lab ends.")] = False,
    name: NameOption = "",
) -> int:
    """Print what a lab's session has recorded until now: a JSON object a line, as in events.jsonl.

    Examples:

    jsquared lab events

    jsquared lab events --since 120 --follow
    """
    lab = Lab.attach(name)
    news, number, left_out = lab.news(), 0, max(0, since)
    while True:
        print_text("".join(f"{line}\n" for line in news.lines[max(0, left_out - number) :]))
        number += len(news.lines)
        if not news.lines and not follow:
            return EXIT_PASS
        try:
            news = lab.news(news, within_s=WAIT_S if follow else 0.0)
        except LabError:
            if follow and not lab.is_up():
                return EXIT_PASS
            raise


def heal(
    fault: Annotated[
        str, typer.Argument(metavar="[FAULT]", help="The fault's id, as lab status shows it; default: all of them.")
    ] = "",
    name: NameOption = "",
    as_json: JsonFlag = False,
) -> int:
    """Heal what is broken in a lab, and prove that it has healed.

    Exit code 3 where a fault turns out not to have bitten, 4 where one does not heal.

    Examples:

    jsquared lab heal

    jsquared lab heal kill-2
    """
    healed = Lab.attach(name).heal(fault)
    if as_json:
        print_json(healed)
    else:
        lines = [f"{one.id}: {one.heal_evidence}\n" for one in healed]
        print_text("".join(lines) or "nothing was broken\n")
    if not all(one.healed for one in healed):
        return EXIT_LAB_FAILED
    return EXIT_PASS if all(one.bit for one in healed) else EXIT_INCONCLUSIVE


def load(
    what: Annotated[str, typer.Argument(metavar="start|rate|stop", help="Begin, go on at another --rate, or end.")],
    rate: Annotated[int | None, typer.Option(help="Writes a second per client; default: that of lab up.")] = None,
    operations: Annotated[
        int | None, typer.Option(help="Operations of applications a second per client; default: that of lab up.")
    ] = None,
    name: NameOption = "",
    as_json: JsonFlag = False,
) -> int:
    """Let a lab's clients write, and record every write; change their rate; or let them end. A session has one load.

    Examples:

    jsquared lab load start

    jsquared lab load start --rate 500

    jsquared lab load rate --rate 1000

    jsquared lab load stop
    """
    lab = Lab.attach(name)
    if what == "start":
        lab.load.start(rate_per_s=rate, operations_per_s=operations)
    elif what == "rate":
        if rate is None:
            raise BadInputError("no rate is given", where="lab load rate", hint="jsquared lab load rate --rate 500")
        lab.load.change_rate(rate)
    elif what == "stop":
        lab.load.stop()
    else:
        raise BadInputError(
            f"'{what[:80]}' is none of start, rate and stop", where="lab load", hint="jsquared lab load start"
        )
    now = lab.load.now()
    if as_json:
        print_json(now)
    else:
        print_text(f"{', '.join(now.clients)}: {now.state}, {now.acknowledged:,} writes acknowledged\n")
    return EXIT_PASS


def logs(
    node: Annotated[str, typer.Argument(metavar="NODE", help="A server, a Sentinel or a client, e.g. redis-n1.")],
    name: NameOption = "",
) -> int:
    """Print the end (256 KiB) of what a server or client of a lab has logged, with marks for secrets.

    Examples:

    jsquared lab logs sentinel-n1
    """
    print_text(Lab.attach(name).logs(node))
    return EXIT_PASS


def save(
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="The run folder to write, which must be new.")],
    name: NameOption = "",
    as_json: JsonFlag = False,
) -> int:
    """Write a lab's session as a run folder, judged, with a report.

    What is broken is healed, the load ends, and every write is looked for on every node. The servers stay up, but nothing more is
    recorded. Exit code: the verdict's.

    Examples:

    jsquared lab save runs/by-hand

    jsquared check runs/by-hand
    """
    verdict = Lab.attach(name).save(out)
    if as_json:
        print_json(verdict)
    else:
        reasons = "".join(f"  {reason}\n" for reason in verdict.reasons)
        print_text(f"{verdict.outcome}\n{reasons}report: {out / 'report.html'}\n")
    return EXIT_CODES[verdict.outcome]
