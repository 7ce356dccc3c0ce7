"""Whom a client believes: the Sentinels' majority and the node itself, asked again after every failure."""

import socket
import time

import pytest

from jsquared.records.history import ERROR_CODES, FAIL, UNKNOWN
from jsquared.testing.scripted_server import ScriptedServer


def test_a_minority_is_not_believed(lab) -> None:
    """One vote of three is nothing; with the second the client connects, and says who voted for whom meanwhile."""
    lab.serve(2, 3)
    lab.sentinels[0].named = None
    lab.sentinels[1].script["SENTINEL"] = b"-ERR No such master with that name\r\n"
    client = lab.start()
    lab.until(lambda: lab.sentinels[2].count("SENTINEL") > 3, "questions")
    assert client.primary.node == -1
    assert lab.nodes[0].received == lab.nodes[1].received == []
    lab.sentinels[1].script.clear()
    lab.until(lambda: lab.has_said("ready"), "ready")
    said = lab.said()
    assert said[0]["action"] == "ready"
    assert said[0]["node"] == 0
    assert any(line["action"] == "asked" and "silent" in line["detail"] for line in said)


def test_divided_sentinels_name_nobody(lab) -> None:
    """Two Sentinels that name different nodes have no majority."""
    lab.serve(2, 2)
    lab.sentinels[1].named = lab.nodes[1].address
    client = lab.start()
    lab.until(lambda: lab.sentinels[0].count("SENTINEL") > 3, "questions")
    assert client.primary.node == -1
    lab.name(1)
    lab.until(lambda: lab.has_said("ready"), "ready")
    assert lab.said()[0]["node"] == 1


def test_an_address_outside_the_deployment_is_nobody(lab) -> None:
    """A Sentinel that names a node the client does not know names nobody."""
    lab.serve(1, 1)
    lab.sentinels[0].named = ("127.0.0.99", 1)
    client = lab.start()
    lab.until(lambda: lab.sentinels[0].count("SENTINEL") > 3, "questions")
    assert client.primary.node == -1


def test_a_changed_answer_wins_while_the_old_primary_hangs(lab) -> None:
    """When the believed primary stops answering, another one named by the majority is written to at once."""
    lab.serve(2, 3)
    lab.begin()
    lab.until(lambda: lab.acknowledged(0) > 5, "writes")
    lab.nodes[0].silent = True
    lab.until(lambda: lab.has_said("disconnected"), "the timeout")
    lab.name(1)
    lab.until(lambda: lab.acknowledged(1) > 5, "writes at the new primary")
    lab.finish()
    # What a second connection has in flight is given up when the client leaves, unless its time is up as well by then.
    assert (
        ERROR_CODES["timeout"] in lab.errors(UNKNOWN) <= {ERROR_CODES[name] for name in ("timeout", "connection lost")}
    )
    assert lab.errors(FAIL) <= {ERROR_CODES[name] for name in ("timeout", "connection lost", "no primary known")}
    adopted = [line["node"] for line in lab.said() if line["action"] == "adopted"]
    assert adopted == [0, 1]


def test_a_shortfall_makes_it_ask_and_follow(lab) -> None:
    """Too few replicas: the client asks, stays where the majority names the same node, and leaves once it names another."""
    lab.serve(2, 3)
    lab.nodes[1].replicas = 1
    lab.begin(ack_mode="wait", ack_replicas=1)
    lab.until(lambda: lab.count(UNKNOWN) > 5, "shortfalls")
    assert "disconnected" not in lab.actions()
    lab.name(1)
    lab.until(lambda: lab.acknowledged(1) > 5, "writes at the new primary")
    lab.finish()
    assert lab.acknowledged(0) == 0


def test_a_named_replica_is_not_written_to(lab) -> None:
    """A node that says it is a replica gets no write, however many Sentinels name it."""
    lab.serve()
    lab.nodes[0].role = "slave"
    lab.start()
    lab.order("go")
    lab.until(lambda: lab.count(FAIL) > 5, "writes fail")
    lab.until(lambda: lab.nodes[0].count("ROLE") > 3, "it is asked again")
    assert lab.nodes[0].count("SET") == 0
    lab.nodes[0].role = "master"
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.finish()
    assert lab.errors(FAIL) <= {ERROR_CODES["no primary known"], ERROR_CODES["connection lost"]}
    assert any(line["action"] == "not-primary" and line["detail"] == "slave" for line in lab.said())


