"""Which file belongs to which host, where that is said: by ``jsquared.yaml`` beside the files, or by ``--host FILE=NAME``.

The file::

    hosts:
      n1: {redis: redis-1.conf, sentinel: sentinel-1.conf}
      n2: {redis: redis-2.conf, sentinel: sentinel-1.conf}      # one file may serve several hosts
      n3: {redis: redis-3.conf, called: [cache-3.example.com]}  # more names and addresses of the host
    ignore: [old.conf]                                          # neither a host's nor looked at

What neither names is found as without them, and an option outranks the file.
"""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError

MAPPING_FILE = "jsquared.yaml"
MOST_ASSIGNMENTS = 256
_KEYS = ("hosts", "ignore")
_KEYS_OF_A_HOST = ("redis", "sentinel", "called", "published")


@dataclass
class Mapping:
    """Hosts by the path of a file (or folder), from the deployment's folder; none means that the file is left out.

    ``sentinels`` says of files whether they are a Sentinel's, ``called`` and ``published`` are as in
    :class:`jsquared.deployment.model.spec.HostNames`. ``given`` are the options, as they are repeated.
    """

    hosts: dict[str, list[str]] = field(default_factory=dict)
    sentinels: dict[str, bool] = field(default_factory=dict)
    called: dict[str, set[str]] = field(default_factory=dict)
    published: dict[str, dict[int, int]] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)

    def hosts_of(self, name: str) -> list[str] | None:
        """The hosts of a file: its own, else those of the nearest folder around it; None where nothing is said."""
        parts = name.split("/")
        around = ("/".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next((self.hosts[path] for path in around if path in self.hosts), None)


def read_mapping(folder: Path, reach: Reach, options: Sequence[str] = ()) -> Mapping:
    """What is said of a folder's files.

    :param options: those of ``--host``.
    :raises BadInputError: a line of jsquared.yaml or an option is wrong, or names a file that is not there.
    """
    mapping = Mapping()
    path = folder / MAPPING_FILE
    if reach.has(path) or path.is_symlink():
        source = Source(reach.name_of(path), str(path), reach.shown(path))
        _Reader(parse_yaml(reach.text(path), Source(source.name, source.place)), folder, reach, mapping).read()
    given: dict[str, list[str]] = {}
    if len(options) > MOST_ASSIGNMENTS:
        raise BadInputError(f"more than {MOST_ASSIGNMENTS} options", where="--host", hint=f"a {MAPPING_FILE}")
    for option in options:
        file, equals, host = option.rpartition("=")
        name = _name_of(file, folder, reach) if equals else ""
        if not name:
            what = f"'{readable(option)}' does not name a file of {readable(reach.shown(folder))} and its host"
            raise BadInputError(
                what, where="--host", hint="--host redis-1.conf=n1; without a name the file is left out"
            )
        given.setdefault(name, []).extend([host] if host else [])
    mapping.hosts |= given
    mapping.given = [f"--host {shlex.quote(readable(option))}" for option in options]
    return mapping


def _name_of(file: str, folder: Path, reach: Reach) -> str:
    """The path of a file from the folder: given so, or from the working folder; empty where there is none."""
    for path in (folder / file, Path(file)):
        lexical, root = os.path.abspath(path), os.path.abspath(folder)  # noqa: PTH100 -- without following links
        if file and reach.has(path) and lexical.startswith(f"{root}/"):
            return Path(lexical).relative_to(root).as_posix()
    return ""


@dataclass
class _Reader:
    root: Item
    folder: Path
    reach: Reach
    mapping: Mapping

    def read(self) -> None:
        keys = self.root.mapping(_KEYS)
        hosts = keys["hosts"].mapping() if "hosts" in keys else {}
        if len(hosts) > MOST_ASSIGNMENTS:
            raise keys["hosts"].bad(f"more than {MOST_ASSIGNMENTS} hosts", "fewer hosts")
        for host, item in hosts.items():
            self._host(host, item)
        for item in keys["ignore"].items() if "ignore" in keys else []:
            self.mapping.hosts[self._file(item)] = []

    def _host(self, host: str, item: Item) -> None:
        keys = item.mapping(_KEYS_OF_A_HOST)
        for key in ("redis", "sentinel"):
            if key in keys:
                name = self._file(keys[key])
                self.mapping.hosts.setdefault(name, []).append(host)
                if self.mapping.sentinels.setdefault(name, key == "sentinel") != (key == "sentinel"):
                    raise keys[key].bad("is a data node's file and a Sentinel's", "one file for each")
        if "called" in keys:
            self.mapping.called[host] = {word.text().lower() for word in keys["called"].items()}
        for outer, inner in (keys["published"].mapping() if "published" in keys else {}).items():
            if not outer.isascii() or not outer.isdecimal() or not 0 < int(outer[:9]) < 65536:
                raise inner.bad(f"'{readable(outer)}' is not a port", "16379: 6379")
            self.mapping.published.setdefault(host, {})[int(outer)] = inner.integer(1, 65535)

    def _file(self, item: Item) -> str:
        written = item.text()
        path = self.folder / written
        inside = written and not Path(written).is_absolute() and ".." not in Path(written).parts
        if not inside or not self.reach.has(path):
            where = readable(self.reach.shown(self.folder), LONGEST_PLACE)
            what = f"{readable(written) or 'nothing'} is not a file in {where}"
            raise item.bad(what, "a path from that folder, such as redis-1.conf")
        return Path(written).as_posix()
