"""A server gets a disk and a clock of its own only where its plan needs them."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from jsquared.records.plan import Plan
from jsquared.running import machine


def plan(*needs: str) -> Plan:
    """A plan with these needs."""
    return cast("Plan", SimpleNamespace(needs=needs))


def test_without_a_need_a_server_is_started_as_on_any_machine(tmp_path: Path) -> None:
    """No page, no mount, no variables, and nothing more to see."""
    folder = tmp_path / "redis-n1"
    folder.mkdir()
    machine.prepare(plan("process", "links"), folder)
    assert list(tmp_path.iterdir()) == [folder]
    assert machine.environment(plan("process"), folder) == {}
    assert machine.sees(plan("process")) == machine.owns(plan("process"), folder) == ()


@pytest.mark.parametrize("need", ["clock", "slow-disk"])
def test_a_clock_of_its_own_is_a_page_and_the_shim(need: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page lies beside the folder, and a second preparation leaves it as it is."""
    monkeypatch.setattr(machine.shim, "library", lambda: Path("/shim.so"))
    folder = tmp_path / "redis-n1"
    machine.prepare(plan(need), folder)
    page = tmp_path / "redis-n1.shim"
    page.write_bytes(b"x" + page.read_bytes()[1:])
    machine.prepare(plan(need), folder)
    assert page.read_bytes()[:1] == b"x"
    variables = machine.environment(plan(need), folder)
    assert variables == {"LD_PRELOAD": "/shim.so", "JSQUARED_SHIM": str(page)}
    assert (machine.sees(plan(need)), machine.owns(plan(need), folder)) == (("/shim.so",), (str(page),))


def test_a_disk_of_its_own_is_made_on_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else."""
    made: list[Path] = []
    monkeypatch.setattr(machine.disk, "make_disk", made.append)
    machine.prepare(plan("disk"), tmp_path)
    assert made == [tmp_path]
    assert not machine.has_shim(plan("disk"))
