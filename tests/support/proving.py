"""Proofs of plans without a server: two folders and the plan between them, engines in name only, and trials that go as a test says."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from jsquared.campaign.interruption import Interruption
from jsquared.records.event_types import StepBegan, StepEnded
from jsquared.records.plan import Engine
from jsquared.rollout.proof_document import Proof
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.service.change_plan import ChangeRequest, plan_change
from jsquared.service.change_prove import ProveRequest, ProveResult, prove
from jsquared.service.progress import Notice, Progress
from support.changes import REDIS, VALKEY, write_folder
from support.fake_executor import Course, FakeExecutor
from support.records import Story, objective

LIVE: Mapping[str, Any] = {"data": "maxmemory 1gb\n"}
"""A change that is made while servers run: a step for each data node, between two checks."""
TRIALS = ("change", "change-back-from-2", "change-back-from-3", "change-back-from-4")
"""Its trials: all the way, and the way back from each step that does something."""


@dataclass
class Bench:
    """A folder with two deployments and the plan between them, and the engines that are here, by what options call them."""

    root: Path
    engines: dict[str, Engine] = field(default_factory=lambda: {"auto": REDIS, "redis": REDIS, "valkey": VALKEY})
    interruption: Interruption = field(default_factory=Interruption)
    sandboxes: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """What each choice of a sandbox was asked for."""

    @property
    def folder(self) -> Path:
        """The folder of the plan."""
        return self.root / "plan"

    @property
    def file(self) -> Path:
        """The plan itself."""
        return self.folder / "plan.json"

    def write(self, side: str, **fields: Any) -> str:
        """Write one side anew; its folder."""
        shutil.rmtree(self.root / side, ignore_errors=True)
        return str(write_folder(self.root / side, **fields))

    def plan(
        self, after: Mapping[str, Any] = LIVE, before: Mapping[str, Any] | None = None, new_engine: str = ""
    ) -> None:
        """Plan a change of the usual deployment."""
        was, now = self.write("was", **(before or {})), self.write("now", **after)
        plan_change(ChangeRequest(before=was, after=now, out=self.folder, engine="redis", new_engine=new_engine))

    def rewrite(self, **fields: Any) -> None:
        """Change fields of the plan's file by hand."""
        self.file.write_text(json.dumps(json.loads(self.file.read_text()) | fields))

    def prove(
        self, trials: Mapping[str, Course] | FakeExecutor, heard: Progress | None = None, **fields: Any
    ) -> ProveResult:
        """Prove the plan with trials that go so, by their names, and pass otherwise; what is written is what is returned.

        Only a pass says what to do next.
        """
        executor = trials if isinstance(trials, FakeExecutor) else playing(trials)
        given = {"engine": "redis", "seed": 7, "out": self.root / "runs", "folder": self.folder}
        result = prove(ProveRequest(**{**given, **fields}), heard or Silence(), self.interruption, executor)
        assert self.written() == result.proof
        assert result.proof.outcome == "pass" or not result.proof.next_command
        return result

    def written(self) -> Proof:
        """The proof beside the plan."""
        return msgspec.json.decode((self.folder / "proof.json").read_bytes(), type=Proof)

    def choose_sandbox(self, name: str, **asked: Any) -> SandboxKind:
        """One that can do everything; what is asked of it is noted."""
        self.sandboxes.append((name, asked))
        return SandboxKind("namespaces", frozenset(Capability), 200)


class Silence:
    """A progress that nobody sees."""

    def tell(self, notice: Notice) -> None:
        """Nothing."""


def playing(trials: Mapping[str, Course]) -> FakeExecutor:
    """An executor of trials that go so, by their names, and pass otherwise."""
    return FakeExecutor(lambda plan, _: trials.get(plan.scenario, Course()))


def violated(reason: str = "3 acknowledged writes are lost", **more: Any) -> Course:
    """A trial that is violated."""
    return Course("violated", reason=reason, exit_code=1, **more)


def steps(*reasons: str, lost_ms: tuple[float, float] | None = None, back: bool = False) -> Callable[[Path], object]:
    """A run folder in which a step began every second from 2 s on, and ended with these reasons, empty where it went well.

    Writes that were acknowledged within ``lost_ms`` are lost.
    """
    story = Story(objectives=[objective("lost_writes", 0, "writes")])
    story.load(0)
    story.writes("client-1", "redis-n1", 0, 8000)
    for number, reason in enumerate(reasons, 1):
        node, at_ms = f"redis-n{number}", 1000.0 + 1000 * number
        story.event(StepBegan(number=number, does="set-live", back=back, source=node, t_ms=at_ms))
        ended = StepEnded(
            number=number, does="set-live", back=back, ok=not reason, reason=reason, source=node, t_ms=at_ms + 500
        )
        story.event(ended)
    if lost_ms:
        story.missing(*lost_ms)
    story.finish("redis-n1", settle_ms=7000, end_ms=8000)
    return story.write
