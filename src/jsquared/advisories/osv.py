"""Advisories in the form of OSV (https://ossf.github.io/osv-schema/), as far as they say something of Redis or Valkey.

Read are the ecosystems Bitnami (versions of the engine), Debian and Ubuntu (versions of their source packages), and the versions that OSV
adds to the ranges of commits in the engines' own repositories. A file is a stranger's: of its text only ids and versions are kept.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from jsquared.advisories.advisory import ENGINES, Advisory, Interval, PackageFix, Severity
from jsquared.advisories.cvss import severity_of_vector
from jsquared.advisories.package_version import BY_AGE, PackageVersion, parse_package
from jsquared.advisories.upstream_version import UpstreamVersion, parse_upstream
from jsquared.advisories.validation import problems_of

MOST_CVES = 50
"""So many vulnerabilities may one notice of a distribution be about."""
_CVE = re.compile(r"CVE-\d{4}-\d{4,8}")
_REPOSITORY = re.compile(r"https?://github\.com/(?:(?:redis|antirez)/(redis)|valkey-io/(valkey))(?:\.git)?/?")
_PLAIN_SEVERITIES: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "negligible": "low",
    "unimportant": "low",
}
_NO_FIX = PackageVersion(0, "", "")
_LOWEST = UpstreamVersion(0, 0, 0)


class OsvEvent(msgspec.Struct, frozen=True):
    """The end of a range, on either side."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""
    limit: str = ""


class OsvRange(msgspec.Struct, frozen=True):
    """Affected versions or commits."""

    type: str = ""
    repo: str = ""
    events: tuple[OsvEvent, ...] = ()
    database_specific: Any = None


class OsvPackage(msgspec.Struct, frozen=True):
    """What is affected."""

    ecosystem: str = ""
    name: str = ""


class OsvAffected(msgspec.Struct, frozen=True):
    """A package with its ranges."""

    package: OsvPackage | None = None
    ranges: tuple[OsvRange, ...] | None = ()
    versions: tuple[str, ...] | None = ()
    ecosystem_specific: Any = None
    database_specific: Any = None


class OsvSeverity(msgspec.Struct, frozen=True):
    """A score: a vector of CVSS, or the distribution's own word."""

    type: str = ""
    score: str = ""


class OsvRecord(msgspec.Struct, frozen=True):
    """A file of OSV; other fields are not read."""

    id: str
    modified: datetime.datetime | None = None
    withdrawn: datetime.datetime | None = None
    aliases: tuple[str, ...] | None = ()
    upstream: tuple[str, ...] | None = ()
    related: tuple[str, ...] | None = ()
    severity: tuple[OsvSeverity, ...] | None = ()
    affected: tuple[OsvAffected, ...] | None = ()
    database_specific: Any = None


