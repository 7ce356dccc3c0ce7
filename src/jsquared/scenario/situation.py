"""The rest of a deployment during a scenario's faults, derived from its text alone.

What can fairly be asked depends on it: which clients and how many replicas are on the side of the Sentinels' majority.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.deployment.model.full_copy import copy_delay_s
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.model.zone import zone_of
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack, Engine
from jsquared.scenario.targets_at_start import hosts_at_start

COPY_TICK_MS = 1_000
"""replicationCron in replication.c, which begins delayed copies, runs once a second."""


@dataclass(frozen=True)
class Situation:
    """The rest of a deployment during a scenario's faults.

    ``away`` are hosts whose data nodes are out of service; ``cut_off`` hosts that the Sentinels' majority cannot reach.
    """

    deployment: Deployment
    ack: Ack
    away: frozenset[str]
    cut_off: frozenset[str]
    engine: Engine | None = None

    @property
    def copy_delay_ms(self) -> int:
        """How long a full copy waits at the most before it begins; 0 where it begins at once."""
        delay_s = max(copy_delay_s(node, self.engine) for node in self.deployment.group)
        return 1000 * delay_s + COPY_TICK_MS if delay_s else 0

    @property
    def primary_affected(self) -> bool:
        """True if the primary is among the hosts that are away."""
        return self.deployment.primary.host in self.away

    @property
    def fails_over(self) -> bool:
        """True if a replica must be promoted without anybody's help.

        The loss of one host is owed that by every deployment with another data node, whatever its Sentinels' number and quorum: where
        these do not allow it, that is what is wrong. The loss of more takes that enough Sentinels remain: the quorum to agree, and the
        majority of all to elect a leader.
        """
        if not self.primary_affected or self._data_left() < 1:
            return False
        if len(self.away | self.cut_off) == 1:
            return True
        configured = len(self.deployment.sentinels)
        reachable = sum(node.host not in self.cut_off for node in self.deployment.sentinels)
        return reachable >= max(self.deployment.quorum, configured // 2 + 1)

    @property
    def acknowledges_by_itself(self) -> bool:
        """True if writes must be acknowledged again, after the promotion, before anything is healed.

        What clients ask for counts, and not ``min-replicas-to-write``: one that asks for more than that is what is wrong.
        """
        return self._data_left() - 1 >= self.ack.replicas

    @property
    def clients(self) -> tuple[str, ...]:
        """All clients."""
        return tuple(client.name for client in self.deployment.clients)

    @property
    def reachable_clients(self) -> tuple[str, ...]:
        """Clients on the side of the Sentinels' majority."""
        return tuple(client.name for client in self.deployment.clients if client.host not in self.cut_off)

    @property
    def isolated_clients(self) -> tuple[str, ...]:
        """Clients that are cut off."""
        return tuple(client.name for client in self.deployment.clients if client.host in self.cut_off)

    def _data_left(self) -> int:
        return sum(node.host not in self.away for node in self.deployment.group)


ZONE = "zone"
"""Beside the words for targets: a data host and everything near it, which a scenario may say to be away."""


def hosts_away(deployment: Deployment, targets: Sequence[str]) -> frozenset[str]:
    """The hosts that ``zone`` and the words for targets mean while nothing has moved yet.

    The same words are resolved again at injection; a plan only needs to know who will be on which side.

    :raises BadInputError: the deployment has no such node.
    """
    return frozenset(host for target in targets for host in _hosts(deployment, target))


def _hosts(deployment: Deployment, target: str) -> Sequence[str]:
    if target == ZONE:
        return zone_of(deployment)
    try:
        return hosts_at_start(deployment, target)
    except BadInputError as problem:
        raise BadInputError(
            f"needs '{target}', and there is none",
            where=f"deployment '{deployment.name}'",
            hint="a scenario that needs fewer nodes, or a deployment with more",
        ) from problem
