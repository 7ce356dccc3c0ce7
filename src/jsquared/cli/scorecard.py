"""``jsquared scorecard``: technical and operational objectives on one page."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.journal import JournalOption
from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, stderr_console
from jsquared.journal.scorecard_page import judged, limit, trend, value
from jsquared.service import scorecard as service


def scorecard(
    days: Annotated[
        int, typer.Option(metavar="N", help="So many days until then; the trend has the same four times.")
    ] = 30,
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day, such as 2026-03-31; default: today.")] = "",
    journal: JournalOption = Path("journal"),
    as_json: JsonFlag = False,
) -> None:
    """Write the scorecard of a journal: technical and operational objectives, each with its source, its trend and what it is made from.

    Technical ones come from run folders. Operational ones come from git, from forge/*.json (exports of issues and pull or merge requests)
    and from standups.yaml, which a person keeps; where a source is missing a figure is not known, and never 0.

    Examples:

    jsquared scorecard

    jsquared scorecard --days 90 --until 2026-03-31 --journal docs/resilience --json
    """
    done = service.scorecard(journal, days, until)
    if as_json:
        print_json(done)
        return
    rows = [
        [one.name, limit(one), value(one), str(one.n), judged(one).strip("*"), trend(one), one.reason or one.note]
        for one in done.scorecard.scores
    ]
    print_rows(["objective", "limit", "value", "n", "", "trend", "note"], rows)
    stderr_console().say(f"page: {done.page}")
