"""Which advisories concern the engines of this machine, or one version of an engine."""

from pathlib import Path
from typing import Literal

import msgspec

from jsquared.advisories.advisory import ENGINES, PRECONDITIONS, SEVERITIES, Severity
from jsquared.advisories.database import Database, load_database, today_utc
from jsquared.advisories.matching import Assessment, advisories_for
from jsquared.advisories.package_version import parse_package
from jsquared.advisories.update import Update, update_from
from jsquared.advisories.upstream_version import parse_upstream
from jsquared.errors import BadInputError
from jsquared.programs.installed_package import package_of
from jsquared.records.plan import Engine
from jsquared.records.verdict import Outcome
from jsquared.running.engine import find_engine, installed_engines
from jsquared.text import did_you_mean, one_of

Level = Literal["low", "medium", "high", "critical", "never"]


class AdvisoriesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Without an engine and a version, every engine that is installed is meant."""

    engine: str = ""
    version: str = ""
    """A version of the engine, or of a distribution's package of it."""
    absent: list[str] = []
    """Preconditions that are known not to hold."""
    fail_on: Level = "high"
    """The least severity that counts."""


class EngineAdvisories(msgspec.Struct, frozen=True, kw_only=True):
    """An engine, where it is (nowhere if only a version was given), and what is known of it."""

    path: str
    assessment: Assessment


class AdvisoriesResult(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of each engine, and of which day the data is."""

    outcome: Outcome
    engines: list[EngineAdvisories]
    sources: list[str]
    as_of: str
    age_days: int
    is_stale: bool


def list_advisories(request: AdvisoriesRequest) -> AdvisoriesResult:
    """Return the advisories that concern the engines that are meant.

    The outcome is ``violated`` where one of enough severity affects an engine, and ``inconclusive`` where one perhaps does, or
    where the data does not know the branch.

    :raises BadInputError: there is no such engine, version or precondition.
    """
    _check_absent(request.absent)
    database = load_database()
    if request.version:
        found = [EngineAdvisories(path="", assessment=_of_version(request, database))]
    else:
        engines = [find_engine(request.engine)] if request.engine else _different(installed_engines())
        found = [_of_engine(engine, request, database) for engine in engines]
    if not found:
        raise BadInputError(
            "no engine is installed here", where="jsquared advisories", hint="--version 7.2.7, or --engine PATH"
        )
    today = today_utc()
    return AdvisoriesResult(
        outcome=_outcome([one.assessment for one in found], request.fail_on),
        engines=found,
        sources=[feed.source for feed in database.feeds],
        as_of=database.as_of.isoformat(),
        age_days=database.age_days(today),
        is_stale=database.is_stale(today),
    )


def update_advisories(path: Path) -> Update:
    """Add OSV files to what is known; see :func:`jsquared.advisories.update.update_from`."""
    return update_from(path)


def _check_absent(absent: list[str]) -> None:
    for name in absent:
        if name not in PRECONDITIONS:
            hint = did_you_mean(name, PRECONDITIONS, otherwise=", ".join(PRECONDITIONS))
            raise BadInputError(f"no precondition is called '{name[:100]}'", where="--without", hint=hint)


def _of_version(request: AdvisoriesRequest, database: Database) -> Assessment:
    engine, version = request.engine or "redis", request.version
    if engine not in ENGINES:
        what = f"is not {one_of(ENGINES)}, one of which --version is a version of"
        raise BadInputError(what, where=f"--engine {engine[:100]}", hint="--engine valkey --version 8.0.1")
    if parse_upstream(version) is None and parse_package(version) is not None:
        return advisories_for(engine, "", version, absent=request.absent, database=database)
    return advisories_for(engine, version, absent=request.absent, database=database)


def _different(engines: list[Engine]) -> list[Engine]:
    return list({engine.path: engine for engine in engines}.values())


def _of_engine(engine: Engine, request: AdvisoriesRequest, database: Database) -> EngineAdvisories:
    package = package_of(Path(engine.path))
    known = package if package and parse_package(package.version) else None
    assessment = advisories_for(
        engine.name,
        engine.version,
        known.version if known else "",
        distribution=known.distribution if known else "",
        absent=request.absent,
        database=database,
    )
    return EngineAdvisories(path=engine.path, assessment=assessment)


def _outcome(assessments: list[Assessment], fail_on: Level) -> Outcome:
    counted = {
        advisory.status
        for assessment in assessments
        for advisory in assessment.advisories
        if _counts(advisory.effective_severity, fail_on)
    }
    if "affected" in counted:
        return "violated"
    # Of a branch that is newer than the data nothing is known, which is not the same as nothing being wrong
    is_unknown = fail_on != "never" and any(one.branch.support == "unknown" for one in assessments)
    return "inconclusive" if "possible" in counted or is_unknown else "pass"


def _counts(severity: Severity, fail_on: Level) -> bool:
    return fail_on != "never" and SEVERITIES.index(severity) >= SEVERITIES.index(fail_on)
