"""The events of all servers in one list, in the order of time, bounded."""

import heapq
from collections.abc import Iterator

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.failover_notes import moment, shown
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster

MOST_EVENTS = 20_000
LONGEST_TEXT = 300
NOT_LISTED = ("version", "mode", "delay", "sentinel-id")
"""Kinds that are only used to understand the others."""
REPEATED = (
    "connecting",
    "link-failed",
    "link-refused",
    "slow-fsync",
    "protocol-error",
    "link-timeout",
    "save-failed",
    "aof-failed",
)
"""Kinds of which only the first in a row is listed, with how often it came."""
KILLED = "gone-silently"
"""A server that starts again without having written that it ends: killed, or its machine was."""


def events_of(roster: Roster, first_s: float, since_s: float, until_s: float, master: str) -> tuple[list[d.Event], int]:
    """Every event within that time that is about this primary or about none, and how many more there are than are listed."""
    found: list[d.Event] = []
    left_out = 0
    for at_s, name, kind, text, of, times in heapq.merge(*(_of(node) for node in roster.nodes if node.log)):
        if not since_s <= at_s <= until_s or (master and of not in ("", master)):
            continue
        if len(found) >= MOST_EVENTS:
            left_out += 1
            continue
        found.append(
            d.Event(
                at=moment(at_s),
                t_ms=round((at_s - first_s) * 1000, 1),
                node=name,
                kind=kind,
                text=shown(text[:LONGEST_TEXT]),
                master=of,
                times=times,
            )
        )
    return found, left_out


def _of(node: Node) -> Iterator[tuple[float, str, str, str, str, int]]:
    row: tuple[Happening, int] | None = None
    is_up = False
    for one in node.log.happenings if node.log else ():
        if one.kind in NOT_LISTED:
            continue
        if row is not None and one.kind == row[0].kind and one.kind in REPEATED:
            row = (row[0], row[1] + 1)
            continue
        if row is not None:
            yield _event(node, *row)
        if one.kind == "starting" and is_up:
            yield (one.unix_s, node.name, KILLED, "it starts again, and had not written that it ends", "", 1)
        is_up = (is_up or one.kind in ("ready", "starting")) and one.kind not in ("shutdown", "ended", "crashed")
        row = (one, 1)
    if row is not None:
        yield _event(node, *row)


def _event(node: Node, one: Happening, times: int) -> tuple[float, str, str, str, str, int]:
    return (one.unix_s, node.name, one.kind, one.text, one.master if one.kind[0] in "+-" else "", times)
