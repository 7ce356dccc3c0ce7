"""The record of a proof, which lies beside the plan that it is of, and names it by its hash."""

import hashlib
from pathlib import Path

import msgspec

from jsquared.deployment.model.input_files import read_given
from jsquared.records.verdict import Outcome
from jsquared.rollout.plan_document import PLAN_FILE

PROOF_FILE = "proof.json"
FORMAT = 1


class Harm(msgspec.Struct, frozen=True, kw_only=True):
    """A step that did harm, or a reason for refusing the plan."""

    step: int | None
    """Its number in the plan; None where it is about the plan as a whole."""
    what: str
    """The step in words: its kind and node, and whether it was taken back."""
    reason: str
    trial: str = ""
    """The trial that showed it."""


class ProofTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One trial of a proof."""

    label: str
    back_from: int | None
    """The last step that was played before all were taken back; None where all steps were played, and none was taken back."""
    outcome: Outcome
    reasons: tuple[str, ...]
    run_dir: str
    acknowledged: int
    lost: int | None
    """Writes; None where they could not all be read back."""
    longest_gap_ms: float | None
    """Of the client that had it worst; None where it is unknown."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What playing a plan in the lab showed."""

    format: int = FORMAT
    outcome: Outcome
    """``pass``: every trial passed; ``violated``: a step does harm; ``inconclusive``: something is not proven."""
    plan_sha256: str
    """The hash of the plan's file, byte by byte: another plan is not proven by this."""
    made_at: str
    """UTC, in the form of RFC 3339."""
    jsquared: str
    engine: str
    new_engine: str
    sandbox: str
    ack: str
    write_gap_limit_ms: int
    trials: tuple[ProofTrial, ...] = ()
    harms: tuple[Harm, ...] = ()
    cannot: tuple[str, ...] = ()
    """What cannot be proven in the lab; nothing was played where there is any."""
    unknown: tuple[str, ...] = ()
    """What the plan says is not known."""
    interrupted: bool = False
    suite: str = ""
    """The suite that was run on TO afterwards; empty: none."""
    suite_outcome: Outcome | None = None
    next_command: str = ""
    """What to type next."""


def plan_hash(folder: Path) -> str:
    """Return the SHA-256 of a plan's file, in hex.

    :raises BadInputError: it cannot be read.
    """
    return hashlib.sha256(read_given(folder / PLAN_FILE).encode("utf-8", "surrogateescape")).hexdigest()
