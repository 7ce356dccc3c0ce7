"""A reset Sentinel is proven by whom it counts right afterwards, and healed once it counts everybody again."""

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import sentinel_reset
from jsquared.faults.sentinel_reset import SentinelReset
from jsquared.resp.failures import Unreachable
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=f"sentinel-n{n}", role="sentinel") for n in (1, 2, 3)]
NODES += [SimpleNamespace(name=f"redis-n{n}", role="data") for n in (1, 2, 3)]


class Sentinels:
    """Three Sentinels that count others and replicas; ``deaf`` ones say OK and forget nothing."""

    master_name = "mymaster"

    def __init__(self, *, deaf: bool = False) -> None:
        self.deaf = deaf
        self.silent = False
        self.counted = {node.name: (2, 2) for node in NODES}
        self.patterns: list[str] = []
        self.plan = SimpleNamespace(
            nodes=NODES,
            node=lambda name: next(node for node in NODES if node.name == name),
            sentinels=lambda: NODES[:3],
            data_nodes=lambda: NODES[3:],
        )

    def ask(self, name: str, *words: str) -> Any:
        """SENTINEL MASTER."""
        if self.silent:
            raise Unreachable("no answer")
        others, replicas = self.counted[name]
        return ["num-other-sentinels", str(others), "num-slaves", str(replicas)]

    @contextmanager
    def connect(self, name: str) -> Any:
        """A connection on which both commands are sent before a reply is taken."""
        sent: list[tuple[str, ...]] = []
        yield SimpleNamespace(send=lambda *words: sent.append(words), reply=lambda: self._reply(name, sent.pop(0)))

    def _reply(self, name: str, words: tuple[str, ...]) -> Any:
        if words[1] == "RESET":
            self.patterns.append(words[2])
            self.counted[name] = self.counted[name] if self.deaf else (0, 0)
            return 1
        return self.ask(name, *words)


def inject(sentinels: Sentinels, *targets: str) -> Any:
    """Reset some."""
    return SentinelReset().inject(cast("RunningDeployment", sentinels), targets or ["sentinels"], {"pattern": "my*"})


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(sentinel_reset, "FOUND_LIMIT_S", 0.02)
    monkeypatch.setattr(sentinel_reset, "LOOK_S", 0.001)


def test_they_forget_and_find_again() -> None:
    """Each counts nobody after the command, and everybody later, without anything to undo."""
    sentinels = Sentinels()
    active = inject(sentinels)
    assert sentinels.patterns == ["my*"] * 3
    bit = active.bit()
    assert bit.ok
    assert "sentinel-n1 knew 2 other Sentinels and 2 replicas, and 0 other Sentinels and 0 replicas" in bit.sentence
    active.heal()
    assert not active.healed().ok
    sentinels.counted = {node.name: (2, 2) for node in NODES}
    assert active.healed().ok
    assert active.details["before"]["sentinel-n1"] == (2, 2)


def test_without_an_effect_it_did_not_bite() -> None:
    """A Sentinel that says OK and counts as many as before was not reset."""
    assert not inject(Sentinels(deaf=True), "sentinel:1").bit().ok


def test_silence_is_no_healing() -> None:
    """Who cannot be asked has not been shown to know anybody."""
    sentinels = Sentinels()
    active = inject(sentinels, "sentinel:1")
    sentinels.silent = True
    healed = active.healed()
    assert not healed.ok
    assert "cannot be asked" in healed.sentence


def test_only_sentinels_are_reset() -> None:
    """A data node does not know the command."""
    with pytest.raises(BadInputError, match="only Sentinels"):
        inject(Sentinels(), "redis-n1")
