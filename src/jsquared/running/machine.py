"""What a node's server finds of its machine in trials that need more than processes: a disk and a clock of its own.

Which of them a trial needs its plan says; without such a need a server is started as on any machine.
"""

from pathlib import Path

from jsquared.records.plan import Plan
from jsquared.sandbox import disk, shim
from jsquared.sandbox.sandbox import Capability

_SHIMMED = frozenset({Capability.CLOCK, Capability.SLOW_DISK})


def has_shim(plan: Plan) -> bool:
    """Whether the servers of a plan are started with the shim, by which their clocks are set and their disks slowed."""
    return not _SHIMMED.isdisjoint(plan.needs)


def prepare(plan: Plan, folder: Path) -> None:
    """Make what the plan needs for the node whose existing folder this is; nothing where it is there already.

    :raises SandboxError: the kernel refuses.
    """
    if Capability.DISK in plan.needs:
        disk.make_disk(folder)
    if has_shim(plan):
        shim.Control(page_of(folder)).close()


def page_of(folder: Path) -> Path:
    """The page that the lab shares with the server of the node whose folder this is; beside it, so it survives whatever befalls it."""
    return folder.with_name(f"{folder.name}.shim")


def environment(plan: Plan, folder: Path) -> dict[str, str]:
    """The variables that a node's server is started with, beyond those of every process.

    :raises SandboxError: the plan needs the shim, and this machine cannot have it.
    """
    return shim.environment(page_of(folder), {}) if has_shim(plan) else {}


def sees(plan: Plan) -> tuple[str, ...]:
    """The files of this machine that a node's server reads beside the system's.

    :raises SandboxError: as :func:`environment`.
    """
    return (str(shim.library()),) if has_shim(plan) else ()


def owns(plan: Plan, folder: Path) -> tuple[str, ...]:
    """What a node's server may write beside its folder."""
    return (str(page_of(folder)),) if has_shim(plan) else ()
