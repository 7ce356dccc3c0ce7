"""The events of the sample runs: what the lab, the nodes, the Sentinels and the clients would have told."""

from typing import Any

import msgspec

from jsquared.records.event import Event
from jsquared.records.event_types import (
    AgreementChanged,
    ClientSaid,
    ClockZero,
    Converged,
    DatasetRead,
    FaultBit,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Phase,
    ProcessChanged,
    RoleChanged,
    SentinelEvent,
)
from jsquared.testing.fake_plan import HOSTS

LOAD_MS = 600.0
FAULT_MS = 3000.0
"""When the fault strikes, in every sample."""

ENDS_MS = {"crash": 16_000.0, "split-brain": 30_000.0, "did-not-bite": 12_000.0, "killed": 6_200.0, "idle": 4_000.0}
LOAD_ENDS_MS = {"crash": 13_000.0, "split-brain": 26_000.0, "did-not-bite": 9_000.0, "killed": 6_200.0, "idle": 600.0}
HEALS_MS = {"crash": 9_400.0, "split-brain": 13_000.0, "did-not-bite": 6_000.0}

MARKS_MS = {
    "fault": FAULT_MS,
    "detect": 6_580.0,
    "agree": 6_655.0,
    "elect": 6_790.0,
    "promote": 7_010.0,
    "announce": 7_742.0,
    "reconnect": 7_960.0,
}
"""Where the phases of the samples' failover end."""


