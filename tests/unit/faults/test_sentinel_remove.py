"""A Sentinel that was told to forget the primary is proven by having no address for it, and healed once it knows everyone again."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import sentinel_remove, sentinel_reset
from jsquared.faults.sentinel_remove import SentinelRemove
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=f"sentinel-n{n}", role="sentinel") for n in (1, 2, 3)]
NODES += [SimpleNamespace(name=f"redis-n{n}", role="data") for n in (1, 2, 3)]
FILE = "sentinel monitor mymaster 10.0.0.1 6379 2\n"


class Sentinels:
    """Three Sentinels, each with a file that SENTINEL REMOVE rewrites; one that starts monitors what its file says.

    ``deaf`` ones say OK and forget nothing, ``silent`` ones say nothing, and ``finds`` is how many others one finds after its start.
    """

    master_name = "mymaster"

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.silent: set[str] = set()
        self.refusal = ""
        self.finds = 2
        self.files = {node.name: FILE for node in NODES[:3]}
        self.monitored = {node.name: "mymaster" for node in NODES[:3]}
        self.others = {node.name: 2 for node in NODES[:3]}
        self.done: list[str] = []
        self.plan = SimpleNamespace(
            nodes=NODES,
            node=lambda name: next(node for node in NODES if node.name == name),
            sentinels=lambda: NODES[:3],
            data_nodes=lambda: NODES[3:],
        )

    def ask(self, name: str, *words: str) -> Any:
        """The three commands that are given to Sentinels here."""
        if name in self.silent:
            raise Unreachable("no answer", where=name)
        assert words[0] == "SENTINEL"
        knows = self.monitored[name] == words[2]
        match words[1]:
            case "REMOVE":
                if self.refusal:
                    raise ServerReplyError(self.refusal, where=name)
                if not self.deaf:
                    self.monitored[name] = self.files[name] = ""
                return "OK"
            case "GET-MASTER-ADDR-BY-NAME":
                return ["10.0.0.1", "6379"] if knows else None
            case "MASTER" if not knows:
                raise ServerReplyError("ERR No such master with that name", where=name)
            case "MASTER":
                return ["num-other-sentinels", str(self.others[name]), "num-slaves", "2"]
        raise AssertionError(words)

    def install(self, name: str) -> None:
        """The file from the beginning."""
        self.files[name] = FILE
        self.done.append(f"{name} installed")

    def start(self, name: str, *, reason: str) -> None:
        """Start it with the file that it has now."""
        self.monitored[name] = self.files[name].split()[2] if self.files[name] else ""
        self.others[name] = self.finds
        self.done.append(f"{name} started")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killing is only noted, and what does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(
        sentinel_remove, "kill_all", lambda deployment, names: deployment.done.extend(f"{one} killed" for one in names)
    )
    monkeypatch.setattr(sentinel_reset, "FOUND_LIMIT_S", 0.02)
    monkeypatch.setattr(sentinel_reset, "LOOK_S", 0.001)


def inject(sentinels: Sentinels, *targets: str) -> Any:
    """Let some forget."""
    return SentinelRemove().inject(cast("RunningDeployment", sentinels), targets or ["sentinel:1"], {})


def test_it_forgets_and_knows_everyone_again() -> None:
    """It names no primary; killed, given its first file and started, it knows all others again."""
    sentinels = Sentinels()
    active = inject(sentinels)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == "sentinel-n1 knows no primary called mymaster"
    active.heal()
    assert sentinels.done == ["sentinel-n1 killed", "sentinel-n1 installed", "sentinel-n1 started"]
    healed = active.healed()
    assert healed.ok
    assert healed.sentence == "sentinel-n1 knows 2 other Sentinels and 2 replicas"


def test_the_others_are_left_alone() -> None:
    """Only the targets are told, ended and started."""
    sentinels = Sentinels()
    active = inject(sentinels, "sentinel:2", "sentinel:3")
    assert list(sentinels.monitored.values()) == ["mymaster", "", ""]
    active.heal()
    assert not any(line.startswith("sentinel-n1") for line in sentinels.done)
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite() -> None:
    """A Sentinel that says OK and still names the primary has forgotten nothing."""
    bit = inject(Sentinels(deaf=True)).bit()
    assert not bit.ok
    assert bit.sentence == "sentinel-n1 knows a primary called mymaster"


def test_every_target_must_have_forgotten() -> None:
    """One that still names the primary disproves it for all."""
    sentinels = Sentinels()
    active = inject(sentinels, "sentinels")
    sentinels.monitored["sentinel-n3"] = "mymaster"
    assert not active.bit().ok


def test_a_sentinel_that_refuses_is_an_error() -> None:
    """A user without the right removes nothing."""
    sentinels = Sentinels()
    sentinels.refusal = "NOPERM this user has no permissions to run the 'sentinel|remove' command"
    with pytest.raises(ServerReplyError, match="NOPERM"):
        inject(sentinels)


def test_a_sentinel_that_cannot_be_asked_is_no_proof_that_it_forgot() -> None:
    """Silence is an error, not an answer without an address."""
    sentinels = Sentinels()
    active = inject(sentinels)
    sentinels.silent.add("sentinel-n1")
    with pytest.raises(Unreachable):
        active.bit()


def test_without_an_undo_it_has_not_healed() -> None:
    """A Sentinel that monitors nothing knows nobody."""
    healed = inject(Sentinels()).healed()
    assert not healed.ok
    assert "No such master" in healed.sentence


def test_silence_is_no_healing() -> None:
    """A Sentinel that cannot be asked has not been shown to know anyone."""
    sentinels = Sentinels()
    active = inject(sentinels)
    active.heal()
    sentinels.silent.add("sentinel-n1")
    healed = active.healed()
    assert not healed.ok
    assert "sentinel-n1 cannot be asked" in healed.sentence


def test_a_sentinel_that_finds_too_few_has_not_healed() -> None:
    """It must count every other Sentinel, as before."""
    sentinels = Sentinels()
    sentinels.finds = 1
    active = inject(sentinels)
    active.heal()
    healed = active.healed()
    assert not healed.ok
    assert healed.sentence == (
        "sentinel-n1 knows 1 other Sentinels and 2 replicas, of 2 other Sentinels and 2 replicas"
    )


def test_only_sentinels_monitor_a_primary() -> None:
    """A data node does not know the command."""
    with pytest.raises(BadInputError, match="only Sentinels"):
        inject(Sentinels(), "redis-n1")
