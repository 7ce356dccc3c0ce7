"""A server gets a disk and a clock of its own only where its plan needs them."""

from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.linux import this_machine
from jsquared.sandbox.linux.this_machine import LocalFolder, Means, ThisMachine, means_of, page_of


class Machine(ThisMachine):
    """A sandbox that has folders only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def directory(self, host: str) -> Path:
        """A host's folder."""
        return self._root / host


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One whose host ``n1`` has a folder."""
    (tmp_path / "n1").mkdir()
    return Machine(tmp_path)


def test_without_a_need_a_server_is_started_as_on_any_machine(machine: Machine) -> None:
    """No page, no mount, no variables, and nothing more to see."""
    folder = machine.folder("n1", "redis-n1")
    folder.make()
    machine.prepare(folder, ("process", "links"))
    assert list(machine.directory("n1").iterdir()) == [folder.path]
    assert means_of(folder.path, ("process",)) == Means({})


@pytest.mark.parametrize("need", ["clock", "slow-disk"])
def test_a_clock_of_its_own_is_a_page_and_the_shim(
    need: str, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page lies beside the folder, and a second preparation leaves it as it is."""
    monkeypatch.setattr(this_machine.shim, "library", lambda: Path("/shim.so"))
    folder = machine.folder("n1", "redis-n1")
    machine.prepare(folder, (need,))
    page = page_of(folder)
    assert page == machine.directory("n1") / "redis-n1.shim"
    page.write_bytes(b"x" + page.read_bytes()[1:])
    machine.prepare(folder, (need,))
    assert page.read_bytes()[:1] == b"x"
    means = means_of(folder.path, (need,))
    assert means.environment == {"LD_PRELOAD": "/shim.so", "JSQUARED_SHIM": str(page)}
    assert (means.sees, means.owns) == (("/shim.so",), (str(page),))


def test_a_disk_of_its_own_is_made_on_the_folder(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else."""
    made: list[Path] = []
    monkeypatch.setattr(this_machine.disk, "make_disk", made.append)
    machine.prepare(machine.folder("n1", "redis-n1"), ("disk",))
    assert made == [machine.directory("n1") / "redis-n1"]


def test_a_folder_is_known_by_what_it_does(machine: Machine) -> None:
    """Files are written, read, listed and removed by their names in it."""
    folder = machine.folder("n1", "redis-n1")
    folder.make()
    folder.make()
    folder.write_text("a.conf", "port 1")
    folder.write_bytes("deep/b", b"x", executable=True)
    assert (folder.read_text("a.conf"), sorted(folder.names())) == ("port 1", ["a.conf", "deep"])
    folder.remove("deep")
    assert folder.names() == ["a.conf"]


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    """A file stands in its way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match="cannot be made: Not a directory"):
        LocalFolder(tmp_path / "file" / "redis-n1").make()


def test_a_facet_that_is_missing_is_said(machine: Machine) -> None:
    """By what the sandbox lacks; one that is there is given."""
    assert given(machine.limits, Capability.MEMORY) is machine.limits
    with pytest.raises(SandboxError, match="it lacks 'disk'"):
        given(None, Capability.DISK)