@dataclass
class Reading:
    """What one file says, by source, and what of it is not used."""

    modified: datetime.date | None = None
    said: list[tuple[str, Advisory]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


@dataclass
class _Said:
    """What a source says of both engines, while it is put together."""

    engines: dict[str, list[Interval]] = field(default_factory=dict)
    packages: list[PackageFix] = field(default_factory=list)


def read_osv(data: bytes) -> Reading:
    """Return what a file of OSV says of Redis and Valkey.

    :raises ValueError: it is not of that form.
    """
    try:
        record = msgspec.json.decode(data, type=OsvRecord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ValueError(f"not of the form of OSV: {str(problem)[:160]}") from problem
    reading = Reading(record.modified.date() if record.modified else None)
    by_source = dict[str, _Said]()
    for affected in record.affected or ():
        try:
            _add(affected, by_source)
        except _UnusableError as problem:
            reading.unused.append(f"{record.id[:80]}: {problem}")
    severity = _severity(record)
    for source, said in by_source.items():
        for name in _names(record) if said.engines or said.packages else ():
            _keep(reading, source, _advisory(name, said, severity, withdrawn=record.withdrawn is not None))
    return reading


def _advisory(name: str, said: _Said, severity: Severity, *, withdrawn: bool) -> Advisory:
    return Advisory(
        id=name,
        severity=severity,
        confidence="medium",
        engines={engine: tuple(_sorted(intervals)) for engine, intervals in said.engines.items()},
        packages=tuple(dict.fromkeys(said.packages)),
        withdrawn=withdrawn,
    )


def _keep(reading: Reading, source: str, advisory: Advisory) -> None:
    problem = next(problems_of(advisory), None)
    if problem:
        reading.unused.append(f"{source}: {problem}")
    else:
        reading.said.append((source, advisory))


class _UnusableError(Exception):
    """A part of a file that cannot be used, and why."""


def _names(record: OsvRecord) -> list[str]:
    """Return the CVE numbers that a file is about, else its own id."""
    for words in ((record.id,), record.aliases, record.upstream, (record.id[-20:],), record.related):
        found = [match[0] for word in words or () if len(word) <= 80 and (match := _CVE.search(word))]
        if found:
            return list(dict.fromkeys(found))[:MOST_CVES]
    return [record.id]


def _add(affected: OsvAffected, by_source: dict[str, _Said]) -> None:
    package = affected.package
    if package is None or not package.ecosystem:
        return _add_commits(affected, by_source)
    kind, _, release = package.ecosystem.partition(":")
    if package.name not in ENGINES or kind not in ("Bitnami", "Debian", "Ubuntu"):
        return None
    said = by_source.setdefault(kind, _Said())
    if kind == "Bitnami":
        intervals = [one for each in _version_ranges(affected) for one in _intervals(each.events)]
        if not intervals:
            raise _UnusableError("names versions without a range")
        said.engines.setdefault(package.name, []).extend(intervals)
    elif number := re.fullmatch(r"(\d[\d.]{0,9})(?::LTS)?", release):
        said.packages.extend(_fixes(affected, kind.lower(), number[1], package.name))
    return None


def _version_ranges(affected: OsvAffected) -> Iterator[OsvRange]:
    return (each for each in affected.ranges or () if each.type in ("SEMVER", "ECOSYSTEM"))


def _fixes(affected: OsvAffected, distribution: str, release: str, engine: str) -> Iterator[PackageFix]:
    """Return the last fix of a release: a package before it may lack something; no fix where a range has no end."""
    ranges = list(_version_ranges(affected))
    if not ranges:
        raise _UnusableError("names package versions without a range")
    fixes = list[PackageVersion]()
    for each in ranges:
        ends = [parse_package(event.fixed) for event in each.events if event.fixed]
        if None in ends or any(event.last_affected for event in each.events):
            raise _UnusableError("has no fixed version of a package that can be read")
        fixes += [max(filter(None, ends), key=BY_AGE)] if ends else [_NO_FIX]
    fixed = "" if _NO_FIX in fixes else str(max(fixes, key=BY_AGE))
    yield PackageFix(distribution=distribution, release=release, engine=engine, fixed=fixed)


def _add_commits(affected: OsvAffected, by_source: dict[str, _Said]) -> None:
    """Take the versions that OSV adds to the commits of the engines' own repositories."""
    for each in affected.ranges or ():
        match = _REPOSITORY.fullmatch(each.repo) if len(each.repo) < 100 else None
        if match is None:
            continue
        versions = each.database_specific.get("versions") if isinstance(each.database_specific, dict) else None
        try:
            events = msgspec.convert(versions, tuple[OsvEvent, ...])
        except msgspec.ValidationError:
            raise _UnusableError("names commits without versions, which are not compared") from None
        said = by_source.setdefault("OSV", _Said())
        said.engines.setdefault(match[1] or match[2], []).extend(_intervals(events))


def _intervals(events: tuple[OsvEvent, ...]) -> Iterator[Interval]:
    """Return the intervals between events, which are in order or refused."""
    introduced = ""
    for event in events:
        if event.introduced:
            if introduced:
                raise _UnusableError("has a range that begins twice")
            introduced = event.introduced
        elif event.fixed or event.last_affected:
            if not introduced:
                raise _UnusableError("has a range that ends before it begins")
            yield Interval(introduced=introduced, fixed=event.fixed or _after(event.last_affected))
            introduced = ""
    if introduced:
        yield Interval(introduced=introduced)


def _after(last: str) -> str:
    """Return the version behind the last affected one: fixes of Redis and Valkey are patches."""
    version = parse_upstream(last)
    if version is None:
        raise _UnusableError("has a last affected version that cannot be read")
    return f"{version.major}.{version.minor}.{version.patch + 1}"


def _sorted(intervals: list[Interval]) -> list[Interval]:
    different = dict.fromkeys(intervals)
    return sorted(
        different, key=lambda one: (parse_upstream(one.introduced) or _LOWEST, parse_upstream(one.fixed) or _LOWEST)
    )


def _severity(record: OsvRecord) -> Severity:
    """Return the highest severity that a file gives; ``high`` where it gives none that can be read, so that nothing is missed."""
    specific = [
        record.database_specific,
        *(part for one in record.affected or () for part in (one.database_specific, one.ecosystem_specific)),
    ]
    words = [each.get(key) for each in specific if isinstance(each, dict) for key in ("severity", "urgency")]
    found = [
        _PLAIN_SEVERITIES[word.lower()] for word in words if isinstance(word, str) and word.lower() in _PLAIN_SEVERITIES
    ]
    scores = [
        _PLAIN_SEVERITIES.get(one.score.lower()) or severity_of_vector(one.score) for one in record.severity or ()
    ]
    ranked = [one for one in ("critical", "high", "medium", "low") if one in {*found, *scores}]
    return _PLAIN_SEVERITIES[ranked[0]] if ranked else "high"
