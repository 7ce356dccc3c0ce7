"""Revoke command: a user of data nodes may no longer give a command, as after an edit of the ACLs that was meant to harden them."""

from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.deployment.model.directives import split_words
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import data_nodes
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

ARGUMENTS = {"slaveof": ("no", "one"), "replicaof": ("no", "one"), "publish": ("channel", "message"), "info": ()}
"""What ACL DRYRUN is asked about, since it counts a command's arguments; others are asked about without any."""


class RevokeCommand(Fault):
    """ACL SETUSER … -COMMAND at data nodes."""

    name = "revoke-command"
    aims = "data"
    usual_targets = ("primary", "replicas")
    description = (
        "Take the right to give a command away from a user: by default SLAVEOF from the one that Sentinels log in as."
    )
    undo = "Gives the right back."
    evidence = "ACL DRYRUN says that the user may not give it; after healing, that it may. What CKQUORUM says is told beside it."
    parameters = (
        Parameter("command", "slaveof", "the command, such as slaveof or config|rewrite"),
        Parameter("user", "", "whose right it is; empty for the user that Sentinels log in as"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Take it away at each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="have the user")
        user = parameters["user"] or sentinels_user(deployment)
        if not user:
            raise self.refusal("the Sentinels log in as the default user", hint="a deployment with sentinel auth-user")
        right = _Right(user, parameters["command"].lower())
        before = next((name for name in names if not allowed(deployment, name, right)), "")
        if before:
            raise self.refusal(f"user {user} may not give it at {before} anyway", parameter="command", hint="slaveof")
        active = ActiveRevokedCommand(deployment, names, right)
        active.begin()
        return active


@dataclass(frozen=True)
class _Right:
    """The right of a user to give a command, written ``config|rewrite`` with a subcommand."""

    user: str
    command: str


def sentinels_user(deployment: RunningDeployment) -> str:
    """Return the user that Sentinels log in as at data nodes; empty for the default user."""
    for sentinel in deployment.sentinels:
        text = deployment.placement.config_files.get(f"{sentinel.name}.conf", "")
        for line in text.splitlines():
            words = split_words(line) or ()
            if [word.lower() for word in words[:2]] == ["sentinel", "auth-user"] and words[2] == deployment.master_name:
                return words[3]
    return ""


def allowed(deployment: RunningDeployment, name: str, right: _Right) -> bool:
    """True if ACL DRYRUN says that the user may give the command; it executes nothing.

    :raises ServerReplyError: there is no such user or command.
    """
    words = right.command.split("|")
    reply = deployment.ask(name, "ACL", "DRYRUN", right.user, *words, *ARGUMENTS.get(right.command, ()))
    return bool(reply == "OK")


class ActiveRevokedCommand(ActivePerTarget):
    """Data nodes at which a user may no longer give a command."""

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], right: _Right) -> None:
        super().__init__(deployment, targets)
        self._right = right

    def begin(self) -> None:
        """Take the right away."""
        self._set("-")

    def _set(self, sign: str) -> None:
        for name in self.targets:
            if self._deployment.process(name).poll() is None:
                self._deployment.ask(name, "ACL", "SETUSER", self._right.user, f"{sign}{self._right.command}")

    def bit(self) -> Evidence:
        """Each refuses it; that CKQUORUM notices nothing is said beside it."""
        proof = super().bit()
        said = [f"{each.name} says {self._quorum(each.name)}" for each in self._deployment.sentinels]
        return Evidence(proof.ok, f"{proof.sentence}; asked for CKQUORUM, {', '.join(said)}")

    def _quorum(self, name: str) -> str:
        try:
            reply = str(self._deployment.ask(name, "SENTINEL", "CKQUORUM", self._deployment.master_name))
        except ServerReplyError as refusal:
            reply = refusal.what
        return reply.split(" ", 1)[0]

    def bit_at(self, name: str) -> Evidence:
        """The user may not give the command."""
        may = allowed(self._deployment, name, self._right)
        return Evidence(not may, self._sentence(name, may))

    def heal(self) -> None:
        """Give it back; a node that was restarted meanwhile has it from its file."""
        self._set("+")

    def healed_at(self, name: str) -> Evidence:
        """The user may give it again."""
        may = allowed(self._deployment, name, self._right)
        return Evidence(may, self._sentence(name, may))

    def _sentence(self, name: str, may: bool) -> str:
        return f"user {self._right.user} {'may' if may else 'may not'} give {self._right.command} at {name}"
