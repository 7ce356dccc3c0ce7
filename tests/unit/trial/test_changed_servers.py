"""Servers of a trial as steps act on them: who logs in with which password from now on, whose file changes, and who is started as what."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.errors import LabError
from jsquared.records.findings import ResponsibleLine
from jsquared.resp.failures import ServerReplyError
from jsquared.rollout.changes import DirectiveChange
from jsquared.running.deployment import RunningDeployment
from jsquared.trial.changed_servers import ChangedServers
from support.changed_deployment import CLIENTS, DATA, OTHER_GROUP, ChangedDeployment
from support.changes import REDIS, VALKEY

MARKS = {"<secret-1>": "old", "<secret-2>": "new"}
APP = ("app", "old")
"""The login of a user of its own."""


def every_client(told: list[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """The same for each."""
    return dict.fromkeys(CLIENTS, told)


def servers_of(deployment: ChangedDeployment, *changes: DirectiveChange) -> ChangedServers:
    """The servers, as a change with these directives acts on them."""
    return ChangedServers(cast("RunningDeployment", deployment), dialect_of(REDIS)[0], changes, MARKS)


def requirepass(before: str = "<secret-1>", after: str = "<secret-2>", role: Any = "data node") -> DirectiveChange:
    """Another password of the default user; empty where it needs none."""
    return _change("requirepass", before, after, role, f"requirepass {before}", f"requirepass {after}")


def user(
    name: str = "app", before: str = ">other >third", after: str = ">other", role: Any = "data node"
) -> DirectiveChange:
    """Other rules of a user."""
    return _change(
        f"user {name}", "", "", role, f"user {name} on {before} ~* +@all", f"user {name} on {after} ~* +@all"
    )


def _change(directive: str, before_value: str, after_value: str, role: Any, before: str, after: str) -> DirectiveChange:
    return DirectiveChange(
        node="d1",
        role=role,
        directive=directive,
        effect="live",
        before=ResponsibleLine(file="d1.conf", line=2, text=before),
        after=ResponsibleLine(file="d1.conf", line=2, text=after),
        before_value=before_value,
        after_value=after_value,
    )


OF_APP = user(before="<third ><secret-1> <secret-9>", after="<third ><secret-2> >third")
"""Another password of the user; of several the first one counts, and neither one that goes nor a word without the sign is one."""


@pytest.mark.parametrize("login", [(), ("old",), ("default", "old")], ids=["none", "password", "user and password"])
def test_clients_of_the_default_user_take_the_new_password(login: tuple[str, ...]) -> None:
    """However its login is written, each client is told user and password as the change has them, and on the way back those of before."""
    deployment = ChangedDeployment(login)
    servers = servers_of(deployment, requirepass(), OF_APP)
    servers.confirm("every client logs in anew")
    assert deployment.told() == every_client([("default", "new")])
    servers.confirm("every client logs in as before", back=True)
    assert deployment.told() == every_client([("default", "new"), ("default", "old")])


def test_clients_of_another_user_take_its_new_password() -> None:
    """The default user's password is not theirs."""
    deployment = ChangedDeployment(APP)
    servers = servers_of(deployment, requirepass("<secret-2>", "<secret-1>"), OF_APP)
    servers.confirm("")
    servers.confirm("", back=True)
    assert deployment.told() == every_client([("app", "new"), ("app", "old")])


@pytest.mark.parametrize(
    ("login", "change"),
    [
        (APP, requirepass()),
        (("old",), OF_APP),
        (APP, user("App", "><secret-1>", "><secret-2>")),
        (("old",), requirepass(role="Sentinel")),
        (APP, user("app", "><secret-1>", "><secret-2>", role="Sentinel")),
        (APP, user("app", "nopass", "nopass")),
        (("masterauth", "old"), _change("masterauth", "", "", "data node", "masterauth >one", "masterauth >two")),
    ],
    ids=[
        "default alone",
        "app alone",
        "another case",
        "Sentinels",
        "users of Sentinels",
        "no password",
        "another directive",
    ],
)
@pytest.mark.parametrize("back", [False, True])
def test_clients_whose_login_does_not_change_are_told_nothing(
    login: tuple[str, ...], change: DirectiveChange, back: bool
) -> None:
    """A change of another user's password, or of logins at Sentinels, leaves clients and the lab as they are."""
    deployment = ChangedDeployment(login)
    servers_of(deployment, change).confirm("", back=back)
    assert deployment.told() == every_client([])
    assert deployment.used == {}


