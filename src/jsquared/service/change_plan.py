"""Plans a change of a deployment, from what is to what is to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.analysis.analysis import analyse
from jsquared.deployment.dialect.effects import effects_of
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine
from jsquared.records.secret_places import marks_in
from jsquared.rollout.changes import Differences, DirectiveChange
from jsquared.rollout.differences import Sides, differences
from jsquared.rollout.harms import broken_by, only_in
from jsquared.rollout.plan_document import PLAN_FILE, PLAN_TEXT, Assessment, ChangePlan, SecretLine
from jsquared.rollout.plan_text import plan_as_markdown
from jsquared.rollout.planning import plan_steps
from jsquared.rollout.shown_by_servers import is_not_shown
from jsquared.running.engine import find_engine
from jsquared.running.line_check import check_lines
from jsquared.running.snapshot_manifest import SnapshotManifest
from jsquared.service.drift import engine_that_runs
from jsquared.service.given_deployment import is_running, load_given, load_snapshot, passwords_of, running_now
from jsquared.service.outputs import write_new
from jsquared.service.request import parse_ack
from jsquared.text import encode_json


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """The deployment as it is and as it is to be, the engines that run it, and the folder for the plan."""

    before: str
    after: str
    out: Path | None = None
    engine: str = "auto"
    new_engine: str = ""
    """Empty: the same."""
    ack: str = "auto"
    allowed: Allowed = field(default_factory=Allowed)


def plan_change(request: ChangeRequest) -> ChangePlan:
    """Return the plan of a change, and write it where a folder is named.

    :raises BadInputError: one side is not understood, or there is a plan in the folder already.
    :raises RecordError: the folder cannot be written.
    """
    read = read_sides(request)
    plan = plan_between(request, read.sides, read.new_engine, read.manifest)
    if request.out is not None:
        write_new(
            {
                request.out / PLAN_FILE: encode_json(plan).decode() + "\n",
                request.out / PLAN_TEXT: plan_as_markdown(plan),
            }
        )
    return plan


@dataclass(frozen=True, kw_only=True)
class ReadSides:
    """Both sides of a change, the engine that runs afterwards, and the manifest of the side before where that runs."""

    sides: Sides
    new_engine: Engine
    manifest: SnapshotManifest | None

    def differences(self) -> Differences:
        """All that differs, as far as both sides tell it."""
        if self.manifest is None:
            return differences(self.sides)
        return differences(self.sides, is_not_shown(self.sides.engine, follow_users=True))


def read_sides(request: ChangeRequest) -> ReadSides:
    """Read both sides of a change, and find the engines.

    :raises BadInputError: one side is not understood.
    """
    after = load_given(request.after, request.allowed)
    before, manifest = _before(request, after)
    engine = find_engine(request.engine)
    new_engine = find_engine(request.new_engine) if request.new_engine else engine
    runs = engine_that_runs(manifest) if manifest else engine
    check_lines(after, new_engine)
    return ReadSides(
        sides=Sides.of(before, after, runs),
        new_engine=new_engine if request.new_engine else runs,
        manifest=manifest,
    )


def _before(request: ChangeRequest, after: Deployment) -> tuple[Deployment, SnapshotManifest | None]:
    if not is_running(request.before):
        return load_given(request.before, request.allowed), None
    taken = running_now(request.before, tuple(passwords_of(after)))
    return load_snapshot(taken, request.before, request.allowed), taken.manifest


def plan_between(
    request: ChangeRequest, sides: Sides, new_engine: Engine, manifest: SnapshotManifest | None = None
) -> ChangePlan:
    """Return the plan of a change between two sides that are read.

    :param manifest: that of the side before, where it runs.
    :raises BadInputError: the level of acknowledgement is none.
    """
    found = ReadSides(sides=sides, new_engine=new_engine, manifest=manifest).differences()
    state = plan_steps(sides, found, new_engine)
    effects, is_known = effects_of(sides.engine)
    assessed = [
        _assessment(side, engine, request.ack)
        for side, engine in ((sides.before, sides.engine), (sides.after, new_engine))
    ]
    worse = only_in(assessed[1].findings, assessed[0].findings)
    refusals = (*broken_by(worse), *state.refusals)
    unknown = [f"not read: {part.where}, {part.what}: {part.why}" for part in (manifest.unread if manifest else ())]
    if manifest is None:
        unknown += [f"{sentence}: write it on both sides" for sentence in found.undecided]
    if not is_known:
        unknown.append(
            f"{sides.engine.name} {sides.engine.version} was never tried: how directives take effect is that of {effects.about}"
        )
    return ChangePlan(
        outcome="violated" if refusals else "inconclusive" if unknown else "pass",
        before=request.before,
        after=request.after,
        engine=f"{sides.engine.name} {sides.engine.version}",
        new_engine=f"{new_engine.name} {new_engine.version}",
        effects_of=effects.about,
        master_names=sides.before.master_names,
        directives=found.directives,
        nodes=found.nodes,
        steps=() if refusals else tuple(state.steps),
        refusals=refusals,
        risks=tuple(state.risks),
        unknown=tuple(unknown),
        notes=(*state.notes, *found.not_compared, *(found.undecided if manifest else ())),
        secrets=tuple(_secret_lines(found.directives)),
        assessed_before=assessed[0],
        assessed_after=assessed[1],
        better=only_in(assessed[0].findings, assessed[1].findings),
        worse=worse,
    )


def _assessment(deployment: Deployment, engine: Engine, ack: str) -> Assessment:
    findings = analyse(deployment, engine, parse_ack(ack) or deployment.majority_ack)
    is_violated = any(finding.outcome == "violated" for finding in findings)
    return Assessment(outcome="violated" if is_violated else "pass", findings=tuple(findings))


def _secret_lines(changes: Sequence[DirectiveChange]) -> Iterator[SecretLine]:
    """Yield the place of each password that a mark stands for, once for each side."""
    seen: set[tuple[str, str]] = set()
    for change in changes:
        for side, line in (("from", change.before), ("to", change.after)):
            for mark in marks_in(line.text) if line.written else ():
                if (mark, side) not in seen:
                    seen.add((mark, side))
                    yield SecretLine(mark=mark, side=side, file=line.file, line=line.line, directive=change.name)  # type: ignore[arg-type]
