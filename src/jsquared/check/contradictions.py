"""Contradictions between a trial that passes and the configuration's text, or the known results of its scenario.

The static analysis says *violated* only of what follows from the text. Where a trial shows the opposite, either the rule is wrong or the
lab did not run what was written: neither may stay unnoticed, so such a trial proves nothing.
"""

from collections.abc import Iterator
from itertools import pairwise

from jsquared.check.checker import Findings, Note
from jsquared.check.static_check import sentence
from jsquared.records.findings import Finding
from jsquared.records.plan import Plan

NEVER_UP = (
    "replicaof-missing", "replicaof-astray", "monitor-missing", "monitor-astray", "sentinels-share-id", "port-taken", "announced-twice",
    "bind-loopback", "loopback-address", "protected-mode", "renamed-for-replicas", "floating-address-required",
    "tls-replication-differs", "tls-port-only", "tls-replication-without-port", "tls-wrong-port", "tls-incomplete",
    "tls-untrusted", "tls-expired", "sentinel-without-file", "sentinel-file-read-only",
)  # fmt: skip
"""Rules that say that a deployment is never one: no replica that follows the primary may be missing, and no Sentinel blind."""
NEVER_OVER = (
    "quorum-unreachable", "no-replicas", "no-promotable-replica", "announces-another-host", "sentinel-auth-missing",
    "sentinel-auth-wrong", "sentinel-user-lacks", "renamed-for-sentinel", "sentinels-refuse-each-other", "sentinel-peer-lacks",
)  # fmt: skip
"""Rules that say that Sentinels never fail over, where they are about all data nodes or all Sentinels."""
NEVER_WITHOUT_HOST = ("majority-dies-with-primary", "quorum-dies-with-host")
"""Rules that say that Sentinels do not fail over once the primary's host is lost with its Sentinel."""
BY_HAND = "manual-failover"
"""An ordered failover takes neither agreement nor votes."""


def contradictions(plan: Plan, findings: Findings) -> Iterator[Note]:
    """A note for each violated finding that the measurements of this trial contradict."""
    for finding in violated(plan):
        if shown := _shown(plan, finding, findings):
            text = f"{shown}, which its configuration rules out: {sentence(finding)}. Either this rule or the lab is wrong, "
            yield Note("inconclusive", f"{text}so nothing is proven")


def violated(plan: Plan) -> list[Finding]:
    """Return the violated findings of the static analysis for the primary that the trial is about."""
    return [one for one in plan.findings if one.outcome == "violated" and one.master_name in ("", plan.master_name)]


def _shown(plan: Plan, finding: Finding, findings: Findings) -> str:
    """Describe how the trial contradicts a finding; empty where it does not."""
    failed_over = findings.failover is not None and findings.failover.total_ms is not None
    ordered = any(fault.name == BY_HAND for fault in plan.faults)
    if finding.rule in NEVER_UP:
        return "the deployment came up as one"
    if finding.rule == "min-replicas-above-replicas" and findings.writes and findings.writes.acknowledged:
        return "writes were acknowledged"
    if finding.rule in NEVER_OVER and failed_over and not ordered and _about_all(plan, finding):
        return "a replica was promoted and took writes"
    if finding.rule in NEVER_WITHOUT_HOST and failed_over and _host_was_lost(plan, findings):
        return "a replica was promoted and took writes after the loss of the primary's host"
    return ""


def _about_all(plan: Plan, finding: Finding) -> bool:
    """True if a finding names every replica or every Sentinel of the trial, or no single node."""
    named = set(finding.target.split(", "))
    kinds = [
        [node.name for node in plan.data_nodes() if not node.initial_primary],
        [node.name for node in plan.sentinels()],
    ]
    return not named & {node.name for node in plan.nodes if not node.initial_primary} or any(
        named.issuperset(kind) for kind in kinds
    )


def _host_was_lost(plan: Plan, findings: Findings) -> bool:
    """True if one fault took the first primary and the Sentinel on its host."""
    primary = next(node for node in plan.data_nodes() if node.initial_primary)
    lost = {primary.name, *(node.name for node in plan.sentinels() if node.host == primary.host)}
    return len(lost) > 1 and any(lost <= set(fault.targets) for fault in findings.faults if fault.name == "kill")


def not_run_as_written(plan: Plan) -> Iterator[Note]:
    """A note for each line that the outcome may hang on and that could not be run as it stands."""
    for line in plan.unreproduced_lines:
        yield Note("inconclusive", f"the outcome may depend on a line that does not run as written: {line}")


def unexpected(plan: Plan) -> str:
    """Return a note on a pass where the scenario's page expects a violation; empty if it does not, or deployment or limits were changed."""
    words = plan.command
    as_shipped = ("--deployment", plan.deployment) in pairwise(words) and "--with" not in words
    as_shipped = as_shipped and all(objective.standard_limit is None for objective in plan.objectives)
    if plan.expected.get(plan.deployment) != "violated" or not as_shipped:
        return ""
    return f"{plan.scenario} passed on {plan.deployment}, where its page expects a violation"
