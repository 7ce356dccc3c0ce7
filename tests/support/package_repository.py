"""A small package repository, for the real ``apt-get`` and ``dpkg-deb`` or for fakes of both; both keep what tests/contracts asks of them.

The real ones read it from this disk, so neither needs a network. Packages hold shell scripts in the place of programs.
"""

import hashlib
import os
import stat
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest

ARCHITECTURE = "all"
FAKES = Path(__file__).parent / "fake_apt"
"""The fakes' own programs, as Python."""


class Repository(ABC):
    """Packages that can be fetched. Constructing it makes apt use it, and nothing of the system's."""

    kind: ClassVar[str]

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.pool = folder / "pool"
        self.pool.mkdir(parents=True)
        self._entries: dict[str, str] = {}
        self.use(monkeypatch)

    @abstractmethod
    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make apt use it."""

    @abstractmethod
    def build(self, tree: Path, file: Path) -> None:
        """Make a package of a tree with its ``DEBIAN/control``."""

    @abstractmethod
    def cut_off(self) -> None:
        """Let the lists be out of reach from now on."""

    def add(
        self, name: str, version: str = "1.0-1", *, files: Mapping[str, str] | None = None, depends: str = ""
    ) -> Path:
        """Add a package with these executable files, in the place of an older one of its name, and publish it: its file."""
        tree = self.folder / "trees" / f"{name}-{len(list(self.folder.glob('trees/*')))}"
        (tree / "DEBIAN").mkdir(parents=True)
        tree.chmod(0o755)
        (tree / "DEBIAN").chmod(0o755)
        control = (
            f"Package: {name}\nVersion: {version}\nArchitecture: {ARCHITECTURE}\nMaintainer: nobody <n@example.org>\n"
        )
        control += f"Depends: {depends}\n" if depends else ""
        control += "Description: a package of a test\n"
        (tree / "DEBIAN" / "control").write_text(control)
        for path, text in (files or {}).items():
            place = tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o755)
        file = self.pool / f"{name}_{quote(version, safe='+~')}_{ARCHITECTURE}.deb"
        self.build(tree, file)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        place_in_pool = f"Filename: pool/{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n"
        self._entries[name] = control.replace("Description", f"{place_in_pool}Description")
        self.publish()
        return file

    def publish(self) -> None:
        """Write the list of packages."""
        (self.folder / "Packages").write_text("\n".join(self._entries.values()))


class RealRepository(Repository):
    """For the real programs: a folder that a source of apt's names as trusted, or, where it is not, as any unsigned one."""

    kind = "real"
    trusted = True

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Point apt's own settings there: its sources, and lists that are empty."""
        state = self.folder / "state"
        (state / "lists" / "partial").mkdir(parents=True)
        settings = self.folder / "apt.conf"
        settings.write_text(
            f'Dir::Etc::sourcelist "{self.folder}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State "{state}";\nAPT::Sandbox::User "";\nDir::Etc::parts "/dev/null";\n'
        )
        self._name_source()
        self.publish()
        monkeypatch.setenv("APT_CONFIG", str(settings))

    def distrust(self) -> None:
        """Let it be an unsigned source like any other."""
        self.trusted = False
        self._name_source()

    def build(self, tree: Path, file: Path) -> None:
        """With the real ``dpkg-deb``."""
        command = ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(file)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def cut_off(self) -> None:
        """Nothing listens at the source any more."""
        (self.folder / "sources.list").write_text("deb [trusted=yes] http://127.0.0.1:1/ ./\n")

    def _name_source(self) -> None:
        option = "[trusted=yes] " if self.trusted else ""
        (self.folder / "sources.list").write_text(f"deb {option}file:{self.folder} ./\n")


class FakeRepository(Repository):
    """For the fakes, which are put on PATH."""

    kind = "fake"

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put the fakes first on PATH; they find the repository by a variable."""
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("apt-get", "dpkg-deb"):
            source = (FAKES / f"{name.replace('-', '_')}.py").read_text()
            script = programs / name
            script.write_text(f"#!{sys.executable} -SE\n{source}")
            script.chmod(0o755)
        self.publish()
        monkeypatch.setenv("FAKE_REPOSITORY", str(self.folder))
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def build(self, tree: Path, file: Path) -> None:
        """As an archive."""
        subprocess.run(["tar", "--create", "--file", str(file), "--directory", str(tree), "."], check=True, timeout=60)

    def cut_off(self) -> None:
        """The fake fails where it finds this file."""
        (self.folder / "cut-off").touch()

    def fill_system_lists(self) -> None:
        """Let the system have lists of its own, as of now."""
        (self.folder / "system-lists").write_text((self.folder / "Packages").read_text())


def script(says: str) -> str:
    """A program that prints this when it is asked for its version."""
    return f"#!/bin/sh\necho '{says}'\n"


def modes(folder: Path) -> Sequence[int]:
    """The permissions of a folder and those in it, above what packages brought."""
    return [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents[:2])]
