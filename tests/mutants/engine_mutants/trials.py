"""Running scenarios against an engine, as a user would: by the command line, with the document that it prints."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine_mutants.judgement import Trial

DEPLOYMENT = "reference"
TRIAL_LIMIT_S = 300
UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""What these trials run is measured elsewhere."""


def run_scenario(engine: Path, scenario: str, options: Sequence[str], out: Path) -> Trial:
    """One scenario on the sound deployment, with this engine."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [
                sys.executable, "-m", "jsquared", "run", scenario, "--deployment", DEPLOYMENT, "--engine", engine, *options,
                "--jobs", "1", "--json", "--out", out,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TRIAL_LIMIT_S,
            check=False,
            env=UNMEASURED,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Trial(scenario, "failed", (f"no verdict within {TRIAL_LIMIT_S} s",))
    if not done.stdout:
        return Trial(scenario, "failed", tuple(done.stderr.strip().splitlines()[-1:]) or ("it said nothing",))
    return trial_of(json.loads(done.stdout), scenario)


def trial_of(document: dict[str, Any], scenario: str) -> Trial:
    """What the document of ``jsquared run --json`` says of its one trial."""
    if not document["trials"]:
        return Trial(scenario, "failed", tuple(map(str, document.get("not_run", ()))))
    (trial,) = document["trials"]
    return Trial(scenario, trial["outcome"], tuple(trial["reasons"]))
