"""How the lab and its clients log in: as the configuration lets them, else as a user that is added."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.render.render import Rendered
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine, PlannedNode

Tree = Callable[[dict[str, str]], Path]
Render = Callable[..., Rendered]

OLD_REDIS = Engine(name="redis", version="6.2.14")
HASH = "#" + hashlib.sha256(b"secret").hexdigest()
EVERYTHING = "on ~* &* +@all"


@pytest.fixture
def entered(tree: Tree, rendered: Render) -> Callable[..., Rendered]:
    """Two data nodes and a Sentinel with these lines each: ``entered(redis, sentinel, files=…)``."""

    def of(
        redis: str = "", sentinel: str = "", files: dict[str, str] | None = None, engine: Engine | None = None
    ) -> Rendered:
        texts = {
            "n1/redis.conf": f"bind 10.0.0.1\n{redis}\n",
            "n2/redis.conf": f"replicaof 10.0.0.1 6379\n{redis}\n",
            "n1/sentinel.conf": f"sentinel monitor m 10.0.0.1 6379 1\n{sentinel}\n",
        }
        deployment = read_folder(tree(texts | (files or {})))
        return rendered(deployment, engine) if engine else rendered(deployment)

    return of


def node(result: Rendered, name: str = "redis-n1") -> PlannedNode:
    """A planned node."""
    return next(node for node in result.nodes if node.name == name)


@pytest.mark.parametrize(
    ("lines", "login"),
    [
        ("", ()),
        ("requirepass first\nRequirePass 'two \"words\"'", ('two "words"',)),
        ("requirepass\nuser", ()),
        (f"user default {EVERYTHING} nopass", ()),
        (f"user default {EVERYTHING} >pa55", ("pa55",)),
        (f"user default {EVERYTHING} {HASH} >secret", ("secret",)),
        (f"user default {EVERYTHING} >a >b <a", ("b",)),
        (f"requirepass a\nuser default {EVERYTHING} >b", ("b",)),
        ("user default on allkeys allchannels allcommands >c", ("c",)),
    ],
)
def test_a_default_user_that_may_do_everything_is_enough(
    entered: Callable[..., Rendered], lines: str, login: tuple[str, ...]
) -> None:
    """Its password is read as the servers do, and nothing is added."""
    result = entered(lines, lines)
    for name in ("redis-n1", "redis-n2", "sentinel-n1"):
        assert (node(result, name).login, node(result, name).client_login) == (login, login)
    assert "user jsquared" not in "".join(result.files.values())


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("user default off", "the default user is off"),
        (f"user default {EVERYTHING} {HASH}", "only the hash of the default user's password is known"),
        (f"user default {EVERYTHING} >a resetpass", "only the hash of the default user's password is known"),
        ("user default on nopass ~* &* +@all -@dangerous", "the default user has limited permissions"),
        ("user default on nopass ~app:* &* +@all", "the default user has limited permissions"),
        ("user default on nopass ~* +@all", "the default user has limited permissions"),
    ],
)
def test_what_the_default_user_cannot_do_a_user_of_the_labs_does(
    entered: Callable[..., Rendered], lines: str, why: str
) -> None:
    """The added line is listed with its reason and without its password, and the user's own lines stay."""
    result = entered(lines, lines)
    for name in ("redis-n1", "redis-n2", "sentinel-n1"):
        user, password = node(result, name).login
        assert user == "jsquared"
        assert f"user jsquared on >{password} ~* &* +@all" in result.files[name].splitlines()
        assert lines.replace("'", '"') in result.files[name]
        rewrite = next(r for r in result.rewrites if r.after.startswith(f"{name}: user jsquared"))
        assert password not in rewrite.after
        assert rewrite.reason == f"{why}: the lab logs in as a separate user"


def test_clients_need_less_than_the_lab(entered: Callable[..., Rendered]) -> None:
    """A default user that may write the clients' keys is enough for them, and at Sentinels one that may ask."""
    result = entered("user default on nopass ~* +@all", "user default on nopass ~app:* +@all")
    assert [one.client_login for one in result.nodes] == [(), (), ()]
    assert all(one.login for one in result.nodes)


def test_clients_come_as_the_labs_user_where_nobody_else_may_write(entered: Callable[..., Rendered]) -> None:
    """The default user may write other keys only."""
    planned = node(entered("user default on nopass ~app:* &* +@all"))
    assert planned.client_login == planned.login


def test_passwords_are_of_one_trial(entered: Callable[..., Rendered], rendered: Render, tmp_path: Path) -> None:
    """Each rendering has another one."""
    first = node(entered("user default off")).login
    again = rendered(read_folder(tmp_path / "deployment"))
    assert first != node(again).login


