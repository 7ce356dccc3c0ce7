"""A scenario as a YAML file, which ``jsquared run FILE`` takes beside the names of the catalogue.

::

    name: half-cut                      # default: the file's name
    title: The primary and a replica are cut off together with a client
    description: One sentence on what happens.
    why: Why the limits are fair.
    ack: wait:1                         # default: what --ack says, else the majority level
    faults:
      - name: cut                       # one of 'jsquared faults'
        id: split                       # default: the name of the fault
        targets: [primary, replica:1, client:1]
        parameters: {direction: both}   # what is not given has the fault's default
        start: 2000 ms after load       # the default
        heal: 9500 ms after injection   # default: 1000 ms after recovery
    objectives: auto                    # the default: what is fair for these faults; else a list:
    # - {name: lost_writes, limit: 0}
    # - {name: write_gap, limit: 10000, clients: [client-1], reason: The rest must serve again.}

Derived from the faults where it is not given: ``away`` (whose data nodes are out of service) and ``cut_off`` (whom the Sentinels'
majority cannot reach), both as targets, and ``expect_failover`` (yes or no). ``extra_recovery_ms`` is waited for recovery beyond what
every scenario waits. ``suites`` and ``tags`` are ignored.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import yaml

from jsquared.deployment.model.spec import Deployment
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import fault_named
from jsquared.records.plan import Ack, PlannedFault, PlannedObjective
from jsquared.scenario.impact import Impact, fair_objectives, impact_of
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation, hosts_away
from jsquared.scenario.targets_at_start import hosts_at_start

SUFFIXES = (".yaml", ".yml")
UNITS = {"lost_writes": "writes", "no_failover": "failovers"}
"""The units of objectives that are not times."""
REASON = "set by the scenario file"
LINE_WIDTH = 140


def unit_of(objective: str) -> str:
    """The unit in which an objective is measured, where a file says nothing else."""
    return UNITS.get(objective, "ms")


class ScenarioFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a scenario file. None stands for values derived from the faults and the deployment."""

    name: str
    title: str = ""
    description: str = ""
    why: str = ""
    ack: Ack | None = None
    faults: tuple[PlannedFault, ...]
    objectives: tuple[PlannedObjective, ...] | None = None
    away: tuple[str, ...] | None = None
    cut_off: tuple[str, ...] | None = None
    expect_failover: bool | None = None
    extra_recovery_ms: int = 0


@dataclass(frozen=True)
class ReadScenario:
    """A scenario file as read: what it says, its path, and the line of each fault's targets."""

    file: ScenarioFile
    path: str
    lines: tuple[int, ...] = field(default=())

    def unresolved(self) -> Scenario:
        """The scenario before it is known which deployment it meets: :meth:`Scenario.on` works it out."""
        file = self.file
        return Scenario(
            name=file.name,
            title=file.title or file.name,
            description=file.description,
            why_fair=file.why,
            tags=("file",),
            needs=frozenset(need for fault in file.faults for need in fault_named(fault.name).needs),
            away=(),
            suites=(),
            faults=lambda _: file.faults,
            objectives=lambda _: file.objectives or (),
            extra_recovery_ms=file.extra_recovery_ms,
            engines=tuple(dict.fromkeys(_engines(file))),
            ack=file.ack,
            source=self.path,
            has_written_limits=file.objectives is not None,
            worked_out=self.scenario,
        )

    def scenario(self, deployment: Deployment) -> Scenario:
        """The scenario that it is on a deployment.

        :raises BadInputError: it names targets that the deployment lacks.
        """
        file = self.file
        self._check_targets(deployment)
        impact = impact_of(deployment, file.faults)
        return replace(
            self.unresolved(),
            away=_hosts(impact.away) if file.away is None else file.away,
            cut_off=_hosts(impact.cut_off) if file.cut_off is None else file.cut_off,
            objectives=_objectives(file, impact),
            fails_over=lambda situation: situation.fails_over if file.expect_failover is None else file.expect_failover,
            worked_out=None,
        )

    def _check_targets(self, deployment: Deployment) -> None:
        for number, fault in enumerate(self.file.faults):
            for target in fault.targets:
                try:
                    hosts_at_start(deployment, target)
                except BadInputError as problem:
                    line = f":{self.lines[number]}" if self.lines else ""
                    where = f"{self.path}{line}, fault '{fault.id}'"
                    raise BadInputError(problem.what, where=where, hint=problem.hint) from problem


