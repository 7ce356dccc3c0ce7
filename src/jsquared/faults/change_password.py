"""Change password: a password is rotated in on a data node that no one else has been told about."""

from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.errors import BadInputError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.settings import Settings, setting
from jsquared.faults.targets import data_nodes
from jsquared.faults.waiting import wait_until
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

REFUSALS = ("NOAUTH", "WRONGPASS", "ERR AUTH")
LINK_LIMIT_S = 5.0
LOOK_S = 0.05
DEFAULT_USER = "default"
MASTERAUTH = "masterauth"


class ChangePassword(Fault):
    """CONFIG SET requirepass or masterauth, or ACL SETUSER, at data nodes."""

    name = "change-password"
    aims = "data"
    description = "Rotate a password on data nodes without telling the others: the one they accept, or the one they use as a replica."
    undo = "Restores the former password, or none where there was none."
    evidence = (
        "A new connection with the former password is refused (masterauth: the link to the primary is down); "
        "after healing it is accepted (masterauth: the node shows the former one)."
    )
    parameters = (
        Parameter(
            "what",
            "requirepass",
            "what is changed: the password asked of the default user, of another user, or given to the primary",
            ("requirepass", "user", "masterauth"),
        ),
        Parameter("user", DEFAULT_USER, "for 'user': whose password is changed (ACL SETUSER)"),
        Parameter("password", "rotated-by-mistake", "the new password"),
        Parameter("disconnect", True, "close the connections concerned, as servers keep those that have logged in"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Change it at each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="have it")
        new, disconnect = parameters["password"], parameters["disconnect"]
        if parameters["what"] == "masterauth":
            links = ActiveWrongMasterauth(deployment, names, new, disconnect=disconnect)
            links.change()
            return links
        user = parameters["user"] if parameters["what"] == "user" else DEFAULT_USER
        logins = ActiveWrongLogin(deployment, names, _Rotation(parameters["what"], user, new))
        logins.change(disconnect=disconnect)
        return logins


@dataclass(frozen=True)
class _Rotation:
    """A rotation: ``what`` as the parameter, whose password, and the new one."""

    what: str
    user: str
    password: str


@dataclass(frozen=True)
class Login:
    """A node's previous demands of a user: the rules that restore it, ``requirepass`` as shown, and the lab's own credentials."""

    rules: tuple[str, ...]
    requirepass: str
    credentials: tuple[str, ...]


def rules_of(deployment: RunningDeployment, name: str, user: str) -> tuple[str, ...]:
    """The ACL rules that give a user the passwords that it has now.

    :raises BadInputError: there is no such user.
    """
    reply = deployment.ask(name, "ACL", "GETUSER", user)
    if not reply:
        raise BadInputError(
            f"{name} knows no user '{user}'", where="fault 'change-password', parameter 'user'", hint=DEFAULT_USER
        )
    fields = dict(zip(reply[::2], reply[1::2], strict=False))
    passwords = [f"#{digest}" for digest in fields["passwords"]]
    return ("resetpass", *(["nopass"] if "nopass" in fields["flags"] else []), *passwords)


def refused(deployment: RunningDeployment, name: str, credentials: tuple[str, ...]) -> bool:
    """True if a new connection with these credentials is refused."""
    try:
        with deployment.connect(name, credentials=credentials) as connection:
            connection.command("PING")
    except ServerReplyError as reply:
        return reply.what.startswith(REFUSALS)
    return False


class ActiveWrongLogin(ActivePerTarget):
    """Nodes that ask for another password. ``before`` is what each asked for until then."""

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], rotation: _Rotation) -> None:
        super().__init__(deployment, targets)
        self._rotation = rotation
        self._before = {name: self._login(name) for name in targets}

    def _login(self, name: str) -> Login:
        rules = rules_of(self._deployment, name, self._rotation.user)
        return Login(rules, setting(self._deployment, name, "requirepass"), self._deployment.credentials(name))

    def change(self, *, disconnect: bool) -> None:
        """Set the new password, which the lab alone is told, and close connections."""
        rotation = self._rotation
        for name in self.targets:
            if rotation.what == "requirepass":
                self._deployment.ask(name, "CONFIG", "SET", "requirepass", rotation.password)
            else:
                self._deployment.ask(name, "ACL", "SETUSER", rotation.user, "resetpass", f">{rotation.password}")
            self._deployment.use_credentials(name, self._credentials_now(name))
            if disconnect:
                self._deployment.ask(name, "CLIENT", "KILL", "USER", rotation.user)

    def _credentials_now(self, name: str) -> tuple[str, ...]:
        """Return the lab's credentials while it lasts: the new password where it is that user."""
        user, password = self._rotation.user, self._rotation.password
        old = self._before[name].credentials
        if len(old) == 2:
            return (user, password) if old[0] == user else old
        return (password,) if user == DEFAULT_USER else old

    def bit_at(self, name: str) -> Evidence:
        """Show that the formerly right password is refused."""
        user, before = self._rotation.user, self._before[name]
        if self._deployment.credentials(name) == before.credentials:  # another user than the lab's
            changed = rules_of(self._deployment, name, user) != before.rules
            return Evidence(
                changed, f"{name} {'shows another' if changed else 'still shows the same'} password of {user}"
            )
        no = refused(self._deployment, name, before.credentials)
        return Evidence(no, f"{name} {'refuses' if no else 'accepts'} a new connection as before")

    def heal(self) -> None:
        """Set back what each asked for; a node that was restarted meanwhile asks for that already."""
        for name, before in self._before.items():
            if self._rotation.what == "requirepass":
                self._tell(name, "CONFIG", "SET", "requirepass", before.requirepass)
            # Its passwords need not be those of requirepass, which replaces them all.
            self._tell(name, "ACL", "SETUSER", self._rotation.user, *before.rules)
            self._deployment.use_credentials(name, before.credentials)

    def _tell(self, name: str, *words: str) -> None:
        """A command to a node with the credentials that it takes at this moment."""
        before = self._before[name].credentials
        for credentials in (self._credentials_now(name), before, ()):
            if not refused(self._deployment, name, credentials):
                self._deployment.use_credentials(name, credentials)
                break
        self._deployment.ask(name, *words)

    def healed_at(self, name: str) -> Evidence:
        """Show that the former password is accepted, and the node shows its former settings."""
        before = self._before[name]
        if refused(self._deployment, name, before.credentials):
            return Evidence(False, f"{name} still refuses a new connection as before")
        same = rules_of(self._deployment, name, self._rotation.user) == before.rules
        return Evidence(
            same, f"{name} accepts a new connection as before and shows {'what' if same else 'other than'} it had"
        )


