"""The promises of the acknowledgement level: a fact about the trade, never an outcome of its own.

Sources: sentinel.c selects a replica by offset without asking who acknowledged; ``WAIT N`` makes N replicas confirm. With R replicas
configured, ⌊(R+1)/2⌋ confirmations make a majority of the data nodes (the primary included), which a minority of failed hosts cannot
take away.
"""

from jsquared.check.checker import Findings
from jsquared.records import history as h
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted


class AckLevel:
    """The promises of the level, and the clients' compliance with it."""

    name = "acknowledgement level"

    def check(self, record: TrialRecord) -> Findings:
        """State the level's promise; doubt the history where fewer replicas confirmed than the level asks."""
        findings = Findings()
        fact = shortfall(record.plan)
        if fact:
            findings.facts.append(fact)
        ack, operations = record.plan.ack, record.operations
        short = int(((operations.outcome == h.OK) & (operations.replicas < ack.replicas)).sum()) if ack.replicas else 0
        if short:
            findings.inconclusive(
                f"{counted(short, 'write')} counted as acknowledged with fewer than the {ack.replicas} replicas that {ack} requires"
            )
        return findings


def majority_level(plan: Plan) -> int:
    """The confirmations that make a majority of the data nodes: ⌊(R+1)/2⌋ for R replicas."""
    return len(plan.data_nodes()) // 2


def shortfall(plan: Plan) -> str:
    """Return why the level promises less than a majority does, or an empty text where it does not."""
    needed = majority_level(plan)
    if plan.ack.replicas >= needed:
        return ""
    replicas = len(plan.data_nodes()) - 1
    return (
        f"acknowledgement at {plan.ack} promises nothing across a failover: with {counted(replicas, 'replica')} "
        f"the majority level is wait:{needed}"
    )
