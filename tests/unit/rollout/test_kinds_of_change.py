"""The kinds of change that people make, each planned: which steps at which nodes in which order, and what is refused with which reason."""

import shutil
from pathlib import Path

import pytest

from jsquared.rollout.plan_document import ChangePlan
from support.changes import DATA, REDIS, VALKEY, done_by, outline, planned, write_folder

LOGIN = "requirepass {0}\nmasterauth {0}\n"
ASKS = "sentinel auth-pass mymaster {0}\n"


@pytest.fixture
def plan(tmp_path: Path):
    """A plan between two folders that are described by what differs from the usual one."""

    def make(before: dict | None = None, after: dict | None = None, **engines: object) -> ChangePlan:
        folders = [write_folder(tmp_path / name, **(what or {})) for name, what in (("was", before), ("is", after))]
        return planned(*folders, **engines)

    return make


def test_nothing_differs(plan) -> None:
    """There is no step, whatever the order and the units of the lines."""
    found = plan(
        {"data": "maxmemory 1gb\nsave 900 1\nsave 300 10\n"}, {"data": "save 900 1 300 10\nmaxmemory 1073741824\n"}
    )
    assert (found.outcome, found.steps, found.directives) == ("pass", (), ())


def test_a_live_directive(plan) -> None:
    """Replicas before the primary, no restart and no hand-over; the old value is the undo."""
    found = plan({}, {"data": "maxmemory 1gb\n"})
    assert outline(found) == ["set-live d2 d3 d1"]
    step = found.steps[1]
    assert done_by(step) == ["at redis-n2: CONFIG SET maxmemory 1gb", "in n2/redis.conf: add maxmemory 1gb"]
    assert [one.sentence for one in step.undo] == [
        "at redis-n2: CONFIG SET maxmemory 0",
        "in n2/redis.conf: remove maxmemory 1gb",
    ]
    assert [(one.before.text, one.after.place) for one in found.directives][:1] == [("maxmemory 0", "n1/redis.conf:7")]


def test_a_directive_of_several_lines(plan) -> None:
    """Every line counts: what is set is the whole value, and lines that stay are left alone."""
    found = plan({"data": "save 900 1\nsave 300 10\n"}, {"data": "save 900 1\nsave 60 1000\nsave 30 9\n"})
    assert done_by(found.steps[1]) == [
        'at redis-n2: CONFIG SET save "900 1 60 1000 30 9"',
        "in n2/redis.conf: save 300 10 becomes save 60 1000",
        "in n2/redis.conf: add save 30 9",
    ]


def test_a_restart_directive(plan) -> None:
    """Replicas one at a time, the hand-over, then the old primary, each once the others follow again."""
    found = plan({}, {"data": "tcp-backlog 1024\n"})
    assert outline(found) == ["restart d2 d3", "hand-over d1", "restart d1"]
    assert done_by(found.steps[1]) == ["stop redis-n2", "in n2/redis.conf: add tcp-backlog 1024", "start redis-n2"]
    assert any(gate.sentence.startswith("every replica of mymaster follows") for gate in found.steps[1].after)
    assert done_by(found.steps[3]) == [
        "at redis-n1: hold writes back, for 30 s at most, and send replicas no pings",
        "wait: the replicas of mymaster have the very offset of the primary",
        "at sentinel-n1: SENTINEL FAILOVER mymaster",
        "wait: the primary of mymaster is redis-n2 or redis-n3",
        "at redis-n1: REPLICAOF the primary of mymaster",
        "at redis-n1: take writes again, and send replicas a ping every 10 s",
        "at redis-n1: CONFIG REWRITE",
    ]
    assert [one.sentence for one in found.steps[3].undo] == [
        "at redis-n1: take writes again, and send replicas a ping every 10 s"
    ]


def test_where_the_engine_coordinates_the_hand_over_it_does(plan) -> None:
    """Never the plain failover, on either engine."""
    found = plan({}, {"data": "tcp-backlog 1024\n"}, engine=VALKEY)
    assert done_by(found.steps[3])[0] == "at sentinel-n1: SENTINEL FAILOVER mymaster COORDINATED"


def test_timings(plan) -> None:
    """Every Sentinel is told, one after the other; none starts again."""
    found = plan({}, {"sentinel": "sentinel down-after-milliseconds mymaster 4000\n"})
    assert outline(found) == ["set-live s1 s2 s3"]
    assert done_by(found.steps[1]) == ["at sentinel-n1: SENTINEL SET mymaster down-after-milliseconds 4000"]
    assert found.steps[1].after[0].sentence == "sentinel-n1 has down-after-milliseconds mymaster 4000"


