"""What is known of a deployment, whichever way it was looked at: the same rules judge files and running servers.

Both ways end in the model of :mod:`jsquared.deployment`. The difference is what they do not know: a file has every directive, and one that
is not written has its default; a running server tells what it was asked for, and nothing else is assumed of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from jsquared.advisories.database import Database, load_database
from jsquared.analysis.group import Group, groups_of
from jsquared.deployment.model.addresses import is_loopback
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, Deployment, Node, SentinelNode
from jsquared.deployment.model.users import User, Users, users_of

DEFAULT_USER = "default"


class NotApplicableError(Exception):
    """There is nothing to judge, or this way of looking cannot tell; the message says which."""


class CannotTellError(Exception):
    """What the rule needs could not be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class ProcessFacts:
    """A server's process on this machine, as /proc shows it; None where it does not."""

    umask: int | None = None
    user_id: int | None = None
    conf_file: Path | None = None
    program: Path | None = None
    """The server's binary, where the file of that name is still the one that runs."""


@dataclass(frozen=True, kw_only=True)
class CertificateFacts:
    """The certificate that a server shows: the days that are left, the names and addresses that it is for."""

    days_left: float
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """A server's own account of its version, and the version of the package that it came in.

    ``package`` is empty where it is of none, and None where that is not known. ``distribution`` is where it is installed (``debian 12``).
    """

    server: str
    version: str
    package: str | None = None
    distribution: str = ""


@dataclass(frozen=True, kw_only=True)
class NodeFacts:
    """What one running server told.

    ``told`` are the canonical names of settings that it was asked for and answered, ``refused`` those that it would not tell, with the
    reason; ``settings`` are answers that are not part of the node's directives.
    """

    told: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    address: str = ""
    encrypted: bool = False
    sentinels_logged_in: frozenset[str] | None = None
    """Names of the Sentinels that have a connection to this data node; None where it would not say."""
    usable_sentinels: tuple[int, int] | None = None
    """Of a Sentinel: how many Sentinels it can use, and how many it knows, itself included; None where it would not say."""
    failed_logins: int | None = None
    process: ProcessFacts | None = None
    certificate: CertificateFacts | None = None
    version: VersionFacts | None = None


@dataclass(frozen=True)
class Evidence:
    """A deployment to judge. ``facts`` are those of running servers, by node name; files have none."""

    deployment: Deployment
    name: str
    looked_at: Literal["files", "live"] = "files"
    facts: Mapping[str, NodeFacts] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    engine: VersionFacts | None = None
    """The server that files are for, where somebody says which."""

    @property
    def is_live(self) -> bool:
        """True if running servers were asked."""
        return self.looked_at == "live"

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """One for each monitored primary, as the rules of the resilience analysis want it."""
        return groups_of(self.deployment, None, None)

    @cached_property
    def known_advisories(self) -> Database:
        """All that is known of vulnerabilities.

        :raises BadInputError: what the user has added to it cannot be read.
        """
        return load_database()

    @property
    def has_versions(self) -> bool:
        """True if the version of a server is known."""
        return self.engine is not None or any(facts.version for facts in self.facts.values())

    @property
    def data(self) -> tuple[DataNode, ...]:
        """Every data node."""
        return self.deployment.data

    @property
    def sentinels(self) -> tuple[SentinelNode, ...]:
        """Every Sentinel."""
        return self.deployment.sentinels

    def facts_of(self, node: Node) -> NodeFacts:
        """What a running server told.

        :raises NotApplicableError: only files were read.
        :raises CannotTellError: it could not be asked.
        """
        if not self.is_live:
            raise NotApplicableError("only running servers tell")
        facts = self.facts[node.name]
        if facts.problem:
            raise CannotTellError(f"{node.name} could not be asked: {facts.problem}")
        return facts

    def version_of(self, node: Node) -> VersionFacts:
        """Return the version that a node runs.

        :raises NotApplicableError: only files were read, and nobody says which server they are for.
        :raises CannotTellError: the server does not say.
        """
        if not self.is_live:
            if self.engine is None:
                raise NotApplicableError("files do not tell the version: running servers do, or --engine")
            return self.engine
        version = self.facts_of(node).version
        if version is None:
            raise CannotTellError(f"{node.name} does not tell its version")
        return version

    def require(self, node: Node, key: str) -> None:
        """Make sure that a setting is known, or known not to be written.

        :raises NotApplicableError: only files tell this setting.
        :raises CannotTellError: the server would not tell, or could not be asked.
        """
        if not self.is_live:
            return
        facts = self.facts_of(node)
        if key in facts.refused:
            raise CannotTellError(f"{node.name} does not tell {key}: {facts.refused[key]}")
        if key not in facts.told:
            raise NotApplicableError(f"only files tell {key}")

    def value(self, node: Node, key: str, default: str = "") -> str:
        """Return a setting's first argument, or the engine's default where nothing is written.

        :raises NotApplicableError: as :meth:`require`; so does CannotTellError.
        """
        self.require(node, key)
        if self.is_live and key in self.facts[node.name].settings:
            return self.facts[node.name].settings[key]
        return node.value(key, default)

    def line(self, node: Node, key: str) -> Directive | None:
        """The line that counts.

        :raises NotApplicableError: as :meth:`require`; so does CannotTellError.
        """
        self.require(node, key)
        return node.find(key)

    def users(self, node: Node) -> Users:
        """Return the users of a server.

        :raises CannotTellError: its ACL file, or the server, does not tell.
        """
        self.require(node, "user")
        users = users_of(node, self.deployment, channels_open=False)
        if users is None:
            raise CannotTellError(f"the ACL file of {node.name} cannot be read")
        return users

    def speaks_tls(self, node: Node) -> bool:
        """True if a server has a port with TLS.

        :raises CannotTellError: it does not say, and is not reached with TLS.
        """
        if self.is_live and self.facts_of(node).encrypted:
            return True
        return self.value(node, "tls-port", "0") not in ("", "0")

    def listens_outside(self, node: Node) -> bool:
        """True if a server can be reached from other machines: by its ``bind`` line, or since it was reached there.

        :raises CannotTellError: it does not say.
        """
        if self.is_live and not is_loopback(self.facts_of(node).address):
            return True
        bind = self.line(node, "bind")
        return bind is None or not all(is_loopback(word) for word in bind.arguments)

    def sentinel_logins(self, node: DataNode) -> tuple[str, ...]:
        """Return the users that Sentinels log in with at a data node.

        :raises CannotTellError: no running server tells.
        """
        names = []
        for sentinel in self.sentinels:
            if sentinel.monitor(node.master_name):
                self.require(sentinel, "sentinel auth-user")
                line = sentinel.setting("auth-user", node.master_name)
                names.append(line.arguments[1] if line and len(line.arguments) > 1 else DEFAULT_USER)
        return tuple(dict.fromkeys(names))

    def replica_logins(self, node: DataNode) -> tuple[str, ...]:
        """Return the users, other than the default one, that data nodes log in with at their primary."""
        group = [other for other in self.data if other.master_name == node.master_name]
        return tuple(dict.fromkeys(name for other in group if (name := self.value(other, "masteruser"))))

    def application_users(self, node: DataNode) -> dict[str, User]:
        """Return the users that can reach keys, without those of Sentinels and replicas. The default user always counts.

        :raises CannotTellError: users, or the logins of Sentinels and replicas, are not known.
        """
        servers = {*self.sentinel_logins(node), *self.replica_logins(node)} - {DEFAULT_USER}
        users = self.users(node)
        return {name: user for name, user in users.items() if user.on and user.keys and name not in servers}
