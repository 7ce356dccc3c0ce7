"""A server that returns under another address: gone at the old one, there at the new one, and how the Sentinels know it then."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from jsquared.faults import new_address, process_state
from jsquared.faults.catalogue import complete
from jsquared.faults.new_address import NewAddress, answer_at
from jsquared.records.event_types import ProcessChanged
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.testing.scripted_server import ScriptedServer

NODE, PRIMARY, SENTINEL = "redis-n2", "redis-n1", "sentinel-n1"
OLD, NEW = "127.0.0.1", "127.0.0.2"
SENTINELS = ("sentinel-n1", "sentinel-n2", "sentinel-n3")


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(new_address, "KNOWN_LIMIT_S", 0.05)
    monkeypatch.setattr(new_address, "LOOK_S", 0.01)
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What becomes of a connection to each address."""
    said = {OLD: "silence", NEW: "refusal"}
    monkeypatch.setattr(new_address, "answer_at", lambda _deployment, address, _port: said[address])
    return said


@pytest.fixture
def returned(fake: FakeDeployment) -> Iterator[Callable[[str], ScriptedServer]]:
    """Let a node answer at its new address."""
    servers = []

    def at_new_address(name: str) -> ScriptedServer:
        servers.append(ScriptedServer(NEW, fake.placement.node(name).port))
        return servers[-1]

    yield at_new_address
    for server in servers:
        server.close()


def inject(fake: FakeDeployment, target: str, **parameters: Any) -> Any:
    """Start all, then let one return elsewhere."""
    fake.start()
    tell(fake, (NEW, "slave"))
    fault = NewAddress()
    return fault.inject(fake.deployment, [target], complete(fault, parameters))


def entry(address: str, port: int, flags: str) -> list[str]:
    """What a Sentinel says of a server."""
    return ["name", "x", "ip", address, "port", str(port), "flags", flags]


def tell(fake: FakeDeployment, *entries: tuple[str, str]) -> None:
    """Let every Sentinel list the replica at these addresses, with these flags."""
    port = fake.placement.node(NODE).port
    for sentinel in SENTINELS:
        fake.say(sentinel, "SENTINEL REPLICAS", [entry(address, port, flags) for address, flags in entries])
        fake.say(sentinel, "SENTINEL MASTER", entry(OLD, fake.placement.node(PRIMARY).port, "master"))


def file_of(fake: FakeDeployment, name: str) -> str:
    """A node's own file as it stands now."""
    return fake.deployment.folder(name).read_text(f"{name}.conf")


def test_it_is_gone_there_and_back_here(
    fake: FakeDeployment, answers: dict[str, str], returned: Callable[[str], ScriptedServer]
) -> None:
    """Killed, silent at the old address, known at the new one beside the old entry, which stays."""
    active = inject(fake, NODE)
    assert active.targets == [NODE]
    assert active.details == {"addresses": {NODE: f"{OLD} to {NEW}"}}
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert f"at {OLD} there was silence, at {NEW} refusal" in bit.sentence
    tell(fake, (OLD, "s_down,slave,disconnected"), (NEW, "slave"))
    returned(NODE)
    active.heal()
    active.heal()
    healed = active.healed()
    assert healed.ok, healed.sentence
    assert "sentinel-n1, sentinel-n2, sentinel-n3 know it there" in healed.sentence
    assert f"sentinel-n3 still list it at {OLD}" in healed.sentence
    assert [event.state for event in fake.recorded(ProcessChanged) if event.source == NODE][-1] == "started"
    assert answers[OLD] == "silence"


@pytest.mark.parametrize(
    ("old", "new"),
    [("a connection", "refusal"), ("refusal", "refusal"), ("silence", "silence"), ("refusal", "silence")],
)
def test_a_host_that_kept_its_address_was_not_bitten(
    fake: FakeDeployment, answers: dict[str, str], old: str, new: str
) -> None:
    """A refusal is an answer, and a new address where nobody is proves nothing."""
    answers.update({OLD: old, NEW: new})
    assert not inject(fake, NODE).bit().ok


def test_without_hands_it_does_not_bite(fake: FakeDeployment, answers: dict[str, str]) -> None:
    """A sandbox that leaves every address where it is shows the same address twice."""
    fake.sandbox.rooted = True
    answers[OLD] = "refusal"
    assert not inject(fake, NODE).bit().ok


def test_one_that_answers_at_the_old_address_has_not_healed(
    fake: FakeDeployment, answers: dict[str, str], returned: Callable[[str], ScriptedServer]
) -> None:
    """Whoever answers there is somebody else, or the address never changed."""
    active = inject(fake, NODE)
    returned(NODE)
    active.heal()
    answers[OLD] = "a connection"
    assert not active.healed().ok


