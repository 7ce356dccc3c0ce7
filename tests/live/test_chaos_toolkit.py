"""Experiments of Chaos Toolkit on real servers, by its own command line: the two of the guide, and a kill."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.command_lines import UNMEASURED, CommandLines
from support.process_tree import Traces, descendants

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

Wait = Callable[..., None]
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "chaos-toolkit.md"
SURVIVES, CANNOT_BITE = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
HOLDER = """
import time
from jsquared.chaos_toolkit.actions import start_lab
start_lab()
print("up", flush=True)
time.sleep(300)
"""


def environment(folder: Path) -> dict[str, str]:
    """Variables for a program that finds JSquared, and leaves everything that it writes in a folder."""
    own = {"TMPDIR": str(folder), "XDG_RUNTIME_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    return {**UNMEASURED, **own}


def run_experiment(experiment: str, folder: Path) -> tuple[int, dict[str, Any], str]:
    """Run ``chaos run`` on an experiment: its exit code, its journal and what it has printed."""
    (folder / "experiment.yaml").write_text(experiment, encoding="utf-8")
    options = ["--no-version-check", "--no-log-file", "--settings", str(folder / "none.yaml")]
    done = subprocess.run(
        [sys.executable, "-m", "chaostoolkit", *options, "run", "experiment.yaml"],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    journal = json.loads((folder / "journal.json").read_text(encoding="utf-8"))
    return done.returncode, journal, done.stdout + done.stderr


def test_an_experiment_survives_the_crash_of_the_primary(tmp_path: Path, command_lines: CommandLines) -> None:
    """The guide's experiment completes with a session that passes, each of its steps succeeds, and its rollbacks end the lab."""
    code, journal, printed = run_experiment(SURVIVES, tmp_path)
    assert (code, journal["status"], journal["deviated"]) == (0, "completed", False), printed
    steps = {run["activity"]["name"]: run for run in (*journal["run"], *journal["rollbacks"])}
    assert {run["status"] for run in steps.values()} == {"succeeded"}
    [killed] = steps["the primary crashes"]["output"]["targets"]
    assert steps["another primary is promoted"]["output"] not in ("", killed)
    assert steps["the lab ends"]["output"] is True
    [converged, lost, gap_ms] = [run["output"] for run in journal["steady_states"]["after"]["probes"]]
    assert (converged, lost) == (True, 0)
    assert gap_ms > 0
    again = command_lines.run("check", str(tmp_path / "runs" / "primary-crash"), "--json")
    assert (again.code, again.trial["writes"]["lost"]) == (0, 0)


def test_an_experiment_whose_fault_cannot_bite_fails(tmp_path: Path) -> None:
    """The guide's second experiment is not passed by a deployment that was never broken, and leaves nothing but its journal."""
    code, journal, printed = run_experiment(CANNOT_BITE, tmp_path)
    assert (code, journal["status"], journal["deviated"]) == (1, "failed", False), printed
    [step] = journal["run"]
    assert step["status"] == "failed"
    assert "did not bite: redis-n2 closed 0 connections" in "".join(step["exception"])
    assert "proves nothing" in printed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["experiment.yaml", "journal.json"]


def test_a_killed_experiment_leaves_nothing(tmp_path: Path, wait_until: Wait) -> None:
    """Every process of the lab that an action has started ends with the process of Chaos Toolkit, and no file stays."""
    argv = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=tmp_path, env=environment(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        traces = Traces(process.pid)
        assert descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not traces.left(), 30, "everything has ended")
    assert list(tmp_path.iterdir()) == []
