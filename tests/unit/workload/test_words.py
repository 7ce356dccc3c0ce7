"""Clients of servers with renamed commands: every command goes out by the name that it has there."""

from dataclasses import replace

from jsquared.records.history import OK

PLAIN_REPLIES = {
    "WHAT": b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
    "PUT": b"+OK\r\n",
    "AWAIT": b":1\r\n",
    "ENTER": b"+OK\r\n",
}


def test_every_command_goes_by_its_other_name(lab) -> None:
    """Finding the primary, asking it for its role, logging in, writing and waiting."""
    lab.serve()
    for node in lab.nodes:
        node.script |= PLAIN_REPLIES
    for sentinel in lab.sentinels:
        address, port = sentinel.named
        reply = b"*2\r\n$%d\r\n%b\r\n$%d\r\n%d\r\n" % (len(address), address.encode(), len(str(port)), port)
        sentinel.script |= {"WATCH": reply, "ENTER": b"+OK\r\n"}
    words = {"AUTH": "enter", "ROLE": "what", "SET": "put", "WAIT": "await"}
    sentinels = tuple(
        replace(one, password="s", words={"SENTINEL": "watch", "AUTH": "enter"}) for one in lab.spec().sentinels
    )
    waiting = {"ack_mode": "wait", "ack_replicas": 1}
    client = lab.begin(words=words, sentinels=sentinels, username="app", password="p", **waiting)
    lab.until(lambda: client.primary._recorder.acknowledged > 20, "writes")
    assert set(lab.finish().outcome.tolist()) == {OK}
    said = {words[0] for node in lab.nodes for words in node.received}
    assert said == {b"enter", b"what", b"put", b"await"}
    assert {words[0] for sentinel in lab.sentinels for words in sentinel.received} == {b"enter", b"watch"}
