"""What a trial costs: stand-up to converged, failover, and what the lab adds around the load.

    python benchmarks/trials.py [TRIALS] [-- OPTIONS OF jsquared run]

Runs ``primary-crash`` on ``reference`` one after the other and prints medians and maxima. The lab's overhead is the time of the whole
command beyond the load itself, and the processor time of everything it started, servers included.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def phases(events_file: Path) -> dict[str, float]:
    """When each phase began, and when the deployment had converged, in ms."""
    marks = {}
    for line in events_file.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["kind"] == "phase":
            marks.setdefault(event["phase"], event["t_ms"])
        elif event["kind"] == "converged" and event["stage"] == "stand-up":
            marks["converged"] = event["t_ms"]
    return marks


def run_one(out: Path, options: list[str]) -> dict[str, float]:
    """One trial in a process of its own, in ms and seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    argv = [sys.executable, "-m", "jsquared", "run", "primary-crash", "--json", "--out", str(out), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    wall_ms = (time.monotonic() - began) * 1000
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    [trial] = json.loads(done.stdout)["trials"]
    marks = phases(Path(trial["run_dir"]) / "events.jsonl")
    load_ms = marks["load-end"] - marks["load"]
    return {
        "stand-up to converged, ms": marks["converged"] - marks["stand-up"],
        "failover, ms": trial["failover_ms"],
        "whole command beyond the load, ms": wall_ms - load_ms,
        "processor time a second of trial, s": (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        / (wall_ms / 1000),
    }


def main(arguments: list[str]) -> int:
    """Run and print."""
    count = int(arguments[0]) if arguments and arguments[0].isdecimal() else 5
    options = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    with tempfile.TemporaryDirectory() as folder:
        results = [run_one(Path(folder), options) for _ in range(count)]
    print(f"primary-crash on reference, {count} trials one after the other {' '.join(options)}")
    for name in results[0]:
        values = [result[name] for result in results]
        print(f"  {name:40} median {statistics.median(values):10.2f}   max {max(values):10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
