"""``jsquared logs``: logs searched, followed and exported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from jsquared.cli.access_options import takes_access
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_lines, stderr_console
from jsquared.errors import BadInputError
from jsquared.monitor.log_store.log_event import StoredLine, as_text, exported
from jsquared.service import search_logs as service
from jsquared.service.access import AccessRequest
from jsquared.text import counted


@takes_access()
def logs(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUERY", help='Words that must all occur, "phrases", and -words that must not.'),
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="PATH",
            help="Logs to read: a file, a folder, an archive, a run folder, or - for stdin. May be repeated.",
        ),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep what is read there, and search all that is kept.")
    ] = None,
    keep_mb: Annotated[int, typer.Option(metavar="MB", help="The oldest lines go when the store is larger.")] = 1024,
    follow: Annotated[bool, typer.Option("--follow", help="Go on, and print what comes, until Ctrl-C.")] = False,
    since: Annotated[str, typer.Option(metavar="10m|TIME", help="From so long ago (s, m, h, d) or this time on.")] = "",
    until: Annotated[str, typer.Option(metavar="10m|TIME", help="Until so long ago or this time.")] = "",
    nodes: Annotated[
        list[str] | None, typer.Option("--node", metavar="NAME", help="Only lines of this server; may be repeated.")
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="NAME", help="Only this event, e.g. +switch-master; may be repeated."),
    ] = None,
    level: Annotated[
        str, typer.Option(metavar="LEVEL", help="Only this level and graver ones: debug, verbose, notice, warning.")
    ] = "",
    limit: Annotated[int, typer.Option(metavar="N", help="At most so many lines, the newest.")] = 200,
    export: Annotated[
        tuple[str, Path] | None,
        typer.Option(metavar="jsonl|otlp FILE", help="Also write every line that is found to a file."),
    ] = None,
    otlp: Annotated[
        str, typer.Option(metavar="URL", help="Also send them to OpenTelemetry, e.g. http://127.0.0.1:4318/v1/logs.")
    ] = "",
    *,
    access: AccessRequest,
    as_json: JsonFlag = False,
) -> int:
    """Search the logs of Redis, Valkey and Sentinels, and what Sentinels publish, and follow or export what is found.

    Times are those of the logs, taken for UTC where they name no zone. Without --store what is read is gone afterwards.

    Examples:

    jsquared logs failover -abort --from ./logs --since 2h

    jsquared logs --event +switch-master --from /var/log/redis --store events.db --json

    jsquared logs --sentinel 10.0.0.5:26379 --from /var/log/redis --store events.db --follow
    """
    request = service.LogSearchRequest(
        words=words or [],
        inputs=inputs or [],
        access=access if access.sentinels else None,
        store=store,
        keep_mb=keep_mb,
        follow=follow,
        since=since,
        until=until,
        nodes=nodes or [],
        events=events or [],
        level=level,
        limit=limit,
        export=export,
        otlp=otlp,
    )
    if follow and as_json:
        raise BadInputError("is one document, which following never ends", where="--json", hint="--export jsonl FILE")
    console = stderr_console()
    result = service.search_logs(request, _nothing if as_json else _show, say=console.say)
    if as_json:
        print_json(_document(result))
    _say_what_is_missing(result, limit)
    return 0


def _nothing(_: Sequence[StoredLine]) -> None:
    """Everything is printed at the end."""


def _show(lines: Sequence[StoredLine]) -> None:
    print_lines(Text(as_text(line)) for line in lines)


def _document(result: service.LogSearch) -> dict[str, object]:
    return {
        "lines": [msgspec.to_builtins(exported(line)) for line in result.lines],
        "has_more": result.has_more,
        "skipped": result.skipped,
        "dropped": result.dropped,
        "exported": result.exported,
    }


def _say_what_is_missing(result: service.LogSearch, limit: int) -> None:
    console = stderr_console()
    if result.has_more:
        console.say(f"the newest {counted(limit, 'line')}; more with --limit")
    if result.dropped:
        console.say(f"{counted(result.dropped, 'line')} did not fit into the store; more with --keep-mb")
    if result.skipped:
        name, why = next(iter(result.skipped.items()))
        console.say(f"not read: {counted(len(result.skipped), 'file')}, such as {name} ({why})")
    for told in result.told:
        console.say(f"--otlp: {told}")