def test_quorum(plan) -> None:
    """It is the last word of a line whose address Sentinel keeps itself."""
    found = plan({}, {"quorum": 3})
    assert {change.directive for change in found.directives} == {"sentinel quorum"}
    assert [refusal.rule for refusal in found.refusals] == ["quorum-dies-with-host"]


def test_a_better_quorum_is_planned(tmp_path: Path) -> None:
    """What gets better is told, and Sentinels are told the number."""
    was, now = write_folder(tmp_path / "was", quorum=1), write_folder(tmp_path / "is")
    found = planned(was, now)
    assert outline(found) == ["set-live s1 s2 s3"]
    assert done_by(found.steps[1]) == ["at sentinel-n1: SENTINEL SET mymaster quorum 2"]
    assert [finding.rule for finding in found.better] == ["quorum-one"]


def test_a_sentinels_own_directive(plan) -> None:
    """One Sentinel at a time, while the others are a majority; its file is written while it is down."""
    found = plan({}, {"sentinel": "maxclients 2000\n"})
    assert outline(found) == ["restart s1 s2 s3"]
    assert done_by(found.steps[1]) == [
        "stop sentinel-n1",
        "in n1/sentinel.conf: add maxclients 2000",
        "start sentinel-n1",
    ]
    assert "sentinel-n2 and sentinel-n3 could agree on a failover of mymaster" in [
        g.sentence for g in found.steps[1].before
    ]


def test_persistence_on(plan) -> None:
    """It is turned on live, and its first file is whole before anything else: a restart would begin from nothing."""
    base = DATA.replace("appendonly yes\n", "")
    found = plan({"base": base}, {})
    assert outline(found) == ["set-live d2 d3 d1"]
    assert "redis-n2 says aof_rewrite_in_progress:0" in [gate.sentence for gate in found.steps[1].after]
    assert [finding.rule for finding in found.better] == ["snapshots-only"]


def test_password_rotation(plan) -> None:
    """Both passwords are taken, then servers use the new one, then clients, and only then the old one goes; none is in the plan."""
    old, new = "the-old-password", "the-new-password"
    found = plan(
        {"data": LOGIN.format(old), "sentinel": ASKS.format(old)},
        {"data": LOGIN.format(new), "sentinel": ASKS.format(new)},
    )
    assert outline(found) == [
        "add-password d2 d3 d1",
        "use-password d2 d3 d1 s1 s2 s3",
        "drop-password d2 d3 d1",
    ]
    steps = {(step.kind, step.node): step for step in found.steps}
    assert done_by(steps["add-password", "redis-n1"]) == ["at redis-n1: ACL SETUSER default ><secret-2>"]
    assert done_by(steps["use-password", "redis-n2"])[0] == "at redis-n2: CONFIG SET masterauth <secret-2>"
    assert done_by(steps["use-password", "sentinel-n1"]) == [
        "at sentinel-n1: SENTINEL SET mymaster auth-pass <secret-2>"
    ]
    assert done_by(steps["drop-password", "redis-n1"])[0] == "at redis-n1: CONFIG SET requirepass <secret-2>"
    assert [one.sentence for one in steps["add-password", "redis-n1"].undo] == [
        "at redis-n1: ACL SETUSER default <<secret-2>"
    ]
    assert steps["drop-password", "redis-n2"].before[0].sentence.startswith("you confirm: no client logs in as before")
    assert {(one.mark, one.side) for one in found.secrets} == {("<secret-1>", "from"), ("<secret-2>", "to")}
    assert old not in str(found)
    assert new not in str(found)


def test_a_first_password(plan) -> None:
    """Servers have it before anybody asks for it; the time in which a broken link stays down is named."""
    found = plan({}, {"data": LOGIN.format("first-password"), "sentinel": ASKS.format("first-password")})
    assert outline(found) == ["use-password d2 d3 d1 s1 s2 s3", "drop-password d2 d3 d1"]
    assert [(risk.first_step, risk.last_step) for risk in found.risks] == [(2, 7)]


def test_users_of_an_acl_file(plan) -> None:
    """A user that comes is there first, and one that goes or may do less comes last."""
    users = "user default on nopass ~* &* +@all\nuser app on >app-password ~* &* +@all\n"
    fewer = "user default on nopass ~* &* +@all\nuser app on >app-password ~app:* &* +@all\nuser job on >job-password ~* +@read\n"
    lines = {"data": "aclfile users.acl\n"}
    found = plan({**lines, "files": {"users.acl": users}}, {**lines, "files": {"users.acl": fewer}})
    assert outline(found) == ["add-password d2 d3 d1", "change-user d2 d3 d1"]
    first, last = found.steps[1], found.steps[4]
    assert done_by(first)[0] == "at redis-n2: ACL SETUSER job reset on ><secret-2> ~* +@read"
    assert done_by(first)[1].startswith("in n2/users.acl: add user job on")
    assert done_by(last)[0] == "at redis-n2: ACL SETUSER app reset on ><secret-1> ~app:* &* +@all"
    assert [one.sentence for one in first.undo][-1] == "at redis-n2: ACL DELUSER job"
    assert "app-password" not in str(found)


