"""Adding OSV files to what the user has: every source apart, and what contradicts the others named."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jsquared.advisories.advisory import ENGINES, Advisory, Feed, Interval
from jsquared.advisories.database import (
    Database,
    bundled,
    locked_for_update,
    read_added,
    today_utc,
    user_file,
    write_added,
)
from jsquared.advisories.osv import Reading, read_osv
from jsquared.advisories.osv_files import is_whole_feed, osv_files
from jsquared.errors import BadInputError
from jsquared.text import listed

MOST_NAMED = 1_000
"""So many files that are not used, and contradictions, are named; the others are counted."""


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """What an update has done."""

    file: str
    """The user's file, which was written."""
    files: int
    """Files of OSV that were read."""
    added: tuple[str, ...]
    """Advisories that no source had."""
    changed: tuple[str, ...]
    """Advisories of which these files say something new."""
    sources: tuple[str, ...]
    unused: tuple[str, ...]
    """Files and parts of them that say nothing that can be used, with the reason."""
    unused_count: int
    contradictions: tuple[str, ...]
    as_of: str


def update_from(path: Path, added: Path | None = None) -> Update:
    """Add what OSV files say of Redis and Valkey to the user's file.

    :param path: one file, a folder or a zip of them.
    :param added: the user's file; default: :func:`user_file`.
    :raises BadInputError: there is nothing that can be used, or the user's own file is damaged.
    :raises RecordError: the user's file cannot be written.
    """
    target = added or user_file()
    readings, unused, files = _read_all(path)
    if not any(reading.said for reading in readings):
        reason = f": {unused[0]}" if unused else ""
        raise BadInputError(
            f"says nothing of Redis or Valkey that can be used{reason}",
            where=str(path),
            hint="advisories of the ecosystem Bitnami, Debian or Ubuntu, from https://osv.dev",
        )
    with locked_for_update(target):
        before = Database((bundled(), *read_added(target)))
        feeds = _merged(before.feeds[1:], readings, is_whole=is_whole_feed(path))
        after = Database((before.feeds[0], *feeds))
        write_added(target, feeds)
    ids = sorted({advisory.id for reading in readings for _, advisory in reading.said})
    contradictions = list(contradictions_of(after, ids))
    return Update(
        file=str(target),
        files=files,
        added=tuple(name for name in ids if name not in before.by_id),
        changed=tuple(name for name in ids if name in before.by_id and before.by_id[name] != after.by_id[name]),
        sources=tuple(feed.source for feed in feeds),
        unused=tuple(unused[:MOST_NAMED]),
        unused_count=len(unused),
        contradictions=tuple(contradictions[:MOST_NAMED]),
        as_of=after.as_of.isoformat(),
    )


def _read_all(path: Path) -> tuple[list[Reading], list[str], int]:
    readings, unused, files = list[Reading](), list[str](), 0
    for file in osv_files(path):
        files += 1
        problem = file.problem
        if not problem:
            try:
                readings.append(read_osv(file.data))
                unused += readings[-1].unused
                continue
            except ValueError as failure:
                problem = str(failure)
        unused.append(f"{file.name}: {problem}")
    return readings, unused, files


def _merged(before: tuple[Feed, ...], readings: list[Reading], *, is_whole: bool) -> tuple[Feed, ...]:
    """Return the feeds of the user: what a source says anew of an advisory takes the place of what it said."""
    said = {feed.source: {advisory.id: advisory for advisory in feed.advisories} for feed in before}
    days = {feed.source: feed.as_of for feed in before}
    fresh = dict[tuple[str, str], Advisory]()
    for reading in sorted(readings, key=lambda one: one.modified or datetime.date.min):
        for source, advisory in reading.said:
            other = fresh.get((source, advisory.id))
            fresh[source, advisory.id] = _joined(other, advisory) if other else advisory
    for (source, name), advisory in fresh.items():
        said.setdefault(source, {})[name] = advisory
    if is_whole:
        for source in {source for source, _ in fresh}:
            known = [
                reading.modified
                for reading in readings
                if reading.modified and any(one == source for one, _ in reading.said)
            ]
            newest = min(max(known, default=datetime.date.min), today_utc())
            days[source] = max(newest, days.get(source) or newest)
    return tuple(
        Feed(source=source, as_of=days.get(source), advisories=tuple(advisories[name] for name in sorted(advisories)))
        for source, advisories in sorted(said.items())
    )


def _joined(one: Advisory, other: Advisory) -> Advisory:
    """Return what two files of one source say of a vulnerability: of the same release the later one counts."""
    fixes = {(fix.distribution, fix.release, fix.engine): fix for fix in (*one.packages, *other.packages)}
    return msgspec.structs.replace(other, engines=one.engines | other.engines, packages=tuple(fixes.values()))


def contradictions_of(database: Database, ids: list[str]) -> Iterator[str]:
    """Name where sources say different things of the same advisory: of its versions, its packages, its severity."""
    for name in ids:
        said = database.by_id[name]
        for engine in ENGINES:
            ranges = [(source, one.engines[engine]) for source, one in said if one.engines.get(engine) is not None]
            yield from _differing(name, engine, [(source, _shown(each or ())) for source, each in ranges])
        fixes = [(source, fix) for source, one in said for fix in one.packages]
        for line in dict.fromkeys((fix.distribution, fix.release, fix.engine) for _, fix in fixes):
            own = [
                (source, fix.fixed or "no fix")
                for source, fix in fixes
                if (fix.distribution, fix.release, fix.engine) == line
            ]
            yield from _differing(name, f"{line[2]} of {line[0].capitalize()} {line[1]}", own)
        yield from _differing(name, "severity", [(source, one.severity) for source, one in said])
        withdrawn = [source for source, one in said if one.withdrawn]
        if withdrawn and len(withdrawn) < len(said):
            yield f"{name}: {listed(withdrawn)} has withdrawn it, others have not"


def _differing(name: str, what: str, said: list[tuple[str, str]]) -> Iterator[str]:
    if len({text for _, text in said}) > 1:
        yield f"{name}, {what}: " + "; ".join(f"{source} has {text}" for source, text in said)


def _shown(intervals: tuple[Interval, ...]) -> str:
    return ", ".join(f"{one.introduced} to {one.fixed or 'now'}" for one in intervals) or "none affected"
