"""The events of the sample runs: what the lab, the nodes, the Sentinels and the clients would have told."""

from typing import Any

from jsquared.records.events import Event
from jsquared.records.sources import LAB
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

    def add(self, t_ms: float, source: str, kind: str, **fields: Any) -> None:
        self.events.append(Event(t_ms, source, kind, fields))

    def role(self, t_ms: float, host: str, role: str, offset: int = 0, *link_of: str) -> None:
        link, of = link_of or ("", "")
        fields = {"role": role, "run_id": f"{host}-1", "offset": offset, "link": link, "of": of}
        self.add(t_ms, f"redis-{host}", "role", **fields)

    def sentinel(self, t_ms: float, host: str, event: str, payload: str) -> None:
        self.add(t_ms, f"sentinel-{host}", "sentinel", event=event, payload=payload, via="pubsub")

    def agreement(self, t_ms: float, *hosts: str) -> None:
        votes = {f"sentinel-{host}": f"redis-{vote}" for host, vote in zip(HOSTS, hosts, strict=True)}
        agreed = f"redis-{hosts[0]}" if len(set(hosts)) == 1 else ""
        self.add(t_ms, LAB, "agreement", primary=agreed, votes=votes)


def sample_events(sample: str) -> list[Event]:
    """The events of a sample (see ``sample_run.SAMPLES``), sorted by time."""
    story = _Story()
    _stand_up(story)
    if sample != "idle":
        story.add(LOAD_MS, LAB, "phase", phase="load")
    {"crash": _crash, "killed": _killed, "split-brain": _split_brain, "did-not-bite": _pause, "idle": _idle}[sample](
        story
    )
    if sample not in ("killed", "idle"):
        _finish(story, sample)
    events = sorted(story.events, key=lambda event: event.t_ms)
    return [_apart(event) for event in events] if sample == "split-brain" else events


def _apart(event: Event) -> Event:
    """The same event in a deployment whose Sentinels are on hosts of their own, ``s1`` to ``s3``."""
    fields = dict(event.fields)
    if "votes" in fields:
        fields["votes"] = {name.replace("-n", "-s"): vote for name, vote in fields["votes"].items()}
    source = event.source.replace("sentinel-n", "sentinel-s")
    return Event(event.t_ms, source, event.kind, fields)


def _stand_up(story: _Story) -> None:
    story.add(0.0, LAB, "clock", zero_monotonic_ns=1_000_000_000_000, zero_unix_ns=1_750_000_000_000_000_000)
    story.add(1.0, LAB, "phase", phase="stand-up")
    for number, host in enumerate(HOSTS):
        story.add(40.0 + number, f"redis-{host}", "process", state="started", pid=10 + number)
        story.add(60.0 + number, f"sentinel-{host}", "process", state="started", pid=20 + number)
        story.role(110.0 + number, host, "primary" if number == 0 else "replica", 0, "up" if number else "", "redis-n1")
    story.agreement(300.0, "n1", "n1", "n1")
    story.add(420.0, LAB, "converged", ok=True, detail="one primary, two replicas attached", stage="stand-up")


def _start_fault(story: _Story, name: str, targets: list[str], evidence: str, **details: Any) -> None:
    story.add(FAULT_MS - 5.0, LAB, "phase", phase="break")
    fields = {"fault": "f1", "name": name, "requested": ["primary"], "targets": targets, "parameters": {}}
    story.add(FAULT_MS, LAB, "fault-started", **fields, **details)
    story.add(FAULT_MS + 22.0, LAB, "fault-bit", fault="f1", ok=name != "pause", evidence=evidence)


def _heal(story: _Story, t_ms: float, evidence: str) -> None:
    story.add(t_ms, LAB, "phase", phase="heal")
    story.add(t_ms + 1.0, LAB, "fault-healing", fault="f1")
    story.add(t_ms + 15.0, LAB, "fault-healed", fault="f1", ok=True, evidence=evidence)


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
    _start_fault(story, "kill", ["redis-n1"], "process 10 is gone and its port refuses connections")
    story.add(FAULT_MS + 2.0, "redis-n1", "process", state="exited", pid=10, reason="fault")
    story.role(FAULT_MS + 30.0, "n1", "down")
    for host in ("n2", "n3"):
        story.role(FAULT_MS + 40.0, host, "replica", 1_234_000, "down", "redis-n1")


def _crash(story: _Story) -> None:
    _killed(story)
    _failover(story)
    story.role(7_900.0, "n3", "replica", 1_234_900, "up", "redis-n2")
    for number in (1, 2):
        story.add(7_800.0 + number, f"client-{number}", "client", action="connected", node="redis-n2", detail="")
    _heal(story, 9_400.0, "process 31 answers PING")
    story.add(9_402.0, "redis-n1", "process", state="started", pid=31, reason="fault")
    story.role(9_520.0, "n1", "primary", 1_234_000)
    story.sentinel(
        10_400.0, "n2", "+convert-to-slave", "slave 10.83.0.10:6379 10.83.0.10 6379 @ mymaster 10.83.0.20 6379"
    )
    story.role(10_460.0, "n1", "replica", 1_240_000, "down", "redis-n2")
    story.role(10_810.0, "n1", "replica", 1_241_000, "up", "redis-n2")


def _split_brain(story: _Story) -> None:
    sides = [["n1", "n2", "c1"], ["n3", "s1", "s2", "s3", "c2"]]
    evidence = "0 of 12 probes crossed the cut, 12 of 12 did within each side"
    _start_fault(story, "cut", ["n1", "n2", "c1"], evidence, sides=sides, links="all", direction="both")
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
    story.add(23_010.0, "client-1", "client", action="connected", node="redis-n3", detail="")


def _pause(story: _Story) -> None:
    _start_fault(story, "pause", ["redis-n1"], "the primary answered 14 of 14 probes while it should have been stopped")
    _heal(story, 6_000.0, "it answers")


def _idle(story: _Story) -> None:
    story.add(3_900.0, LAB, "phase", phase="done")


def _finish(story: _Story, sample: str) -> None:
    end, last = ENDS_MS[sample], LOAD_ENDS_MS[sample]
    story.add(last, LAB, "phase", phase="settle")
    story.add(last + 600.0, LAB, "converged", ok=True, detail="one primary, all Sentinels agree", stage="settle")
    story.add(last + 700.0, LAB, "phase", phase="read-back")
    primary = {"crash": "n2", "split-brain": "n3"}.get(sample, "n1")
    for host in HOSTS:
        story.add(end - 300.0, f"redis-{host}", "dataset", keys=15_000, primary=host == primary)
    story.add(end - 10.0, LAB, "phase", phase="done")
