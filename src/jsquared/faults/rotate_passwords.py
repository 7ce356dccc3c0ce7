"""Rotate passwords: the users that replicas, Sentinels and clients log in as get other passwords on all data nodes, under load.

In the right order nobody is ever refused: a user has two passwords at once (``ACL SETUSER … >new``) until everyone who logs in as it has
been told the new one, and only then the old one goes. In the wrong order the old one goes first.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jsquared.deployment.model.directives import split_words
from jsquared.faults.change_password import LINK_LIMIT_S, LOOK_S, MASTERAUTH, refused
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.settings import setting
from jsquared.faults.targets import data_nodes
from jsquared.faults.waiting import prove_within
from jsquared.records.client_orders import login_order
from jsquared.running.deployment import RunningDeployment

NEW_FIRST, OLD_FIRST = "new-first", "old-first"


class RotatePasswords(Fault):
    """ACL SETUSER, SENTINEL SET auth-pass, CONFIG SET masterauth and the clients, in an order."""

    name = "rotate-passwords"
    aims = "data"
    usual_targets = ("primary", "replicas")
    description = (
        "Rotate the passwords of the users that replicas, Sentinels and clients log in as: data nodes accept a new one, then Sentinels, "
        "replicas and clients are told, then the old one goes; or the old one goes first. All connections of these users are closed."
    )
    undo = "Rotates the former passwords in again, in the right order."
    evidence = (
        "Every data node refuses each user's old password and accepts the new one, and all replicas are linked; after healing the other "
        "way round."
    )
    parameters = (
        Parameter(
            "order",
            NEW_FIRST,
            "whether both passwords are accepted until all have been told the new one, or the old one is removed first",
            (NEW_FIRST, OLD_FIRST),
        ),
        Parameter("step_ms", 200, "how long after each of Sentinels, replicas and clients the next ones are told"),
        Parameter(
            "password", "rotated-under-load-and-good-for-all", "how the new passwords begin; the user's name follows"
        ),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Rotate them; the targets must be all data nodes, since each of them may be the primary."""
        names = data_nodes(deployment, targets, fault=self.name, do="have these users")
        if set(names) != {node.name for node in deployment.group()}:
            raise self.refusal("a password is rotated on all data nodes", hint="primary and replicas")
        logins = logins_of(deployment)
        if not (logins.replication and logins.sentinel):
            raise self.refusal(
                "replicas or Sentinels log in as the default user",
                hint="a deployment with masteruser and sentinel auth-user, such as hardened",
            )
        active = ActiveRotation(deployment, names, logins, parameters["password"], parameters["step_ms"] / 1000)
        active.begin(parameters["order"])
        return active


Login = tuple[str, str]
"""A user and its password."""


@dataclass(frozen=True)
class Logins:
    """The logins of replicas, Sentinels and clients at data nodes; None where they are not those of a user with a name of its own."""

    replication: Login | None
    sentinel: Login | None
    clients: Login | None

    def __iter__(self) -> Iterator[Login]:
        """Each user once."""
        return iter(dict.fromkeys(one for one in (self.replication, self.sentinel, self.clients) if one))


def logins_of(deployment: RunningDeployment) -> Logins:
    """Return the logins of a deployment as its rendered configuration and its primary have them."""
    primary = deployment.last_primary()
    node = deployment.node(primary)
    replication = setting(deployment, primary, "masteruser"), setting(deployment, primary, MASTERAUTH)
    of_lab = node.client_login == node.login
    return Logins(
        replication if all(replication) else None,
        _of_sentinels(deployment),
        (node.client_login[0], node.client_login[1]) if len(node.client_login) == 2 and not of_lab else None,
    )


def _of_sentinels(deployment: RunningDeployment) -> Login | None:
    """The login in the first Sentinel's file: no Sentinel tells its password."""
    text = deployment.placement.config_files.get(f"{deployment.sentinels[0].name}.conf", "")
    lines = [words for line in text.splitlines() if (words := split_words(line)) and len(words) == 4]
    mine = {words[1].lower(): words[3] for words in lines if words[2] == deployment.master_name}
    return (mine["auth-user"], mine["auth-pass"]) if {"auth-user", "auth-pass"} <= mine.keys() else None


