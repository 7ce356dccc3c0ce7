"""The names of labs: private, one lab each, and forgotten once nobody listens."""

import stat
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.service.lab.fault_words import parameters_in
from jsquared.service.lab.lab_names import connect_to, labs_folder, listen_as, names_of_labs


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime folder with a path that is longer than a socket's address."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))


def test_a_name_belongs_to_one_lab() -> None:
    """While it is up; its folder is for nobody else."""
    assert names_of_labs() == []
    with listen_as("one"), listen_as("two"):
        assert names_of_labs() == ["one", "two"]
        assert stat.S_IMODE((labs_folder() / "one").stat().st_mode) == 0o700
        connect_to("one")().close()
        with pytest.raises(BadInputError, match="up already"):
            listen_as("one")
        with pytest.raises(BadInputError, match="2 labs are up"):
            connect_to()


def test_a_dead_lab_is_forgotten() -> None:
    """Nobody listens at its socket any more, so the folder goes, and the name is free."""
    listen_as("one").close()
    assert (labs_folder() / "one").exists()
    assert names_of_labs() == []
    assert not (labs_folder() / "one").exists()
    with pytest.raises(BadInputError, match="no lab is up"):
        connect_to("one")
    listen_as("one").close()


@pytest.mark.parametrize("name", ["", "../up", "Upper", "a b", "-x", "x" * 41, "a/b", "\x1b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """Nothing of it becomes a path."""
    with pytest.raises(BadInputError, match="not a name"):
        listen_as(name)


def test_a_folder_that_others_may_write_to_is_refused() -> None:
    """Somebody could put a socket of his own there."""
    listen_as("one").close()
    labs_folder().chmod(0o777)
    with pytest.raises(LabError, match="others may write"):
        names_of_labs()


def test_parameters_have_the_types_of_their_faults() -> None:
    """What is no value of that type is refused, and so is what is no parameter."""
    assert parameters_in("cut", ["links=replication", "port=6379"]) == {"links": "replication", "port": 6379}
    for wrong in ("port=many", "prot=1", "port"):
        with pytest.raises(BadInputError):
            parameters_in("cut", [wrong])