def _engines(file: ScenarioFile) -> Iterator[str]:
    """The other engines that its faults name."""
    for fault in file.faults:
        defaults = {parameter.name: parameter.default for parameter in fault_named(fault.name).parameters}
        if "engine" in defaults:
            yield str(fault.parameters.get("engine", defaults["engine"]))


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"host:{host}" for host in hosts)


def _objectives(file: ScenarioFile, impact: Impact) -> Any:
    return fair_objectives(impact) if file.objectives is None else lambda _: file.objectives


def file_of(scenario: Scenario, deployment: Deployment, ack: Ack | None = None) -> ScenarioFile:
    """A scenario of the catalogue as a file: every number resolved for a deployment and an acknowledgement level.

    :param ack: None for the majority level; it is not written into the file.
    :raises BadInputError: the deployment lacks what the scenario needs.
    """
    situation = Situation(
        deployment=deployment,
        ack=ack or deployment.majority_ack,
        away=hosts_away(deployment, scenario.away),
        cut_off=hosts_away(deployment, scenario.cut_off),
    )
    return ScenarioFile(
        name=scenario.name,
        title=scenario.title,
        description=scenario.description,
        why=scenario.why_fair,
        faults=tuple(scenario.faults(situation)),
        objectives=tuple(scenario.objectives(situation)),
        away=scenario.away,
        cut_off=scenario.cut_off,
        expect_failover=scenario.fails_over(situation),
        extra_recovery_ms=scenario.extra_recovery_ms,
    )


def to_yaml(file: ScenarioFile) -> str:
    """The text of a scenario file; reading it gives the same again."""
    document: dict[str, Any] = {"name": file.name}
    texts = {"title": file.title, "description": file.description, "why": file.why}
    document |= {key: text for key, text in texts.items() if text}
    if file.ack is not None:
        document["ack"] = str(file.ack)
    document["faults"] = [_fault(fault) for fault in file.faults]
    if file.objectives is None:
        document["objectives"] = "auto"
    else:
        document["objectives"] = [_objective(objective) for objective in file.objectives]
    sides = {"away": file.away, "cut_off": file.cut_off}
    document |= {key: list(words) for key, words in sides.items() if words is not None}
    if file.expect_failover is not None:
        document["expect_failover"] = file.expect_failover
    if file.extra_recovery_ms:
        document["extra_recovery_ms"] = file.extra_recovery_ms
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=LINE_WIDTH, default_flow_style=None)


def _fault(fault: PlannedFault) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": fault.name, "id": fault.id, "targets": list(fault.targets)}
    if fault.parameters:
        entry["parameters"] = dict(fault.parameters)
    return entry | {"start": fault.start, "heal": fault.heal}


def _objective(objective: PlannedObjective) -> dict[str, Any]:
    limit = int(objective.limit) if float(objective.limit).is_integer() else objective.limit
    entry: dict[str, Any] = {"name": objective.name, "limit": limit}
    if objective.unit != unit_of(objective.name):
        entry["unit"] = objective.unit
    if objective.clients:
        entry["clients"] = list(objective.clients)
    return entry | {"reason": objective.reason}


def is_scenario_file(name: str) -> bool:
    """True if an argument of the command line means a file: it ends as one, or there is such a file."""
    try:
        return name.endswith(SUFFIXES) or Path(name).is_file()
    except (OSError, ValueError):  # such as a name that is too long
        return False
