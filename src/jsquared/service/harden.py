"""Writes a hardened copy of a deployment, shows what changed, and audits and analyses what was written."""

import difflib
import hashlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from jsquared.analysis.analysis import analyse
from jsquared.audit.evidence import Evidence
from jsquared.audit.gate import outcome_of
from jsquared.audit.hardening.hardened_copy import (
    PASSWORDS_FILE,
    HardenedFolder,
    HardeningChoices,
    harden_deployment,
)
from jsquared.audit.judgement import judge_evidence
from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import BadInputError, LabError
from jsquared.records.audit_result import AuditFinding, counted_outcomes
from jsquared.records.plan import Engine
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import Outcome
from jsquared.running.engine import find_engine
from jsquared.running.line_check import check_lines
from jsquared.service.request import DeploymentRequest


@dataclass(frozen=True, kw_only=True)
class HardenRequest(DeploymentRequest):
    """A deployment to harden, the folder to write, and what the user gives for it."""

    out: Path
    choices: HardeningChoices = field(default_factory=HardeningChoices)


class OpenPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the audit that still fails. ``needs`` is what the user would have to give; empty where hardening does not mend it."""

    rule: str
    severity: str
    title: str
    targets: list[str]
    needs: str = ""


class Hardening(msgspec.Struct, frozen=True, kw_only=True):
    """What was written and what remains.

    ``outcome``: violated where a rule of severity high or above fails that needs nothing of the user, or where failovers got worse.
    """

    outcome: Outcome
    deployment: str
    out: str
    files: list[str]
    passwords_file: str
    """The file with the passwords that were made, ``NAME=PASSWORD`` a line, for its owner alone."""
    engine: Engine
    """The engine whose version takes the lines."""
    diff: str
    """The lines that went and came, unified, with marks in the place of secrets."""
    counts: dict[str, int]
    """Findings of the audit of what was written, by outcome."""
    remaining: list[OpenPoint]
    worse: list[str]
    """What the resilience analysis finds violated that it did not before, one sentence each."""
    notes: list[str]
    """What was left out, one sentence each."""
    next_command: str


def harden(request: HardenRequest) -> Hardening:
    """Write a hardened copy of a deployment, and return what changed and what remains.

    :raises BadInputError: a line's meaning is unclear, something that was given is wrong, or the folder is not new.
    :raises RecordError: the folder cannot be written.
    :raises LabError: what was written is not read as it was meant.
    """
    out = request.out
    where = readable(str(out), LONGEST_PLACE)
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadInputError("is there already, and is not overwritten", where=where, hint="--out with a new folder")
    deployment = request.load()
    engine = find_engine(request.engine)
    check_lines(deployment, engine)
    made = harden_deployment(deployment, engine, request.choices)
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        for name, data in made.files.items():
            make_private_folder((out / name).parent, exist_ok=True)
            write_private(out / name, data)
    written = _read_again(out, engine)
    findings = judge_evidence(Evidence(deployment=written, name=deployment.name))
    remaining = list(_remaining(findings, made))
    worse = _worse(deployment, written, engine)
    return Hardening(
        outcome=_outcome(findings, remaining, is_worse=bool(worse)),
        deployment=deployment.name,
        out=str(out),
        files=sorted(made.files),
        passwords_file=str(out / PASSWORDS_FILE),
        engine=engine,
        diff=_diff(deployment, made),
        counts=counted_outcomes(findings),
        remaining=remaining,
        worse=worse,
        notes=[*dict.fromkeys([*not_read(deployment), *map(deployment.secrets.mask, made.missing)])],
        next_command=shlex.join(["jsquared", "run", "--suite", "standard", "--deployment", str(out)]),
    )


def _read_again(out: Path, engine: Engine) -> Deployment:
    """Read what was written, and have the engine look at doubtful lines.

    :raises LabError: it cannot be read, or has a line that the engine refuses.
    """
    try:
        written = load_deployment(out.absolute())
        check_lines(written, engine)
    except BadInputError as problem:
        raise LabError(f"what was written cannot be used: {problem}", where=str(out), hint="not using it") from problem
    return written


def _remaining(findings: list[AuditFinding], made: HardenedFolder) -> Iterator[OpenPoint]:
    by_rule: dict[str, list[AuditFinding]] = {}
    for one in findings:
        if one.outcome == "fail":
            by_rule.setdefault(one.rule, []).append(one)
    for rule, group in by_rule.items():
        targets = list(dict.fromkeys(one.target for one in group))
        yield OpenPoint(
            rule=rule,
            severity=group[0].severity,
            title=group[0].title,
            targets=targets,
            needs=made.open_points.get(rule, ""),
        )


def _outcome(findings: list[AuditFinding], remaining: list[OpenPoint], *, is_worse: bool) -> Outcome:
    if is_worse:
        return "violated"
    named = {one.rule for one in remaining if one.needs}
    return outcome_of([one for one in findings if one.outcome != "fail" or one.rule not in named], "high")


def _worse(before: Deployment, after: Deployment, engine: Engine) -> list[str]:
    known = {(one.rule, one.target) for one in analyse(before, engine) if one.outcome == "violated"}
    found = [one for one in analyse(after, engine) if one.outcome == "violated" and (one.rule, one.target) not in known]
    return [after.secrets.mask(one.message) for one in found]


def _diff(deployment: Deployment, made: HardenedFolder) -> str:
    """Return the unified difference of all configuration files, with marks for the secrets of before and of now."""
    digests = [hashlib.sha256(password.encode()).hexdigest() for password in made.passwords.values()]
    secrets = deployment.secrets.and_also([*made.passwords.values(), *digests])
    parts: list[str] = []
    for name, old in made.before.items():
        was, now = (
            secrets.native(data.decode("utf-8", "backslashreplace")).splitlines() for data in (old, made.files[name])
        )
        parts += difflib.unified_diff(was, now, fromfile=name, tofile=f"hardened/{name}", lineterm="", n=1)
    return "".join(f"{line}\n" for line in parts)
