"""Lost names: the name service forgets the names of some servers, as it does of a container that is gone; all others stay."""

from collections.abc import Mapping, Sequence

from jsquared.errors import BadInputError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues, combine
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given

LOOKUP_LIMIT_S = 0.5
ATTEMPTS = 3
"""Of so many lookups the best counts: a busy machine may delay any one of them."""


class LostNames(Fault):
    """The names of some servers mean nothing to anyone."""

    name = "lost-names"
    description = (
        "Make lookups of servers' names fail with 'no such name' on every host, "
        "as for containers that are gone; other names still resolve."
    )
    undo = "The names resolve to the servers' present addresses again."
    evidence = (
        "Lookups of the names from every Sentinel's host give no address, and those of another server's name the right one; after healing "
        "the names give the right addresses again."
    )
    needs = frozenset({Capability.NAMES})

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Forget the targets' names.

        :raises BadInputError: they have none.
        """
        servers = nodes_of(deployment, targets)
        names = {called: name for name in servers for called in deployment.plan.node(name).names}
        if not names:
            raise BadInputError(
                f"{', '.join(servers)} has no name that is looked up",
                where=f"deployment '{deployment.plan.deployment}'",
                hint="sentinel resolve-hostnames yes, with names in place of addresses",
            )
        given(deployment.sandbox.name_service, Capability.NAMES).change(dict.fromkeys(names, ""))
        return ActiveLostNames(deployment, servers, names)


class ActiveLostNames(ActiveFault):
    """Names that mean nothing. ``names`` maps each to its server."""

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], names: Mapping[str, str]) -> None:
        super().__init__(deployment, targets, {"names": list(names)})
        self._names = names
        self._hosts = list(dict.fromkeys(node.host for node in deployment.plan.sentinels()))
        others = {called: node.name for node in deployment.plan.nodes for called in node.names if called not in names}
        self._other = dict(list(others.items())[:1])

    def bit(self) -> Evidence:
        """No address for these names, and the right one for another."""
        lost = [self._asked(host, name, "") for host in self._hosts for name in self._names]
        return combine([*lost, *self._right(self._other)])

    def heal(self) -> None:
        """Let them mean their servers again."""
        given(self._deployment.sandbox.name_service, Capability.NAMES).change(
            {name: self._deployment.address(node) for name, node in self._names.items()}
        )

    def healed(self) -> Evidence:
        """The right address for each."""
        return combine(self._right(self._names))

    def _right(self, names: Mapping[str, str]) -> list[Evidence]:
        return [
            self._asked(host, name, self._deployment.address(node))
            for host in self._hosts
            for name, node in names.items()
        ]

    def _asked(self, host: str, name: str, wanted: str) -> Evidence:
        """Show that a lookup returns an address, or 'no such name' where that is empty; silence proves neither."""
        for _ in range(ATTEMPTS):
            lookup = given(self._deployment.sandbox.name_service, Capability.NAMES).lookup(
                host, name, limit_s=LOOKUP_LIMIT_S
            )
            if lookup.said != "nothing":
                break
        got = lookup.address or lookup.said
        return Evidence(got == (wanted or "no such name"), f"{host} asked for {name} and got {got}")
