"""A lab on real servers: up, broken, looked at, healed, saved, judged; and nothing left however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import jsquared
from support.command_lines import UNMEASURED, CommandLines
from support.process_tree import Traces, descendants

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

Wait = Callable[..., None]
HOLDER = """
import sys, time, jsquared
with jsquared.Lab() as lab:
    print("up", flush=True)
    time.sleep(300)
"""


def test_a_session_is_judged(tmp_path: Path, command_lines: CommandLines) -> None:
    """The primary is killed, the status shows the next one, it heals, and what was saved passes, now and when it is checked again."""
    out = tmp_path / "session"
    with jsquared.Lab(rate_per_s=50, operations_per_s=20) as lab:
        before = lab.status()
        assert before.converged
        lab.load.start()
        ran = lab.exec([sys.executable, "-c", "import os; print(os.environ['JSQUARED_MASTER']); raise SystemExit(7)"])
        assert (ran.returncode, ran.stdout, ran.stderr) == (7, f"{before.master}\n", "")
        with pytest.raises(jsquared.BadInputError, match="mars"):
            lab.break_("kill", "mars")
        with lab.fault("kill", "primary") as fault:
            assert fault.targets == (before.primary,)
            assert lab.wait_primary(other_than=before.primary) != before.primary
            [dead] = [node for node in lab.status().nodes if node.name == before.primary]
            assert (dead.is_running, dead.says) == (False, "nothing")
            _wait_for_writes(lab)
        lab.wait_converged(60)
        verdict = lab.save(out)
        assert verdict.outcome == "pass", verdict.reasons
        assert [one.name for one in verdict.faults] == ["kill"]
    again = command_lines.run("check", str(out), "--json")
    assert (again.code, again.trial["reasons"]) == (0, verdict.reasons)
    with pytest.raises(jsquared.LabError):
        lab.status()


def _wait_for_writes(lab: "jsquared.Lab") -> None:
    """Until a write was acknowledged since now."""
    acknowledged, deadline_s = lab.load.now().acknowledged, time.monotonic() + 30
    while lab.load.now().acknowledged == acknowledged:
        assert time.monotonic() < deadline_s, "no write was acknowledged any more"


@pytest.mark.parametrize("victim", ["the program", "the lab"])
def test_a_kill_leaves_nothing(victim: str, tmp_path: Path, wait_until: Wait) -> None:
    """Of the program that holds a lab, or of the lab's own process: every process of it ends, and no file stays."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env={
            **UNMEASURED,
            "TMPDIR": str(tmp_path),
            "XDG_RUNTIME_DIR": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        traces, members = Traces(process.pid), descendants(process.pid)
        lab_traces = Traces(members[0])
        os.kill(process.pid if victim == "the program" else members[0], signal.SIGKILL)
        wait_until(lambda: not lab_traces.left(), 30, "everything of the lab has ended")
        process.kill()
    wait_until(lambda: not traces.left(), 30, "everything has ended")
    assert list(tmp_path.iterdir()) == []
