"""The capabilities of sandboxes: a scenario declares its needs, a sandbox what it can do."""

from enum import StrEnum


class Capability(StrEnum):
    """A capability that a sandbox may have."""

    PROCESS = "process"
    """Start, kill, pause processes."""
    LINKS = "links"
    """Cut links between hosts, per direction, role and port."""
    DELAY = "delay"
    """Delay, lose, duplicate and slow down packets between hosts."""
    CLOCK = "clock"
    """Step and skew the clock that one process sees."""
    DISK = "disk"
    """Give one server's data folder a size limit, or make it read-only."""
    SLOW_DISK = "slow-disk"
    """Delay one server's writes to its data folder."""
    ADDRESSES = "addresses"
    """Take an address from a host and give it another one."""
    FLOATING = "floating"
    """Move an address that several hosts share from one to another."""
    NAMES = "names"
    """Resolve the deployment's host names inside the trial, slowly or not at all where asked."""
    CPU = "cpu"
    """Take processor time away from one server."""
    MEMORY = "memory"
    """Limit the memory of one server."""
    CONFINED = "confined"
    """Hide the rest of this machine from servers and clients: files, processes, variables, networks."""


MACHINE = frozenset({Capability.CLOCK, Capability.SLOW_DISK, Capability.CPU, Capability.MEMORY})
"""What needs no namespaces: any sandbox has it that starts its processes on this machine."""