TLS = "tls-cert-file tls.crt\ntls-key-file tls.key\ntls-ca-cert-file ca.crt\n"
NOT_CERTIFICATES = {"tls.crt": "", "tls.key": "", "ca.crt": ""}


def test_tls_beside_the_plain_port(plan) -> None:
    """Files first, then the port, and nobody has to move."""
    found = plan({"files": NOT_CERTIFICATES}, {"files": NOT_CERTIFICATES, "data": f"{TLS}tls-port 6380\n"})
    assert outline(found) == ["set-live d2 d3 d1 d2 d3 d1"]
    assert "at redis-n2: CONFIG SET tls-cert-file tls.crt" in done_by(found.steps[1])
    assert done_by(found.steps[4])[0] == "at redis-n2: CONFIG SET tls-port 6380"


def test_tls_between_servers(plan) -> None:
    """Both ports are open while Sentinels and then replicas move; the time without a possible failover is named."""
    own = f"{TLS}port 0\ntls-port {{}}\ntls-replication yes\n"
    after = {"files": NOT_CERTIFICATES, "data": own.format(6380), "sentinel": own.format(26380), "port": 6380}
    found = plan({"files": NOT_CERTIFICATES}, after)
    assert outline(found) == [
        "set-live d2 d3 d1 d2 d3 d1",
        "restart s1 s2 s3",
        "switch-tls d1 d2 d3",
        "forget-gone s1 s2 s3",
        "set-live d2 d3 d1",
    ]
    by_kind = {(step.kind, step.node): step for step in found.steps}
    moved = done_by(by_kind["restart", "sentinel-n1"])
    assert (
        "in n1/sentinel.conf: sentinel monitor mymaster 10.0.0.1 6379 2 becomes sentinel monitor mymaster 10.0.0.1 6380 2"
        in moved
    )
    assert done_by(by_kind["switch-tls", "redis-n2"])[:2] == [
        "at redis-n2: CONFIG SET tls-replication yes",
        "at redis-n2: REPLICAOF the primary of mymaster, over TLS",
    ]
    assert done_by(by_kind["set-live", "redis-n1"])[0] == "at redis-n1: CONFIG SET port 0"
    assert [found.steps[risk.first_step - 1].node for risk in found.risks] == ["sentinel-n2"]
    assert [found.steps[risk.last_step - 1].node for risk in found.risks] == ["redis-n3"]


def test_a_port(plan) -> None:
    """Each node moves as a replica, and the Sentinels forget its former port, one after the other, before the next."""
    found = plan({}, {"port": 7000})
    assert outline(found) == [
        "move-port d2",
        "forget-gone s1 s2 s3",
        "move-port d3",
        "forget-gone s1 s2 s3",
        "hand-over d1",
        "move-port d1",
        "forget-gone s1 s2 s3",
    ]
    assert done_by(found.steps[2]) == ["at sentinel-n1: SENTINEL RESET mymaster"]


def test_a_replica_joins(plan) -> None:
    """It follows and is seen by all before anything else."""
    found = plan({}, {"hosts": 4})
    assert outline(found) == ["add-replica d4"]
    assert done_by(found.steps[1]) == ["start redis-n4", "at redis-n4: REPLICAOF the primary of mymaster"]
    assert "see 3 replicas and 2 other Sentinels" in found.steps[1].after[-1].sentence


def test_a_replica_leaves(plan) -> None:
    """No failover may choose it, then it stops, and each Sentinel forgets it, one after the other."""
    found = plan({"hosts": 4}, {})
    assert outline(found) == ["set-live d4", "remove-replica d4", "forget-gone s1 s2 s3"]
    assert done_by(found.steps[1]) == ["at redis-n4: CONFIG SET replica-priority 0"]
    assert "see 2 replicas and 2 other Sentinels" in found.steps[3].after[-1].sentence


def test_the_primarys_host_leaves(tmp_path: Path) -> None:
    """It hands over first; where the files say that others are primaries no step follows, since failovers decide."""
    was = write_folder(tmp_path / "was", hosts=4, sentinels=4, quorum=3)
    now = write_folder(tmp_path / "is", hosts=4, sentinels=4)
    shutil.rmtree(now / "n1")
    for file in now.glob("*/*.conf"):
        file.write_text(file.read_text().replace("10.0.0.1 6379", "10.0.0.2 6379"))
    primary = now / "n2" / "redis.conf"
    primary.write_text(primary.read_text().replace("replicaof 10.0.0.2 6379\n", ""))
    found = planned(was, now)
    assert outline(found) == [
        "set-live s2 s3 s4",
        "hand-over d1",
        "remove-replica d1",
        "forget-gone s1 s2 s3 s4",
        "remove-sentinel s1",
        "forget-gone s2 s3 s4",
    ]
    assert any(note.startswith("replicaof of redis-n2") for note in found.notes)


