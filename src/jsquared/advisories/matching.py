"""Which advisories concern a version: the interface that commands and rules share.

    assessment = advisories_for("redis", "7.0.15", "5:7.0.15-1~deb12u10")
    [one.id for one in assessment.advisories if one.status == "affected"]

A distribution's package has the number of an old version with the fixes of newer ones: where the package is known, its version decides, in
the order of its distribution, and only against what is known of its own release. Sources that contradict each other are both named,
and the advisory is *possible* then: no feed takes away what another one has.
"""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

import msgspec

from jsquared.advisories.advisory import (
    CONFIDENCES,
    ENGINES,
    SEVERITIES,
    Advisory,
    Confidence,
    Interval,
    Severity,
)
from jsquared.advisories.branch_support import BranchState, branch_state
from jsquared.advisories.database import Database, load_database, today_utc
from jsquared.advisories.package_version import PackageLine, PackageVersion, compare_packages, parse_package
from jsquared.advisories.upstream_version import UpstreamVersion, parse_upstream
from jsquared.errors import BadInputError
from jsquared.text import listed

Status = Literal["affected", "possible", "patched"]
Answer = Literal["affected", "possible", "patched", "outside", "silent"]
"""What one source says of a version: in the range, perhaps, fixed by its package, not in the range, or nothing."""


class Statement(NamedTuple):
    """What one source says of a version, and why."""

    source: str
    advisory: Advisory
    answer: Answer
    reason: str


