"""The primary restarts at once and loads for a few seconds: Sentinels hear LOADING and wait, and so do clients."""

from collections.abc import Sequence

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import PlannedObjective
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, no_failover, write_gap
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.situation import Situation

BEYOND_MS = 1_500
"""So much longer than ``down-after-milliseconds``: Sentinels that took LOADING for silence would agree and fail over by then."""
LONGEST_MS = 6_000
"""Where ``down-after-milliseconds`` is long, the trial stays short, and only what clients see is tested."""
REBOOT_PERIODS = ("master-reboot-down-after-period", "primary-reboot-down-after-period")


def _load_ms(deployment: Deployment) -> int:
    return min(deployment.down_after_ms + BEYOND_MS, LONGEST_MS)


def _may_be_replaced(deployment: Deployment) -> bool:
    """True if a Sentinel was told that a primary which was restarted and still loads counts as down (7.0 and newer; off by default)."""
    written = [one.setting(name, deployment.master_name) for one in deployment.sentinels for name in REBOOT_PERIODS]
    return any(directive.arguments[-1] != "0" for directive in written if directive)


def _objectives(situation: Situation) -> Sequence[PlannedObjective]:
    deployment = situation.deployment
    waits = [] if _may_be_replaced(deployment) else [no_failover("a primary that answers LOADING is not down")]
    return [
        lost_writes("every acknowledged write is on the disk, and a loading server serves no one"),
        *waits,
        write_gap(
            "it serves once it has loaded; then its replicas attach again",
            FAILOVER_LIMIT_MS + _load_ms(deployment),
        ),
        convergence(),
    ]


SCENARIO = Scenario(
    name="short-loading",
    title="The primary loads for a few seconds after a restart",
    description="SIGKILL to the primary and an immediate start; loading its data set takes 1.5 s longer than "
    "down-after-milliseconds, 6 s at the most.",
    why_fair="LOADING is an answer, so no Sentinel considers the primary down. Until everything is loaded it must "
    "refuse clients and replicas: they would read and copy half a data set.",
    tags=("slow-loading-after-restart", "restart", "persistence", "one-host"),
    faults=lambda situation: [
        fault(
            "slow-loading",
            "primary",
            id="restart",
            ms=_load_ms(situation.deployment),
            lasts_ms=_load_ms(situation.deployment) * 3 // 2,
        )
    ],
    objectives=_objectives,
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "violated"},
)