def test_a_node_that_hangs_at_the_first_question_is_left(lab) -> None:
    """A connection that never answers ROLE is given up and made anew."""
    lab.serve()
    lab.nodes[0].silent = True
    lab.start()
    lab.until(lambda: lab.nodes[0].count("ROLE") > 4, "asked on new connections")
    assert not lab.has_said("ready")
    lab.nodes[0].silent = False
    lab.until(lambda: lab.has_said("ready"), "ready")


def test_a_silent_sentinel_gets_a_new_connection(lab) -> None:
    """A Sentinel connection that does not answer is replaced, and its old vote is void."""
    lab.serve(1, 2)
    lab.sentinels[1].silent = True
    lab.start()
    lab.until(lambda: lab.sentinels[1].count("SENTINEL") > 2, "asked on new connections")
    assert not lab.has_said("ready")
    lab.sentinels[1].silent = False
    lab.until(lambda: lab.has_said("ready"), "ready")


def test_sentinels_that_come_and_go(lab) -> None:
    """Refused, lost and nonsensical Sentinel connections cost a vote, never the client."""
    lab.serve(1, 3)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()
    lab.sentinels[2].script["SENTINEL"] = b"?nonsense\r\n"
    lab.sentinels[1].script["SENTINEL"] = b"+OK\r\n"
    spec = lab.spec()
    silent = type(spec.sentinels[0])(address=nobody[0], port=nobody[1])
    lab.start(sentinels=(silent, *spec.sentinels[1:]), majority=2)
    lab.until(lambda: lab.sentinels[2].count("SENTINEL") > 2, "asked again")
    lab.sentinels[1].drop_connections()
    for sentinel in lab.sentinels:
        sentinel.script.clear()
    lab.until(lambda: lab.has_said("ready"), "ready")


def test_passwords_are_given_everywhere(lab) -> None:
    """AUTH precedes everything on data nodes and Sentinels, with the user where there is one."""
    lab.serve()
    for server in (*lab.nodes, *lab.sentinels):
        server.password = "secret"
    host, port = lab.sentinels[0].address
    sentinel = type(lab.spec().sentinels[0])(address=host, port=port, username="watcher", password="secret")
    lab.begin(username="writer", password="secret", sentinels=(sentinel,))
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    lab.finish()
    assert lab.nodes[0].received[0] == [b"AUTH", b"writer", b"secret"]
    assert lab.sentinels[0].received[0] == [b"AUTH", b"watcher", b"secret"]


def test_a_refused_password_is_no_primary(lab) -> None:
    """A node that refuses the password is not written to."""
    lab.serve()
    lab.nodes[0].password = "other"
    lab.start(password="secret")
    lab.order("go")
    lab.until(lambda: lab.nodes[0].count("AUTH") > 3, "tried again")
    assert lab.nodes[0].count("SET") == 0
    assert lab.nodes[0].received[0] == [b"AUTH", b"secret"]


def test_connections_come_from_the_given_address(lab) -> None:
    """The source address is what servers see."""
    lab.serve(1, 1, address="127.0.0.1")
    lab.start(source_address="127.0.0.77")
    lab.until(lambda: lab.has_said("ready"), "ready")
    peers = {client.getpeername()[0] for client in [*lab.nodes[0]._clients, *lab.sentinels[0]._clients]}
    assert peers == {"127.0.0.77"}


def test_a_source_address_of_nobody_is_no_crash(lab) -> None:
    """An address that this machine does not have means no connection, not the end of the client."""
    lab.serve()
    lab.start(source_address="192.0.2.1")
    lab.order("go")
    lab.until(lambda: lab.count(FAIL) > 5, "writes fail")


@pytest.mark.parametrize("connections", [1, 3])
def test_one_lost_connection_is_replaced(lab, connections: int) -> None:
    """Connections that a server closes are made again without a change of primary."""
    lab.serve()
    lab.begin(connections=connections)
    for _ in range(3):
        before = lab.acknowledged()
        lab.until(lambda before=before: lab.acknowledged() > before + 5, "writes")
        lab.nodes[0].drop_connections()
        lab.until(lambda: not lab.nodes[0]._drop, "connections dropped")
    lab.until(lambda: len(lab.client.primary.ready) == connections, "all connections stand")
    lab.finish()
    assert lab.actions().count("adopted") == 1


def test_a_server_that_is_back_is_found_soon(lab) -> None:
    """The client adds no seconds of its own to a gap: it is back shortly after the server is."""
    lab.serve()
    lab.begin()
    lab.until(lambda: lab.acknowledged() > 5, "writes")
    address, port = lab.nodes[0].address
    lab.nodes[0].close()
    lab.until(lambda: lab.has_said("disconnected"), "the loss")
    lab.nodes[0] = ScriptedServer(address, port)
    back_ns = time.monotonic_ns()
    lab.until(lambda: len(lab.nodes[0].keys) > 5, "writes")
    operations = lab.finish()
    resumed = operations.completed_ns[(operations.outcome == 2) & (operations.completed_ns > back_ns)]
    assert resumed.min() > back_ns


