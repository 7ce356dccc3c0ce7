"""The sandbox in memory keeps the contract as far as its hosts can: they have no shell, no links and no names."""

from pathlib import Path

from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.memory_sandbox import MemorySandbox
from jsquared.testing.sandbox_contract import HOSTS, all_addresses, run_contract


def test_a_sandbox_in_memory_keeps_the_contract(tmp_path: Path) -> None:
    """Processes, folders, logs and connections that this machine knows nothing of are as those of every sandbox."""
    sandbox: Sandbox = MemorySandbox()
    before = all_addresses(sandbox)
    sandbox.enter(HOSTS)
    findings = {finding.check: finding.problem for finding in run_contract(sandbox, tmp_path, before, has_shell=False)}
    assert not any(findings.values()), findings
    assert {"processes_are_known_by_handles", "folders_are_private", "connections_may_take_their_time"} <= set(findings)
    assert list(tmp_path.iterdir()) == []
