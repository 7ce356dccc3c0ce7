"""Forged hello: a client publishes a message in a Sentinel's name that makes another node the primary, in a newer epoch.

Sentinels believe what they hear on ``__sentinel__:hello`` (sentinelProcessHelloMessage in sentinel.c): whoever may publish there names
the primary for all of them. The message is forged in the name of a Sentinel that exists, so that no new one is added.
"""

from collections.abc import Sequence

from jsquared.deployment.model.users import HELLO
from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues
from jsquared.faults.sentinel_belief import Belief, belief
from jsquared.faults.targets import one_data_node
from jsquared.faults.waiting import wait_until
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

BELIEF_LIMIT_S = 3.0
LOOK_S = 0.05
REFUSALS = ("NOPERM", "NOAUTH")


class ForgedHello(Fault):
    """PUBLISH on the Sentinels' channel, as the application's user."""

    name = "forged-hello"
    aims = "data"
    usual_targets = ("replica:1",)
    description = (
        "Publish a hello message in a Sentinel's name, logged in as clients are, "
        "that makes the target the primary in a newer epoch."
    )
    undo = "Publishes one in the same way, logged in as the lab, that names the node of before in an epoch newer still."
    evidence = (
        "All Sentinels name the target as the primary, or the server refuses the message; "
        "after healing they name the node of before."
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Forge it at the primary, where all Sentinels listen; the target must be one replica."""
        name = one_data_node(deployment, targets, fault=self.name, does="is named as the primary")
        primary = deployment.last_primary()
        if name == primary:
            raise self.refusal(f"{name} is the primary", hint="a replica, such as replica:1")
        active = ActiveForgedHello(deployment, name, primary)
        active.begin()
        return active


class ActiveForgedHello(ActiveFault):
    """A message that was sent. ``reply`` is what the server said to it: how many heard it, or its refusal."""

    def __init__(self, deployment: RunningDeployment, target: str, primary: str) -> None:
        super().__init__(deployment, [target])
        self._primary = primary
        self._reply: int | str = 0

    def begin(self) -> None:
        """Publish it, as clients log in."""
        primary = self._primary
        try:
            self._reply = self._publish(self.targets[0], self._deployment.node(primary).client_login)
        except ServerReplyError as refusal:
            self._reply = refusal.what

    def _publish(self, named: str, credentials: tuple[str, ...]) -> int:
        """Name a node as the primary, in an epoch newer than all that the Sentinels know; gives how many heard it."""
        epoch = max(self._beliefs().values(), key=lambda each: each.epoch).epoch + 1
        deployment, node = self._deployment, self._deployment.node(named)
        teller = deployment.sentinels[0]
        words = (
            deployment.address(teller.name), teller.port, deployment.ask(teller.name, "SENTINEL", "MYID"), epoch,
            deployment.master_name, deployment.address(named), node.port, epoch,
        )  # fmt: skip
        with deployment.connect(self._primary, credentials=credentials) as connection:
            heard: int = connection.command("PUBLISH", HELLO, ",".join(map(str, words)))
        return heard

    def _beliefs(self) -> dict[str, Belief]:
        return {each.name: belief(self._deployment, each.name) for each in self._deployment.sentinels}

    @property
    def _refused(self) -> bool:
        return isinstance(self._reply, str) and self._reply.startswith(REFUSALS)

    def bit(self) -> Evidence:
        """The Sentinels name the target, or the message was refused and they do not."""
        [target] = self.targets
        if self._refused:
            named = self._named()
            return Evidence(
                target not in named,
                f"{self._primary} refuses the message ({self._reply}), and the Sentinels name {_nodes(named)}",
            )
        return self._all_name(target, f"{self._primary} delivered the message to {self._reply}")

    def _all_name(self, node: str, what: str) -> Evidence:
        named = wait_until(self._named, lambda found: found == {node}, limit_s=BELIEF_LIMIT_S, look_s=LOOK_S)
        return Evidence(named == {node}, f"{what}; the Sentinels name {_nodes(named)}")

    def _named(self) -> set[str]:
        return {each.primary for each in self._beliefs().values()}

    def heal(self) -> None:
        """Name the node of before; where they have elected another one meanwhile, that election stands."""
        [target] = self.targets
        if not self._refused and self._named() == {target}:
            self._publish(self._primary, self._deployment.credentials(self._primary))

    def healed(self) -> Evidence:
        """The Sentinels agree on a node that says itself that it is the primary."""
        named = wait_until(
            self._named,
            lambda found: len(found) == 1 and self._is_primary(*found),
            limit_s=BELIEF_LIMIT_S,
            look_s=LOOK_S,
        )
        right = len(named) == 1 and self._is_primary(*named)
        return Evidence(right, f"the Sentinels name {_nodes(named)}, which {'is' if right else 'is not'} a primary")

    def _is_primary(self, name: str) -> bool:
        role = self._deployment.role(name) if name else None
        return role is not None and role.primary


def _nodes(named: set[str]) -> str:
    return ", ".join(sorted(each or "no known node" for each in named))