def test_a_node_is_followed_to_its_other_address(lab) -> None:
    """A node that the Sentinels name at another address of its own is written to there, under the number that it has."""
    lab.serve(2, 3)
    moved = lab.nodes[1]
    lab.begin(nodes=(lab.nodes[0].address, ("127.0.0.9", 1)), elsewhere=(("127.0.0.9", 2), moved.address))
    lab.until(lambda: lab.acknowledged(0) > 5, "writes")
    lab.nodes[0].role = "slave"
    lab.name(1)
    lab.nodes[0].script["SET"] = b"-READONLY You can't write against a read only replica.\r\n"
    lab.until(lambda: lab.acknowledged(1) > 5, "writes at the other address")
    lab.finish()
    assert [line["node"] for line in lab.said() if line["action"] == "adopted"] == [0, 1]


def test_a_primary_that_moved_is_the_same_node(lab) -> None:
    """The same node at another address is adopted anew, and keeps its number."""
    lab.serve(2, 3)
    lab.begin(nodes=(lab.nodes[0].address,), elsewhere=(lab.nodes[1].address,))
    lab.until(lambda: lab.acknowledged(0) > 5, "writes")
    lab.nodes[0].role = "slave"
    lab.nodes[0].script["SET"] = b"-READONLY You can't write against a read only replica.\r\n"
    lab.name(1)
    lab.until(lambda: lab.nodes[1].count("SET") > 5, "writes at the other address")
    lab.finish()
    assert [line["node"] for line in lab.said() if line["action"] == "adopted"] == [0, 0]


def who(name: str) -> bytes:
    """What a server says of itself: its configuration file is called as it is."""
    said = f"# Server\r\nrun_id:1\r\nconfig_file:/lab/n1/{name}.conf\r\n".encode()
    return b"$%d\r\n%b\r\n" % (len(said), said)


def test_who_is_at_a_floating_address_says_so(lab) -> None:
    """Writes at an address that hosts share count for the node that is there, now one and then another, without an answer of Sentinels."""
    lab.serve(1)
    place = lab.nodes[0].address
    lab.nodes[0].script["INFO"] = who("redis-n2")
    nodes = (("127.0.0.9", 1), ("127.0.0.9", 2))
    lab.begin(nodes=nodes, floating=(place,), names=("redis-n1", "redis-n2"))
    lab.until(lambda: lab.acknowledged(1) > 5, "writes on the second node")
    lab.nodes[0].close()
    lab.until(lambda: lab.has_said("disconnected"), "the loss")
    lab.nodes[0] = ScriptedServer(*place)
    lab.nodes[0].script["INFO"] = who("redis-n1")
    lab.until(lambda: lab.acknowledged(0) > 5, "writes on the first node")
    lab.finish()
    assert [line["node"] for line in lab.said() if line["action"] == "connected"] == [1, 0]


@pytest.mark.parametrize("said", [who("redis-n9"), b"-NOPERM no INFO for you\r\n"])
def test_nothing_is_written_to_somebody_unknown(lab, said: bytes) -> None:
    """A server at a floating address that is none of the deployment's, or does not say who it is, gets no writes."""
    lab.serve(1)
    place = lab.nodes[0].address
    lab.nodes[0].script["INFO"] = said
    lab.start(nodes=(("127.0.0.9", 1),), floating=(place,), names=("redis-n1",))
    lab.until(lambda: lab.nodes[0].count("INFO") > 2, "questions")
    lab.finish()
    assert lab.nodes[0].keys == {}


def test_a_client_may_know_an_address_in_the_place_of_sentinels(lab) -> None:
    """It asks no Sentinel, waits while the server there is no primary, and writes once it is."""
    lab.serve(1)
    place = lab.nodes[0].address
    lab.nodes[0].script["INFO"] = who("redis-n1")
    lab.nodes[0].role = "slave"
    lab.start(nodes=(("127.0.0.9", 1),), floating=(place,), through=(place,), names=("redis-n1",))
    lab.until(lambda: lab.nodes[0].count("ROLE") > 1, "its role")
    lab.nodes[0].role = "master"
    lab.until(lambda: lab.has_said("ready"), "ready")
    lab.order("go")
    lab.until(lambda: lab.acknowledged(0) > 5, "writes")
    lab.finish()
    assert lab.sentinels[0].received == []
