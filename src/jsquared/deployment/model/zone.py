"""A zone: two hosts that are lost together, and that a deployment of five or more should be able to do without."""

from collections.abc import Sequence

from jsquared.deployment.model.spec import Deployment

LEAST_HOSTS = 5
"""With fewer, two hosts are no minority."""


def zone_of(deployment: Deployment) -> tuple[str, ...]:
    """The primary's host and the first other one without which a majority is left of its data nodes and of the Sentinels.

    Hosts of replicas come first. Empty where servers are on fewer than five hosts, or where no two hosts will do.
    """
    primary = deployment.primary.host
    others = [node.host for node in (*deployment.replicas, *deployment.nodes) if node.host != primary]
    hosts = list(dict.fromkeys(others))
    if len(hosts) + 1 < LEAST_HOSTS:
        return ()
    return next(((primary, other) for other in hosts if _majorities_without(deployment, (primary, other))), ())


def _majorities_without(deployment: Deployment, lost: Sequence[str]) -> bool:
    sentinels = sum(node.host not in lost for node in deployment.sentinels)
    data = sum(node.host not in lost for node in deployment.group)
    enough = max(deployment.quorum, len(deployment.sentinels) // 2 + 1)
    return sentinels >= enough and 2 * data > len(deployment.group)
