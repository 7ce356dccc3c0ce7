"""A deployment's convergence, group by group, with the first reason against it.

Converged: every Sentinel names the same primary, which says that it is one; every other data node of its group follows it with its link
up; every Sentinel sees all others and all replicas, none of them down, and those that got another address where they are now. This
holds for every monitored primary: the one that the trial is about is looked at first, the others are to be well too, since all live on
the same hosts and share the Sentinels.
"""

from jsquared.errors import LabError
from jsquared.resp.replies import pairs
from jsquared.running.known import unknown_at
from jsquared.running.view import DeploymentView, RoleView


def unconverged(deployment: DeploymentView) -> str:
    """Return why the deployment has not converged, empty if it has; where there are several groups, the reason names its own."""
    names = deployment.master_names
    for master in names:
        if why := _GroupView(deployment, master).unconverged():
            return f"{master}: {why}" if len(names) > 1 else why
    return ""


class _GroupView:
    """One monitored primary with its replicas, as all who know it see it now."""

    def __init__(self, deployment: DeploymentView, master: str) -> None:
        self.deployment = deployment
        self.master = master
        self.data = [node.name for node in deployment.group(master)]

    def unconverged(self) -> str:
        votes = self.deployment.votes(self.master)
        silent = [node.name for node in self.deployment.sentinels if node.name not in votes]
        if silent:
            return f"{', '.join(silent)} does not answer"
        if len(set(votes.values())) != 1:
            return "the Sentinels name different primaries: " + ", ".join(
                f"{s} {n or 'none'}" for s, n in votes.items()
            )
        primary = next(iter(votes.values()))
        return self._data_unconverged(primary) or self._views_unconverged() or self._moved_unconverged()

    def _data_unconverged(self, primary: str) -> str:
        # The primary first: what it has now, every replica must have a moment later. A link that says that it is up may be dead.
        own = self.deployment.role(primary) if primary else None
        if own is None:
            return f"{primary or 'the primary'} does not answer"
        if not own.primary:
            return f"{primary} is named primary but says that it is a replica"
        others = [name for name in self.data if name != primary]
        return next(filter(None, (self._replica_unconverged(name, primary, own) for name in others)), "")

    def _replica_unconverged(self, name: str, primary: str, own: RoleView) -> str:
        role = self.deployment.role(name)
        if role is None:
            return f"{name} does not answer"
        if role.primary:
            return f"{name} says that it is a primary beside {primary}"
        if self.deployment.node_at(role.follows) != primary:
            return f"{name} follows {self.deployment.node_at(role.follows) or role.follows} instead of {primary}"
        if not role.link_up:
            return f"{name}'s link to {primary} is down"
        if role.offset < own.offset:
            return f"{name} is {own.offset - role.offset:,} bytes behind {primary}"
        return ""

    def _views_unconverged(self) -> str:
        expected_replicas = len(self.data) - 1
        sentinels = self.deployment.sentinels
        expected_peers = len(sentinels) - 1
        for sentinel in sentinels:
            try:
                view = pairs(self.deployment.ask(sentinel.name, "SENTINEL", "MASTER", self.master))
            except LabError as problem:
                return f"{sentinel.name}: {problem}"
            if "down" in view.get("flags", "") or "disconnected" in view.get("flags", ""):
                return f"{sentinel.name} sees the primary as {view['flags']}"
            if int(view.get("num-slaves", 0)) < expected_replicas:
                return f"{sentinel.name} sees {view.get('num-slaves')} of {expected_replicas} replicas"
            if int(view.get("num-other-sentinels", 0)) < expected_peers:
                return f"{sentinel.name} sees {view.get('num-other-sentinels')} of {expected_peers} other Sentinels"
        return ""

    def _moved_unconverged(self) -> str:
        """Name a Sentinel that does not know a node at its new address: the entry at the old address remains a replica forever."""
        sentinels = [node.name for node in self.deployment.sentinels]
        moved = [name for name in self.deployment.addresses.moved() if name in (*self.data, *sentinels)]
        unknown = (
            unknown_at(self.deployment, sentinel, name) for name in moved for sentinel in sentinels if sentinel != name
        )
        return next(filter(None, unknown), "")
