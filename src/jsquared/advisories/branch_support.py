"""The support for the branch of a version: by its makers, by its distribution, and whether newer fixes of it are known."""

from typing import Literal

import msgspec

from jsquared.advisories.advisory import Branch, Confidence
from jsquared.advisories.database import Database
from jsquared.advisories.package_version import BY_AGE, PackageLine, PackageVersion, compare_packages, parse_package
from jsquared.advisories.upstream_version import UpstreamVersion, parse_upstream

State = Literal["supported", "unsupported", "likely-unsupported", "unknown"]


class BranchState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a version's branch."""

    branch: str
    support: State
    """By those who make the engine."""
    confidence: Confidence
    why: str
    maintained_by: str
    """The release of a distribution that gives this package fixes of its own, such as ``Debian 12``; empty where none is known to."""
    latest: str
    """The newest version of the branch with a fix that is known here, or of the package where a distribution maintains it."""
    is_behind: bool
    """True if that one is newer."""


def branch_state(
    database: Database, engine: str, version: UpstreamVersion, package: PackageVersion | None, line: PackageLine | None
) -> BranchState:
    """Return what is known of a version's branch."""
    support, confidence, why = _support(database.branches, engine, version)
    packages = _packages(database, engine, line) if package and line else []
    newest_package = max((one for one, _ in packages), key=BY_AGE, default=None)
    versions = _versions(database, engine, version.branch)
    latest = str(max(versions)) if versions else ""
    is_behind = bool(versions) and version < max(versions)
    if package and newest_package:
        latest = next(text for one, text in packages if one == newest_package)
        is_behind = compare_packages(package, newest_package) < 0
    return BranchState(
        branch=version.branch,
        support=support,
        confidence=confidence,
        why=why,
        maintained_by=str(line) if packages else "",
        latest=latest,
        is_behind=is_behind,
    )


def _support(branches: tuple[Branch, ...], engine: str, version: UpstreamVersion) -> tuple[State, Confidence, str]:
    own = [one for one in branches if one.engine == engine]
    for one in own:
        if one.branch == version.branch:
            return one.support, one.confidence, one.why
    if version.is_development:
        return "unknown", "low", "a build between releases"
    first = min(own, key=lambda one: _number(one.branch))
    if (version.major, version.minor) < _number(first.branch):
        return "unsupported", "high", f"older than {first.branch}, the oldest branch that still gets fixes"
    return "unknown", "low", "no advisory here names this branch"


def _number(branch: str) -> tuple[int, int]:
    major, _, minor = branch.partition(".")
    return int(major), int(minor)


def _versions(database: Database, engine: str, branch: str) -> list[UpstreamVersion]:
    """Fixed versions of the branch, by what is shipped: a stranger's feed could name any."""
    intervals = [one for advisory in database.feeds[0].advisories for one in advisory.engines.get(engine) or ()]
    fixed = [parse_upstream(one.fixed) for one in intervals]
    return [version for version in fixed if version and version.branch == branch]


def _packages(database: Database, engine: str, line: PackageLine | None) -> list[tuple[PackageVersion, str]]:
    """Fixed packages of a distribution's release, parsed and as they are written."""
    fixes = [fix for feed in database.feeds for advisory in feed.advisories for fix in advisory.packages]
    found = [
        (parse_package(fix.fixed), fix.fixed)
        for fix in fixes
        if fix.engine == engine and line == (fix.distribution, fix.release)
    ]
    return [(parsed, text) for parsed, text in found if parsed]
