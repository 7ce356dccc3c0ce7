"""The catalogue of faults: the one place that knows them all, by name."""

from collections.abc import Mapping
from typing import Any

from jsquared.errors import BadInputError
from jsquared.faults.bandwidth import Bandwidth
from jsquared.faults.big_key_resync import BigKeyResync
from jsquared.faults.busy_script import BusyScript
from jsquared.faults.change_password import ChangePassword
from jsquared.faults.clock_skew import ClockSkew
from jsquared.faults.clock_step import ClockStep
from jsquared.faults.connection_storm import ConnectionStorm
from jsquared.faults.cpu_starve import CpuStarve
from jsquared.faults.cut import CutLinks
from jsquared.faults.delay import Delay
from jsquared.faults.disk_full import DiskFull
from jsquared.faults.disk_read_only import DiskReadOnly
from jsquared.faults.disk_slow import DiskSlow
from jsquared.faults.duplicate import Duplicate
from jsquared.faults.failing_bgsave import FailingBgsave
from jsquared.faults.failing_names import FailingNames
from jsquared.faults.failover_while_paused import FailoverWhilePaused
from jsquared.faults.fault import Fault, Parameter
from jsquared.faults.flap import Flap
from jsquared.faults.flush_all import FlushAll
from jsquared.faults.forged_hello import ForgedHello
from jsquared.faults.kill import Kill
from jsquared.faults.loss import Loss
from jsquared.faults.lost_names import LostNames
from jsquared.faults.manual_failover import ManualFailover
from jsquared.faults.memory_full import MemoryFull
from jsquared.faults.memory_limit import MemoryLimit
from jsquared.faults.monitoring_down import MonitoringDown
from jsquared.faults.new_address import NewAddress
from jsquared.faults.output_buffer_overflow import OutputBufferOverflow
from jsquared.faults.pause import Pause
from jsquared.faults.prometheus_disk_full import PrometheusDiskFull
from jsquared.faults.receiver_fails import ReceiverFails
from jsquared.faults.replace_certificate import ReplaceCertificate
from jsquared.faults.replicaof_by_hand import ReplicaofByHand
from jsquared.faults.reset_connections import ResetConnections
from jsquared.faults.restart import Restart
from jsquared.faults.restart_empty import RestartEmpty
from jsquared.faults.restart_with_delay import RestartWithDelay
from jsquared.faults.revoke_command import RevokeCommand
from jsquared.faults.rotate_passwords import RotatePasswords
from jsquared.faults.sentinel_crash_at import SentinelCrashAt
from jsquared.faults.sentinel_new_id import SentinelNewId
from jsquared.faults.sentinel_old_config import SentinelOldConfig
from jsquared.faults.sentinel_remove import SentinelRemove
from jsquared.faults.sentinel_reset import SentinelReset
from jsquared.faults.set_min_replicas import SetMinReplicas
from jsquared.faults.set_priority import SetPriority
from jsquared.faults.set_quorum import SetQuorum
from jsquared.faults.slow_command import SlowCommand
from jsquared.faults.slow_loading import SlowLoading
from jsquared.faults.slow_names import SlowNames
from jsquared.faults.unauthenticated_flood import UnauthenticatedFlood
from jsquared.faults.upgrade import Upgrade
from jsquared.faults.write_burst import WriteBurst
from jsquared.sandbox.capability import Capability
from jsquared.text import did_you_mean

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Kill(),
        Restart(),
        RestartWithDelay(),
        RestartEmpty(),
        NewAddress(),
        Upgrade(),
        Pause(),
        Flap(),
        BusyScript(),
        CutLinks(),
        Delay(),
        Loss(),
        Duplicate(),
        Bandwidth(),
        FailoverWhilePaused(),
        ManualFailover(),
        SentinelCrashAt(),
        SetQuorum(),
        SetPriority(),
        SlowNames(),
        FailingNames(),
        LostNames(),
        SentinelReset(),
        SentinelNewId(),
        SentinelOldConfig(),
        ReplicaofByHand(),
        ChangePassword(),
        RotatePasswords(),
        RevokeCommand(),
        ReplaceCertificate(),
        ForgedHello(),
        SetMinReplicas(),
        SlowCommand(),
        SlowLoading(),
        FailingBgsave(),
        ConnectionStorm(),
        UnauthenticatedFlood(),
        ResetConnections(),
        WriteBurst(),
        BigKeyResync(),
        OutputBufferOverflow(),
        ClockStep(),
        ClockSkew(),
        DiskFull(),
        DiskReadOnly(),
        DiskSlow(),
        CpuStarve(),
        MemoryLimit(),
        MemoryFull(),
        FlushAll(),
        SentinelRemove(),
        MonitoringDown(),
        ReceiverFails(),
        PrometheusDiskFull(),
    )
}


def fault_named(name: str) -> Fault:
    """The fault of that name.

    :raises BadInputError: there is none.
    """
    try:
        return FAULTS[name]
    except KeyError:
        near = did_you_mean(name, FAULTS, most=2, listed_by="jsquared faults")
        raise BadInputError("no such fault", where=f"fault '{name}'", hint=near) from None


def complete(fault: Fault, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters with defaults for the others.

    :raises BadInputError: a name or a value that the fault does not know.
    """
    known = {parameter.name: parameter for parameter in fault.parameters}
    for name in given:
        if name not in known:
            raise BadInputError(
                f"no parameter '{name}'",
                where=f"fault '{fault.name}'",
                hint=", ".join(known) or "none: it has no parameters",
            )
    return {name: _checked(fault, known[name], given.get(name, known[name].default)) for name in known}


def needs_of(name: str) -> frozenset[Capability]:
    """Return the capabilities of the sandbox that a planned fault needs; none where the fault is unknown here."""
    fault = FAULTS.get(name)
    return fault.needs if fault else frozenset()


def passwords_of(name: str, given: Mapping[str, Any]) -> list[str]:
    """The passwords among the parameters of a planned fault, those that it makes up included; none where it is unknown here."""
    fault = FAULTS.get(name)
    parameters = (
        {parameter.name: given.get(parameter.name, parameter.default) for parameter in fault.parameters}
        if fault
        else {}
    )
    return [str(value) for key, value in parameters.items() if key == "password"]


def _checked(fault: Fault, parameter: Parameter, value: object) -> object:
    where = f"fault '{fault.name}', parameter '{parameter.name}'"
    if type(value) is not type(parameter.default):
        kind = type(parameter.default).__name__
        raise BadInputError(f"{value!r} is not of type {kind}", where=where, hint=f"{parameter.default!r}")
    if parameter.choices and value not in parameter.choices:
        raise BadInputError(f"{value!r} is not one of its choices", where=where, hint=", ".join(parameter.choices))
    if isinstance(value, int) and value < 0:
        raise BadInputError(f"{value} is negative", where=where, hint="0 or more")
    return value
