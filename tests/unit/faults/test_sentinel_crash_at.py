"""A Sentinel that crashes on order: its own exit code is the proof, and the others are spared."""

from types import SimpleNamespace
from typing import Any, cast

from jsquared.faults.sentinel_crash_at import EXIT_CODE, MOMENTS, SentinelCrashAt
from jsquared.running.deployment import RunningDeployment

NAMES = ("sentinel-n1", "sentinel-n2")


class Sentinels:
    """Two Sentinels; ``codes`` are their exit codes."""

    def __init__(self) -> None:
        self.codes: dict[str, int | None] = dict.fromkeys(NAMES)
        self.orders: list[tuple[str, str]] = []
        self.recorded: list[str] = []
        nodes = [SimpleNamespace(name=name) for name in NAMES]
        self.plan = SimpleNamespace(nodes=nodes, sentinels=lambda: nodes)
        self.events = SimpleNamespace(add=lambda event: self.recorded.append(f"{event.source} {event.state}"))

    def ask(self, name: str, *words: str) -> Any:
        """An order."""
        self.orders.append((name, words[-1]))

    def process(self, name: str) -> Any:
        """A process."""
        return SimpleNamespace(pid=1, poll=lambda: self.codes[name], returncode=self.codes[name])

    def start(self, name: str, *, reason: str) -> None:
        """Start again."""
        self.codes[name] = None

    def answers(self, name: str) -> bool:
        """While it runs."""
        return self.codes[name] is None


def test_the_first_to_crash_is_the_only_one() -> None:
    """One ended by itself with the order's exit code; the other forgets the order, and healing starts the first again."""
    sentinels = Sentinels()
    active = SentinelCrashAt().inject(cast("RunningDeployment", sentinels), ["sentinels"], {"moment": MOMENTS[0]})
    assert sentinels.orders == [(name, MOMENTS[0]) for name in NAMES]
    sentinels.codes["sentinel-n2"] = EXIT_CODE
    active._watch.join(20)
    assert active.bit().ok
    assert sentinels.recorded == ["sentinel-n2 exited"]
    assert sentinels.orders[-1] == ("sentinel-n1", "help")
    active.heal()
    assert sentinels.codes["sentinel-n2"] is None
    assert active.healed().ok


def test_without_a_crash_it_did_not_bite() -> None:
    """Nobody led, so nobody crashed; both forget the order."""
    sentinels = Sentinels()
    active = SentinelCrashAt().inject(cast("RunningDeployment", sentinels), ["sentinels"], {"moment": MOMENTS[1]})
    active.heal()
    assert not active.bit().ok
    assert sentinels.orders[-2:] == [(name, "help") for name in NAMES]


def test_another_end_is_no_proof() -> None:
    """A Sentinel that was killed did not crash on order."""
    sentinels = Sentinels()
    sentinels.codes["sentinel-n1"] = -9
    active = SentinelCrashAt().inject(cast("RunningDeployment", sentinels), ["sentinels"], {"moment": MOMENTS[0]})
    assert not active.bit().ok
    active.heal()
    assert not active.healed().ok
