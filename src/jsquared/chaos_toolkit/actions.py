"""Actions of Chaos Toolkit: a lab's beginning and end, and what is done in it.

Each takes the ``name`` of a lab, as ``jsquared lab`` commands do. Without one it means the lab that the experiment has started, or else
the only one that is up. An action that fails ends with one line, and with the control of :mod:`jsquared.chaos_toolkit.controls` the
experiment fails with it.
"""

from typing import Any

from jsquared.chaos_toolkit.activities import action, plain
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import FaultDidNotBiteError
from jsquared.records.lab_messages import ParameterValue
from jsquared.records.plan import OPERATIONS_PER_S, Workload
from jsquared.service.lab.lab import Lab
from jsquared.service.lab.running_lab import require_proof

__all__ = ["end_lab", "heal_faults", "inject_fault", "save_session", "start_lab", "start_load", "stop_load"]


@action
def start_lab(
    deployment: str = "reference",
    name: str = "",
    engine: str = "auto",
    ack: str = "auto",
    master: str = "",
    overrides: list[str] | None = None,
    needs: list[str] | None = None,
    rate_per_s: int = Workload().rate_per_s,
    operations_per_s: int = OPERATIONS_PER_S,
) -> dict[str, Any]:
    """Stand a deployment up in namespaces of its own, and wait until it has converged. It ends with Chaos Toolkit at the latest.

    ``deployment`` is a shipped one, a file or a folder; ``name`` lets other programs reach it too. ``overrides`` are directives to change,
    as ``--with``; ``needs`` names what faults will need beyond processes and links: ``clock``, ``disk`` …
    """
    lab = Lab(
        deployment,
        engine=engine,
        ack=ack,
        master=master,
        overrides=overrides or (),
        needs=needs or (),
        rate_per_s=rate_per_s,
        operations_per_s=operations_per_s,
        name=name,
    )
    LABS.start(lab, name)
    return lab.status().ways_in(name)


@action
def inject_fault(
    fault: str,
    targets: list[str] | None = None,
    parameters: dict[str, ParameterValue] | None = None,
    heal_after_s: float = 0.0,
    name: str = "",
) -> dict[str, Any]:
    """Break something, and prove that it is broken. One that did not bite is healed again, and the action fails.

    ``fault`` is a name that ``jsquared faults`` lists, ``targets`` whom it hits: ``primary``, ``replica:1``, ``sentinels``, ``host:NAME``,
    a node's name. After ``heal_after_s`` it heals by itself; 0: it stays. Returns its ``id`` and the measurement that proves it.
    """
    lab = LABS.lab(name)
    LABS.primaries[LABS.key(name)] = lab.status().primary
    injected = lab.break_(fault, *(targets or ()), heal_after_s=heal_after_s, **(parameters or {}))
    told: dict[str, Any] = plain(injected.told)
    return told


@action
def heal_faults(fault: str = "", name: str = "") -> list[dict[str, Any]]:
    """Heal one fault by its id, or all, and prove that. Faults that have healed by themselves must be proven too.

    Nothing is done where nothing is broken, so that it can be a rollback. The action fails where a fault did not bite or did not heal.
    """
    lab = LABS.lab(name)
    lab.heal(fault)
    over = [one for one in lab.status().faults if fault in ("", one.id) and not one.is_active]
    for one in over:
        require_proof(one)
    return [plain(one) for one in over]


@action
def start_load(rate_per_s: int | None = None, operations_per_s: int | None = None, name: str = "") -> None:
    """Let the lab's clients begin to write, and record every write. A session has one load."""
    LABS.lab(name).load.start(rate_per_s=rate_per_s, operations_per_s=operations_per_s)


@action
def stop_load(name: str = "") -> dict[str, Any]:
    """Let the lab's clients finish what is in flight, and end; returns what they have done."""
    lab = LABS.lab(name)
    lab.load.stop()
    counts: dict[str, Any] = plain(lab.load.now())
    return counts


@action
def save_session(folder: str, name: str = "") -> dict[str, Any]:
    """Heal, settle, end the load, look for every write on every node, and write the session as a run folder with its verdict.

    ``folder`` must be new. The servers stay up, but nothing more is recorded. The action fails where the session is inconclusive; what
    it measured can still be asked for by probes.
    """
    verdict = LABS.lab(name).save(folder)
    LABS.verdicts[LABS.key(name)] = verdict
    if verdict.outcome == "inconclusive":
        raise FaultDidNotBiteError(f"the session is inconclusive: {'; '.join(verdict.reasons)}", where=folder)
    return {
        "outcome": verdict.outcome,
        "reasons": list(verdict.reasons),
        "folder": folder,
        "acknowledged": verdict.writes.acknowledged,
        "lost": verdict.writes.lost,
        "failover_ms": verdict.failover_ms,
    }


@action
def end_lab(name: str = "") -> bool:
    """End the experiment's lab and everything in it; True where it was up. A lab that others have started ends only by its name."""
    return LABS.end(name)
