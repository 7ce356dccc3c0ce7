"""Replicaof by hand: an operator tells a data node whom to follow, past the Sentinels."""

import ipaddress
import time
from collections.abc import Mapping, Sequence

from jsquared.errors import BadInputError, LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import data_nodes, nodes_of
from jsquared.faults.waiting import prove_within
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import PRIMARY_WORDS

NO_ONE = "no one"
FOLLOW_LIMIT_S = 25.0
"""A Sentinel looks every 10 s, and corrects what has been so for 8 s (``convert-to-slave``) when it looks again."""
LOOK_S = 0.05


class ReplicaofByHand(Fault):
    """REPLICAOF at data nodes."""

    name = "replicaof-by-hand"
    aims = "data"
    usual_targets = ("replica:1",)
    description = "Tell data nodes by hand to follow another node, or no one (REPLICAOF), as an operator does who forgets the Sentinels."
    undo = (
        "Points each node back to the present primary (the primary itself: to no one), or leaves that to the Sentinels."
    )
    evidence = (
        "ROLE shows the new role or the new primary; after healing the role or the primary that the Sentinels name."
    )
    parameters = (
        Parameter("of", NO_ONE, "whom to follow: 'no one', a target such as replica:2, or ADDRESS:PORT"),
        Parameter(
            "left_to_sentinels", False, "do not undo it by hand: healing waits for what the Sentinels do about it"
        ),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Give the command to each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="follow others")
        wanted = address_of(deployment, parameters["of"])
        before = {name: said_by(deployment, name) for name in names}
        for name in names:
            follow(deployment, name, wanted)
        return ActiveReplicaof(deployment, before, wanted, left=parameters["left_to_sentinels"])


def address_of(deployment: RunningDeployment, of: str) -> str:
    """``ADDRESS:PORT`` of whom to follow, empty for no one.

    :raises BadInputError: it is neither an address nor one data node.
    """
    if of == NO_ONE:
        return ""
    address, _, port = of.rpartition(":")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        [name, *more] = nodes_of(deployment, [of])
        if more or deployment.plan.node(name).role != "data":
            raise BadInputError(
                f"'{of}' is not one data node", where="fault 'replicaof-by-hand', parameter 'of'", hint="replica:2"
            ) from None
        return where(deployment, name)
    if not port.isdecimal():
        raise BadInputError(f"'{of}' has no port", where="fault 'replicaof-by-hand', parameter 'of'", hint=f"{of}:6379")
    return of


def where(deployment: RunningDeployment, name: str) -> str:
    """``ADDRESS:PORT`` of a node."""
    return f"{deployment.address(name)}:{deployment.node(name).port}"


def said_by(deployment: RunningDeployment, name: str) -> str:
    """Return the node's primary by its own word (ROLE): ``ADDRESS:PORT``, empty for a primary."""
    role = deployment.ask(name, "ROLE")
    if role[0] in PRIMARY_WORDS:
        return ""
    said = f"{role[1]}:{role[2]}"
    node = deployment.node_at(said)  # which may be called by a name
    return where(deployment, node) if node else said


def follow(deployment: RunningDeployment, name: str, of: str) -> None:
    """REPLICAOF at a node; ``of`` as :func:`said_by` gives it."""
    address, _, port = of.rpartition(":")
    deployment.ask(name, "REPLICAOF", *((address, port) if of else ("NO", "ONE")))


class ActiveReplicaof(ActivePerTarget):
    """Nodes that were told whom to follow. ``before`` maps each to whom it followed, ``wanted`` is whom it shall."""

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, str], wanted: str, *, left: bool) -> None:
        super().__init__(deployment, before, {"before": dict(before)})
        self._before = before
        self._wanted = wanted
        self._left = left

    def bit_at(self, name: str) -> Evidence:
        """The node says so, and did not before."""
        now = said_by(self._deployment, name)
        changed = now == self._wanted != self._before[name]
        return Evidence(changed, f"{name} {self._words(self._before[name], 'was', 'followed')}, now {self._words(now)}")

    def _words(self, of: str, be: str = "is", do: str = "follows") -> str:
        return f"{do} {self._deployment.node_at(of) or of}" if of else f"{be} a primary"

    def heal(self) -> None:
        """Point each back, unless that is left to the Sentinels."""
        for name in [] if self._left else self.targets:
            follow(self._deployment, name, self._right(name))

    def _right(self, name: str) -> str:
        """Return the primary that a node should follow now."""
        primary = self._deployment.last_primary()
        return "" if name == primary else where(self._deployment, primary)

    def healed_at(self, name: str) -> Evidence:
        """The node says what the Sentinels say."""
        began = time.monotonic()
        said = prove_within(lambda: self._corrected(name), limit_s=FOLLOW_LIMIT_S, look_s=LOOK_S)
        waited_ms = (time.monotonic() - began) * 1000
        return Evidence(said.ok, f"{said.sentence}, {waited_ms:.0f} ms after it was asked")

    def _corrected(self, name: str) -> Evidence:
        try:
            now = said_by(self._deployment, name)
        except LabError as problem:
            return Evidence(False, f"{name} does not say whom it follows: {problem}")
        return Evidence(now == self._right(name), f"{name} {self._words(now)}")
