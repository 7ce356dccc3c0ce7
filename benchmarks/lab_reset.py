"""What it costs to make a lab clean for the next test: nothing broken (reset), and everything anew (restart).

    python benchmarks/lab_reset.py [TIMES]

On ``reference`` in both sandboxes; prints medians and maxima in ms.
"""

import statistics
import sys
import time
from collections.abc import Callable

import jsquared


def measured(times: int, work: Callable[[], None]) -> list[float]:
    """How long each of several calls takes, in ms."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def main() -> None:
    """Measure and print."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for sandbox in ("loopback", "namespaces"):
        with jsquared.Lab(sandbox=sandbox) as lab:
            lab.reset()
            for name, work in (("reset", lab.reset), ("restart", lab.restart)):
                taken = measured(times, work)
                print(f"{sandbox:11} {name:8} median {statistics.median(taken):7.0f}   max {max(taken):7.0f}")


if __name__ == "__main__":
    main()
