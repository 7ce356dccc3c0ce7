"""Rules: known vulnerabilities of the versions that run, and whether their branches still get fixes.

A server's own account of its version is not all of it: a distribution's package keeps an old number and has newer fixes. Where the
package is not known, what a package of this very version may have fixed is unknown.
"""

import contextlib
from collections.abc import Callable, Iterator

from jsquared.advisories.matching import Assessment, MatchedAdvisory, advisories_for
from jsquared.advisories.package_version import parse_package
from jsquared.advisories.upstream_version import parse_upstream
from jsquared.audit.audit_rule import AuditProblem, audit_rule
from jsquared.audit.evidence import CannotTellError, Evidence, NotApplicableError, VersionFacts
from jsquared.deployment.model.spec import DataNode, Node
from jsquared.errors import BadInputError
from jsquared.text import listed

NOT_IN_SENTINELS = frozenset({"bloom", "cluster", "lua", "replica-rw", "restore", "timeseries"})
"""What no Sentinel has: its own commands take the place of all others (sentinelcmds of sentinel.c)."""
SCRIPTING = ("eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro", "function|load", "script|load")
FIRST_WITH_MODULES = 8
"""Redis 8 brings RedisBloom and RedisTimeSeries along."""


def _assessed(evidence: Evidence, node: Node) -> tuple[VersionFacts, Assessment]:
    """:raises CannotTellError: the version is none of an engine that advisories are known for; so does NotApplicableError."""
    facts = evidence.version_of(node)
    try:
        found = advisories_for(
            facts.server,
            facts.version,
            facts.package or "",
            distribution=facts.distribution,
            absent=_absent(evidence, node, facts),
            database=evidence.known_advisories,
        )
    except BadInputError as problem:
        raise CannotTellError(f"the version of {node.name} cannot be read: {problem}") from problem
    return facts, found


def _absent(evidence: Evidence, node: Node, facts: VersionFacts) -> frozenset[str]:
    """The preconditions of attacks that are known not to hold at a node."""
    no_tls = {"tls"} if _holds(lambda: not evidence.speaks_tls(node)) else set()
    if not isinstance(node, DataNode):
        return NOT_IN_SENTINELS | no_tls

    def nobody_may(*commands: str) -> bool:
        users = evidence.users(node).values()
        return not any(user.on and user.may(command) for user in users for command in commands)

    version = parse_upstream(facts.version)
    lacking = {
        "cluster": lambda: evidence.is_live or not node.is_on("cluster-enabled"),
        "lua": lambda: nobody_may(*SCRIPTING),
        "restore": lambda: nobody_may("restore"),
        "replica-rw": lambda: evidence.value(node, "replica-read-only", "yes").lower() == "yes",
        "unixsocket": lambda: not evidence.value(node, "unixsocket"),
        **dict.fromkeys(
            ("bloom", "timeseries"),
            lambda: (
                not evidence.is_live
                and not node.all("loadmodule")
                and version is not None
                and version.major < FIRST_WITH_MODULES
            ),
        ),
    }
    return frozenset(name for name, is_absent in lacking.items() if _holds(is_absent)) | no_tls


def _holds(question: Callable[[], bool]) -> bool:
    """False too where it cannot be told."""
    with contextlib.suppress(CannotTellError, NotApplicableError):
        return question()
    return False


def _packaged(evidence: Evidence, facts: VersionFacts, advisory: str = "") -> bool:
    """True if the package is not known, and one of this very version has the fix of an advisory, or of any."""
    if facts.package is not None:
        return False
    version = parse_upstream(facts.version)
    known = evidence.known_advisories.by_id
    fixes = (fix for name in ([advisory] if advisory else known) for _, one in known[name] for fix in one.packages)
    return any(
        fix.engine == facts.server and (package := parse_package(fix.fixed)) and package.engine_version == version
        for fix in fixes
        if fix.fixed
    )


