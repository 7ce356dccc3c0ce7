"""A lab in memory, for tests of the doors to one: it says what real ones say, and notes what was done to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError, FaultDidNotBiteError, LabError
from jsquared.pytest_plugin.choice import LabChoice
from jsquared.records.event_types import FaultBit, FaultHealed, FaultHealing, FaultStarted, SentinelEvent
from jsquared.records.events import EventLog
from jsquared.records.lab_messages import LabAccess, LabFault, LabLoad, LabStatus
from jsquared.records.plan import Engine
from jsquared.records.verdict import LossGroup, TrialVerdict, Writes
from jsquared.service.lab.running_lab import InjectedFault


class FakeLoad:
    """Writers that have written as much as a test says."""

    def __init__(self) -> None:
        self.state = LabLoad(state="none")

    def start(self) -> None:
        """Begin, with 500 acknowledged writes at once."""
        self.state = LabLoad(state="running", acknowledged=500)

    def now(self) -> LabLoad:
        """Return the counts."""
        return self.state


class FakeLab:
    """A converged deployment; ``done`` is what was done to it, in order."""

    def __init__(self, sandbox: str = "loopback", *, login: tuple[str, ...] = (), tls: bool = False) -> None:
        self.sandbox = sandbox
        self.login, self.tls = login, tls
        self.done: list[str] = []
        self.load = FakeLoad()
        self.faults: list[LabFault] = []
        self.lost: int | None = 0
        self.is_concluded = False
        self.up = True
        self.heals = True
        self.cannot_reset = False
        self._clock = TrialClock.start()

    def is_up(self) -> bool:
        """True until a test says otherwise."""
        return self.up

    def status(self) -> LabStatus:
        """Return the status; the primary is the one after the newest crash."""
        crashed = any(fault.name == "kill" for fault in self.faults)
        return LabStatus(
            deployment="reference", engine="valkey 9.1", ack="wait:1", master="mymaster",
            primary="redis-n2" if crashed else "redis-n1", converged=True, why_not_converged="", nodes=(), hosts=("n1",),
            sentinels=("127.20.1.81:26379", "127.20.1.82:26379"), faults=tuple(self.faults), load=self.load.state,
            is_concluded=self.is_concluded,
        )  # fmt: skip

    def access(self) -> LabAccess:
        """Return the logins."""
        return LabAccess(login=self.login, sentinel_login=self.login[-1:], tls=self.tls)

    def reset(self, within_s: float) -> None:
        """Note it."""
        self.done.append("reset")
        if self.cannot_reset:
            raise LabError(f"has not converged within {within_s:g} s: redis-n2 is behind", where="reference")

    def restart(self) -> None:
        """Begin anew."""
        self.done.append("restart")
        self.faults, self.is_concluded, self.load.state = [], False, LabLoad(state="none")
        self._clock = TrialClock.start()

    def wait_primary(self, *, other_than: str, within_s: float) -> str:
        """Return the primary."""
        assert self.status().primary != other_than, within_s
        return self.status().primary

    def wait_converged(self, within_s: float) -> None:
        """Nothing has to be waited for."""
        self.done.append(f"wait {within_s:g}")

    def break_(self, fault: str, *targets: str, heal_after_s: float, **parameters: Any) -> InjectedFault:
        """Break what there is: kill, pause, and cut in namespaces; ``no-bite`` does not bite."""
        if fault == "no-bite":
            raise FaultDidNotBiteError("did not bite: it still answers", where="fault 'no-bite'")
        if fault not in ("kill", "pause", "cut"):
            raise BadInputError("no such fault", where=f"fault '{fault}'", hint="jsquared faults")
        if fault == "cut" and self.sandbox == "loopback":
            raise LabError("this sandbox cannot do that: it lacks 'links'", hint="--sandbox namespaces")
        self.done.append(
            " ".join(["break", fault, *targets, *(f"{name}={value}" for name, value in parameters.items())])
        )
        self.faults.append(
            LabFault(id=fault, name=fault, targets=targets, bit=True, evidence=f"it is {heal_after_s:g}")
        )
        return InjectedFault(cast("Any", self), self.faults[-1])

    def heal(self, fault: str = "") -> tuple[LabFault, ...]:
        """Heal, unless a test says that it does not."""
        active = [one for one in self.faults if one.is_active and fault in ("", one.id)]
        healed = tuple(
            LabFault(id=one.id, name=one.name, targets=one.targets, bit=True, is_active=False, healed=self.heals,
                     heal_evidence="it answers" if self.heals else "it is silent")
            for one in active
        )  # fmt: skip
        self.faults = [one for one in self.faults if one not in active] + list(healed)
        self.done += [f"heal {one.id}" for one in healed]
        return healed

    def save(self, folder: Path) -> TrialVerdict:
        """Write the events of a crash, and judge as the test says."""
        self.done.append(f"save {folder.name}")
        folder.mkdir(parents=True)
        self.is_concluded = True
        events = EventLog(folder / "events.jsonl", self._clock)
        for fault in self.faults:
            events.add(FaultStarted(fault.id, name=fault.name, targets=fault.targets))
            events.add(FaultBit(fault.id, ok=True, evidence="its process is gone"))
            events.add(SentinelEvent(event="+switch-master", payload="mymaster a 1 b 2", source="sentinel-n1"))
            events.add(SentinelEvent(event="+reboot", payload="slave", source="sentinel-n1"))
            events.add(FaultHealing(fault.id))
            events.add(FaultHealed(fault.id, ok=True, evidence="it answers"))
        events.close()
        losses = [
            LossGroup(cause="flush", explanation="FLUSHALL", node="n", client=c, count=1, first_ms=0, last_ms=0)
            for c in "ab"
        ]
        return TrialVerdict(
            scenario="lab", seed=1, outcome="violated" if self.lost else "pass", reasons=["client-1 wrote nothing"],
            deployment="reference", engine=Engine(name="valkey", version="9.1", path=""), sandbox=self.sandbox, ack="wait:1",
            writes=Writes(attempted=500, acknowledged=self.load.state.acknowledged, lost=self.lost),
            failover_ms=None, phases_ms=None, objectives=[], faults=[], losses=losses if self.lost else [],
            duration_ms=1.0, run_dir=folder.name,
        )  # fmt: skip


class Labs:
    """The labs that tests have asked for, by what they asked for; ``problem`` is raised in place of one."""

    def __init__(self) -> None:
        self.opened: dict[LabChoice, FakeLab] = {}
        self.made: Callable[[], FakeLab] = FakeLab
        self.problem: Exception | None = None
        self.tries = 0

    def open(self, choice: LabChoice) -> FakeLab:
        """Open one."""
        self.tries += 1
        if self.problem is not None:
            raise self.problem
        return self.opened.setdefault(choice, self.made())

    @property
    def only(self) -> FakeLab:
        """The only one."""
        [lab] = self.opened.values()
        return lab
