"""From a scenario's words and a deployment to a plan: every number resolved, every limit with the reason why it is fair.

A plan means the same on every machine. Where it runs on this one is decided by the trial itself: :mod:`jsquared.trial.place`.

What can fairly be asked depends on who is left while the faults last: :mod:`jsquared.scenario.situation`.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from jsquared._version import __version__
from jsquared.deployment.model.guards import guards_of
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.render.logins import secrets_of_acl_files
from jsquared.deployment.render.not_reproduced import DISKS, not_read
from jsquared.deployment.render.renames import check_commands, renamed_commands
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import passwords_of
from jsquared.faults.needed_commands import commands_of
from jsquared.records.findings import Finding
from jsquared.records.placement import as_planned
from jsquared.records.plan import (
    Ack,
    Engine,
    Plan,
    PlannedClient,
    PlannedFault,
    PlannedFloating,
    PlannedNode,
    PlannedObjective,
    Recovery,
    Workload,
)
from jsquared.records.secrets import Secrets
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenario.team_rules import TeamRules, with_own_limits
from jsquared.trial.place import check_text, rehearse
from jsquared.workload.read_contents import COMMANDS

RECOVERY_MARGIN_MS = 15_000
"""Beyond detection: one election lost and repeated with a failover-timeout of 6 s (2 x 6 s), plus the failover itself."""

WAITAOF_TIMEOUT_MS = 3_000

LEAST_SETTLE_MS = 40_000
SETTLE_MARGIN_MS = 5_000
"""Beyond the limit on convergence, so that what comes a little late is measured."""

DISK_FAULTS = frozenset({"disk-full", "disk-read-only", "disk-slow", "failing-bgsave", "slow-loading"})
DISK_TAGS = frozenset({"disk", "persistence"})


def assemble(
    scenario: Scenario,
    *,
    deployment: Deployment,
    engine: Engine,
    sandbox: SandboxKind,
    ack: Ack | None,
    workload: Workload,
    seed: int,
    command: Sequence[str],
    findings: Sequence[Finding] = (),
    other_engines: Mapping[str, Engine] | None = None,
    team: TeamRules | None = None,
) -> Plan:
    """The plan of one trial.

    :param ack: None for the deployment's majority level.
    :param findings: what the static analysis found for this deployment, engine and level.
    :param other_engines: those that the scenario's faults put in the engine's place, by what they call them.
    :param team: the limits and exclusions of a team; None where it has none.
    :raises BadInputError: the deployment lacks what the scenario needs, or asks for more replicas than it has.
    """
    if why := scenario.unsuited(deployment, engine):
        raise BadInputError(why, where=f"scenario '{scenario.name}'", hint="another scenario, deployment or engine")
    situation = _situation(scenario, deployment, engine, ack)
    level = situation.ack
    faults = tuple(scenario.faults(situation))
    if not scenario.rules:  # what starts no server gives no commands
        check_commands(deployment, level, commands_of(fault.name for fault in faults))
    rehearsed = rehearse(deployment, engine, sandbox)
    fails_over = scenario.fails_over(situation)
    load = operations_for(deployment, workload_for(level, workload))
    objectives = with_operations(scenario.objectives(situation), load)
    team = team or TeamRules()
    if not scenario.has_written_limits:
        objectives = with_own_limits(objectives, team.limits)
    plan = Plan(
        jsquared=__version__,
        scenario=scenario.name,
        title=scenario.title,
        description=scenario.description,
        tags=scenario.tags,
        needs=tuple(sorted(scenario.needs)),
        seed=seed,
        deployment=deployment.name,
        deployment_description=deployment.description,
        engine=engine.anywhere(),
        other_engines={name: one.anywhere() for name, one in (other_engines or {}).items()},
        sandbox=sandbox.name,
        ack=level,
        workload=load,
        master_name=deployment.subject if scenario.rules else deployment.master_name,
        nodes=tuple(as_planned(PlannedNode, node) for node in rehearsed.nodes),
        clients=planned_clients(deployment),
        floating=planned_floating(deployment, sandbox),
        quorum=deployment.quorum,
        down_after_ms=deployment.down_after_ms,
        failover_timeout_ms=deployment.failover_timeout_ms,
        faults=faults,
        objectives=objectives,
        expect_failover=fails_over,
        settle_limit_ms=_settle_limit_ms(objectives),
        recovery=_recovery(situation, fails_over),
        recovery_limit_ms=deployment.down_after_ms
        + RECOVERY_MARGIN_MS
        + scenario.extra_recovery_ms
        + _more_time_ms(objectives),
        input_files=deployment.input_files,
        guards=guards_of(deployment, engine) if not scenario.rules else (),
        secrets=_secrets(deployment, faults).values,
        findings=tuple(findings),
        rules=scenario.rules,
        not_reproduced=_not_reproduced(scenario, deployment, faults, level, rehearsed.not_reproduced),
        unreproduced_lines=rehearsed.unreproduced_lines,
        exclusions=tuple(team.exclusions),
        expected=scenario.expected,
        command=tuple(command),
    )
    check_text(plan, plan.deployment)
    return plan


def _not_reproduced(
    scenario: Scenario, deployment: Deployment, faults: Iterable[PlannedFault], level: Ack, rendered: tuple[str, ...]
) -> tuple[str, ...]:
    """What of the deployment is not reproduced, as far as it matters to this trial.

    A static check starts no server, so it concerns only what could not be read. The disks concern a trial that breaks them, one that
    reads data sets from them, and one whose clients wait for them.
    """
    if scenario.rules:
        return not_read(deployment)
    on_disks = any(fault.name in DISK_FAULTS for fault in faults) or DISK_TAGS.intersection(scenario.tags)
    return (*rendered, DISKS) if on_disks or level.mode == "waitaof" else rendered


def _situation(scenario: Scenario, deployment: Deployment, engine: Engine, ack: Ack | None) -> Situation:
    level = ack or deployment.majority_ack
    check_ack(level, deployment)
    return Situation(
        deployment=deployment,
        ack=level,
        away=hosts_away(deployment, scenario.away),
        cut_off=hosts_away(deployment, scenario.cut_off),
        engine=engine,
    )


def _secrets(deployment: Deployment, faults: Iterable[PlannedFault]) -> Secrets:
    """All that is secret in a plan: of the deployment, of its ACL files, and what faults put in the place."""
    made_up = [value for fault in faults for value in passwords_of(fault.name, fault.parameters)]
    return deployment.secrets.and_also(secrets_of_acl_files(deployment)).and_also(made_up)


def _settle_limit_ms(objectives: Sequence[PlannedObjective]) -> int:
    """Long enough that a limit on convergence can be kept, and seen to be missed."""
    limits = [objective.limit for objective in objectives if objective.name == "convergence"]
    return max([LEAST_SETTLE_MS, *(round(limit) + SETTLE_MARGIN_MS for limit in limits)])


def _more_time_ms(objectives: Iterable[PlannedObjective]) -> int:
    """How much longer than a scenario a team gives writes to resume: so much longer the conductor waits before it heals."""
    granted = [
        one.limit - (one.standard_limit or 0.0)
        for one in objectives
        if one.is_laxer and one.name in ("failover", "write_gap", "all_failed_over")
    ]
    return round(max(granted, default=0.0))


def _recovery(situation: Situation, fails_over: bool) -> Recovery:
    if not fails_over:
        return "steady"
    return "writes" if situation.acknowledges_by_itself and situation.reachable_clients else "promotion"


def workload_for(level: Ack, workload: Workload) -> Workload:
    """The workload with timeouts that the level can keep: a replica tells how far its disk is only about once a second."""
    if level.mode != "waitaof":
        return workload
    wait_ms = max(workload.wait_timeout_ms, WAITAOF_TIMEOUT_MS)
    operation_ms = max(workload.operation_timeout_ms, 2 * wait_ms)
    return msgspec.structs.replace(workload, wait_timeout_ms=wait_ms, operation_timeout_ms=operation_ms)


def operations_for(deployment: Deployment, workload: Workload) -> Workload:
    """The workload without operations where a data node takes away a command that its content is read with."""
    gone = {command for node in deployment.group for command, (now, _) in renamed_commands(node).items() if not now}
    return msgspec.structs.replace(workload, operations_per_s=0) if gone.intersection(COMMANDS) else workload


def with_operations(objectives: Sequence[PlannedObjective], workload: Workload) -> tuple[PlannedObjective, ...]:
    """The objectives, with one for operations beside every one for writes: they are acknowledged, and lost, in the same ways."""
    if not workload.operations_per_s:
        return tuple(objectives)
    beside = {
        one: msgspec.structs.replace(one, name="lost_operations", unit="operations")
        for one in objectives
        if one.name == "lost_writes"
    }
    return tuple(each for one in objectives for each in ([one, beside[one]] if one in beside else [one]))


def check_ack(ack: Ack, deployment: Deployment) -> None:
    """A level that asks for more replicas than are configured could never be reached.

    :raises BadInputError: it does.
    """
    if ack.replicas > deployment.replica_count:
        raise BadInputError(
            f"{ack} needs {ack.replicas} replicas, deployment '{deployment.name}' has {deployment.replica_count}",
            where="--ack",
            hint=f"at most {ack.mode}:{'' if ack.mode == 'wait' else f'{ack.local},'}{deployment.replica_count}",
        )
    if ack.mode == "waitaof" and ack.local and not deployment.primary.is_on("appendonly"):
        raise BadInputError(f"{ack} needs 'appendonly yes'", where="--ack", hint="--with redis.appendonly=yes")


def planned_clients(deployment: Deployment) -> tuple[PlannedClient, ...]:
    """The clients with the Sentinels that they ask, or the address that they know in their place."""
    watching = {node.host: node.name for node in deployment.sentinels}
    return tuple(
        PlannedClient(
            name=client.name,
            host=client.host,
            sentinels=tuple(watching[host] for host in client.asks),
            through=deployment.client_policy.through,
        )
        for client in deployment.clients
    )


def planned_floating(deployment: Deployment, sandbox: SandboxKind) -> tuple[PlannedFloating, ...]:
    """The addresses that hosts share in turn; none where the sandbox has no such addresses."""
    if Capability.FLOATING not in sandbox.capabilities:
        return ()
    return tuple(
        PlannedFloating(
            written=one.address,
            hosts=one.hosts,
            starts_on=one.starts_on,
            follows=one.follows,
            after_ms=one.after_ms,
            nonlocal_bind=one.nonlocal_bind,
            preempts=one.preempts,
            master_name=one.master_name,
        )
        for one in deployment.floating
    )
