"""Steps as they are played: gates by what servers answer, actions in their order, and what a failure leaves behind."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.errors import LabError
from jsquared.rollout.gates import Gates
from jsquared.rollout.hand_over import hand_over_actions
from jsquared.rollout.step_player import StepError, StepPlayer
from jsquared.rollout.steps import (
    Answers,
    Confirmed,
    EditFile,
    FollowPrimary,
    Gate,
    InfoIs,
    LoginWorks,
    OffsetsEqual,
    PrimaryIs,
    QuorumReachable,
    ReplicasAttached,
    ResumeWrites,
    SendCommand,
    SentinelsSee,
    SettingIs,
    StartServer,
    Step,
    StopServer,
)
from jsquared.running.view import RoleView
from support.changes import REDIS

DIALECT = dialect_of(REDIS)[0]
DATA = ("d1", "d2", "d3")
SENTINELS = ("s1", "s2", "s3")
MARKS = {"<secret-1>": "old-password", "<secret-2>": "new-password"}


class Deployment:
    """Three data nodes and three Sentinels in memory, which do what they are told; ``fail`` has commands that are refused."""

    def __init__(self) -> None:
        self.primary = "d1"
        self.settings = {"maxmemory": "1073741824", "appendfsync": "everysec", "repl-ping-replica-period": "20"}
        self.views: dict[str, str] = {}
        self.fail: dict[str, str] = {}
        self.done: list[str] = []
        self.links = dict.fromkeys(DATA, True)
        self.peers = 2

    sentinel_names = SENTINELS

    def group_of(self, node: str) -> tuple[str, Sequence[str]]:
        """All of them."""
        assert node in DATA
        return "mymaster", DATA

    def ask(self, name: str, *words: str | int, timeout_s: float = 1.0) -> Any:
        """Answer as servers do."""
        line = " ".join(map(str, words))
        if (reason := next((why for begin, why in self.fail.items() if line.startswith(begin)), "")) != "":
            raise LabError(reason, where=name)
        if name in SENTINELS:
            return self._sentinel(name, line)
        if line.startswith("CONFIG GET"):
            return [words[2], self.settings.get(str(words[2]), "")]
        if line == "INFO":
            return "# Persistence\r\naof_enabled:1\r\n"
        self.done.append(f"{name}: {line}")
        return "OK"

    def _sentinel(self, name: str, line: str) -> Any:
        at = [self.primary, "6379"]
        if line.startswith("SENTINEL GET-MASTER"):
            return at
        if line.startswith("SENTINEL MASTER"):
            fields = {"ip": at[0], "port": at[1], "flags": "master", "num-slaves": "2", "quorum": "2"}
            fields |= {"num-other-sentinels": str(self.peers), **self.views}
            return [word for pair in fields.items() for word in pair]
        if line.startswith(("SENTINEL REPLICAS", "SENTINEL SENTINELS")):
            return [["name", "other", "flags", self.views.get("others", "slave")]]
        if line.startswith("SENTINEL FAILOVER"):
            self.primary = next(node for node in DATA if node != self.primary)
        self.done.append(f"{name}: {line}")
        return "OK"

    def role(self, name: str, timeout_s: float = 0.5) -> RoleView | None:
        """All have the same offset."""
        return RoleView(name == self.primary, 100, self.links[name], f"{self.primary}:6379", 2)

    def node_at(self, address: str) -> str:
        """Addresses are names."""
        return address.removesuffix(":6379")

    def log_in(self, node: str, user: str, password: str) -> None:
        """One password is right."""
        if password != "new-password":
            raise LabError("WRONGPASS", where=node)

    def edit(self, node: str, file: str, before: str, after: str) -> None:
        """Note it."""
        self.done.append(f"{node}: {before} -> {after}")

    def stop_server(self, node: str) -> None:
        """Note it."""
        self.done.append(f"stop {node}")

    def start_server(self, node: str, engine: str) -> None:
        """Note it."""
        self.done.append(f"start {node} {engine}".strip())

    def confirm(self, what: str, *, back: bool = False) -> None:
        """Note it."""
        self.done.append(f"{'back: ' if back else ''}{what}")


@pytest.fixture
def servers() -> Deployment:
    """A deployment on d1."""
    return Deployment()


@pytest.fixture
def player(servers: Deployment) -> StepPlayer:
    """A player that waits for no gate longer than a moment."""
    return StepPlayer(servers, MARKS, DIALECT, coordinated=False, most_ms=30)


def step(*actions: Any, kind: Any = "set-live", **fields: Any) -> Step:
    """A step of d2."""
    return Step(number=4, kind=kind, node="d2", why="", actions=actions, **fields)


SEEN = SentinelsSee(master_name="mymaster", sentinels=SENTINELS, replicas=2, other_sentinels=2)
GATES: tuple[Gate, ...] = (
    QuorumReachable(master_name="mymaster", sentinels=SENTINELS),
    ReplicasAttached(master_name="mymaster", nodes=DATA),
    OffsetsEqual(master_name="mymaster", nodes=DATA),
    SEEN,
    PrimaryIs(master_name="mymaster", nodes=("d1",)),
    SettingIs(node="d2", name="maxmemory", value="1gb"),
    SettingIs(node="s1", name="quorum", value="2", master_name="mymaster"),
    InfoIs(node="d2", field="aof_enabled", value="1"),
    LoginWorks(node="d2", user="default", password="<secret-2>"),
    Answers(node="d2"),
    Confirmed(what="no client logs in as before any more"),
)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: type(gate).__name__)
def test_a_gate_holds(servers: Deployment, gate: Gate) -> None:
    """Each kind holds on a deployment that is well; values are compared by their meaning, and marks are passwords."""
    assert Gates(servers, MARKS, DIALECT).why_not(gate) == ""


def _link_down(servers: Deployment) -> None:
    servers.links["d3"] = False


def _refuse(command: str, reason: str) -> Callable[[Deployment], None]:
    return lambda servers: servers.fail.update({command: reason})


def _peers(servers: Deployment) -> None:
    servers.peers = 1


def _down(servers: Deployment) -> None:
    servers.views["others"] = "s_down,slave"


@pytest.mark.parametrize(
    ("gate", "harm", "reason"),
    [
        (GATES[0], _refuse("SENTINEL CKQUORUM", "NOQUORUM"), "s1: s1: NOQUORUM"),
        (GATES[1], _link_down, "the link of d3 to d1 is down"),
        (GATES[2], _link_down, "the link of d3 to d1 is down"),
        (SEEN, _peers, "s1 sees 2 replicas and 1 other Sentinels"),
        (SEEN, _down, "s1 considers other down"),
        (PrimaryIs(master_name="mymaster", nodes=("d2",)), lambda _: None, "the primary is d1"),
        (SettingIs(node="d2", name="maxmemory", value="2gb"), lambda _: None, "d2 has maxmemory 1073741824"),
        (InfoIs(node="d2", field="aof_enabled", value="0"), lambda _: None, "d2 says aof_enabled:1"),
        (LoginWorks(node="d2", user="default", password="<secret-1>"), lambda _: None, "d2: WRONGPASS"),
        (Answers(node="d2"), _refuse("PING", "LOADING"), "d2: LOADING"),
        (GATES[1], _refuse("SENTINEL GET-MASTER", "gone"), "no node is the primary of mymaster and says so"),
    ],
)
def test_a_gate_says_why_it_does_not_hold(
    servers: Deployment, gate: Gate, harm: Callable[[Deployment], None], reason: str
) -> None:
    """The reason names the node and what it shows."""
    harm(servers)
    assert Gates(servers, MARKS, DIALECT).why_not(gate) == reason


def test_a_step_is_played_in_order(servers: Deployment, player: StepPlayer) -> None:
    """Gates, then actions with the passwords that their marks stand for, then gates."""
    player.play(
        step(
            SendCommand(node="d2", words=("ACL", "SETUSER", "default", "><secret-2>")),
            EditFile(node="d2", file="n2/redis.conf", before="requirepass <secret-1>", after="requirepass <secret-2>"),
            StopServer(node="d2"),
            StartServer(node="d2", engine="valkey 9.1.2"),
            FollowPrimary(node="d2", master_name="mymaster"),
            before=GATES[:2],
            after=GATES[3:5],
        )
    )
    assert servers.done[3:-3] == [
        "d2: ACL SETUSER default >new-password",
        "d2: requirepass old-password -> requirepass new-password",
        "stop d2",
        "start d2 valkey 9.1.2",
        "d2: REPLICAOF d1 6379",
    ] or servers.done[3:] == [
        "d2: ACL SETUSER default >new-password",
        "d2: requirepass old-password -> requirepass new-password",
        "stop d2",
        "start d2 valkey 9.1.2",
        "d2: REPLICAOF d1 6379",
    ]


def test_a_step_that_fails_names_what_failed(servers: Deployment, player: StepPlayer) -> None:
    """A gate that does not hold in its time, a command that is refused, and a mark that nothing explains."""
    with pytest.raises(
        StepError, match=r"before it this must hold within 0.03 s: the primary of .* but the primary is d1"
    ):
        player.play(step(before=(PrimaryIs(master_name="mymaster", nodes=("d2",)),)))
    servers.fail["CONFIG SET"] = "ERR no such directive"
    with pytest.raises(StepError, match="at d2: CONFIG SET x 1: d2: ERR no such directive"):
        player.play(step(SendCommand(node="d2", words=("CONFIG", "SET", "x", "1"))))
    with pytest.raises(StepError, match="nothing says what <secret-9> stands for"):
        player.play(step(SendCommand(node="d2", words=("AUTH", "<secret-9>"))))
    assert servers.done == []


def test_a_hand_over_that_fails_lifts_its_pause(servers: Deployment, player: StepPlayer) -> None:
    """Writes are taken again on every way out, and replicas are sent pings as often as before."""
    servers.fail["SENTINEL FAILOVER"] = "NOGOODSLAVE"
    actions = hand_over_actions("d1", "mymaster", DATA, "s1", coordinated=False)
    with pytest.raises(StepError, match="NOGOODSLAVE"):
        player.play(step(*actions, kind="hand-over"))
    assert servers.done == [
        "d1: CONFIG SET repl-ping-replica-period 86400",
        "d1: CLIENT PAUSE 30000 WRITE",
        "d1: CLIENT UNPAUSE",
        "d1: CONFIG SET repl-ping-replica-period 20",
    ]


def test_writes_are_resumed_by_somebody_else(servers: Deployment, player: StepPlayer) -> None:
    """Who did not see the pause takes the period of pings from the plan."""
    player.play(step(ResumeWrites(node="d1", ping_period_s=7)))
    assert servers.done == ["d1: CLIENT UNPAUSE", "d1: CONFIG SET repl-ping-replica-period 7"]


def test_a_primary_hands_over_before_its_restart_is_taken_back(servers: Deployment, player: StepPlayer) -> None:
    """A node that was a replica when it was changed may lead by now; it is not stopped as the primary."""
    servers.primary = "d2"
    undo = (StopServer(node="d2"), EditFile(node="d2", file="f", before="a 1", after="a 2"), StartServer(node="d2"))
    player.take_back(
        step(kind="restart", undo=undo, before=(*GATES[1:2], PrimaryIs(master_name="mymaster", nodes=("d1",))))
    )
    assert servers.done == [
        "d2: CONFIG SET repl-ping-replica-period 86400",
        "d2: CLIENT PAUSE 30000 WRITE",
        "s1: SENTINEL FAILOVER mymaster",
        "d2: REPLICAOF d1 6379",
        "d2: CLIENT UNPAUSE",
        "d2: CONFIG SET repl-ping-replica-period 20",
        "d2: CONFIG REWRITE",
        "stop d2",
        "d2: a 1 -> a 2",
        "start d2",
    ]


def test_clients_log_in_as_before_first(servers: Deployment, player: StepPlayer) -> None:
    """A new password is taken away only once no client uses it."""
    undo = (SendCommand(node="d2", words=("ACL", "SETUSER", "default", "<<secret-2>")),)
    player.take_back(step(kind="add-password", undo=undo))
    assert servers.done == ["back: every client logs in as before", "d2: ACL SETUSER default <new-password"]