class _Story:
    """Collects events; a method a kind."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        self.events.append(event)

    def role(self, t_ms: float, host: str, role: str, offset: int = 0, *link_of: str) -> None:
        link, of = link_of or ("", "")
        source = f"redis-{host}"
        self.add(RoleChanged(role=role, run_id=f"{host}-1", offset=offset, link=link, of=of, source=source, t_ms=t_ms))

    def sentinel(self, t_ms: float, host: str, event: str, payload: str) -> None:
        self.add(SentinelEvent(event=event, payload=payload, via="pubsub", source=f"sentinel-{host}", t_ms=t_ms))

    def agreement(self, t_ms: float, *hosts: str) -> None:
        votes = {f"sentinel-{host}": f"redis-{vote}" for host, vote in zip(HOSTS, hosts, strict=True)}
        agreed = f"redis-{hosts[0]}" if len(set(hosts)) == 1 else ""
        self.add(AgreementChanged(primary=agreed, votes=votes, t_ms=t_ms))


def sample_events(sample: str) -> list[Event]:
    """The events of a sample (see ``sample_run.SAMPLES``), sorted by time."""
    story = _Story()
    _stand_up(story)
    if sample != "idle":
        story.add(Phase("load", t_ms=LOAD_MS))
    {"crash": _crash, "killed": _killed, "split-brain": _split_brain, "did-not-bite": _pause, "idle": _idle}[sample](
        story
    )
    if sample not in ("killed", "idle"):
        _finish(story, sample)
    events = sorted(story.events, key=lambda event: event.t_ms)
    return [_apart(event) for event in events] if sample == "split-brain" else events


def _apart(event: Event) -> Event:
    """The same event in a deployment whose Sentinels are on hosts of their own, ``s1`` to ``s3``."""
    if isinstance(event, AgreementChanged):
        votes = {name.replace("-n", "-s"): vote for name, vote in event.votes.items()}
        event = msgspec.structs.replace(event, votes=votes)
    return msgspec.structs.replace(event, source=event.source.replace("sentinel-n", "sentinel-s"))


def _stand_up(story: _Story) -> None:
    story.add(ClockZero(zero_monotonic_ns=1_000_000_000_000, zero_unix_ns=1_750_000_000_000_000_000, t_ms=0.0))
    story.add(Phase("stand-up", t_ms=1.0))
    for number, host in enumerate(HOSTS):
        story.add(ProcessChanged(state="started", pid=10 + number, source=f"redis-{host}", t_ms=40.0 + number))
        story.add(ProcessChanged(state="started", pid=20 + number, source=f"sentinel-{host}", t_ms=60.0 + number))
        story.role(110.0 + number, host, "primary" if number == 0 else "replica", 0, "up" if number else "", "redis-n1")
    story.agreement(300.0, "n1", "n1", "n1")
    story.add(Converged(ok=True, detail="one primary, two replicas attached", stage="stand-up", t_ms=420.0))


def _start_fault(story: _Story, name: str, targets: tuple[str, ...], evidence: str, **details: Any) -> None:
    story.add(Phase("break", t_ms=FAULT_MS - 5.0))
    started = FaultStarted("f1", name=name, requested=("primary",), targets=targets, t_ms=FAULT_MS, **details)
    story.add(started)
    story.add(FaultBit("f1", ok=name != "pause", evidence=evidence, t_ms=FAULT_MS + 22.0))


def _heal(story: _Story, t_ms: float, evidence: str) -> None:
    story.add(Phase("heal", t_ms=t_ms))
    story.add(FaultHealing("f1", t_ms=t_ms + 1.0))
    story.add(FaultHealed("f1", ok=True, evidence=evidence, t_ms=t_ms + 15.0))


def _failover(story: _Story, leader: str = "n2", promoted: str = "n2", votes: tuple[str, ...] = HOSTS) -> None:
    old, new = "10.83.0.10 6379", f"10.83.0.{10 * (HOSTS.index(promoted) + 1)} 6379"
    for number, host in enumerate(votes):
        story.sentinel(MARKS_MS["detect"] + 12.0 * number, host, "+sdown", f"master mymaster {old}")
    story.sentinel(MARKS_MS["agree"], leader, "+odown", f"master mymaster {old} #quorum 2/2")
    story.sentinel(6_658.0, leader, "+new-epoch", "1")
    story.sentinel(6_660.0, leader, "+try-failover", f"master mymaster {old}")
    for number, host in enumerate(votes):
        story.sentinel(6_664.0 + 9.0 * number, host, "+vote-for-leader", f"sentinel-{leader} 1")
    story.sentinel(MARKS_MS["elect"], leader, "+elected-leader", f"master mymaster {old}")
    story.sentinel(6_792.0, leader, "+failover-state-select-slave", f"master mymaster {old}")
    story.sentinel(6_860.0, leader, "+selected-slave", f"slave {new.replace(' ', ':')} {new} @ mymaster {old}")
    story.sentinel(6_931.0, leader, "+failover-state-send-slaveof-noone", f"slave {new} @ mymaster {old}")
    story.role(MARKS_MS["promote"], promoted, "primary", 1_234_567)
    story.sentinel(7_640.0, leader, "+promoted-slave", f"slave {new.replace(' ', ':')} {new} @ mymaster {old}")
    story.agreement(7_642.0, *(promoted if host == leader else "n1" for host in HOSTS))
    for host in votes:
        at = 8_320.0 if host == leader else MARKS_MS["announce"]
        story.sentinel(at, host, "+switch-master", f"mymaster {old} {new}")
    story.sentinel(8_318.0, leader, "+failover-end", f"master mymaster {old}")
    story.agreement(MARKS_MS["announce"] + 2.0, promoted, promoted, promoted)


def _killed(story: _Story) -> None:
    _start_fault(story, "kill", ("redis-n1",), "process 10 is gone and its port refuses connections")
    story.add(ProcessChanged(state="exited", pid=10, reason="fault", source="redis-n1", t_ms=FAULT_MS + 2.0))
    story.role(FAULT_MS + 30.0, "n1", "down")
    for host in ("n2", "n3"):
        story.role(FAULT_MS + 40.0, host, "replica", 1_234_000, "down", "redis-n1")


def _crash(story: _Story) -> None:
    _killed(story)
    _failover(story)
    story.role(7_900.0, "n3", "replica", 1_234_900, "up", "redis-n2")
    for number in (1, 2):
        story.add(
            ClientSaid(action="connected", node="redis-n2", detail="", source=f"client-{number}", t_ms=7_800.0 + number)
        )
    _heal(story, 9_400.0, "process 31 answers PING")
    story.add(ProcessChanged(state="started", pid=31, reason="fault", source="redis-n1", t_ms=9_402.0))
    story.role(9_520.0, "n1", "primary", 1_234_000)
    story.sentinel(
        10_400.0, "n2", "+convert-to-slave", "slave 10.83.0.10:6379 10.83.0.10 6379 @ mymaster 10.83.0.20 6379"
    )
    story.role(10_460.0, "n1", "replica", 1_240_000, "down", "redis-n2")
    story.role(10_810.0, "n1", "replica", 1_241_000, "up", "redis-n2")


def _split_brain(story: _Story) -> None:
    sides = (("n1", "n2", "c1"), ("n3", "s1", "s2", "s3", "c2"))
    evidence = "0 of 12 probes crossed the cut, 12 of 12 did within each side"
    _start_fault(story, "cut", sides[0], evidence, sides=sides, links="all", direction="both")
    story.role(FAULT_MS + 900.0, "n3", "replica", 1_200_000, "down", "redis-n1")
    _failover(story, leader="n3", promoted="n3")
    _heal(story, 13_000.0, "12 of 12 probes crossed")
    at = "@ mymaster 10.83.0.30 6379"
    for host in HOSTS:
        story.sentinel(13_900.0, host, "-sdown", f"slave 10.83.0.10:6379 10.83.0.10 6379 {at}")
    story.sentinel(22_970.0, "n2", "+convert-to-slave", f"slave 10.83.0.10:6379 10.83.0.10 6379 {at}")
    story.role(23_000.0, "n1", "replica", 9_000_000, "down", "redis-n3")
    story.role(23_050.0, "n2", "replica", 9_000_000, "down", "redis-n3")
    for host in ("n1", "n2"):
        story.role(23_600.0, host, "replica", 8_700_000, "up", "redis-n3")
    story.add(ClientSaid(action="connected", node="redis-n3", detail="", source="client-1", t_ms=23_010.0))


def _pause(story: _Story) -> None:
    _start_fault(
        story, "pause", ("redis-n1",), "the primary answered 14 of 14 probes while it should have been stopped"
    )
    _heal(story, 6_000.0, "it answers")


def _idle(story: _Story) -> None:
    story.add(Phase("done", t_ms=3_900.0))


def _finish(story: _Story, sample: str) -> None:
    end, last = ENDS_MS[sample], LOAD_ENDS_MS[sample]
    story.add(Phase("settle", t_ms=last))
    story.add(Converged(ok=True, detail="one primary, all Sentinels agree", stage="settle", t_ms=last + 600.0))
    story.add(Phase("read-back", t_ms=last + 700.0))
    primary = {"crash": "n2", "split-brain": "n3"}.get(sample, "n1")
    for host in HOSTS:
        story.add(DatasetRead(keys=15_000, primary=host == primary, source=f"redis-{host}", t_ms=end - 300.0))
    story.add(Phase("done", t_ms=end - 10.0))
