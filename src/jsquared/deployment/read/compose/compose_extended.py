"""Compose files whose services those of a project extend: ``extends`` with ``file``, which takes one service and nothing else of it.

Rules (Compose specification, "Extend"): relative paths begin at the file that they are written in; variables are the project's; volumes,
configs and secrets that the service names are those of the project.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.compose.compose_yaml import Variables, parse_compose
from jsquared.deployment.read.yaml.yaml_items import Item

MOST_FILES = 100


@dataclass
class ExtendedFiles:
    """The files that services extend, each read once; ``texts`` collects what was read, by name."""

    reach: Reach
    variables: Variables
    texts: MutableMapping[str, str]
    _roots: dict[Path, Item] = field(default_factory=dict)
    _folders: dict[str, Path] = field(default_factory=dict)

    def root(self, path: Path, item: Item) -> Item:
        """The root of a file that ``item`` names.

        :raises BadInputError: it is out of reach, cannot be read, or there are too many of them.
        """
        if self.reach.leads_out(path):
            raise item.bad(f"{readable(str(path))} lies outside the folders that may be read", self.reach.advice(path))
        if path not in self._roots:
            if len(self._roots) >= MOST_FILES:
                raise item.bad(f"more than {MOST_FILES} files are extended", "fewer of them")
            source = Source(self.reach.name_of(path), self.reach.shown(path))
            self.texts[source.name] = self.reach.text(path)
            self._roots[path] = parse_compose(self.texts[source.name], source, self.variables)
            self._folders[source.path] = path.parent
        return self._roots[path]

    def folder_of(self, item: Item) -> Path | None:
        """The folder that the paths of a value begin at; None where it stands in one of the project's own files."""
        return self._folders.get(item.source.path)
