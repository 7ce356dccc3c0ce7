"""A rotated password is proven by who is refused, and undone to what each node asked for before, be it nothing."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import change_password
from jsquared.faults.change_password import ChangePassword, refused
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView

NODES = [SimpleNamespace(name="redis-n1", role="data"), SimpleNamespace(name="sentinel-n1", role="sentinel")]


def digest(password: str) -> str:
    """How a server keeps it."""
    return hashlib.sha256(password.encode()).hexdigest()


class Server:
    """A server with users and settings as the real ones have them; a ``deaf`` one says OK and changes nothing."""

    def __init__(self, password: str = "", *, in_acl: bool = False) -> None:
        self.deaf = False
        self.settings = {"requirepass": "" if in_acl else password, "masterauth": password}
        self.users: dict[str, list[str]] = {
            "default": [digest(password)] if password else ["nopass"],
            "app": [digest("a")],
        }
        self.credentials_now: tuple[str, ...] = (password,) if password else ()
        self.killed: list[tuple[str, ...]] = []
        self.link_up = True
        self.primary = False
        self.plan = SimpleNamespace(nodes=NODES, node=lambda name: next(n for n in NODES if n.name == name))

    # -- what a deployment does

    def process(self, name: str) -> Any:
        """A process that runs."""
        return SimpleNamespace(poll=lambda: None)

    def credentials(self, name: str) -> tuple[str, ...]:
        """What the lab logs in with."""
        return self.credentials_now

    def use_credentials(self, name: str, credentials: tuple[str, ...]) -> None:
        """From now on."""
        self.credentials_now = credentials

    @contextmanager
    def connect(self, name: str, *, credentials: tuple[str, ...] | None = None) -> Iterator[Any]:
        """A new connection."""
        given = self.credentials_now if credentials is None else credentials
        user = given[0] if len(given) == 2 else "default"
        if given and "nopass" in self.users[user] and len(given) == 1:
            raise ServerReplyError("ERR AUTH <password> called without any password configured for the default user.")
        if given and digest(given[-1]) not in self.users[user]:
            raise ServerReplyError("WRONGPASS invalid username-password pair or user is disabled.")
        if not given and "nopass" not in self.users[user]:
            raise ServerReplyError("NOAUTH Authentication required.")
        yield SimpleNamespace(command=self.command)

    def ask(self, name: str, *words: str) -> Any:
        """One command on a new connection."""
        with self.connect(name) as connection:
            return connection.command(*words)

    def role(self, name: str) -> RoleView:
        """A primary, or a replica with its link up or down."""
        return RoleView(primary=self.primary, offset=1, link_up=self.link_up, follows="", replicas=0)

    # -- what a server does

    def command(self, *words: str) -> Any:
        """The few commands that it knows."""
        if words[:2] == ("CONFIG", "GET"):
            return [words[2], self.settings[words[2]]]
        if words[:2] == ("ACL", "GETUSER"):
            return self._user(words[2])
        if words[:2] == ("CLIENT", "KILL"):
            self.killed.append(words[2:])
            self.link_up = self.settings["masterauth"] == "" and self.link_up
        elif words[0] in ("CONFIG", "ACL") and not self.deaf:
            self._change(words)
        return "OK"

    def _user(self, user: str) -> Any:
        if user not in self.users:
            return None
        passwords = [one for one in self.users[user] if one != "nopass"]
        return ["flags", ["on", *(["nopass"] if "nopass" in self.users[user] else [])], "passwords", passwords]

    def _change(self, words: tuple[str, ...]) -> None:
        if words[0] == "CONFIG":
            self.settings[words[2]] = words[3]
            if words[2] == "requirepass":
                self.users["default"] = [digest(words[3])] if words[3] else ["nopass"]
            return
        for rule in words[3:]:
            has = [] if rule == "resetpass" else self.users[words[2]]
            more = {"resetpass": [], "nopass": ["nopass"]}.get(rule)
            added = [rule[1:] if rule[0] == "#" else digest(rule[1:])] if more is None else more
            self.users[words[2]] = [*has, *added]


def inject(server: Server, target: str = "redis-n1", **given: Any) -> Any:
    """Rotate."""
    parameters = {"what": "requirepass", "user": "default", "password": "new", "disconnect": True, **given}
    return ChangePassword().inject(cast("RunningDeployment", server), [target], parameters)


def state(server: Server) -> tuple[Any, ...]:
    """All that could have changed."""
    return dict(server.settings), {user: list(kept) for user, kept in server.users.items()}, server.credentials_now


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(change_password, "LINK_LIMIT_S", 0.02)
    monkeypatch.setattr(change_password, "LOOK_S", 0.001)


SERVERS = {
    "without a password": Server,
    "requirepass": lambda: Server("old"),
    "user default": lambda: Server("old", in_acl=True),
}


@pytest.mark.parametrize("what", ["requirepass", "user"])
@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_what_was_right_is_refused_and_accepted_again(server: Any, what: str) -> None:
    """Whatever the node asked for before, the lab goes on with the new password, and the undo restores everything."""
    server = server()
    before, credentials = state(server), server.credentials_now
    active = inject(server, what=what)
    assert server.killed == [("USER", "default")]
    assert server.credentials_now == ("new",)
    assert refused(cast("RunningDeployment", server), "redis-n1", credentials)
    assert active.bit().ok
    active.heal()
    active.heal()
    assert active.healed().ok
    assert state(server) == before


@pytest.mark.parametrize("what", ["requirepass", "user"])
def test_a_node_that_was_restarted_meanwhile_is_undone_too(what: str) -> None:
    """It asks for the old password already, so the lab must not insist on the new one."""
    server = Server("old")
    active = inject(server, what=what)
    server.users["default"], server.settings["requirepass"] = [digest("old")], "old"
    active.heal()
    assert active.healed().ok
    assert server.credentials_now == ("old",)


def test_the_password_of_another_user_is_rotated() -> None:
    """The lab's own login stays, and the proof is what the node shows of that user."""
    server = Server("old")
    before = state(server)
    active = inject(server, what="user", user="app", disconnect=False)
    assert server.killed == []
    assert server.credentials_now == ("old",)
    assert active.bit().ok
    assert server.users["app"] == [digest("new")]
    active.heal()
    assert active.healed().ok
    assert state(server) == before


