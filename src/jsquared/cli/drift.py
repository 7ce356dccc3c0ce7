"""``jsquared drift``: what runs against what is written down."""

from typing import Annotated

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.completion import complete_deployments
from jsquared.cli.listing import print_rows
from jsquared.cli.options import DEPLOYMENT_HELP, JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import drift as service
from jsquared.service.access import AccessRequest
from jsquared.text import counted


@takes_access()
def drift(
    deployment: Annotated[
        str, typer.Argument(metavar="FOLDER", help=DEPLOYMENT_HELP, autocompletion=complete_deployments)
    ],
    *,
    access: AccessRequest,
    as_json: JsonFlag = False,
) -> int:
    """Compare a running deployment with the files that it should run by, directive by directive.

    It asks and changes nothing, and asks for no password: those in your files are compared with the hashes that servers show. A
    failover is no drift. Exit code 1 when something differs, 3 when nothing that could be read differs and something could not be read.

    Examples:

    jsquared drift ./my-config --sentinel 10.0.0.5:26379

    jsquared drift ./my-config --sentinel 10.0.0.5 --json
    """
    found = service.find_drift(service.DriftRequest(deployment=deployment, access=access))
    if as_json:
        print_json(found)
    else:
        _show(found)
    return EXIT_CODES[found.outcome]


def _show(found: service.Drift) -> None:
    rows = [
        [change.node, change.name, change.before.place, change.before.text, change.after.text]
        for change in found.directives
    ]
    rows += [[one.node, "", one.file if one.kind == "removed" else "", *_sides(one.kind)] for one in found.nodes]
    if rows:
        print_rows(["node", "directive", "written in", "written", "runs"], rows)
    console = stderr_console()
    for part in found.unread:
        console.say(f"not read: {part.where}, {part.what}: {part.why}")
    for sentence in (*found.not_compared, *found.notes):
        console.say(sentence)
    ends = {
        "pass": "what runs is what is written down",
        "violated": f"{counted(len(rows), 'difference')}",
        "inconclusive": "nothing that could be read differs, and something could not be read",
    }
    print_text(f"{ends[found.outcome]}\n")


def _sides(kind: str) -> tuple[str, str]:
    return ("nothing", "a server that no file describes") if kind == "added" else ("a server", "nothing")