@audit_rule(
    "V1",
    "high",
    "nodes",
    title="Version with a known vulnerability",
    fails_when="An advisory affects the version, or the distribution's package of it; with the advisory's own severity",
    why="Attacks on published errors need no discovery.",
    source="jsquared advisories: vulnerability databases, release notes and changelogs, as of the day that it names",
    fix="a version, or a package, that has the fix",
    cwe="CWE-1395",
    reads="INFO server, the installed package; files: --engine",
)
def known_vulnerabilities(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """An advisory whose precondition is known to be absent counts as low; so is one shown that is low and only possible."""
    facts, found = _assessed(evidence, node)
    open_ones = []
    for one in found.advisories:
        if one.status == "affected" and not _packaged(evidence, facts, one.id):
            yield _vulnerable(node, found, one, "is affected by")
        elif one.status != "patched" and one.effective_severity == "low":
            yield _vulnerable(node, found, one, "is perhaps affected by")
        elif one.status != "patched":
            open_ones.append(one.id)
    if open_ones:
        more = f" and {len(open_ones) - 5} more" if len(open_ones) > 5 else ""
        what = ", ".join(open_ones[:5]) + more
        reason = (
            "its package, which may have the fixes, is not known" if facts.package is None else "sources leave it open"
        )
        raise CannotTellError(f"{node.name} with {_engine(found)} is perhaps affected by {what}: {reason}")


def _engine(found: Assessment) -> str:
    package = f" (package {found.package_version})" if found.package_version else ""
    return f"{found.engine.title()} {found.version}{package}"


def _vulnerable(node: Node, found: Assessment, one: MatchedAdvisory, verb: str) -> AuditProblem:
    lowered = ""
    if one.effective_severity != one.severity:
        lowered = f"; {one.severity} where {listed(one.absent_preconditions)} is possible, which it is not here"
    fixed = one.fixed_packages or one.fixed_in
    return AuditProblem(
        message=f"{node.name} with {_engine(found)} {verb} {one.id} ({one.reason}{lowered}).",
        key=one.id,
        severity=one.effective_severity,
        fix=f"{found.engine.title()} {' or '.join(fixed)}, or newer" if fixed else "no version has a fix yet",
    )


@audit_rule(
    "V2",
    "high",
    "nodes",
    title="Version without fixes",
    fails_when="The branch is not supported any more, or a newer version of it, or of the distribution's package, has fixes",
    why="The next vulnerability stays open.",
    source="STIG SV-251216; jsquared advisories",
    fix="a supported branch in its newest version",
    cwe="CWE-1104",
    reads="INFO server, the installed package; files: --engine",
)
def without_fixes(evidence: Evidence, node: Node) -> AuditProblem | None:
    """A distribution that maintains its package supports the branch for its own users, whatever the makers say."""
    facts, found = _assessed(evidence, node)
    branch = found.branch
    is_maintained = bool(branch.maintained_by)
    if branch.is_behind:
        newest = f"{branch.latest} has fixes" + (f" for {branch.maintained_by}" if is_maintained else "")
        what = f"{node.name} with {_engine(found)} is behind: {newest}."
        problem = AuditProblem(message=what, key="behind", fix=branch.latest)
    elif not is_maintained and branch.support in ("unsupported", "likely-unsupported"):
        support = branch.support.replace("-", " ")
        what = f"{node.name} runs {_engine(found)}, and branch {branch.branch} is {support}: {branch.why}."
        problem = AuditProblem(message=what, key="branch")
    elif not is_maintained and branch.support == "unknown":
        raise CannotTellError(f"{node.name} runs {_engine(found)}, and {branch.why or 'its branch is not known'}")
    else:
        return None
    if _packaged(evidence, facts):
        raise CannotTellError(f"{node.name} runs {_engine(found)}, and its package, which may have fixes, is not known")
    return problem


RULES = (known_vulnerabilities, without_fixes)
