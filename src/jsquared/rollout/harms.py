"""Reasons to refuse a change: what the new configuration breaks by its text alone, and steps that would stop writes or failovers."""

from collections.abc import Sequence

from jsquared.deployment.model.spec import DataNode
from jsquared.records.findings import Finding
from jsquared.rollout.plan_document import Refusal
from jsquared.rollout.restart_steps import needs_restart
from jsquared.rollout.rollout_state import RolloutState
from jsquared.running.engine import can_follow
from jsquared.text import whole_number

MIN_REPLICAS = "min-replicas-to-write"


def key_of(finding: Finding) -> tuple[str, str]:
    """The rule that a finding is of and the monitored primary that it is about: nodes come and go, and it stays the same."""
    return finding.rule, finding.master_name


def only_in(findings: Sequence[Finding], others: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings of one side whose rule has none on the other, facts left out."""
    known = {key_of(finding) for finding in others}
    return tuple(each for each in findings if each.outcome != "fact" and key_of(each) not in known)


def broken_by(worse: Sequence[Finding]) -> list[Refusal]:
    """A refusal for each objective that can be kept before the change and not after it."""
    return [
        Refusal(rule=each.rule, target=each.target, reason=each.message, hint=each.fix)
        for each in worse
        if each.outcome == "violated"
    ]


def refuse_harm(state: RolloutState) -> None:
    """Refuse steps that would stop writes, and engines that cannot read what is there."""
    if state.is_upgrade and not can_follow(state.new_engine, state.sides.engine):
        old, new = state.sides.engine, state.new_engine
        what = f"{new.name} {new.version} does not read what {old.name} {old.version} wrote"
        state.refuse("engine-cannot-read", "all data nodes", what, "an engine that is newer, of the same kind")
    for group in state.groups:
        replicas = len(group.nodes) - 1
        restarted = [name for name in group.nodes if needs_restart(state, name)]
        after = next((state.after[name] for name in group.nodes if name in state.after), None)
        needed = whole_number(after.value(MIN_REPLICAS, "0")) or 0 if isinstance(after, DataNode) else 0
        if restarted and replicas and needed >= replicas:
            what = f"{MIN_REPLICAS} {needed} with {replicas} replicas: no write is taken while a replica starts again"
            state.refuse(
                "restart-stops-writes",
                ", ".join(restarted),
                what,
                f"{MIN_REPLICAS} {replicas - 1} first, by a change of its own",
            )