class MatchedAdvisory(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory that concerns a version, or would but for the package's fix."""

    id: str
    status: Status
    severity: Severity
    """The highest that a source gives."""
    effective_severity: Severity
    """``low`` where a precondition is known to be absent, else the same."""
    confidence: Confidence
    preconditions: tuple[str, ...]
    absent_preconditions: tuple[str, ...]
    fixed_in: tuple[str, ...]
    """Versions of the engine with the fix, the next one first."""
    fixed_packages: tuple[str, ...]
    """The package's version with the fix, for its own release."""
    reason: str
    sources: tuple[str, ...]
    contradictions: tuple[str, ...]
    note: str


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one engine."""

    engine: str
    version: str
    package_version: str
    advisories: tuple[MatchedAdvisory, ...]
    """The worst first; those that the package has fixed are last."""
    branch: BranchState
    notes: tuple[str, ...]
    as_of: str
    age_days: int
    is_stale: bool


class Subject(NamedTuple):
    """A version, and the package that it came in where its fixes can be told from it."""

    engine: str
    version: UpstreamVersion
    package: PackageVersion | None
    line: PackageLine | None


def advisories_for(
    engine: str,
    version: str,
    package_version: str = "",
    *,
    distribution: str = "",
    absent: Collection[str] = (),
    database: Database | None = None,
) -> Assessment:
    """Return every advisory that concerns a version, those too whose preconditions are absent or which its package has fixed.

    :param engine: ``redis`` or ``valkey``, by :func:`jsquared.resp.replies.engine_of_info`.
    :param version: as the server says it, such as ``7.0.15``; empty where only the package is known.
    :param package_version: the distribution's package that the server came in, such as ``5:7.0.15-1~deb12u10``.
    :param distribution: the release that the package is installed on, such as ``debian 12``, where its version does not say so.
    :param absent: preconditions that are known not to hold, by their names.
    :raises BadInputError: the engine is another one, or a version cannot be read.
    """
    known = database or load_database()
    subject, notes = _subject(engine, version, package_version, distribution)
    matched = [_match(subject, name, said, frozenset(absent)) for name, said in known.by_id.items()]
    today = today_utc()
    return Assessment(
        engine=engine,
        version=str(subject.version),
        package_version=package_version if subject.package else "",
        advisories=tuple(sorted(filter(None, matched), key=_worst_first)),
        branch=branch_state(known, engine, subject.version, subject.package, subject.line),
        notes=tuple(notes),
        as_of=known.as_of.isoformat(),
        age_days=known.age_days(today),
        is_stale=known.is_stale(today),
    )


def _worst_first(one: MatchedAdvisory) -> tuple[bool, int, int, str]:
    severity = -SEVERITIES.index(one.effective_severity)
    return one.status == "patched", severity, -CONFIDENCES.index(one.confidence), one.id


def _subject(engine: str, version: str, package_version: str, distribution: str) -> tuple[Subject, list[str]]:
    if engine not in ENGINES:
        raise BadInputError(
            "no advisories are known for it", where=f"engine '{engine[:40]}'", hint=" or ".join(ENGINES)
        )
    package = parse_package(package_version) if package_version else None
    if package_version and package is None:
        hint = "one such as 5:7.0.15-1~deb12u10"
        raise BadInputError("is not the version of a package", where=f"'{package_version[:80]}'", hint=hint)
    inside = package.engine_version if package else None
    upstream = parse_upstream(version) if version else inside
    if upstream is None:
        raise BadInputError(
            "is not a version",
            where=f"'{(version or package_version)[:80]}'",
            hint="one such as 7.2.7 or 5:7.0.15-1~deb12u10",
        )
    if package and inside != upstream:
        note = f"the package {package_version} holds another version, so it says nothing of {upstream}"
        return Subject(engine, upstream, None, None), [note]
    if package and package.is_makers_own:
        return Subject(engine, upstream, None, None), [f"the package {package_version} is that of the engine's makers"]
    return Subject(engine, upstream, package, _line(package, distribution) if package else None), []


def _line(package: PackageVersion, distribution: str) -> PackageLine | None:
    """The release that a package was made for, by its own version or by where it is installed."""
    name, _, release = distribution.partition(" ")
    is_of_it = package.is_common if name == "debian" else name in package.revision
    return package.line or (PackageLine(name, release) if name and release and is_of_it else None)


def _match(
    subject: Subject, name: str, said: list[tuple[str, Advisory]], absent: frozenset[str]
) -> MatchedAdvisory | None:
    valid = [(source, advisory) for source, advisory in said if not advisory.withdrawn]
    statements = [Statement(source, advisory, *_answer(subject, advisory)) for source, advisory in valid]
    answers = {one.answer for one in statements}
    if answers == {"silent"} and any(fix.engine == subject.engine for _, one in valid for fix in one.packages):
        statements = [one._replace(answer="possible") for one in statements]
        answers = {"possible"}
    status = _status(answers)
    if status is None:
        return None
    agreeing = [one for one in statements if one.answer == status] or [
        one for one in statements if one.answer == "affected"
    ]
    disputes = _disputes(said, statements)
    preconditions = tuple(dict.fromkeys(one for _, advisory in said for one in advisory.preconditions))
    severity = max((advisory.severity for _, advisory in said), key=SEVERITIES.index)
    lacking = tuple(one for one in preconditions if one in absent)
    return MatchedAdvisory(
        id=name,
        status=status,
        severity=severity,
        effective_severity="low" if lacking else severity,
        confidence="low" if disputes else max((one.advisory.confidence for one in agreeing), key=CONFIDENCES.index),
        preconditions=preconditions,
        absent_preconditions=lacking,
        fixed_in=_fixed_in(subject, said),
        fixed_packages=_fixed_packages(subject, said),
        reason=agreeing[0].reason,
        sources=tuple(source for source, _ in said),
        contradictions=(*disputes, *_severities(said)),
        note="; ".join(dict.fromkeys(advisory.note for _, advisory in said if advisory.note)),
    )


def _status(answers: Collection[Answer]) -> Status | None:
    """Put the answers of all sources together; None where the version is of no concern."""
    if "affected" in answers:
        return "possible" if {"patched", "outside"} & set(answers) else "affected"
    if "patched" in answers:
        return "patched"
    return "possible" if "possible" in answers else None


def _answer(subject: Subject, advisory: Advisory) -> tuple[Answer, str]:
    """Return what one source says of a version, and why."""
    by_range, why = _by_range(subject, advisory)
    if subject.package is None:
        return by_range, why
    by_package = _by_package(subject, subject.package, advisory)
    if by_package:
        return by_package
    if by_range == "affected" or (by_range == "outside" and _is_of_packages_alone(subject, advisory)):
        return "possible", f"{why}; it is not known whether its package has the fix"
    return by_range, why


def _is_of_packages_alone(subject: Subject, advisory: Advisory) -> bool:
    """True if an advisory concerns packages of the engine, and no version as its makers released it."""
    return not any(advisory.engines.values()) and any(fix.engine == subject.engine for fix in advisory.packages)


def _by_range(subject: Subject, advisory: Advisory) -> tuple[Answer, str]:
    if subject.engine not in advisory.engines:
        return "silent", f"it is not known which versions of {subject.engine} are affected"
    intervals = advisory.engines[subject.engine]
    if intervals is None:
        return "possible", f"it is not known which versions of {subject.engine} are affected"
    if subject.version.is_development and intervals:
        return "possible", "a build between releases has no version to compare"
    found = next((one for one in intervals if _contains(one, subject.version)), None)
    if found is None:
        return "outside", f"{subject.version} is not in the affected versions"
    until = f", before {found.fixed}" if found.fixed else ", and no version has a fix"
    return "affected", f"affected from {found.introduced} on{until}"


def _contains(interval: Interval, version: UpstreamVersion) -> bool:
    introduced, fixed = parse_upstream(interval.introduced), parse_upstream(interval.fixed)
    return introduced is not None and introduced <= version and (fixed is None or version < fixed)


def _by_package(subject: Subject, package: PackageVersion, advisory: Advisory) -> tuple[Answer, str] | None:
    """Return what a source says of the package; None where it says nothing of its release."""
    for fix in advisory.packages:
        fixed = parse_package(fix.fixed) if fix.fixed else None
        if fix.engine != subject.engine:
            continue
        if subject.line == (fix.distribution, fix.release):
            if fixed and compare_packages(package, fixed) >= 0:
                return "patched", f"{subject.line} has the fix since {fix.fixed}"
            return "affected", f"{subject.line} has the fix in {fix.fixed}" if fixed else f"{subject.line} has no fix"
        if fixed and fixed.is_common and compare_packages(package, fixed) >= 0:
            return "patched", f"all packages since {fix.fixed} have the fix"
    return None


def _disputes(said: list[tuple[str, Advisory]], statements: list[Statement]) -> list[str]:
    """Name the sources that contradict each other on this version, each with what it says."""
    withdrawn = [f"{source}: withdrawn" for source, advisory in said if advisory.withdrawn]
    answers = {one.answer for one in statements} & {"affected", "patched", "outside"}
    if withdrawn or ("affected" in answers and len(answers) > 1):
        return withdrawn + [f"{one.source}: {one.reason}" for one in statements if one.answer != "silent"]
    return []


def _severities(said: list[tuple[str, Advisory]]) -> Iterator[str]:
    severities = {source: advisory.severity for source, advisory in said}
    if len(set(severities.values())) > 1:
        yield f"severity: {listed([f'{source} {severity}' for source, severity in severities.items()])}"


def _fixed_in(subject: Subject, said: list[tuple[str, Advisory]]) -> tuple[str, ...]:
    intervals = [one for _, advisory in said for one in advisory.engines.get(subject.engine) or ()]
    versions = {version for one in intervals if (version := parse_upstream(one.fixed)) and version > subject.version}
    return tuple(map(str, sorted(versions)))


def _fixed_packages(subject: Subject, said: list[tuple[str, Advisory]]) -> tuple[str, ...]:
    fixes = [fix for _, advisory in said for fix in advisory.packages if fix.engine == subject.engine and fix.fixed]
    return tuple(dict.fromkeys(fix.fixed for fix in fixes if subject.line == (fix.distribution, fix.release)))
