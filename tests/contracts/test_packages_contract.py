"""The fakes of ``apt-get`` and ``dpkg-deb`` behave as the real ones in all that fetching relies on: both pass the same tests."""

from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.programs.apt import Apt, unpack
from support.package_repository import FakeRepository, RealRepository, Repository, script

KINDS = [pytest.param(FakeRepository, id="fake"), pytest.param(RealRepository, id="real", marks=pytest.mark.apt)]


@pytest.fixture(params=KINDS)
def repository(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with one package, which depends on others."""
    made: Repository = request.param(tmp_path / "repository", monkeypatch)
    depends = "libc6 (>= 2.34), libone1 (>= 1.5) | libother1, two:any"
    made.add("one", "5:1.0-1~deb12u1", files={"usr/bin/one": script("one 1.0")}, depends=depends)
    return made


@pytest.fixture
def apt(repository: Repository, tmp_path: Path) -> Apt:
    """The apt of a user who has no lists yet."""
    return Apt(tmp_path / "own")


def test_a_package_is_found_downloaded_and_unpacked(apt: Apt, tmp_path: Path) -> None:
    """Its file's name has the version, its checksum is that of the lists, and it brings what was put into it."""
    [found] = apt.available(["one"])
    assert (found.name, found.version) == ("one", "5:1.0-1~deb12u1")
    apt.download(["one"], tmp_path)
    file = tmp_path / found.file
    assert file.stat().st_size == found.size_bytes
    assert len(found.sha256) == 64
    control = unpack(file, tmp_path / "root")
    assert (control.name, control.version, control.architecture) == ("one", "5:1.0-1~deb12u1", "all")
    assert control.depends == ("libc6", "libone1", "two")
    assert (tmp_path / "root" / "usr" / "bin" / "one").read_text() == script("one 1.0")
    assert not (tmp_path / "root" / "DEBIAN").exists()


def test_several_packages_at_once(apt: Apt, repository: Repository, tmp_path: Path) -> None:
    """All are found in one question and downloaded in one go."""
    repository.add("two")
    assert {one.name for one in apt.available(["one", "two"])} == {"one", "two"}
    apt.download(["one", "two"], tmp_path)
    assert len(list(tmp_path.glob("*.deb"))) == 2


def test_an_unknown_package_is_named(apt: Apt) -> None:
    """The line says which one the sources do not have."""
    with pytest.raises(BadInputError, match=r"this system's package sources have no three. Try: "):
        apt.available(["one", "three"])


def test_lists_out_of_reach_are_no_missing_package(apt: Apt, repository: Repository) -> None:
    """Where the lists cannot be fetched, the network is to blame, in one line."""
    repository.cut_off()
    with pytest.raises(
        LabError, match=r"apt-get update: the package lists cannot be had: .*127.0.0.1.* Try: .*network"
    ):
        apt.available(["one"])


def test_a_file_that_is_gone(apt: Apt, repository: Repository, tmp_path: Path) -> None:
    """A package that only the lists still have is a failure of the lab."""
    apt.available(["one"])
    for file in repository.pool.iterdir():
        file.unlink()
    with pytest.raises(LabError, match="apt-get download: cannot download: "):
        apt.download(["one"], tmp_path)
    assert list(tmp_path.glob("*.deb")) == []


def test_a_file_that_is_not_what_the_lists_say(apt: Apt, repository: Repository, tmp_path: Path) -> None:
    """Its checksum differs, so it is not taken."""
    apt.available(["one"])
    [file] = repository.pool.iterdir()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(LabError, match=r"cannot download: .*(mismatch|unexpected)"):
        apt.download(["one"], tmp_path)


def test_what_is_no_package(repository: Repository, tmp_path: Path) -> None:
    """It is refused with the unpacker's reason."""
    file = tmp_path / "one_1%3a2_all.deb"
    file.write_text("no package")
    with pytest.raises(LabError, match=r"one_1:2_all.deb: cannot be unpacked: .*archive"):
        unpack(file, tmp_path / "root")


def test_how_far_it_is_is_told(repository: Repository, tmp_path: Path) -> None:
    """Numbers up to 100 arrive while lists and packages are fetched."""
    told: list[float] = []
    apt = Apt(tmp_path / "own", told.append)
    apt.available(["one"])
    apt.download(["one"], tmp_path)
    assert told
    assert all(0 <= percent <= 100 for percent in told)


@pytest.mark.apt
def test_an_unsigned_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the system's own settings would take it, nothing comes from a source that nobody vouches for."""
    repository = RealRepository(tmp_path / "repository", monkeypatch)
    repository.add("one")
    repository.distrust()
    with (repository.folder / "apt.conf").open("a") as settings:
        settings.write('APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "true";\n')
    with pytest.raises(
        LabError, match=r"the package lists cannot be had: .*(is not signed|does not have a Release file)\. Try: "
    ):
        Apt(tmp_path / "own").available(["one"])


@pytest.mark.apt
def test_hooks_of_the_system_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system does after its own updates is not done for a user's lists."""
    repository = RealRepository(tmp_path / "repository", monkeypatch)
    repository.add("one")
    with (repository.folder / "apt.conf").open("a") as settings:
        settings.write(f'APT::Update::Post-Invoke {{"touch {tmp_path}/hook";}};\n')
    assert Apt(tmp_path / "own").available(["one"])
    assert not (tmp_path / "hook").exists()
