"""The plan of a change: what differs, what follows from it, and every step; and its file, which anyone may have written."""

from pathlib import Path
from typing import Literal

import msgspec

from jsquared.deployment.model.input_files import LONGEST_PLACE, read_given, readable
from jsquared.errors import BadInputError
from jsquared.records.findings import Finding
from jsquared.records.verdict import Outcome
from jsquared.rollout.changes import DirectiveChange, NodeChange
from jsquared.rollout.steps import Step

PLAN_FILE, PLAN_TEXT = "plan.json", "plan.md"
FORMAT = 1
MOST_STEPS = 20_000


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A reason not to make the change at all."""

    rule: str
    """A rule of the static analysis, or a word for what the plan itself found."""
    target: str
    reason: str
    hint: str = ""


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the plan cannot avoid, and when: between these steps."""

    first_step: int
    last_step: int
    sentence: str


class SecretLine(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a password, for which a mark stands in the plan."""

    mark: str
    side: Literal["from", "to"]
    file: str
    directive: str
    line: int | None = None


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """The static analysis of one side."""

    outcome: Literal["pass", "violated"]
    findings: tuple[Finding, ...]


class ChangePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that can be reviewed, and played."""

    format: int = FORMAT
    outcome: Outcome
    """``violated``: it is refused, for ``refusals``; ``inconclusive``: something that decides about it is not known."""
    before: str
    """The deployment as it is, as it was named."""
    after: str
    """The deployment as it is to be."""
    engine: str
    """What runs, such as ``redis 7.0.15``."""
    new_engine: str
    effects_of: str
    """The engine whose table says how each directive takes effect."""
    master_names: tuple[str, ...]
    directives: tuple[DirectiveChange, ...]
    nodes: tuple[NodeChange, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...] = ()
    risks: tuple[Risk, ...] = ()
    unknown: tuple[str, ...] = ()
    """A sentence about each thing that is not known and decides about the plan."""
    notes: tuple[str, ...] = ()
    secrets: tuple[SecretLine, ...] = ()
    assessed_before: Assessment
    assessed_after: Assessment
    better: tuple[Finding, ...] = ()
    """Findings of the one side alone: they are gone afterwards."""
    worse: tuple[Finding, ...] = ()


def read_plan(path: Path) -> ChangePlan:
    """Read a plan's file, or that of a plan's folder.

    :raises BadInputError: it cannot be read, or is none.
    """
    file = path / PLAN_FILE if path.is_dir() else path
    where = readable(str(file), LONGEST_PLACE)
    try:
        plan = msgspec.json.decode(read_given(file).encode("utf-8", "surrogateescape"), type=ChangePlan)
    except msgspec.MsgspecError as problem:
        what = f"is no plan of a change ({readable(str(problem))})"
        raise BadInputError(what, where=where, hint="one that jsquared change plan wrote") from problem
    except RecursionError as problem:
        raise BadInputError(
            "is nested too deeply", where=where, hint="one that jsquared change plan wrote"
        ) from problem
    if plan.format != FORMAT:
        raise BadInputError(f"is of format {plan.format}", where=where, hint=f"a plan of format {FORMAT}, made again")
    numbers = [step.number for step in plan.steps]
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MOST_STEPS:
        raise BadInputError("its steps are not numbered from 1", where=where, hint="the plan as it was written")
    return plan
