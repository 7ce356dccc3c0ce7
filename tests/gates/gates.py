"""Scans the checkout: ``scripts/gates``, which ``scripts/test`` runs. A scanner counts only if it finds its own known-bad sample first.

Each is *ok*, *FAILED* (it found something, or is not alive) or *not run* (it needs a network and has none), which is never a pass.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from scanners import GATES, ROOT, Gate, NotRunError, Target

MOST_SHOWN = 20


class Outcome(NamedTuple):
    """How a gate went, and what is to be said of it."""

    word: str
    lines: list[str]


def judged(gate: Gate, checkout: Target) -> Outcome:
    """Prove that a scanner is alive, and let it scan the checkout."""
    try:
        with tempfile.TemporaryDirectory(prefix="jsq-gate-") as folder:
            sample = Target(Path(folder), Path(folder) / "python", Path(folder))
            gate.sample(sample.root)
            found = gate.scan(sample)
        if not any(gate.finds in line for line in found):
            return Outcome(
                "FAILED", [f"not alive: it does not find its known-bad sample ({gate.finds}) but {found[:3]}"]
            )
        found = gate.scan(checkout)
    except NotRunError as problem:
        return Outcome("not run", [str(problem)])
    except Exception as problem:
        return Outcome("FAILED", [f"not alive: {type(problem).__name__}: {problem}"])
    return Outcome("FAILED" if found else "ok", found)


def main() -> int:
    """Run all gates; exit code 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checked", type=Path, required=True, help="the Python whose packages are looked at")
    parser.add_argument("--only", choices=[gate.name for gate in GATES])
    options = parser.parse_args()
    results = ROOT / "test-results"
    results.mkdir(exist_ok=True)
    checkout = Target(ROOT, options.checked, results)
    failed = False
    for gate in GATES:
        if options.only in (None, gate.name):
            began_s = time.monotonic()
            outcome = judged(gate, checkout)
            failed = failed or outcome.word == "FAILED"
            print(f"{outcome.word:7} {gate.name:18} {time.monotonic() - began_s:6.1f} s", flush=True)
            for line in outcome.lines[:MOST_SHOWN]:
                print(f"        {line}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
