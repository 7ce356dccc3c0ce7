"""The kinds of faults that a hunt draws from, with how often each is drawn, at whom, with which parameters, and for how long.

Weights follow what breaks deployments in the field: partitions, crashes, hangs and replication that lags come first, operators' mistakes
next. What has no line here comes with the catalogue's scenarios: their faults, with targets and parameters that are known to make sense.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from jsquared.deployment.model.spec import Deployment

UNIT_MS = 100
"""Moments are whole tenths of a second: no Sentinel is more exact, and people read them."""

Targets = Callable[[Random, Deployment], tuple[str, ...]]
Values = Callable[[Random, Deployment], dict[str, Any]]
Length = Callable[[Random, int], int]


@dataclass(frozen=True)
class Step:
    """One fault of a schedule that is being drawn; times in ms, ``start_ms`` after the load began."""

    name: str
    targets: tuple[str, ...]
    parameters: dict[str, Any]
    start_ms: int
    length_ms: int

    @property
    def end_ms(self) -> int:
        """When it heals."""
        return self.start_ms + self.length_ms


@dataclass(frozen=True)
class StepKind:
    """One kind of fault to draw. ``late``: it may also come once a failover is over, at whoever is the primary then."""

    weight: float
    fault: str
    targets: Targets
    parameters: Values = lambda *_: {}
    length: Length | None = None
    late: bool = False


def tenths(ms: float) -> int:
    """Rounded to tenths of a second, and not nothing."""
    return max(UNIT_MS, round(ms / UNIT_MS) * UNIT_MS)


def long_ms(rng: Random, down_after_ms: int) -> int:
    """Long enough for a failover: detection, an election, and some time on top."""
    return tenths(down_after_ms + rng.uniform(3_000, 6_500))


def mixed_ms(rng: Random, down_after_ms: int) -> int:
    """Mostly long enough for a failover, sometimes over before anybody notices."""
    return long_ms(rng, down_after_ms) if rng.random() < 0.75 else tenths(down_after_ms * rng.uniform(0.3, 0.9))


def _moment_ms(rng: Random, down_after_ms: int) -> int:  # noqa: ARG001
    """Return how long to observe a fault that is over at once."""
    return tenths(rng.uniform(1_000, 2_000))


# --- Who.


def _only(*words: str) -> Targets:
    return lambda *_: words


def _some_replica(rng: Random, deployment: Deployment) -> tuple[str, ...]:
    return (f"replica:{rng.randint(1, deployment.replica_count)}",)


def _some_sentinel(rng: Random, deployment: Deployment) -> tuple[str, ...]:
    return (f"sentinel:{rng.randint(1, len(deployment.sentinels))}",)


def _primary_host(_: Random, deployment: Deployment) -> tuple[str, ...]:
    return (f"host:{deployment.primary.host}",)


def _primary_side(rng: Random, deployment: Deployment) -> tuple[str, ...]:
    """The primary, some of the replicas, and often a client that goes on writing to it."""
    replicas = rng.sample(range(1, deployment.replica_count + 1), rng.randint(0, max(0, deployment.replica_count - 1)))
    client = [f"client:{_client(rng, deployment)}"] if rng.random() < 0.7 else []
    return ("primary", *(f"replica:{number}" for number in sorted(replicas)), *client)


def _client(rng: Random, deployment: Deployment) -> int:
    own = sum(client.host != deployment.primary.host for client in deployment.clients) or len(deployment.clients)
    return rng.randint(1, own)


def _other_side(rng: Random, deployment: Deployment) -> tuple[str, ...]:
    """One replica or one Sentinel's host, now and then with a client."""
    is_replica = deployment.replica_count > 0 and rng.random() < 0.5
    who = _some_replica(rng, deployment) if is_replica else _some_sentinel(rng, deployment)
    return (*who, *([f"client:{_client(rng, deployment)}"] if rng.random() < 0.3 else []))