class ActiveWrongMasterauth(ActivePerTarget):
    """Nodes that log in at their primary with another password."""

    proven_at_end = True

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], password: str, *, disconnect: bool
    ) -> None:
        super().__init__(deployment, targets)
        self._password = password
        self._disconnect = disconnect
        self._settings = Settings(deployment)

    def change(self) -> None:
        """Set it, and close the link to the primary."""
        for name in self.targets:
            self._settings.change(name, MASTERAUTH, self._password)
            if self._disconnect:
                self._deployment.ask(name, "CLIENT", "KILL", "TYPE", "master")

    def bit_at(self, name: str) -> Evidence:
        """The node shows it, and where its link was closed, that is still down."""
        now, role = setting(self._deployment, name, MASTERAUTH), self._deployment.role(name)
        changed = now == self._password != self._settings.before[name, MASTERAUTH]
        kept = role is not None and (role.primary or not self._disconnect or not role.link_up)
        link = (
            "a primary"
            if role and role.primary
            else f"a replica with its link {'up' if role and role.link_up else 'down'}"
        )
        return Evidence(
            changed and kept, f"{name} shows {'another' if changed else 'the same'} masterauth and is {link}"
        )

    def heal(self) -> None:
        """Set back what each had."""
        self._settings.restore()

    def healed_at(self, name: str) -> Evidence:
        """The node shows what it had, and its link is up."""
        same = setting(self._deployment, name, MASTERAUTH) == self._settings.before[name, MASTERAUTH]
        up = wait_until(lambda: self._linked(name), limit_s=LINK_LIMIT_S, look_s=LOOK_S)
        shown = "the former masterauth" if same else "a different masterauth"
        return Evidence(same and up, f"{name} shows {shown}; its link is {'up' if up else 'down'}")

    def _linked(self, name: str) -> bool:
        role = self._deployment.role(name)
        return role is not None and (role.primary or role.link_up)