def test_a_first_password_is_taken_back_to_none() -> None:
    """Before it clients logged in with nothing: neither a user nor a password is named."""
    deployment = ChangedDeployment(())
    servers = servers_of(deployment, requirepass(before=""))
    servers.confirm("")
    servers.confirm("", back=True)
    assert deployment.told()["client-1"] == [("default", "new"), ("", "")]


def test_the_first_line_of_a_user_counts() -> None:
    """Every node has the same change: what the first one says is told, once to each client."""
    deployment = ChangedDeployment(APP)
    servers_of(deployment, OF_APP, user(after=">later")).confirm("")
    assert deployment.told() == every_client([("app", "new")])


def test_a_mark_that_nothing_explains_is_an_error() -> None:
    """No client is told a mark in the place of a password."""
    with pytest.raises(LabError, match="nothing says what <secret-9> stands for"):
        servers_of(ChangedDeployment(()), requirepass(after="<secret-9>"))


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("how", ["ended", "never started"])
def test_a_client_that_does_not_run_is_an_error(how: str, back: bool) -> None:
    """It takes no new login, so nothing is confirmed; the error names it."""
    deployment = ChangedDeployment(())
    if how == "ended":
        deployment.processes["client-2"].code = 0
    else:
        del deployment.processes["client-2"]
    with pytest.raises(LabError, match="does not run, so it takes no new login") as caught:
        servers_of(deployment, requirepass()).confirm("", back=back)
    assert caught.value.where == "client-2"


@pytest.mark.parametrize(
    ("login", "name", "used"),
    [
        ((), "default", True),
        (("old",), "default", True),
        (("default", "old"), "default", True),
        (APP, "app", True),
        (APP, "default", False),
        (("old",), "app", False),
    ],
)
def test_the_lab_uses_a_login_of_its_own_user_from_then_on(login: tuple[str, ...], name: str, used: bool) -> None:
    """A login of another user is only tried, and one at another node is not touched."""
    deployment = ChangedDeployment(login)
    deployment.passwords["d2", name] = "new"
    servers_of(deployment).log_in("d2", name, "new")
    assert deployment.used == ({"d2": (name, "new")} if used else {})


def test_a_login_that_is_refused_is_an_error() -> None:
    """The lab keeps its own."""
    deployment = ChangedDeployment(())
    deployment.passwords["d1", "default"] = "old"
    with pytest.raises(LabError, match="WRONGPASS"):
        servers_of(deployment).log_in("d1", "default", "new")
    assert deployment.used == {}


def test_a_server_that_does_not_answer_after_the_login_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login counts once something was asked with it."""
    deployment = ChangedDeployment(())

    def refuse(*_: str) -> None:
        raise ServerReplyError("NOPERM")

    @contextmanager
    def connect(name: str, *, credentials: tuple[str, str]) -> Iterator[Any]:
        yield SimpleNamespace(command=refuse)

    monkeypatch.setattr(deployment, "connect", connect)
    with pytest.raises(LabError, match="NOPERM"):
        servers_of(deployment).log_in("d1", "default", "new")
    assert deployment.used == {}


def test_on_the_way_back_the_lab_logs_in_as_planned() -> None:
    """At every data node, those of other primaries too, and at no Sentinel; on the way there it keeps what :meth:`log_in` left."""
    deployment = ChangedDeployment(("old",))
    servers = servers_of(deployment, requirepass())
    servers.confirm("")
    assert deployment.used == {}
    servers.confirm("", back=True)
    assert deployment.used == dict.fromkeys((*DATA, OTHER_GROUP), ("old",))


def test_a_node_whose_user_stays_keeps_its_login() -> None:
    """Where the lab logs in as another user than the one that changes, it goes on doing so."""
    deployment = ChangedDeployment(("old",))
    deployment.node("d1").login = APP
    servers_of(deployment, requirepass()).confirm("", back=True)
    assert deployment.used == dict.fromkeys(("d2", OTHER_GROUP), ("old",))


def test_a_line_changes_in_the_file_of_its_node_alone() -> None:
    """The lab has one file a node, whatever the plan calls it, and lines are found by their meaning."""
    deployment = ChangedDeployment(())
    before = dict(deployment.files)
    servers = servers_of(deployment)
    servers.edit("d2", "n2/redis.conf", "maxmemory 1024mb", "maxmemory 2gb")
    assert deployment.files == before | {"d2.conf": "port 1\nmaxmemory 2gb\n"}
    assert servers.text_of("d2") == "port 1\nmaxmemory 2gb\n"
    servers.edit("d2", "n2/redis.conf", "maxmemory 2gb", "maxmemory 1024mb")
    servers.edit("s1", "n1/sentinel.conf", "", "tcp-backlog 1024")
    assert deployment.files["d2.conf"] == "port 1\nmaxmemory 1024mb\n"
    assert deployment.files["s1.conf"] == before["s1.conf"] + "tcp-backlog 1024\n"


def test_a_line_that_is_not_there_is_an_error() -> None:
    """The file stays as it is."""
    deployment = ChangedDeployment(())
    before = dict(deployment.files)
    with pytest.raises(LabError, match="the line that is to change is not there"):
        servers_of(deployment).edit("d2", "", "maxmemory 3gb", "maxmemory 2gb")
    assert deployment.files == before


def test_a_server_starts_as_it_was() -> None:
    """Where no engine is named it is the one from before; the start is told to be the change's."""
    deployment = ChangedDeployment(())
    servers_of(deployment).start_server("d1", "")
    assert deployment.started == [("d1", "change")]
    assert deployment.engines == {}