class ActiveRotation(ActivePerTarget):
    """Data nodes whose users have other passwords."""

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], logins: Logins, password: str, step_s: float
    ) -> None:
        super().__init__(deployment, targets)
        self._old = logins
        self._new = Logins(*(_with(one, password) for one in (logins.replication, logins.sentinel, logins.clients)))
        self._step_s = step_s

    def begin(self, order: str) -> None:
        """Rotate the new ones in."""
        if order == OLD_FIRST:
            self._accept(self._new)
            self._refuse(self._old)
            self._tell_all(self._new)
        else:
            self._rotate(self._old, self._new)

    def _rotate(self, old: Logins, new: Logins) -> None:
        """In the order in which nobody is refused."""
        self._accept(new)
        self._tell_all(new)
        self._refuse(old)

    def _accept(self, logins: Logins) -> None:
        for name in self._running():
            for user, password in logins:
                self._deployment.ask(name, "ACL", "SETUSER", user, f">{password}")

    def _refuse(self, logins: Logins) -> None:
        """Take passwords away, write that down, and close what logged in with them, so that all log in anew."""
        for name in self._running():
            for user, password in logins:
                self._deployment.ask(name, "ACL", "SETUSER", user, f"<{password}")
            self._deployment.ask(name, "CONFIG", "REWRITE")
            for user, _ in logins:
                self._deployment.ask(name, "CLIENT", "KILL", "USER", user)

    def _running(self) -> list[str]:
        return [name for name in self.targets if self._deployment.process(name).poll() is None]

    def _tell_all(self, logins: Logins) -> None:
        """Tell Sentinels, then replicas, then clients, each some time after those before."""
        for tell in (self._tell_sentinels, self._tell_replicas, self._tell_clients):
            time.sleep(self._step_s)
            tell(logins)

    def _tell_sentinels(self, logins: Logins) -> None:
        assert logins.sentinel is not None  # or it would not have been injected
        for sentinel in self._deployment.sentinels:
            master = self._deployment.master_name
            self._deployment.ask(sentinel.name, "SENTINEL", "SET", master, "auth-pass", logins.sentinel[1])

    def _tell_replicas(self, logins: Logins) -> None:
        assert logins.replication is not None  # likewise
        for name in self._running():
            self._deployment.ask(name, "CONFIG", "SET", MASTERAUTH, logins.replication[1])

    def _tell_clients(self, logins: Logins) -> None:
        for client in self._deployment.placement.clients if logins.clients else ():
            life = self._deployment.lives.newest(client.name)
            if life is not None and logins.clients:
                life.process.tell(login_order(*logins.clients))

    def bit_at(self, name: str) -> Evidence:
        """It accepts the new passwords, and refuses the old ones."""
        return prove_within(lambda: self._shows(name, self._new, self._old), limit_s=LINK_LIMIT_S, look_s=LOOK_S)

    def _shows(self, name: str, now: Logins, before: Logins) -> Evidence:
        wrong = [user for user, password in now if refused(self._deployment, name, (user, password))]
        right = [user for user, password in before if not refused(self._deployment, name, (user, password))]
        linked = self._is_linked(name)
        new, old = ("new", "former") if now is self._new else ("former", "new")
        sentence = (
            f"{name} accepts the {new} password of {_list({user for user, _ in now} - set(wrong))} and still the {old} one of "
            f"{_list(right)}; its link is {'up' if linked else 'down'}"
        )
        return Evidence(not wrong and not right and linked, sentence)

    def _is_linked(self, name: str) -> bool:
        role = self._deployment.role(name)
        return role is not None and (role.primary or role.link_up)

    def heal(self) -> None:
        """Rotate the former ones in again."""
        self._rotate(self._new, self._old)

    def healed_at(self, name: str) -> Evidence:
        """It accepts the former passwords, and refuses the others."""
        return prove_within(lambda: self._shows(name, self._old, self._new), limit_s=LINK_LIMIT_S, look_s=LOOK_S)


def _list(users: Iterable[str]) -> str:
    return ", ".join(sorted(users)) or "no user"


def _with(login: Login | None, password: str) -> Login | None:
    return (login[0], f"{password}-{login[0]}") if login else None