def test_clients_use_the_first_user_that_may_write(entered: Callable[..., Rendered]) -> None:
    """It needs a password in clear, the commands of a client, and the clients' keys; the lab still needs its own."""
    users = [
        f"user hashed {EVERYTHING} {HASH}",
        "user reader on >r ~* +@read",
        "user other on >o ~other:* &* +@all",
        "user app on >a ~jsq* +@write +@read +@connection +role",
        "user more on >m ~* &* +@all",
    ]
    result = entered("\n".join(["user default off", *users]))
    assert node(result).client_login == ("app", "a")
    assert node(result).login[0] == "jsquared"
    assert node(result, "sentinel-n1").login == ()


def test_a_user_without_a_password_logs_in_with_none(entered: Callable[..., Rendered]) -> None:
    """AUTH with a user and an empty word is how that is said."""
    assert node(entered("user default off\nuser app on nopass ~* &* +@all")).client_login == ("app", "")


def test_clients_know_the_login_of_the_primary(entered: Callable[..., Rendered]) -> None:
    """Where the nodes ask for different passwords clients fail after a failover here as they do at home."""
    result = entered(
        files={"n1/redis.conf": "bind 10.0.0.1\nrequirepass a\n", "n2/redis.conf": "replicaof n1 6379\nrequirepass b\n"}
    )
    assert [(one.login, one.client_login) for one in result.nodes[:2]] == [(("a",), ("a",)), (("b",), ("a",))]


def test_the_labs_user_is_on_every_data_node_that_clients_need_it_on(entered: Callable[..., Rendered]) -> None:
    """A replica whose own default user would do gets it too, since clients come with the one login they have."""
    result = entered(files={"n1/redis.conf": "bind 10.0.0.1\nuser default off\n"})
    assert node(result, "redis-n2").client_login == node(result).client_login
    assert node(result, "redis-n2").login == ()
    assert "user jsquared" in result.files["redis-n2"]
    assert "the clients' user is unknown here" in {r.reason.split(":")[0] for r in result.rewrites}


def test_an_acl_file_gets_the_user_in_a_copy(entered: Callable[..., Rendered], tmp_path: Path) -> None:
    """A server takes users from its configuration or from a file, never both; the user's own file is not touched."""
    acl = "user default off\nuser app on >a ~* +@all"
    result = entered("aclfile /etc/redis/users.acl", files={"users.acl": acl})
    password = node(result).login[1]
    assert "aclfile /lab/n1/redis-n1/redis-n1.users.acl" in result.files["redis-n1"].splitlines()
    assert "user jsquared" not in result.files["redis-n1"]
    assert result.made_files["redis-n1.users.acl"] == f"{acl}\nuser jsquared on >{password} ~* &* +@all\n"
    assert (tmp_path / "deployment" / "users.acl").read_text() == acl
    listed = next(r for r in result.rewrites if r.file == "/etc/redis/users.acl")
    assert listed.after == "redis-n1: user jsquared on >(a password made for this trial) ~* &* +@all"


def test_an_acl_file_that_will_do_is_used_as_a_copy(entered: Callable[..., Rendered], tmp_path: Path) -> None:
    """It replaces what the configuration says of users, the default one included."""
    files = {"users.acl": f"user other on >x\n\nuser default {EVERYTHING} >from-file\n"}
    result = entered("requirepass a\naclfile users.acl", files=files)
    assert node(result).login == ("from-file",)
    assert not result.made_files
    assert "aclfile /lab/n1/redis-n1/redis-n1.users.acl" in result.files["redis-n1"].splitlines()
    copied = next(file for file in result.copied_files if file.node == "redis-n1")
    assert (copied.source, copied.target) == (f"{tmp_path}/deployment/users.acl", "redis-n1.users.acl")


def test_an_acl_file_that_cannot_be_read_is_refused(entered: Callable[..., Rendered]) -> None:
    """A folder is none."""
    with pytest.raises(BadInputError, match=r"users.acl: is not a regular file"):
        entered("aclfile users.acl", files={"users.acl/x": ""})


def test_a_name_that_is_taken_is_not_used(entered: Callable[..., Rendered]) -> None:
    """A user of the same name keeps its own rules."""
    assert node(entered("user default off\nuser jsquared off")).login[0] == "jsquared-lab"


def test_channels_are_open_by_themselves_before_redis_7(entered: Callable[..., Rendered]) -> None:
    """There a user may use every channel unless it is told otherwise."""
    assert node(entered(f"user default {EVERYTHING.replace('&* ', '')} >a", engine=OLD_REDIS)).login == ("a",)


@pytest.mark.parametrize(
    ("lines", "added"),
    [("", True), ("requirepass a", False), ("user default off nopass", True), ("user default off", False)],
)
def test_protected_mode_looks_at_the_default_users_password(
    entered: Callable[..., Rendered], lines: str, added: bool
) -> None:
    """Without one other machines are refused, whatever other users have."""
    assert ("protected-mode no" in entered(lines).files["redis-n1"].splitlines()) is added