def test_a_sentinel_joins_before_the_quorum_rises(plan) -> None:
    """The quorum is met by those who are there, at every moment."""
    found = plan({"hosts": 5}, {"hosts": 5, "sentinels": 5, "quorum": 3})
    assert outline(found) == ["add-sentinel s4 s5", "set-live s1 s2 s3"]
    assert "see 4 replicas and 4 other Sentinels" in found.steps[2].after[-1].sentence


def test_a_sentinel_leaves_after_the_quorum_has_fallen(plan) -> None:
    """One at a time: the others forget it before the next one stops."""
    found = plan({"sentinels": 5, "quorum": 3}, {})
    assert outline(found) == [
        "set-live s1 s2 s3",
        "remove-sentinel s4",
        "forget-gone s1 s2 s3 s5",
        "remove-sentinel s5",
        "forget-gone s1 s2 s3",
    ]


def test_an_engine_upgrade(plan) -> None:
    """Replicas, the hand-over as the old engine can do it, the old primary, then the Sentinels."""
    found = plan({}, {}, engine=REDIS, new_engine=VALKEY)
    assert outline(found) == ["restart d2 d3", "hand-over d1", "restart d1 s1 s2 s3"]
    assert done_by(found.steps[1]) == ["stop redis-n2", "start redis-n2 with valkey 9.1.2"]
    assert [one.sentence for one in found.steps[1].undo][-1] == "start redis-n2 with redis 7.0.15"
    assert done_by(found.steps[3])[0].startswith("at redis-n1: hold writes back")


@pytest.mark.parametrize("before", [3, 5])
def test_a_hand_over_leaves_the_period_of_pings_as_it_is(plan, before: int) -> None:
    """As it is written, the older name of the directive too; a change of it comes first."""
    found = plan(
        {"data": f"repl-ping-replica-period {before}\n"}, {"data": "tcp-backlog 1024\nrepl-ping-slave-period 3\n"}
    )
    [hand_over] = [step for step in found.steps if step.kind == "hand-over"]
    resumed = "at redis-n1: take writes again, and send replicas a ping every 3 s"
    assert resumed in done_by(hand_over)
    assert [one.sentence for one in hand_over.undo] == [resumed]


def test_an_older_engine_is_refused(plan) -> None:
    """It does not read what the newer one wrote."""
    found = plan({}, {}, engine=VALKEY, new_engine=REDIS)
    assert [refusal.rule for refusal in found.refusals] == ["engine-cannot-read"]


@pytest.mark.parametrize(("was", "now"), [("", "dir /data\n"), ("dir /data\n", "")])
def test_a_data_folder_that_one_side_alone_names_is_undecided(plan, was: str, now: str) -> None:
    """Whether the data stays where it is depends on how the server is started: that is no pass, and the line is named."""
    found = plan({"data": was}, {"data": now})
    assert (found.outcome, found.directives) == ("inconclusive", ())
    [unknown] = found.unknown
    assert unknown.startswith("dir of redis-n1, redis-n2 and redis-n3 is written on one side alone; without the line ")
    assert unknown.endswith("the folder that it is started in: write it on both sides")


def test_a_data_folder_that_moves(plan) -> None:
    """Each server starts again in the other folder, the primary after it has handed over."""
    found = plan({"data": "dir /data\n"}, {"data": "dir /srv/data\n"})
    assert (found.outcome, outline(found)) == ("pass", ["restart d2 d3", "hand-over d1", "restart d1"])


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ({}, {"data": "min-replicas-to-write 2\n"}, "min-replicas-all"),
        ({"data": LOGIN.format("a-password")}, {"data": "requirepass a-password\n"}, "masterauth-missing"),
        ({}, {"quorum": 4}, "quorum-unreachable"),
        (
            {"data": "min-replicas-to-write 2\n"},
            {"data": "min-replicas-to-write 2\ntcp-backlog 1024\n"},
            "restart-stops-writes",
        ),
        ({"sentinels": 2}, {"sentinels": 2, "sentinel": "maxclients 2000\n"}, "no-majority"),
        ({}, {"hosts": 1}, "no-replicas"),
    ],
)
def test_what_would_harm_is_refused_with_its_reason(plan, before: dict, after: dict, rule: str) -> None:
    """No step is planned, and the first reason says what would happen."""
    found = plan(before, after)
    assert (found.outcome, found.steps) == ("violated", ())
    assert rule in [refusal.rule for refusal in found.refusals]
    assert all(refusal.reason for refusal in found.refusals)
