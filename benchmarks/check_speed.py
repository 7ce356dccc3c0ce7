"""How many operations a second the checkers get through, on a synthetic history with split-brain losses.

Run: ``python benchmarks/check_speed.py [OPERATIONS]`` (20,000,000 by default, about 2 GB of memory). Prints one JSON document.
``durability`` is the lost-writes checker alone, causes included; ``judge`` is every checker and objective.
"""

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np

from jsquared.check.judge import judge
from jsquared.check.lost_writes import LostWrites
from jsquared.records import history as h
from jsquared.records.run_directory import TrialRecord
from support.records import Story, objective

LOST_SHARE = 0.01


def synthetic(operations: int) -> TrialRecord:
    """Two clients writing for 60 s through a failover; the last hundredth before it is lost."""
    story = Story(clients=2, objectives=[objective("lost_writes", 0, "writes"), objective("write_gap", 10_000)])
    every_ms = 60_000 * 2 / operations
    fault_ms, back_ms = 28_000.0, 32_000.0
    story.load()
    for client in ("client-1", "client-2"):
        story.writes(client, "redis-n1", 0, fault_ms, every_ms=every_ms)
        story.writes(client, "", fault_ms, back_ms, every_ms=every_ms, outcome=h.FAIL, error="connection refused")
        story.writes(client, "redis-n2", back_ms, 60_000, every_ms=every_ms)
    story.fault("crash", "kill", ["redis-n1"], start_ms=fault_ms, heal_ms=40_000)
    story.failover("redis-n1", "redis-n2", sdown_ms=31_000)
    story.missing(fault_ms - 60_000 * LOST_SHARE, fault_ms)
    story.finish("redis-n2", settle_ms=40_000, end_ms=60_000)
    return story.record()


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def main() -> None:
    """Measure and print."""
    record = synthetic(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000)
    count = len(record.operations)
    durability_s = best_of(3, lambda: LostWrites().check(record))
    judge_s = best_of(3, lambda: judge(record))
    result = {
        "benchmark": "check_speed",
        "operations": count,
        "lost": judge(record).writes.lost,
        "numpy": np.__version__,
        "processors": os.cpu_count(),
        "durability_s": round(durability_s, 4),
        "durability_operations_per_s": round(count / durability_s),
        "judge_s": round(judge_s, 4),
        "judge_operations_per_s": round(count / judge_s),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