@pytest.mark.parametrize("engine", [REDIS, VALKEY], ids=["back", "there"])
def test_a_server_starts_as_the_engine_that_is_named(engine: Any) -> None:
    """By name and version, as the plan has them; the engine from before is one of those, for the way back."""
    deployment = ChangedDeployment(())
    servers_of(deployment).start_server("d1", f"{engine.name} {engine.version}")
    assert deployment.engines == {"d1": engine}
    assert deployment.started == [("d1", "change")]


@pytest.mark.parametrize("called", ["valkey 9.1.3", "valkey", "auto"])
def test_an_engine_that_the_trial_does_not_have_is_an_error(called: str) -> None:
    """Nothing is started as something else; the error says which there are."""
    deployment = ChangedDeployment(())
    with pytest.raises(LabError, match=f"the trial has no engine '{called}'") as caught:
        servers_of(deployment).start_server("d1", called)
    assert caught.value.hint == "redis 7.0.15, valkey 9.1.2"
    assert (deployment.engines, deployment.started) == ({}, [])


def test_a_server_is_stopped_in_good_order() -> None:
    """One that does not end, even killed, is an error."""
    deployment = ChangedDeployment(())
    servers = servers_of(deployment)
    servers.stop_server("d1")
    assert deployment.processes["d1"].code == -15
    deployment.processes["d2"].ends_by.clear()
    with pytest.raises(LabError, match="has not ended") as caught:
        servers.stop_server("d2")
    assert caught.value.where == "d2"


@pytest.mark.parametrize(
    ("does", "given"),
    [
        ("ask", ("PING",)),
        ("role", ()),
        ("log_in", ("default", "new")),
        ("edit", ("", "maxmemory 1gb", "maxmemory 2gb")),
        ("stop_server", ()),
        ("start_server", ("",)),
    ],
)
def test_a_node_of_the_second_deployment_alone_is_an_error(does: str, given: tuple[str, ...]) -> None:
    """A trial has the nodes of the first one; the error names the one that is missing."""
    with pytest.raises(LabError, match="there is no such node") as caught:
        getattr(servers_of(ChangedDeployment(())), does)("d9", *given)
    assert caught.value.where == "d9"


def test_nodes_are_asked_and_grouped_by_their_primary() -> None:
    """Each monitored primary has its own data nodes, and all Sentinels are everybody's."""
    servers = servers_of(ChangedDeployment(()))
    assert servers.group_of("d1") == ("mymaster", ["d2", "d1"])
    assert servers.group_of(OTHER_GROUP) == ("other", [OTHER_GROUP])
    assert servers.sentinel_names == ["s1"]
    assert servers.ask("s1", "PING") == ["s1", "PING"]
    assert servers.role("d1") is None
