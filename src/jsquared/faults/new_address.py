"""New address: a server's container is gone, and is made again with the same data and another address, as every container platform does.

No one answers at the old address any more, not even with a refusal. A server's own file is what its start script makes of it: the
lines with its own address have the new one, and a data node follows whom the Sentinels name, or whom its file names.
Whether the others get to know the new address is what is tested: it is said here, and asked for where the deployment must converge.
"""

import contextlib
import operator
from collections import Counter
from collections.abc import Mapping, Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.kill import BETWEEN_FSYNCS, kill_all, killed_evidence
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.faults.waiting import wait_until
from jsquared.running.deployment import RunningDeployment
from jsquared.running.known import still_lists, unknown_at
from jsquared.running.own_lines import following
from jsquared.running.view import DeploymentView
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given

SILENCE_S = 0.3
KNOWN_LIMIT_S = 15.0
"""A Sentinel asks the primary for its replicas every 10 s, then it connects to a new one."""
LOOK_S = 0.1


class NewAddress(Fault):
    """Servers are gone with their address, and come back with another one."""

    name = "new-address"
    description = (
        "Crash servers with SIGKILL and take their address away; healing starts them with the same data at another address, "
        "like a recreated container."
    )
    undo = (
        "Starts the servers at their new addresses, which stay; names that resolved to the old ones resolve to the new ones. "
        "The other nodes' memory of the old addresses stays too."
    )
    evidence = (
        "The kernel's exit report names SIGKILL, connections to the old address get no answer at all, and the host has the new one; after "
        "healing the server answers there, and still none at the old one. The evidence says how each Sentinel knows it then."
    )
    needs = frozenset({Capability.PROCESS, Capability.ADDRESSES})
    parameters = (
        Parameter(
            "follows",
            "sentinels",
            "the primary of a data node that returns: the one that the Sentinels name, as its start script may ask, or the one in its file",
            ("sentinels", "file"),
        ),
        BETWEEN_FSYNCS,
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Kill the targets, and those that share their addresses; then change these."""
        named = nodes_of(deployment, targets)
        names = list(dict.fromkeys(each for name in named for each in deployment.beside(name)))
        old = {name: deployment.address(name) for name in names}
        kill_all(deployment, names, between_fsyncs=parameters["between_fsyncs"])
        for name in names:
            if deployment.address(name) == old[name]:  # one that shares it may have been first
                deployment.readdress(name)
        return ActiveNewAddress(deployment, old, asks=parameters["follows"] == "sentinels")


class ActiveNewAddress(ActivePerTarget):
    """Servers that are gone, or back elsewhere. ``old`` maps each to the address that it had."""

    def __init__(self, deployment: RunningDeployment, old: Mapping[str, str], *, asks: bool) -> None:
        moved = {name: f"{address} to {deployment.address(name)}" for name, address in old.items()}
        super().__init__(deployment, old, {"addresses": moved})
        self._old = old
        self._asks = asks
        self._started = False

    def bit_at(self, name: str) -> Evidence:
        """Killed, silent at the old address, and refusing at the new one."""
        killed = killed_evidence(self._deployment, name, self._deployment.process(name).poll())
        return combine([killed, self._moved(name)])

    def _moved(self, name: str) -> Evidence:
        old, new, port = self._old[name], self._deployment.address(name), self._deployment.node(name).port
        before, now = (answer_at(self._deployment, address, port) for address in (old, new))
        return Evidence(
            (before, now) == ("silence", "refusal"), f"at {old} there was {before}, at {new} {now} from {name}'s host"
        )

    def heal(self) -> None:
        """Start them there; names follow."""
        if self._started:
            return
        self._started = True
        self._rename()
        for name in self.targets:
            self._choose_primary(name)
            self._deployment.start(name, reason="healed")

    def _rename(self) -> None:
        nodes = [self._deployment.plan.node(name) for name in self.targets]
        names = {called: self._deployment.address(node.name) for node in nodes for called in node.names}
        if names:
            given(self._deployment.sandbox.name_service, Capability.NAMES).change(names)

    def _choose_primary(self, name: str) -> None:
        """Let a data node follow whom most Sentinels name, where that is another one: what a start script does."""
        node = self._deployment.plan.node(name)
        if not self._asks or node.role != "data":
            return
        sentinels = [each.name for each in self._deployment.plan.sentinels()]
        answers = self._deployment.ask_all(sentinels, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", node.master_name)
        named = Counter(tuple(answer) for answer in answers.values() if answer)
        for (address, port), _ in named.most_common(1):
            if self._deployment.node_at(f"{address}:{port}") != name:
                folder, file = self._deployment.folder(name), f"{name}.conf"
                folder.write_text(file, following(folder.read_text(file), address, port))

    def healed_at(self, name: str) -> Evidence:
        """It answers at the new address, and no one does at the old one; how the Sentinels know it then."""
        return combine([self._back(name), self._told(name)])

    def _back(self, name: str) -> Evidence:
        answering = answers_again(self._deployment, name)
        before = answer_at(self._deployment, self._old[name], self._deployment.node(name).port)
        where = f"at {self._deployment.address(name)}; at {self._old[name]} there was {before}"
        return Evidence(answering.ok and before == "silence", f"{answering.sentence} {where}")

    def _told(self, name: str) -> Evidence:
        """Show how the Sentinels know it, once all do or after 15 s. If they do not, the deployment failed, and not the undo."""
        others = [each.name for each in self._deployment.plan.sentinels() if each.name != name]
        unknown = wait_until(lambda: self._unknown(others, name), operator.not_, limit_s=KNOWN_LIMIT_S, look_s=LOOK_S)
        stale = [other for other in others if self._is_stale(other, name)]
        known = unknown or f"{', '.join(others)} know it there"
        listing = f"{', '.join(stale)} still list it" if stale else "none still list it"
        return Evidence(True, f"{known}; {listing} at {self._old[name]}")

    def _unknown(self, others: Sequence[str], name: str) -> str:
        return next(filter(None, (unknown_at(self._deployment, other, name) for other in others)), "")

    def _is_stale(self, other: str, name: str) -> bool:
        with contextlib.suppress(LabError):
            return still_lists(self._deployment, other, name, self._old[name])
        return False


def answer_at(deployment: DeploymentView, address: str, port: int) -> str:
    """Try a connection and return the result: ``a connection``, ``refusal`` (a host without a listener) or ``silence``."""
    try:
        deployment.dial(address, port, SILENCE_S).close()
    except ConnectionRefusedError:
        return "refusal"
    except OSError:
        return "silence"
    return "a connection"
