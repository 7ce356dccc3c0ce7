"""Rebuilds failovers from somebody's log files."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.errors import BadInputError
from jsquared.monitor.logs.document import LogTimeline
from jsquared.monitor.logs.file_notes import damage, not_read, unread, zero_bytes
from jsquared.monitor.logs.log_files import read_logs, seen
from jsquared.monitor.logs.node_logs import node_logs
from jsquared.monitor.logs.rebuild import Wanted, rebuild
from jsquared.monitor.logs.timeline_page import write_page
from jsquared.service.outputs import check_writable
from jsquared.text import did_you_mean

_ADDRESS = re.compile(r"[\w.:%-]{1,255}:\d{1,5}")
_BYTES_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class LogTimelineRequest:
    """Log files, folders and archives, at least one."""

    inputs: Sequence[Path]
    nodes: Sequence[str] = ()
    """``NAME=ADDRESS:PORT``: whose log it is, where that does not follow from the logs."""
    master: str = ""
    """The monitored primary to show alone; empty: all."""
    since: str = ""
    until: str = ""
    """Moments in ISO 8601; empty: no limit."""
    align_clocks: bool = False
    """Move the lines of servers whose clocks differ."""
    html: Path | None = None
    """A page to write besides."""


def log_timeline(request: LogTimelineRequest) -> LogTimeline:
    """Rebuild what the logs tell of, and write the page if one is wanted.

    :raises BadInputError: an input cannot be read or has no line of a server, or an option is wrong.
    :raises RecordError: the page cannot be written.
    """
    wanted = Wanted(
        addresses=dict(_named(text) for text in request.nodes),
        master=request.master,
        since_s=moment_of(request.since, "--since") if request.since else float("-inf"),
        until_s=moment_of(request.until, "--until") if request.until else float("inf"),
        align=request.align_clocks,
    )
    if request.html is not None:
        check_writable(request.html)
    found = read_logs(request.inputs)
    logs = node_logs(found.files)
    if not logs:
        where = readable(str(request.inputs[0]), LONGEST_PLACE) + (" …" if len(request.inputs) > 1 else "")
        what = f"no line of a Redis or Valkey server or Sentinel in {seen(found)}"
        raise BadInputError(what, where=where, hint="the logs of data nodes and Sentinels, as files or a folder")
    timeline = rebuild(logs, wanted)
    timeline.not_read = not_read(found, logs)
    timeline.cautions = [*unread(found), *timeline.cautions]
    timeline.inconclusive += ["unread"] if found.unread else []
    timeline.zero_bytes = zero_bytes(found, logs)
    timeline.unknown += damage(timeline.zero_bytes)
    if request.master and request.master not in timeline.masters:
        known = timeline.masters
        hint = did_you_mean(request.master, known, most=2, otherwise=", ".join(known[:8]) or "no --master")
        raise BadInputError(f"no Sentinel wrote of '{readable(request.master)}'", where="--master", hint=hint)
    if request.html is not None:
        write_page(timeline, request.html)
    return timeline


def _named(text: str) -> tuple[str, str]:
    name, equals, address = text.partition("=")
    if not (name and equals and _ADDRESS.fullmatch(address)):
        raise BadInputError(
            f"'{readable(text)}' is not NAME=ADDRESS:PORT", where="--node", hint="--node redis=10.0.0.1:6379"
        )
    return name, address


def moment_of(text: str, option: str) -> float:
    """A moment in ISO 8601; without a zone, that of the logs.

    :raises BadInputError: it is none.
    """
    try:
        moment = datetime.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    except (ValueError, OverflowError) as problem:
        hint = "2026-01-31T12:30 or 2026-01-31T12:30:15.250"
        raise BadInputError(
            f"'{readable(text, _BYTES_SHOWN)}' is not a date and time", where=option, hint=hint
        ) from problem
