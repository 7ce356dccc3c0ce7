"""A lab without servers: it answers the questions of the protocol, and a test says what it finds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from jsquared.errors import BadInputError, FaultDidNotBiteError, LabError
from jsquared.records import lab_messages as messages
from jsquared.records.lab_messages import LabFault, LabLoad, LabNews, LabNode, LabStatus
from jsquared.records.verdict import ClientGap, Outcome, TrialVerdict, Writes
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.service.lab.lab import Lab
from jsquared.trial.lab.offered_faults import offered_faults
from support.records import Story


def verdict_of_session(
    outcome: Outcome = "pass", *, lost: int | None = 0, gaps_ms: Sequence[float] = (12.5, 4711.0)
) -> TrialVerdict:
    """What a session is judged as, with a gap for each client."""
    gaps = [
        ClientGap(client=f"client-{n}", gap_ms=gap_ms, from_ms=0.0, until_ms=gap_ms, resumed=True)
        for n, gap_ms in enumerate(gaps_ms, 1)
    ]
    return TrialVerdict.of(Story().plan(), outcome, ["a reason"], writes=Writes(acknowledged=9, lost=lost), gaps=gaps)


class FakeLab(Lab):
    """A lab whose state a test sets: ``bites``, ``heals``, ``converges``, ``primaries``, ``saved``."""

    up: "list[FakeLab]"
    """Those that are up, the fixture's own."""
    bites_at_first: bool | None = True
    converges_at_first = True

    def __init__(self, deployment: str | Path = "reference", **wanted: Any) -> None:
        self.described = {"deployment": deployment, **wanted}
        super().__init__(deployment, **wanted)
        self.bites = self.bites_at_first
        self.heals = True
        self.converges = self.converges_at_first
        self.primaries = ["redis-n1"]
        self.faults: list[LabFault] = []
        self.nodes: tuple[LabNode, ...] = ()
        self.state = LabLoad(state="none")
        self.saved = verdict_of_session()
        self.asked: list[messages.Question] = []
        self.shown = Story().plan()
        self.lines: list[str] = []
        self.session = 1
        self.now_ms = 0.0

    def start(self) -> None:
        """Come up, or not."""
        if self.described["deployment"] == "broken":
            raise LabError("does not come up", where="redis-n1")
        self.up.append(self)

    def close(self) -> None:
        """End."""
        if self in self.up:
            self.up.remove(self)

    def end(self, within_s: float = 30.0) -> None:
        """End because somebody asked."""
        self.close()

    @property
    def has_ended(self) -> bool:
        """True if it is gone."""
        return self not in self.up

    @classmethod
    def attach(cls, name: str = "") -> "FakeLab":
        """The lab of that name."""
        for lab in cls.up:
            if name in ("", lab.described["name"]):
                return lab
        raise BadInputError("no lab is up", where="jsquared lab", hint="jsquared lab up")

    def save(self, path: str | Path) -> TrialVerdict:
        """The verdict that the test has set."""
        self._require_up()
        return self.saved

    def ask(self, question: messages.Question, kind: Any, limit_s: float | None = None) -> Any:
        """Answer as a lab does."""
        self._require_up()
        self.asked.append(question)
        match question:
            case messages.AskToBreak():
                return self._broken(question)
            case messages.AskToHeal():
                return self._healed(question.id)
            case messages.AskForLoad():
                self.state = LabLoad(state="running", clients=("client-1",), acknowledged=7, write_gap_ms=3.0)
            case messages.AskToStopLoad():
                self.state = LabLoad(state="ended", clients=("client-1",), acknowledged=9)
            case messages.AskToWait() if not self.converges:
                raise LabError("has not converged within 0.1 s: redis-n3 follows no one", where="reference")
            case messages.AskForRate():
                self.state = msgspec.structs.replace(self.state, rate_per_s=question.rate_per_s)
            case messages.AskToBeginAgain():
                self.session, self.lines, self.state = self.session + 1, [], LabLoad(state="none")
        return self._told(question)

    def _told(self, question: messages.Question) -> Any:
        match question:
            case messages.AskStatus():
                return self._status()
            case messages.AskForPlan():
                return self.shown
            case messages.AskForNews():
                return self._news(question)
            case messages.AskForFaults():
                return offered_faults(self.shown, "memory", LoopbackSandbox.capabilities)
            case messages.AskForLog():
                return f"the log of {question.name}\n<b>\x1b[2J"
        return None

    def _news(self, question: messages.AskForNews) -> LabNews:
        since = question.since if question.session == self.session else 0
        self.now_ms += 100.0
        return LabNews(
            session=self.session,
            next=len(self.lines),
            lines=tuple(self.lines[since:]),
            now_ms=self.now_ms,
            load=self.state,
        )

    def _require_up(self) -> None:
        if self not in self.up:
            raise LabError("the lab has ended", where="the lab", hint="jsquared lab up")

    def _broken(self, question: messages.AskToBreak) -> LabFault:
        if question.fault == "nonsense":
            raise BadInputError("there is no such fault", where="fault 'nonsense'", hint="kill")
        told = LabFault(id=question.fault, name=question.fault, targets=question.targets, bit=self.bites, evidence="it")
        if self.bites is False:
            self.faults.append(msgspec.structs.replace(told, is_active=False, healed=True))
            raise FaultDidNotBiteError("did not bite: it runs", where=f"fault '{question.fault}'")
        self.faults.append(told)
        self.converges = question.fault != "pause"
        return told

    def _healed(self, fault: str) -> tuple[LabFault, ...]:
        if fault and fault not in [one.id for one in self.faults]:
            raise BadInputError("no such fault was injected", where=f"fault '{fault}'")
        healed = []
        for number, one in enumerate(self.faults):
            if one.is_active and fault in ("", one.id):
                self.faults[number] = msgspec.structs.replace(
                    one, is_active=False, bit=bool(one.bit), healed=self.heals, heal_evidence="it answers"
                )
                healed.append(self.faults[number])
        return tuple(healed)

    def _status(self) -> LabStatus:
        primary = self.primaries.pop(0) if len(self.primaries) > 1 else self.primaries[0]
        return LabStatus(
            deployment="reference",
            engine="Valkey 9.1.0",
            ack="wait:1",
            master="mymaster",
            primary=primary,
            converged=self.converges,
            why_not_converged="" if self.converges else "redis-n3 follows no one",
            nodes=self.nodes,
            hosts=("host-1",),
            sentinels=("10.0.0.1:26379",),
            faults=tuple(self.faults),
            load=self.state,
            is_concluded=False,
        )
