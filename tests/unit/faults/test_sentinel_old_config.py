"""A Sentinel with an old file is proven by the first thing that it says after its start."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import sentinel_old_config
from jsquared.faults.sentinel_old_config import SentinelOldConfig
from jsquared.resp.failures import Unreachable
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=f"sentinel-n{n}", role="sentinel") for n in (1, 2, 3)]
NODES.append(SimpleNamespace(name="redis-n1", role="data"))

SWITCHED = "+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379\n"


class Sentinels:
    """Three Sentinels after a failover to ``redis-n2``; one that is started from the old file names ``redis-n1``, at second asking."""

    master_name = "mymaster"

    def __init__(self, *, forgets: bool = True, answers: bool = True) -> None:
        self.forgets = forgets
        self.answers = answers
        self.named = {node.name: 2 for node in NODES}
        self.done: list[str] = []
        self.silences = 0
        self.code: int | None = None
        self.log = SWITCHED
        self.logs_at_start = ""
        self.plan = SimpleNamespace(
            nodes=NODES,
            node=lambda name: next(node for node in NODES if node.name == name),
            sentinels=lambda: NODES[:3],
        )

    def ask(self, name: str, *words: str) -> Any:
        """SENTINEL MASTER."""
        if self.silences:
            self.silences -= 1
            raise Unreachable("no answer")
        number = self.named[name]
        return ["ip", f"10.0.0.{number}", "port", "6379", "config-epoch", str(number - 1)]

    def install(self, name: str) -> None:
        """The file from the beginning."""
        self.done.append(f"{name} installed")

    def start(self, name: str, *, reason: str) -> None:
        """Start again; it takes a moment until it answers."""
        self.named[name] = 1 if self.forgets else 2
        self.silences = 1 if self.answers else 10**9
        self.log += self.logs_at_start

    def log_of(self, name: str) -> str:
        """What it has logged."""
        return self.log

    def process(self, name: str) -> Any:
        """Its process."""
        return SimpleNamespace(poll=lambda: self.code)

    def node_at(self, address: str) -> str:
        """Which node that is."""
        return "redis-n" + address.partition(":")[0][-1]

    def votes(self) -> dict[str, str]:
        """Whom each names."""
        return {node.name: f"redis-n{self.named[node.name]}" for node in NODES[:3]}

    def primary(self) -> str:
        """Whom most name."""
        return "redis-n2"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killing is left out, and what does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(sentinel_old_config, "kill_all", lambda deployment, names: deployment.done.append("killed"))
    monkeypatch.setattr(sentinel_old_config, "FIRST_LIMIT_S", 0.05)
    monkeypatch.setattr(sentinel_old_config, "FOLLOW_LIMIT_S", 0.05)


def inject(sentinels: Sentinels, *targets: str) -> Any:
    """Restore some."""
    return SentinelOldConfig().inject(cast("RunningDeployment", sentinels), targets or ["sentinel:1"], {})


def test_it_names_the_old_primary_first_and_follows_later() -> None:
    """Its first words name the old primary in an older epoch; it has healed once it names whom most name."""
    sentinels = Sentinels()
    active = inject(sentinels)
    assert sentinels.done == ["killed", "sentinel-n1 installed"]
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == "sentinel-n1 named redis-n2 in epoch 1, and redis-n1 in epoch 0 after its start"
    active.heal()
    assert not active.healed().ok
    sentinels.named["sentinel-n1"] = 2
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite() -> None:
    """Where it names the present primary from the start, no failover lies between the file and now."""
    assert not inject(Sentinels(forgets=False)).bit().ok


@pytest.mark.parametrize(
    ("logged", "bites"),
    [
        (SWITCHED, True),
        ("# Sentinel ID is 1\n", False),
        ("+switch-master other 10.0.0.1 6379 10.0.0.2 6379\n", False),
        ("+switch-master mymaster 10.0.0.2 6379 10.0.0.1 6379\n", False),
    ],
)
def test_one_that_was_told_before_it_was_asked_says_so_in_its_log(logged: str, bites: bool) -> None:
    """Only the change to the present primary that it logs after its start proves the old file: an earlier line proves nothing."""
    sentinels = Sentinels(forgets=False)
    sentinels.logs_at_start = logged
    bit = inject(sentinels).bit()
    assert bit.ok == bites
    assert ("after its start it was told so: +switch-master" in bit.sentence) == bites


@pytest.mark.parametrize("code", [None, 1])
def test_one_that_says_nothing_proves_nothing(code: int | None) -> None:
    """A Sentinel that is silent or ends after its start named nobody."""
    sentinels = Sentinels(answers=False)
    sentinels.code = code
    bit = inject(sentinels).bit()
    assert not bit.ok
    assert "said nothing" in bit.sentence


def test_only_sentinels_have_such_a_file() -> None:
    """A data node keeps no epoch."""
    with pytest.raises(BadInputError, match="only Sentinels"):
        inject(Sentinels(), "redis-n1")
