"""The servers of a running deployment as targets for Prometheus' file service discovery.

Roles are no labels: a failover would end every series and begin others. Who is primary is a metric.
"""

import msgspec

from jsquared.running.discovered import Discovered

KIND = "__meta_redis_kind"
"""``data`` or ``sentinel``, for a job to keep its own; Prometheus drops it afterwards."""
LOGIN = "__meta_redis_login"
"""``USER@`` where the exporter must log in as a user; it stands before the address that the exporter is asked for."""

INSTANCE = "__meta_redis_instance"
"""What ``instance`` is where a server is asked at another address than it is known by; without it, it is the target."""


class TargetGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Targets that have their labels in common, as a file for service discovery has them."""

    targets: list[str]
    labels: dict[str, str]


def target_groups(found: Discovered, deployment: str) -> list[TargetGroup]:
    """Return a group for the data nodes of each monitored primary, and one for all Sentinels."""
    groups = [
        TargetGroup(
            targets=[node.where for node in master.data],
            labels={"deployment": deployment, "master_name": master.name, KIND: "data"},
        )
        for master in found.masters
    ]
    sentinels = [node.where for node in found.sentinels]
    return [*groups, TargetGroup(targets=sentinels, labels={"deployment": deployment, KIND: "sentinel"})]
