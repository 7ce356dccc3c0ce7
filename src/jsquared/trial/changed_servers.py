"""The servers of a trial as steps of a change act on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.deployment.model.directives import split_words
from jsquared.errors import LabError
from jsquared.faults.process_state import shut_down
from jsquared.faults.upgrade import take_over
from jsquared.records.client_orders import login_order
from jsquared.records.plan import Engine
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.file_lines import edited
from jsquared.rollout.login_keys import REQUIREPASS, is_user
from jsquared.rollout.marks import Marks, filled
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView

DEFAULT_USER = "default"


class ChangedServers:
    """A running deployment of the lab, which keeps :class:`jsquared.rollout.servers.Servers`. Its clients take new logins at once."""

    def __init__(
        self, deployment: RunningDeployment, dialect: Dialect, directives: Sequence[DirectiveChange], marks: Marks
    ) -> None:
        """:param directives: all that the change changes: from these follow the logins of clients."""
        self._deployment, self._dialect = deployment, dialect
        self._logins = {back: _passwords(directives, marks, back=back) for back in (False, True)}

    @property
    def sentinel_names(self) -> Sequence[str]:
        """Every Sentinel."""
        return [node.name for node in self._deployment.sentinels]

    def group_of(self, node: str) -> tuple[str, Sequence[str]]:
        """The monitored primary of a data node, with all data nodes of it."""
        master_name = self._deployment.node(node).master_name
        return master_name, [one.name for one in self._deployment.group(master_name)]

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """One command to a node.

        :raises LabError: it does not answer, answers with an error, or there is no such node.
        """
        self._require(name)
        return self._deployment.ask(name, *words, timeout_s=timeout_s)

    def _require(self, name: str) -> None:
        if name not in {node.name for node in self._deployment.nodes}:
            raise LabError("there is no such node", where=name, hint="a node of the plan's first deployment")

    def role(self, name: str, timeout_s: float = 0.5) -> RoleView | None:
        """A data node's own account of its role, None without an answer."""
        self._require(name)
        return self._deployment.role(name, timeout_s)

    def node_at(self, address: str) -> str:
        """The node of an address, empty when there is none."""
        return self._deployment.node_at(address)

    def log_in(self, node: str, user: str, password: str) -> None:
        """Try a login; where the lab itself logs in as this user, it does so with this password from now on.

        :raises LabError: it is refused.
        """
        self._require(node)
        with self._deployment.connect(node, credentials=(user, password)) as connection:
            connection.command("PING")
        if _user_of(self._deployment.node(node).login) == user:
            self._deployment.use_credentials(node, (user, password))

    def edit(self, node: str, file: str, before: str, after: str) -> None:  # noqa: ARG002 -- the lab has one file a node
        """Change a line of the node's file.

        :raises LabError: the line is not there.
        """
        self._require(node)
        folder, name = self._deployment.folder(node), f"{node}.conf"
        folder.write_text(name, edited(folder.read_text(name), before, after, self._dialect))

    def text_of(self, node: str) -> str:
        """The node's file as it is now."""
        return self._deployment.folder(node).read_text(f"{node}.conf")

    def stop_server(self, node: str) -> None:
        """Stop a server by SIGTERM, and wait for its end.

        :raises LabError: it does not run, or does not end.
        """
        self._require(node)
        shut_down(self._deployment, [node])
        if self._deployment.process(node).poll() is None:
            raise LabError("has not ended", where=node)

    def start_server(self, node: str, engine: str) -> None:
        """Start a server, as another engine from now on where one is named.

        :raises LabError: it runs already, or the trial has no such engine.
        """
        self._require(node)
        if engine:
            take_over(self._deployment, node, self._engine_called(engine))
        self._deployment.start(node, reason="change")

    def _engine_called(self, called: str) -> Engine:
        placement = self._deployment.placement
        known = {f"{one.name} {one.version}": one for one in (placement.engine, *placement.other_engines.values())}
        if called not in known:
            raise LabError(f"the trial has no engine '{called}'", hint=", ".join(known))
        return known[called]

    def confirm(self, what: str, *, back: bool = False) -> None:  # noqa: ARG002 -- all that a plan has confirmed is about logins
        """Give each client the login that the change gives its user; ``back``: the one from before.

        :raises LabError: a client no longer runs.
        """
        if back:
            self._log_in_as_planned()
        subject = next(node for node in self._deployment.group() if node.initial_primary)
        user = _user_of(subject.client_login)
        if user not in self._logins[back]:
            return
        password = self._logins[back][user]
        for client in self._deployment.placement.clients:
            life = self._deployment.lives.newest(client.name)
            if life is None or life.process.poll() is not None:
                raise LabError("does not run, so it takes no new login", where=client.name)
            life.process.tell(login_order(user if password else "", password))

    def _log_in_as_planned(self) -> None:
        """Let the lab itself log in as before the change, at every data node."""
        for node in self._deployment.data:
            if _user_of(node.login) in self._logins[True]:
                self._deployment.use_credentials(node.name, node.login)


def _user_of(login: tuple[str, ...]) -> str:
    return login[0] if len(login) > 1 else DEFAULT_USER


def _passwords(directives: Sequence[DirectiveChange], marks: Marks, *, back: bool) -> Mapping[str, str]:
    """The password of each user of data nodes that a change gives another one; empty where it needs none."""
    found: dict[str, str] = {}
    for change in directives:
        if change.role != "data node":
            continue
        if change.directive == REQUIREPASS:
            found.setdefault(DEFAULT_USER, filled(change.before_value if back else change.after_value, marks))
        elif is_user(change):
            text = (change.before if back else change.after).text
            words = [word[1:] for word in split_words(text) or () if word.startswith(">")]
            if words:
                found.setdefault(change.directive.removeprefix("user "), filled(words[0], marks))
    return found
