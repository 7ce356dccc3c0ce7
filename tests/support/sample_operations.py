"""The operations of the sample runs, drawn from a seeded generator: the same sample is the same bytes everywhere."""

import numpy as np
from numpy.typing import NDArray

from jsquared.records import history as h
from jsquared.records.operations import NEVER, Operations
from jsquared.records.plan import Plan
from support.sample_events import FAULT_MS, LOAD_ENDS_MS, LOAD_MS, MARKS_MS

Mask = NDArray[np.bool_]


def sample_operations(sample: str, plan: Plan) -> Operations:
    """Every operation of a sample's clients, with what the read-back found where there was one."""
    if sample == "idle":
        return Operations.empty()
    generator = np.random.default_rng(plan.seed)
    parts = [_client(sample, plan, number, generator) for number in range(len(plan.clients))]
    return Operations.concatenate(parts)


def _client(sample: str, plan: Plan, number: int, generator: np.random.Generator) -> Operations:
    count = int((LOAD_ENDS_MS[sample] - LOAD_MS) * plan.workload.rate_per_s / 1000)
    intended = LOAD_MS + np.arange(count) * 1000.0 / plan.workload.rate_per_s
    latency = np.exp(generator.normal(-0.4, 0.35, count)) + (generator.random(count) > 0.998) * 9.0
    invoked = intended + generator.random(count) * 0.05
    columns = {
        "client": np.full(count, number),
        "slot": np.arange(count),
        "intended_ns": _ns(intended),
        "invoked_ns": _ns(invoked),
        "completed_ns": _ns(intended + latency),
        "outcome": np.full(count, h.OK),
        "error": np.zeros(count),
        "node": np.zeros(count),
        "replicas": np.full(count, 2),
    }
    if sample in ("crash", "killed") or (sample == "split-brain" and number == 1):
        _interrupt(columns, intended)
    _settle_nodes(sample, number, columns, intended)
    if sample == "killed":
        return Operations.from_columns(columns)
    return Operations.from_columns(columns, _found(sample, number, columns, intended))


def _ns(ms: NDArray[np.float64]) -> NDArray[np.int64]:
    return (ms * 1e6).astype(np.int64)


def _interrupt(columns: dict[str, NDArray[np.int64]], intended: NDArray[np.float64]) -> None:
    """No acknowledgement from the fault until the clients reconnect; what was in flight is unknown."""
    away = (intended >= FAULT_MS - 1.0) & (intended < MARKS_MS["reconnect"])
    flight = away & (intended < FAULT_MS + 4.0)
    refused = away & ~flight & (intended < FAULT_MS + 400.0)
    unsent = away & ~flight & ~refused
    _fail(columns, flight, h.UNKNOWN, "connection lost", intended + 6.0)
    _fail(columns, refused, h.FAIL, "connection refused", intended + 0.3)
    _fail(columns, unsent, h.FAIL, "no primary known", intended + 0.1)
    columns["invoked_ns"][unsent] = NEVER
    columns["node"][unsent] = h.NO_NODE


def _fail(
    columns: dict[str, NDArray[np.int64]], rows: Mask, outcome: int, error: str, completed: NDArray[np.float64]
) -> None:
    columns["outcome"][rows] = outcome
    columns["error"][rows] = h.ERROR_CODES[error]
    columns["completed_ns"][rows] = _ns(completed[rows])
    columns["replicas"][rows] = 0


def _settle_nodes(
    sample: str, number: int, columns: dict[str, NDArray[np.int64]], intended: NDArray[np.float64]
) -> None:
    """After the failover writes go to the new primary; a cut-off client goes on at the old one until that is demoted."""
    moved = 23_020.0 if sample == "split-brain" and number == 0 else MARKS_MS["reconnect"]
    if sample == "split-brain" and number == 0:
        _fail(columns, (intended >= 22_995.0) & (intended < moved), h.FAIL, "READONLY", intended + 0.4)
    if sample in ("crash", "split-brain"):
        columns["node"][intended >= moved] = 1 if sample == "crash" else 2


def _found(
    sample: str, number: int, columns: dict[str, NDArray[np.int64]], intended: NDArray[np.float64]
) -> dict[str, NDArray[np.uint8]]:
    present = columns["outcome"] == h.OK
    present |= (columns["outcome"] == h.UNKNOWN) & (columns["slot"] % 2 == 0)
    if sample == "split-brain" and number == 0:
        present &= ~((intended >= FAULT_MS) & (intended < 23_000.0))
    found = np.where(present, h.PRESENT, h.ABSENT).astype(np.uint8)
    return {f"redis-n{host}": found.copy() for host in (1, 2, 3)}
