"""Probes of Chaos Toolkit: what is measured in a lab. A probe fails where something could not be measured, and never guesses."""

from typing import Any

from jsquared.chaos_toolkit.activities import plain, probe
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import BadInputError, LabError
from jsquared.records.lab_messages import LabFault
from jsquared.records.verdict import TrialVerdict

__all__ = [
    "acknowledged_writes_lost",
    "converged",
    "fault_bit",
    "fault_healed",
    "lab_status",
    "longest_write_gap_ms",
    "new_primary",
    "primary",
    "session_outcome",
]
SAVE = "the action save_session first"


@probe
def primary(name: str = "") -> str:
    """The node that a majority of the Sentinels names as the primary; empty where none does."""
    return LABS.lab(name).status().primary


@probe
def new_primary(within_s: float = 30.0, name: str = "") -> str:
    """Wait for another primary than before the experiment's last fault, and return it; empty where there is none in that time."""
    lab = LABS.lab(name)
    if (before := LABS.primaries.get(LABS.key(name))) is None:
        raise BadInputError("nothing was broken yet", where="this experiment", hint="the action inject_fault first")
    try:
        return lab.wait_primary(other_than=before, within_s=within_s)
    except LabError:
        lab.status()  # fails where it is not the primary that is missing, but the lab
        return ""


@probe
def converged(within_s: float = 0.0, name: str = "") -> bool:
    """True if all Sentinels agree on one primary and every replica follows it, now or at some moment within so many seconds."""
    LABS.require_proven()
    lab = LABS.lab(name)
    if lab.status().converged:
        return True
    if within_s <= 0:
        return False
    try:
        lab.wait_converged(within_s)
    except LabError:
        return lab.status().converged
    return True


@probe
def acknowledged_writes_lost(name: str = "") -> int:
    """The number of acknowledged writes that no node has any more, which is known once the session was saved. 0 before any load."""
    LABS.require_proven()
    if (verdict := _verdict(name)) is None:
        return 0
    if verdict.writes.lost is None:
        raise LabError("how many writes were lost could not be established", where="the session")
    return verdict.writes.lost


@probe
def longest_write_gap_ms(name: str = "") -> float:
    """The longest time in which a client had no write acknowledged, which is known once the session was saved. 0 before any load."""
    LABS.require_proven()
    if (verdict := _verdict(name)) is None:
        return 0.0
    if not verdict.gaps:
        raise LabError("no client had a write acknowledged", where="the session")
    return max(gap.gap_ms for gap in verdict.gaps)


@probe
def session_outcome(name: str = "") -> str:
    """The verdict on the saved session: ``pass``, ``violated`` or ``inconclusive``."""
    LABS.require_proven()
    if (verdict := LABS.verdicts.get(LABS.key(name))) is None:
        raise BadInputError("the session was not saved", where="the lab", hint=SAVE)
    return verdict.outcome


@probe
def fault_bit(fault: str, name: str = "") -> bool:
    """True if it is proven that a fault, named by its id, is or was in effect; False while that is not proven."""
    return _fault(fault, name).bit is True


@probe
def fault_healed(fault: str, name: str = "") -> bool:
    """True if a fault, named by its id, was undone and that is proven."""
    return _fault(fault, name).healed is True


@probe
def lab_status(name: str = "") -> dict[str, Any]:
    """The lab as it is now: its nodes with their roles, the primary, faults and load, as ``jsquared lab status --json``."""
    status: dict[str, Any] = plain(LABS.lab(name).status())
    return status


def _verdict(name: str) -> TrialVerdict | None:
    """The verdict on the saved session; None where no client has written yet.

    :raises BadInputError: clients have written, and nothing was looked for yet.
    """
    if (verdict := LABS.verdicts.get(LABS.key(name))) is not None:
        return verdict
    if LABS.lab(name).status().load.state == "none":
        return None
    raise BadInputError("is known once the session was saved", where="what became of the writes", hint=SAVE)


def _fault(fault: str, name: str) -> LabFault:
    known = {one.id: one for one in LABS.lab(name).status().faults}
    if fault not in known:
        hint = ", ".join(known) or "the action inject_fault first"
        raise BadInputError("no such fault was injected", where=f"fault '{fault[:80]}'", hint=hint)
    return known[fault]
