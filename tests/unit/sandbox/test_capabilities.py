"""What a sandbox lacks on this machine is said with the reason, before anything is started."""

import subprocess
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from jsquared.cli.faults import unavailable_because
from jsquared.errors import SandboxError
from jsquared.faults.kill import Kill
from jsquared.sandbox import attempt, capabilities, choose
from jsquared.sandbox.capabilities import Missing, missing_here, tried
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import SandboxReport, lacking, open_sandbox
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox

ALL = frozenset(Capability)
NO_COMPILER = Missing("no compiler", "gcc")


@pytest.fixture(autouse=True)
def _everything_works(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which both sandboxes work and nothing is missing, until a test says otherwise."""
    monkeypatch.setattr(choose, "try_namespaces", lambda: SandboxReport("namespaces", True, "works"))
    monkeypatch.setattr(choose, "try_loopback", lambda: SandboxReport("loopback", True, "works"))
    monkeypatch.setattr(NamespacesSandbox, "capabilities", ALL)
    monkeypatch.setattr(capabilities, "PROBES", {})
    missing_here.cache_clear()
    yield
    missing_here.cache_clear()


def without_compiler() -> None:
    """A probe that fails."""
    raise SandboxError(NO_COMPILER.reason, hint=NO_COMPILER.fix)


def test_a_probe_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a probe is kept, and a capability without one lacks nothing."""
    calls: list[int] = []
    monkeypatch.setitem(capabilities.PROBES, Capability.CLOCK, lambda: calls.append(1))
    assert [missing_here(Capability.CLOCK), missing_here(Capability.CLOCK), missing_here(Capability.CPU)] == [None] * 3
    assert calls == [1]


def test_a_failing_probe_says_why() -> None:
    """The reason and the remedy are those of its error."""
    assert tried(without_compiler) == NO_COMPILER


def test_what_is_missing_here_or_inside_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes of this process and those inside add up; the rest is there."""
    inside = SandboxReport("namespaces", True, "works", missing={Capability.DELAY: Missing("no netem", "modprobe")})
    monkeypatch.setattr(choose, "try_namespaces", lambda: inside)
    monkeypatch.setitem(capabilities.PROBES, Capability.CLOCK, without_compiler)
    assert lacking() == {Capability.DELAY: Missing("no netem", "modprobe"), Capability.CLOCK: NO_COMPILER}


def test_a_sandbox_that_does_not_work_lacks_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where namespaces are refused, the best is loopback, which has no links; by name everything is refused."""
    refused = SandboxReport("namespaces", False, "refused", "that setting")
    monkeypatch.setattr(choose, "try_namespaces", lambda: refused)
    assert lacking()[Capability.LINKS] == Missing("the loopback sandbox has no means for it", "--sandbox namespaces")
    assert Capability.PROCESS not in lacking()
    assert lacking("namespaces") == dict.fromkeys(Capability, Missing("refused", "that setting"))


@pytest.mark.parametrize("name", ["auto", "namespaces"])
def test_opening_refuses_what_is_lacking(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the capability, the reason and the remedy; other needs are not affected."""
    monkeypatch.setitem(capabilities.PROBES, Capability.CLOCK, without_compiler)
    with pytest.raises(SandboxError, match=r"capability 'clock': no compiler\. Try: gcc"):
        open_sandbox(name, needs=frozenset({Capability.PROCESS, Capability.CLOCK}))
    assert isinstance(open_sandbox(name, needs=frozenset({Capability.CPU})), NamespacesSandbox)


def test_faults_say_what_they_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault whose need is missing says so, another says nothing."""
    monkeypatch.setitem(capabilities.PROBES, Capability.CLOCK, without_compiler)
    assert unavailable_because(Kill()) == ""
    monkeypatch.setattr(Kill, "needs", frozenset({Capability.CLOCK}))
    assert unavailable_because(Kill()) == "no clock: no compiler"


def test_inside_probes_are_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The attempt prints a line for each capability that a probe inside could not have, and still succeeds."""
    inside = SimpleNamespace(enter=lambda _: None, close=lambda: None)
    monkeypatch.setattr(attempt, "NamespacesSandbox", lambda: inside)
    monkeypatch.setattr(attempt, "_cut_one_link", lambda _: None)
    monkeypatch.setattr(attempt, "_start_one_process", lambda _: None)
    probes = {Capability.DELAY: lambda _: without_compiler(), Capability.DISK: lambda _: None}
    monkeypatch.setattr(attempt, "PROBES", probes)
    assert attempt.main() == 0
    assert capsys.readouterr().out == "delay\tno compiler\tgcc\n"


def test_the_attempts_lines_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the attempt printed of capabilities is what the report says."""
    monkeypatch.undo()
    choose.try_namespaces.cache_clear()
    done = subprocess.CompletedProcess([], 0, "delay\tno compiler\tgcc\n", "")
    monkeypatch.setattr(choose.subprocess, "run", lambda *_, **__: done)
    assert choose.try_namespaces().missing == {Capability.DELAY: NO_COMPILER}
    choose.try_namespaces.cache_clear()


def test_loopback_cannot_have_a_network_or_a_disk_of_its_own() -> None:
    """It declares nothing that needs namespaces."""
    needs_namespaces = {Capability.LINKS, Capability.DELAY, Capability.DISK}
    assert not LoopbackSandbox.capabilities & needs_namespaces