def test_a_lab_that_logs_in_as_that_user_follows() -> None:
    """With a user of its own the lab keeps the name and takes the new password; another user's is not its own."""
    server = Server("old")
    server.credentials_now = ("app", "a")
    active = inject(server, what="user", user="app")
    assert server.credentials_now == ("app", "new")
    assert active.bit().ok
    active.heal()
    assert server.credentials_now == ("app", "a")
    assert inject(server, what="requirepass").bit().ok
    assert server.credentials_now == ("app", "a")


@pytest.mark.parametrize("given", [{"what": "user"}, {"what": "user", "user": "app"}, {"what": "masterauth"}])
def test_without_an_effect_it_did_not_bite(given: dict[str, Any]) -> None:
    """A server that says OK and changes nothing is found out."""
    server = Server()
    server.deaf = True
    assert not inject(server, disconnect=False, **given).bit().ok


def test_an_undo_without_effect_did_not_heal() -> None:
    """A node that goes on refusing has not healed, nor one that accepts more than before."""
    server = Server("old")
    active = inject(server)
    server.deaf = True
    active.heal()
    assert "still refuses" in active.healed().sentence
    server.users["default"] = [digest("new"), digest("old")]
    assert "other than" in active.healed().sentence


def test_a_node_that_lets_nobody_in_is_no_healing() -> None:
    """Where no password that the lab knows is taken, the undo fails with the node's own words."""
    server = Server("old")
    active = inject(server, what="user")
    server.users["default"] = [digest("a third one")]
    with pytest.raises(ServerReplyError, match="WRONGPASS"):
        active.heal()


def test_another_error_is_no_refusal() -> None:
    """Only what a server says of logins counts."""
    server = Server()
    server.command = lambda *words: (_ for _ in ()).throw(ServerReplyError("LOADING"))  # type: ignore[method-assign]
    assert not refused(cast("RunningDeployment", server), "redis-n1", ())


def test_a_replica_that_logs_in_wrongly_is_kept_out() -> None:
    """It shows the new masterauth and its link stays down; with the old one back, the link comes up."""
    server = Server()
    active = inject(server, what="masterauth")
    server.link_up = False
    assert server.killed == [("TYPE", "master")]
    assert server.settings["masterauth"] == "new"
    assert active.bit().ok
    active.heal()
    assert not active.healed().ok
    server.link_up = True
    assert active.healed().ok
    assert server.settings["masterauth"] == ""


def test_a_link_that_is_up_was_let_in() -> None:
    """A replica whose link came back with the new password was not kept out; one whose link was left alone may keep it."""
    server = Server()
    active = inject(server, what="masterauth")
    server.link_up = True
    assert not active.bit().ok
    assert inject(Server(), what="masterauth", disconnect=False).bit().ok
    server = Server()
    server.primary = True
    assert "is a primary" in inject(server, what="masterauth").bit().sentence


def test_whose_password_it_is() -> None:
    """Sentinels are no data nodes, and a user must be there."""
    with pytest.raises(BadInputError, match="only data nodes"):
        inject(Server(), "sentinel-n1")
    with pytest.raises(BadInputError, match="no user 'ghost'"):
        inject(Server(), what="user", user="ghost")
