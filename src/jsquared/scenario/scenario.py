"""The definition of a scenario: faults, their moments, and limits, each with the reason why it is fair to ask for it.

A limit must be something a sound deployment can keep (docs/concepts/what-can-be-promised.md). So objectives are functions of the
situation: who is left, and whether writes can be acknowledged before the heal at the level that the clients ask for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Ack, Engine, PlannedFault, PlannedObjective
from jsquared.sandbox.capability import Capability
from jsquared.scenario.situation import Situation

PROCESS = frozenset({Capability.PROCESS})
LINKS = frozenset({Capability.PROCESS, Capability.LINKS})
DELAY = frozenset({*LINKS, Capability.DELAY})

ALERTS = ("alerts",)
"""The suite of those that show alerts at work: one for each kind of fault that a team wants to be told of, and the monitoring's own."""
FULL = ("full",)
"""The suite of a scenario that may show a loss or an outage which no setting of the reference avoids."""
STANDARD = ("standard", *FULL)
"""The suites of a scenario that the reference deployment must pass."""
QUICK = ("quick", *STANDARD)
"""The suites of the few that say most in a minute."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario. ``description`` is one sentence; ``why_fair`` says what the limits rest on.

    ``needs`` is what the sandbox must be able to do; where nothing else is said, only to act on processes.
    ``away`` and ``cut_off`` are targets (``primary``, ``replica:1``, ``client:1``): whose data nodes are out of service, and whom the
    cut separates from the Sentinels' majority. ``suites`` is ``STANDARD`` only where the reference deployment must pass.
    ``rules`` makes it a static check: those rules of the analysis are asked, and no server is started.
    ``unsuited`` says in one sentence why a deployment or an engine cannot have it; empty where they can.
    ``fails_over`` is whether a replica must be promoted; by default it follows from who is away.
    ``engines`` are the other engines that its faults name: ``auto`` (what ``--upgrade-to`` says), a name or a path.
    One that was read from a file has the file's path as ``source``, may ask for an acknowledgement level, ``ack``, and is worked out
    for a deployment by ``worked_out``.
    ``has_written_limits`` is whether its file has objectives with limits: a team's own limits change none of them.
    """

    name: str
    title: str
    description: str
    why_fair: str
    tags: tuple[str, ...]
    faults: Callable[[Situation], Sequence[PlannedFault]]
    objectives: Callable[[Situation], Sequence[PlannedObjective]]
    needs: frozenset[Capability] = PROCESS
    away: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = ()
    suites: tuple[str, ...] = STANDARD
    fails_over: Callable[[Situation], bool] = field(default=lambda situation: situation.fails_over)
    extra_recovery_ms: int = 0
    expected: dict[str, str] = field(default_factory=dict)
    unsuited: Callable[[Deployment, Engine], str] = field(default=lambda *_: "")
    engines: tuple[str, ...] = ()
    ack: Ack | None = None
    source: str = ""
    worked_out: "Callable[[Deployment], Scenario] | None" = None
    rules: tuple[str, ...] = ()
    has_written_limits: bool = False

    def on(self, deployment: Deployment) -> "Scenario":
        """The scenario as it is on a deployment.

        :raises BadInputError: it was read from a file, which names what this deployment lacks.
        """
        return self.worked_out(deployment) if self.worked_out else self
