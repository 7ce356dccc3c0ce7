"""How the lab and its clients log in at each server: as the configuration lets them, else as a user of the lab's own.

The lab must be able to do everything, and needs a password that it can read. Where the default user has neither, a user line is added
(in a copy of the ACL file, where there is one: a server takes either users in its configuration or an ACL file). The user's own lines
stay as they are, so servers log in at each other as they do at home.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.references import find_file, names_file, referenced_file
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.deployment.model.users import OF_ASKING_CLIENT, OF_CLIENT, User, Users, users_of
from jsquared.deployment.render.rewriting import ACL_COPY
from jsquared.records.history import KEY_PREFIX
from jsquared.records.plan import Engine
from jsquared.records.secret_places import secrets_in

LAB_USER = "jsquared"
RULES = "~* &* +@all"
HIDDEN = ">(a password made for this trial)"
Login = tuple[str, ...]


@dataclass(frozen=True)
class Access:
    """How to come in at one server. ``why`` says why a user is added, empty where none is."""

    lab: Login = ()
    clients: Login = ()
    needs_password: bool = False
    """Whether the default user has one; without, ``protected-mode`` keeps other machines out."""
    user: str = ""
    password: str = ""
    why: str = ""
    acl: Directive | None = field(default=None, compare=False)
    """The line that names an ACL file, where there is one."""

    def line(self, *, hidden: bool) -> tuple[str, ...]:
        """The added user as words of a line; for a report with its password ``hidden``."""
        return ("user", self.user, "on", HIDDEN if hidden else f">{self.password}", *RULES.split())

    def acl_file(self, node: Node, deployment: Deployment) -> str:
        """The text of the copy of the ACL file with the added user."""
        path = referenced_file(self.acl, node, deployment) if self.acl else None
        text = deployment.reach.text(path) if path else ""
        return text + ("\n" if text and not text.endswith("\n") else "") + " ".join(self.line(hidden=False)) + "\n"


def access_for(deployment: Deployment, engine: Engine) -> dict[str, Access]:
    """How to come in at every node, by its name.

    :raises BadInputError: an ACL file is missing or unreadable.
    """
    found: dict[str, Access] = {}
    groups: list[Sequence[Node]] = [[sentinel] for sentinel in deployment.sentinels]
    names = dict.fromkeys(node.master_name for node in deployment.data)
    groups += [[node for node in deployment.data if node.master_name == name] for name in names]
    password = secrets.token_hex(16)
    for group in groups:
        users = {node.name: _users(node, deployment, engine) for node in group}
        first = next((node for node in group if isinstance(node, DataNode) and node.role == "primary"), group[0])
        clients = _for_clients(users[first.name], data=isinstance(first, DataNode))
        for node in group:
            found[node.name] = _access(node, users[node.name], clients, password)
    return found


def copied_acl_files(deployment: Deployment, access: Mapping[str, Access]) -> dict[str, str]:
    """The copies of ACL files that got a user of the lab's, ``<node>.<name>`` to text."""
    return {
        f"{node.name}.{ACL_COPY}": one.acl_file(node, deployment)
        for node in deployment.nodes
        if (one := access[node.name]).user and one.acl
    }


def secrets_of_acl_files(deployment: Deployment) -> list[str]:
    """The passwords and hashes in the ACL files that the configuration names, as far as they are here."""
    lines = [line for node in deployment.nodes if (line := node.find("aclfile")) and names_file(line)]
    found = [
        find_file(line, node, deployment) for node in deployment.nodes for line in lines if line in node.directives
    ]
    texts = [deployment.reach.text(path) for path in dict.fromkeys(filter(None, found))]
    return list(secrets_in(line.split() for text in texts for line in text.splitlines()))


def _users(node: Node, deployment: Deployment, engine: Engine) -> Users:
    old = engine.name == "redis" and engine.version.startswith("6.")
    users = users_of(node, deployment, channels_open=old)
    if users is None:
        line = node.find("aclfile")
        assert line is not None  # nothing else can be unreadable
        path = referenced_file(line, node, deployment)
        deployment.reach.text(path) if path else None
        raise line.bad("cannot be read")
    return users


def _login(name: str, user: User) -> Login | None:
    """Return the arguments for AUTH, None if the password is not known."""
    password = user.known_password
    if password is None:
        return None
    if name == "default":
        return (password,) if password else ()
    return (name, password)


def _for_clients(users: Users, *, data: bool) -> Login | None:
    """The login of the first user, the default one before all others, that may do what clients do; None if no user may."""
    commands = OF_CLIENT if data else OF_ASKING_CLIENT
    for name, user in users.items():
        login = _login(name, user)
        if login is not None and user.may_itself(commands) and (not data or user.may_set(KEY_PREFIX)):
            return login
    return None


def _access(node: Node, users: Users, clients: Login | None, password: str) -> Access:
    """:param clients: how clients log in, None where only the lab's own user will do."""
    default = users["default"]
    own = _login("default", default) if default.is_almighty else None
    acl = node.find("aclfile")
    open_ = Access(needs_password=not default.nopass, acl=acl if acl and names_file(acl) else None)
    if own is not None and clients is not None:
        return Access(own, clients, open_.needs_password, acl=open_.acl)
    name = _free_name(users)
    lab = (name, password)
    return Access(
        lab if own is None else own,
        lab if clients is None else clients,
        open_.needs_password,
        name,
        password,
        _why(default),
        open_.acl,
    )


def _free_name(users: Iterable[str]) -> str:
    name = LAB_USER
    while name in users:
        name += "-lab"
    return name


def _why(default: User) -> str:
    if not default.on:
        what = "the default user is off"
    elif default.known_password is None:
        what = "only the hash of the default user's password is known"
    elif not default.is_almighty:
        what = "the default user has limited permissions"
    else:
        what = "the clients' user is unknown here"
    return f"{what}: the lab logs in as a separate user"
