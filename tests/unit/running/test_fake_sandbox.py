"""The fake sandbox does on paper what a sandbox does, so that whatever takes a sandbox takes it."""

from pathlib import Path

from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.link import Endpoint, Impairment, LinkSelector, Volley
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.fake_sandbox import FakeSandbox


def test_links_are_cut_on_paper_until_they_are_restored(tmp_path: Path) -> None:
    """A cut link loses what is sent along it, that way only, and counts it; others pass."""
    sandbox: Sandbox = FakeSandbox(tmp_path)
    sandbox.enter(["a", "b"])
    links = given(sandbox.links, Capability.LINKS)
    here, there = Endpoint("a"), Endpoint("b", "data")
    cut = links.cut([LinkSelector(here, there)])
    assert not links.probe(here, there)
    assert links.probe(there, here)
    assert cut.dropped() == 1
    cut.restore()
    assert links.probe(here, there)
    assert sandbox.capabilities == set(Capability)


def test_processes_run_on_this_machine_and_end_with_it(tmp_path: Path) -> None:
    """Hosts have folders and an address; what was started in them ends when the sandbox is closed."""
    sandbox: Sandbox = FakeSandbox(tmp_path)
    sandbox.enter(["a"])
    assert sandbox.directory("a").is_dir()
    assert sandbox.address("a", "sentinel") == "127.0.0.1"
    process = sandbox.spawn("a", ["sleep", "60"], cwd=sandbox.directory("a"), log=LocalLog(tmp_path / "log"))
    with sandbox.listen("a", "127.0.0.1") as listening, sandbox.dial(Endpoint("a"), "127.0.0.1", listening.port, 20):
        listening.accept(20)[0].close()
    sandbox.close()
    assert process.returncode == -9


def test_links_are_impaired_on_paper_until_they_are_restored(tmp_path: Path) -> None:
    """A volley over an impaired link shows exactly what was asked for, that way only; afterwards it shows nothing."""
    sandbox: Sandbox = FakeSandbox(tmp_path)
    impairments = given(sandbox.impairments, Capability.DELAY)
    here, there = Endpoint("a"), Endpoint("b")
    links = [LinkSelector(here, there)]
    asked = Impairment(delay_ms=10, loss_percent=20, duplicate_percent=50, rate_kbit=1000)
    impaired = impairments.impair(links, asked)
    seen = impairments.volley(here, there, count=10, size=1250)
    assert (len(seen.delays_ms), seen.duplicates, min(seen.delays_ms), seen.span_ms) == (8, 4, 20.0, 90.0)
    plain = Volley(10, (0.0,) * 10, 0, 18.0)
    assert impairments.volley(there, here, count=10, spacing_ms=2) == plain
    assert impaired.counts().packets > 0
    impaired.restore()
    assert impairments.volley(here, there, count=10, spacing_ms=2) == plain
