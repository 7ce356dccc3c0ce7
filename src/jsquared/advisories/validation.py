"""The checks that every advisory passes, shipped or imported, before it is believed: versions that can be read, intervals in order."""

import re
from collections.abc import Iterator

from jsquared.advisories.advisory import ENGINES, PRECONDITIONS, Advisory, Feed, Interval, PackageFix
from jsquared.advisories.package_version import parse_package
from jsquared.advisories.upstream_version import parse_upstream

MOST_ADVISORIES = 5_000
MOST_INTERVALS = 100
MOST_PACKAGES = 200
LONGEST_NOTE = 300
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{1,79}")
_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9 .:_-]{0,39}")
_RELEASE = re.compile(r"[A-Za-z0-9.]{1,20}")
_DISTRIBUTION = re.compile(r"[a-z]{1,20}")


def problems_of_feed(feed: Feed) -> Iterator[str]:
    """Name everything in a feed that cannot be believed, the first problems first."""
    if not _SOURCE.fullmatch(feed.source):
        yield "a source's name is not one"
    if len(feed.advisories) > MOST_ADVISORIES:
        yield f"more than {MOST_ADVISORIES:,} advisories"
        return
    seen = set[str]()
    for advisory in feed.advisories:
        if advisory.id in seen:
            yield f"{advisory.id[:80]} is in it twice"
        seen.add(advisory.id)
        yield from problems_of(advisory)
    for branch in feed.branches:
        if branch.engine not in ENGINES or not re.fullmatch(r"\d{1,3}\.\d{1,3}", branch.branch):
            yield f"the branch {branch.engine[:20]} {branch.branch[:20]} is not one"


def problems_of(advisory: Advisory) -> Iterator[str]:
    """Name everything in an advisory that cannot be believed."""
    name = advisory.id if _ID.fullmatch(advisory.id) else "an advisory"
    if name != advisory.id:
        yield "an advisory's id is not one"
    unknown = [one for one in advisory.preconditions if one not in PRECONDITIONS]
    if unknown:
        yield f"{name}: the precondition '{unknown[0][:40]}' is not known"
    if len(advisory.note) > LONGEST_NOTE:
        yield f"{name}: its note is too long"
    if len(advisory.packages) > MOST_PACKAGES:
        yield f"{name}: more than {MOST_PACKAGES} packages"
        return
    for engine, intervals in advisory.engines.items():
        if engine not in ENGINES:
            yield f"{name}: the engine '{engine[:40]}' is not known"
        yield from (f"{name}: {problem}" for problem in problems_of_intervals(intervals or ()))
    yield from (f"{name}: {problem}" for fix in advisory.packages for problem in _problems_of_fix(fix))


def problems_of_intervals(intervals: tuple[Interval, ...]) -> Iterator[str]:
    """Name what is wrong with intervals: each begins before it ends, and ends before the next one begins."""
    if len(intervals) > MOST_INTERVALS:
        yield f"more than {MOST_INTERVALS} intervals"
        return
    end = None
    for number, one in enumerate(intervals):
        introduced, fixed = parse_upstream(one.introduced), parse_upstream(one.fixed) if one.fixed else None
        shown = f"{one.introduced[:40]} to {one.fixed[:40] or 'now'}"
        if introduced is None or (one.fixed and fixed is None):
            yield f"the interval {shown} has a version that cannot be read"
            return
        if fixed is not None and fixed <= introduced:
            yield f"the interval {shown} ends before it begins"
        if number and (end is None or introduced < end):
            yield f"the interval {shown} begins before the one in front of it ends"
        end = fixed


def _problems_of_fix(fix: PackageFix) -> Iterator[str]:
    if (
        not _DISTRIBUTION.fullmatch(fix.distribution)
        or not _RELEASE.fullmatch(fix.release)
        or fix.engine not in ENGINES
    ):
        yield "a package is of no known kind"
    elif fix.fixed and parse_package(fix.fixed) is None:
        yield f"the package version '{fix.fixed[:40]}' cannot be read"
