"""A Compose project: one file or several laid over each other, as ``docker compose -f A -f B`` does, with what the command line says of it.

Rules (Compose specification, "Merge" and "Profiles"): single values of a later file take the place of earlier ones, mappings and lists are
added; paths are relative to the first file, those of an extended file to that; a service with profiles is there only if one of them is
wanted.
"""

import os.path
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.compose.compose_extended import ExtendedFiles
from jsquared.deployment.read.compose.compose_yaml import read_env
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.errors import BadInputError
from jsquared.text import did_you_mean, whole_number

MOST_COPIES = 16
MOST_VARIABLES = 1_000_000
"""Of all files of variables, as often as services name them."""
MOST_MOUNTS = 20_000
"""Of all containers together."""
EVERY_PROFILE = "*"


@dataclass
class _Totals:
    """The totals of all services so far. A few characters may name much: anchors repeat lists, files are named again."""

    variables: int = 0
    mounts: int = 0
    env_files: dict[Path, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """The files as read, ``roots``, the one that others are laid over first; ``folder`` is what relative paths begin at.

    ``scale`` has the number of containers of services that the command line gives one, ``profiles`` the wanted ones. With ``machine`` all
    containers are on the host of that name.
    """

    roots: tuple[Item, ...]
    folder: Path
    reach: Reach
    extended: ExtendedFiles
    scale: Mapping[str, int] = field(default_factory=dict)
    profiles: Sequence[str] = ()
    machine: str = ""
    _totals: _Totals = field(default_factory=_Totals, compare=False, repr=False)

    @property
    def root(self) -> Item:
        """The file that others are laid over."""
        return self.roots[0]

    def section(self, name: str) -> dict[str, Item]:
        """A top-level mapping, empty where there is none; of an entry in several files the last counts."""
        entries: dict[str, Item] = {}
        for root in self.roots:
            found = root.mapping().get(name)
            entries |= {} if found is None or found.is_empty else found.mapping()
        return entries

    def layers(self, service: str) -> list[Item]:
        """What the files say of a service, the last first."""
        found = (root.mapping().get("services") for root in reversed(self.roots))
        sections = (each.mapping() for each in found if each is not None and not each.is_empty)
        return [section[service] for section in sections if service in section]

    def env_file(self, item: Item, path: Path) -> dict[str, str]:
        """The variables of a file that services name, which is read once.

        :raises BadInputError: it is out of reach, cannot be read, or there are too many variables altogether.
        """
        known = self._totals.env_files
        if path not in known:
            if self.reach.leads_out(path):
                what = f"{readable(str(path))} lies outside the folders that may be read"
                raise item.bad(what, self.reach.advice(path))
            known[path] = read_env(self.reach.text(path))
        self._totals.variables += 1 + len(known[path])
        if self._totals.variables > MOST_VARIABLES:
            raise item.bad(f"more than {MOST_VARIABLES} variables from files in all", "fewer of them")
        return known[path]

    def count_mounts(self, item: Item, mounts: int) -> None:
        """Add to what all containers have in volumes, configs and secrets.

        :raises BadInputError: too many.
        """
        self._totals.mounts += mounts
        if self._totals.mounts > MOST_MOUNTS:
            raise item.bad(f"more than {MOST_MOUNTS} volumes, configs and secrets in all", "fewer of them")

    def path(self, written: str, item: Item) -> Path:
        """A path on this machine that is written in a value: relative to the project, or to the extended file that the value stands in."""
        folder = self.extended.folder_of(item) or self.folder
        try:
            return folder / Path(written).expanduser()
        except RuntimeError:  # the home of somebody who is unknown here
            return folder / written

    def of_file(self, item: Item) -> "Project":
        """Another file, named by a value, as the project of the services in it.

        :raises BadInputError: it is out of reach, or cannot be read.
        """
        path = Path(os.path.normpath(self.path(item.text(), item)))  # as Compose does, which cleans paths by their text
        return replace(self, roots=(self.extended.root(path, item),), folder=path.parent)

    def wants(self, profiles: Sequence[str]) -> bool:
        """True if a service with these profiles is there; without any it always is."""
        return not profiles or EVERY_PROFILE in self.profiles or any(name in self.profiles for name in profiles)


def read_scale(options: Sequence[str]) -> dict[str, int]:
    """The number of containers by service, of ``--scale SERVICE=N``; a later one counts.

    :raises BadInputError: it is none of that form, or too large.
    """
    scale = {}
    for written in options:
        name, _, number = written.rpartition("=")
        copies = whole_number(number)
        if not name or copies is None or copies > MOST_COPIES:
            what = f"'{readable(written)}' is not a service and a number from 0 to {MOST_COPIES}"
            raise BadInputError(what, where="--scale", hint="--scale redis=3")
        scale[name] = copies
    return scale


def check_scaled(scale: Mapping[str, int], services: Sequence[str]) -> None:
    """Refuse ``--scale`` for a service that no file has.

    :raises BadInputError: with the nearest name.
    """
    for name in scale:
        if name not in services:
            raise BadInputError(
                f"there is no service '{readable(name)}'",
                where="--scale",
                hint=did_you_mean(name, services, otherwise=f"one of {', '.join(services)}"),
            )