# --- With which parameters.


def _direction(rng: Random, _: Deployment) -> dict[str, Any]:
    direction = rng.choices(("both", "outbound", "inbound"), (8, 1, 1))[0]
    return {} if direction == "both" else {"direction": direction}


def _links(links: str) -> Values:
    return lambda *_: {"links": links}


def _flap(rng: Random, deployment: Deployment) -> dict[str, Any]:
    stop_ms = tenths(deployment.down_after_ms * rng.uniform(0.3, 1.2))
    return {"stop_ms": stop_ms, "run_ms": tenths(rng.uniform(500, 1_500)), "count": rng.randint(2, 3)}


def _quorum(rng: Random, deployment: Deployment) -> dict[str, Any]:
    return {"quorum": rng.choice((1, len(deployment.sentinels) + 1))}


def _priority(rng: Random, _: Deployment) -> dict[str, Any]:
    return {"priority": rng.choice((0, 10, 50))}


def _script(rng: Random, _: Deployment) -> dict[str, Any]:
    return {"writes": True} if rng.random() < 0.3 else {}


KINDS: tuple[StepKind, ...] = (
    StepKind(9, "cut", _primary_side, _direction, mixed_ms, late=True),
    StepKind(2, "cut", _other_side, _direction, mixed_ms),
    StepKind(2, "cut", _only("primary"), _links("replication"), mixed_ms),
    StepKind(1.5, "cut", _some_replica, _links("replication"), mixed_ms),
    StepKind(1.5, "cut", _only("primary"), _links("sentinels"), mixed_ms),
    StepKind(0.5, "cut", _only("primary"), _links("clients"), mixed_ms),
    StepKind(4, "kill", _only("primary"), length=mixed_ms, late=True),
    StepKind(2, "kill", _primary_host, length=mixed_ms),
    StepKind(1.5, "kill", _some_replica, length=mixed_ms),
    StepKind(1, "kill", _some_sentinel, length=mixed_ms),
    StepKind(3, "pause", _only("primary"), length=mixed_ms, late=True),
    StepKind(1.5, "pause", _some_replica, length=mixed_ms),
    StepKind(0.7, "pause", _some_sentinel, length=mixed_ms),
    StepKind(0.3, "pause", _only("sentinels"), length=mixed_ms),
    StepKind(2, "restart", _only("primary"), length=_moment_ms, late=True),
    StepKind(1.5, "restart", _some_replica, length=_moment_ms),
    StepKind(0.5, "restart", _some_sentinel, length=_moment_ms),
    StepKind(0.3, "restart-empty", _only("primary"), length=_moment_ms),
    StepKind(0.5, "restart-empty", _some_replica, length=_moment_ms),
    StepKind(1, "flap", _only("primary"), _flap),
    StepKind(1, "busy-script", _only("primary"), _script, mixed_ms),
    StepKind(1, "manual-failover", _some_sentinel, length=lambda rng, _: tenths(rng.uniform(4_000, 6_000))),
    StepKind(1, "set-quorum", _only("sentinels"), _quorum, long_ms),
    StepKind(1, "set-priority", _some_replica, _priority, long_ms),
)  # fmt: skip


def length_of(kind: StepKind, rng: Random, deployment: Deployment, parameters: dict[str, Any]) -> int:
    """How long a fault of that kind lasts; one that flaps needs the time of all its hangs."""
    if kind.length is None:
        return int(parameters["count"]) * (int(parameters["stop_ms"]) + int(parameters["run_ms"]))
    return kind.length(rng, deployment.down_after_ms)


def possible(kind: StepKind, deployment: Deployment, allowed: Sequence[str]) -> bool:
    """True if a kind can be drawn: its fault is allowed, and there is somebody to hit."""
    needs_replica = kind.targets is _some_replica
    return kind.fault in allowed and (not needs_replica or deployment.replica_count > 0)