def test_one_that_does_not_come_back_has_not_healed(fake: FakeDeployment, answers: dict[str, str]) -> None:
    """A server that is silent at its new address is not back."""
    assert answers
    active = inject(fake, NODE)
    active.heal()
    healed = active.healed()
    assert not healed.ok
    assert "has not answered" in healed.sentence


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([(OLD, "s_down,slave")], f"does not know {NODE} at {NEW}"),
        ([(NEW, "s_down,slave")], f"sees {NODE} as s_down,slave"),
        ([(NEW, "slave,disconnected")], f"sees {NODE} as slave,disconnected"),
    ],
)
def test_who_does_not_know_it_is_told_and_asked_for(
    fake: FakeDeployment,
    answers: dict[str, str],
    returned: Callable[[str], ScriptedServer],
    entries: list[tuple[str, str]],
    words: str,
) -> None:
    """That nobody knows it is no failure of the undo: the deployment has not converged as long as that is so."""
    assert answers
    active = inject(fake, NODE)
    server = returned(NODE)
    server.script["INFO"] = fake.servers[NODE].script["INFO"]
    active.heal()
    tell(fake, *entries)
    healed = active.healed()
    assert healed.ok
    assert f"sentinel-n1 {words}" in healed.sentence
    for sentinel in SENTINELS:
        fake.tell_view(sentinel)
    assert fake.deployment.unconverged() != ""
    tell(fake, (NEW, "slave"))
    for sentinel in SENTINELS:
        fake.say(sentinel, "SENTINEL MASTER", [*entry(OLD, 1, "master"), "num-slaves", "3", "num-other-sentinels", "2"])
    assert fake.deployment.unconverged() == ""


def test_a_sentinel_moves_too(
    fake: FakeDeployment, answers: dict[str, str], returned: Callable[[str], ScriptedServer]
) -> None:
    """The others list it at its new address and no more at the old one; its own file follows nobody."""
    assert answers
    active = inject(fake, "sentinel:1")
    assert active.targets == [SENTINEL]
    assert active.bit().ok
    port = fake.placement.node(SENTINEL).port
    for other in SENTINELS[1:]:
        fake.say(other, "SENTINEL SENTINELS", [entry(NEW, port, "sentinel,master_down")])
    returned(SENTINEL)
    active.heal()
    healed = active.healed()
    assert healed.ok
    assert f"sentinel-n2, sentinel-n3 know it there; none still list it at {OLD}" in healed.sentence
    assert "replicaof" not in file_of(fake, SENTINEL)


def test_a_start_script_asks_whom_to_follow(fake: FakeDeployment, answers: dict[str, str]) -> None:
    """The old primary follows whom the Sentinels name by now, at the address that they give."""
    assert answers
    active = inject(fake, "primary")
    for sentinel in SENTINELS:
        fake.tell_vote(sentinel, NODE)
    active.heal()
    assert file_of(fake, PRIMARY).endswith(f"replicaof {OLD} {fake.placement.node(NODE).port}\n")


@pytest.mark.parametrize(("named", "parameters"), [(PRIMARY, {}), (NODE, {"follows": "file"}), (None, {})])
def test_it_stays_what_its_file_says(
    fake: FakeDeployment, answers: dict[str, str], named: str | None, parameters: dict[str, str]
) -> None:
    """Where the Sentinels still name itself, or nobody, or are not asked, its own file counts."""
    assert answers
    active = inject(fake, "primary", **parameters)
    for sentinel in SENTINELS:
        fake.tell_vote(sentinel, named)
    active.heal()
    assert "replicaof" not in file_of(fake, PRIMARY)


def test_names_follow(fake: FakeDeployment, answers: dict[str, str]) -> None:
    """A name means the old address until the server is back, then the new one."""
    assert answers
    nodes = tuple(msgspec.structs.replace(node, names=(f"{node.name}.example",)) for node in fake.plan.nodes)
    fake.deployment.plan = msgspec.structs.replace(fake.plan, nodes=nodes)
    names = fake.sandbox.name_service
    names.serve({f"{NODE}.example": OLD, f"{PRIMARY}.example": OLD})
    active = inject(fake, NODE)
    assert names.known[f"{NODE}.example"] == OLD
    active.heal()
    assert names.known == {f"{NODE}.example": NEW, f"{PRIMARY}.example": OLD}


def test_what_becomes_of_a_connection(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made, refused by a host where nobody listens, or nobody says anything."""
    with socket.create_server((OLD, 0)) as listening:
        port = listening.getsockname()[1]
        assert answer_at(fake.deployment, OLD, port) == "a connection"
    assert answer_at(fake.deployment, OLD, port) == "refusal"

    def too_late(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(fake.deployment, "dial", too_late)
    assert answer_at(fake.deployment, OLD, port) == "silence"
