"""One service of a Docker Compose file: what it runs, with which environment and files, and what others call it.

The Compose specification is the source; only what a server's configuration can depend on is read.
"""

import os.path
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.read.compose.compose_project import MOST_COPIES, Project
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.text import one_of, whole_number

_APPENDED = ("volumes", "configs", "secrets", "ports", "env_file", "links", "profiles")
_MERGED = ("environment", "networks", "deploy", "build", "labels")
LONGEST_COMMAND = 32_000
"""Characters of a command line that is one text."""
_ALONE = ("!reset", "!override")
"""Tags of a value that earlier files and extended services add nothing to."""
DEEPEST_EXTENDS = 16


class Service:
    """A service. Its accessors read what is written, each refusing what it cannot be."""

    def __init__(self, name: str, project: Project) -> None:
        self.name = name
        self.project = project
        self.item = project.section("services")[name]
        self._keys = _with_base(name, project, ())
        self.title = f"service {name}"
        self.hint = (
            "command: redis-server /redis.conf (or redis-sentinel /sentinel.conf), with that file in volumes or configs"
        )

    def place(self, key: str) -> str:
        """Return the path of a key's value in the file that it stands in."""
        return self._keys[key][0].path if key in self._keys else f"services.{self.name}.{key}"

    def has(self, key: str) -> bool:
        """True if something is written for a key."""
        return key in self._keys and not self._keys[key][0].is_empty

    def item_of(self, key: str) -> Item:
        """The value of a key, or the service where there is none."""
        return self._keys[key][0] if key in self._keys else self.item

    def word(self, key: str) -> str:
        """A single value, empty where there is none."""
        return self._keys[key][0].text() if self.has(key) else ""

    def words(self, key: str) -> tuple[str, ...] | None:
        """A command line as a list: as it is, or split as a shell does; None where none is written.

        :raises BadInputError: quotes are unbalanced.
        """
        if key not in self._keys or self._keys[key][0].is_empty:
            return None
        item = self._keys[key][0]
        if item.is_list:
            return tuple(entry.text() for entry in item.items())
        if len(item.text()) > LONGEST_COMMAND:
            raise item.bad("a command line that is too long", f"{key}: [redis-server, /redis.conf]")
        try:
            return split_command(item.text())
        except ValueError as problem:
            raise item.bad(f"unbalanced quotes ({problem})", f"{key}: [redis-server, /redis.conf]") from problem

    @property
    def profiles(self) -> list[str]:
        """The profiles that it belongs to; without any it is always there."""
        return [item.text() for item in self._list("profiles")]

    @property
    def copies(self) -> int:
        """How many containers it has.

        :raises BadInputError: as many as a swarm has hosts, which no file says.
        """
        if self.name in self.project.scale:
            return self.project.scale[self.name]
        deploy = self._entries("deploy")
        if "mode" in deploy and deploy["mode"].text().startswith("global"):
            if self.project.machine:
                return 1
            what = "one container on each host of a swarm, and nothing says how many these are"
            raise deploy["mode"].bad(what, f"--scale {self.name}=3")
        item = deploy.get("replicas") or (self._keys["scale"][0] if self.has("scale") else None)
        return item.integer(0, MOST_COPIES) if item else 1

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """The environment of its containers; a variable without a value has the one from outside, if any."""
        values: dict[str, str] = {}
        for item in self._list("env_file"):
            written = _needed(item, "path").text() if item.is_mapping else item.text()
            values |= self.project.env_file(item, self.project.path(written, item))
        for item in reversed(self._keys.get("environment", [])):  # what it extends first
            values |= _environment(item, outside)
        return values

    def passed_through(self) -> set[str]:
        """The variables that its containers have from outside, if they are set there."""
        return {
            name
            for item in self._keys.get("environment", [])
            for name, value in _variables(item).items()
            if value is None
        }

    def names(self) -> set[str]:
        """The names under which other containers may know it, and its fixed addresses."""
        found = {self.name, self.word("container_name"), self.word("hostname")}
        for network in self._entries("networks").values():
            settings = {} if network.is_empty or not network.is_mapping else network.mapping()
            found |= {alias.text() for alias in settings["aliases"].items()} if "aliases" in settings else set()
            found |= {settings[key].text() for key in ("ipv4_address", "ipv6_address") if key in settings}
        return found - {""}

    def network_of(self) -> str:
        """The service or container whose network this one shares (``network_mode``), and with it its address; empty for its own."""
        kind, _, name = self.word("network_mode").partition(":")
        return name if kind in ("service", "container") else ""

    def fixed_address(self) -> str:
        """Its IPv4 address where one is written."""
        for network in self._entries("networks").values():
            if network.is_mapping and "ipv4_address" in network.mapping():
                return network.mapping()["ipv4_address"].text()
        return ""

    def links(self) -> dict[str, str]:
        """Other names that it has for services: name to service."""
        pairs = [item.text().partition(":") for item in self._list("links")]
        return {alias or service: service for service, _, alias in pairs}

    def published(self) -> dict[int, int]:
        """Ports of the machine to ports of its containers."""
        ports: dict[int, int] = {}
        for item in self._list("ports"):
            if item.is_mapping:
                entry = item.mapping()
                outside, inside = (entry[key].text() if key in entry else "" for key in ("published", "target"))
            else:
                outside, _, inside = item.text().partition("/")[0].rpartition(":")
                outside = outside.rpartition(":")[2]
            published, target = whole_number(outside), whole_number(inside)
            if published is not None and target is not None:
                ports[published] = target
        return ports

    def files(self) -> ContainerFiles:
        """The files of its containers that the Compose file gives.

        :raises BadInputError: a source of one does not exist.
        """
        files = ContainerFiles(workdir=self.word("working_dir") or "/data", reach=self.project.reach)
        if self.word("read_only") == "yes" and not self.has("volumes_from"):
            files.mount_points[PurePosixPath("/")] = _line("read_only: true", self.item_of("read_only"))
        for item in self._list("tmpfs"):
            files.mount_points[files.inside(item.text().partition(":")[0])] = None
        for item in self._counted("volumes"):
            self._volume(item, files)
            files.mount_points[files.inside(str(_mount(item)[1]))] = _read_only(item)
        for kind, folder in (("configs", "/"), ("secrets", "/run/secrets/")):
            for item in self._counted(kind):
                self._shared(item, kind, folder, files)
        return files

    def volume_of(self, folder: PurePosixPath) -> str:
        """The volume, or the folder of the machine, that a folder inside lies on, with the place in it; empty where each container has
        its own."""
        mounts = [(item, *_mount(item)) for item in self._list("volumes")]
        mounted = {target: self._same_name(source, item) for item, source, target in mounts if source}
        above = [target for target in mounted if target == folder or target in folder.parents]
        nearest = max(above, key=lambda target: len(target.parts), default=None)
        return f"{mounted[nearest]}:{folder.relative_to(nearest)}" if nearest else ""

    def _same_name(self, source: str, item: Item) -> str:
        """The source of a mount, where an extended file names it as the project's own file would."""
        if not source.startswith(".") or self.project.extended.folder_of(item) is None:
            return source
        return f"./{os.path.relpath(self.project.path(source, item), self.project.folder)}"

    def _volume(self, item: Item, files: ContainerFiles) -> None:
        if item.is_mapping:
            entry = item.mapping()
            kind, source, target = (entry[key].text() if key in entry else "" for key in ("type", "source", "target"))
            bound = kind == "bind"
        else:
            source, _, rest = item.text().partition(":")
            target = rest.partition(":")[0]
            bound = source.startswith((".", "/", "~"))
        if bound and target:
            files.mounts[PurePosixPath(target)] = self.project.path(source, item)

    def _shared(self, item: Item, kind: str, folder: str, files: ContainerFiles) -> None:
        entry = item.mapping() if item.is_mapping else {}
        name = entry["source"].text() if "source" in entry else item.text()
        target = files.inside(folder + (entry["target"].text() if "target" in entry else name))
        if "target" in entry and entry["target"].text().startswith("/"):
            target = files.inside(entry["target"].text())
        defined = self.project.section(kind)
        if name not in defined:
            raise item.bad(f"no '{name}' in the file's {kind}", f"{kind}: {{{name}: {{file: ./{name}}}}}")
        source = {} if defined[name].is_empty else defined[name].mapping()
        if "file" in source:
            files.mounts[target] = self.project.path(source["file"].text(), source["file"])
            # Compose binds the file read-only; a text it copies into the container instead, where root can write to it.
            files.mount_points[target] = _line(f"{kind}: {name}", item)
        elif "content" in source:
            files.texts[target] = source["content"].text()
            files.mount_points[target] = None

    def _counted(self, key: str) -> list[Item]:
        items = self._list(key)
        self.project.count_mounts(self.item_of(key), len(items))
        return items

    def _entries(self, key: str) -> dict[str, Item]:
        """A mapping, its own entries before those of what it extends; a list of words is a mapping to nothing."""
        entries: dict[str, Item] = {}
        for item in self._keys.get(key, []):
            given = {entry.text(): entry for entry in item.items()} if item.is_list else item.mapping()
            entries = given | entries
        return entries

    def _list(self, key: str) -> list[Item]:
        lists = [item.items() if item.is_list else [item] for item in reversed(self._keys.get(key, []))]
        return [entry for items in lists for entry in items if not entry.is_empty]


def split_command(text: str) -> tuple[str, ...]:
    """The words of a command line as Compose and shells split it: as shlex does, and within double quotes ``\\$`` is ``$``.

    :raises ValueError: quotes are unbalanced.
    """
    out: list[str] = []
    quote, at = "", 0
    while at < len(text):
        char, following = text[at], text[at + 1 : at + 2]
        if char == "\\" and quote != "'":
            escaped = quote == '"' and following in ("$", "`")
            out.append(following if escaped else char + following)
            at += 2
            continue
        if char == quote:
            quote = ""
        elif not quote and char in ("'", '"'):
            quote = char
        out.append(char)
        at += 1
    return tuple(shlex.split("".join(out)))


def _mount(item: Item) -> tuple[str, PurePosixPath]:
    """Return the mounted source, empty for a volume without a name, and its target."""
    if item.is_mapping:
        entry = item.mapping()
        source, target = (entry[key].text() if key in entry else "" for key in ("source", "target"))
    else:
        source, _, rest = item.text().partition(":")
        target = rest.partition(":")[0]
    return (source, PurePosixPath(target)) if target else ("", PurePosixPath(source))


def _read_only(item: Item) -> Directive | None:
    """Return the line that makes a mount read-only, None where it can be written to."""
    if item.is_mapping:
        entry = item.mapping()
        key = entry.get("read_only")
        return _line("read_only: true", key) if key is not None and not key.is_empty and key.text() == "yes" else None
    options = item.text().split(":")[2:]
    return _line(item.text(), item) if {"ro", "readonly"}.intersection(",".join(options).split(",")) else None


def _line(text: str, item: Item) -> Directive:
    return Directive((text,), item.source, item.line, text, item.path)


def _needed(item: Item, key: str) -> Item:
    entry = item.mapping()
    if key not in entry:
        raise item.bad(f"has no '{key}'", f"{key}: …")
    return entry[key]


def _environment(item: Item, outside: Mapping[str, str]) -> dict[str, str]:
    values = {name: outside.get(name) if value is None else value for name, value in _variables(item).items()}
    return {name: value for name, value in values.items() if value is not None}


def _variables(item: Item) -> dict[str, str | None]:
    """Variables with their values, None for those that come from outside."""
    if item.is_empty:
        return {}
    if item.is_mapping:
        return {name: _value(value) for name, value in item.mapping().items()}
    words = [entry.text().partition("=") for entry in item.items()]
    passed: dict[str, str | None] = {name: None for name, equals, _ in words if not equals}
    return passed | {name: value for name, equals, value in words if equals}


def _value(item: Item) -> str | None:
    if item.is_empty:
        return None if item.is_null else ""
    return item.text()


def _with_base(name: str, project: Project, seen: tuple[tuple[str, str], ...]) -> dict[str, list[Item]]:
    """The keys of a service, each with its values: those of the last file first, and of what it extends last, where they add up."""
    keys: dict[str, list[Item]] = {}
    seen = (*seen, (project.root.source.path, name))
    for layer in project.layers(name):
        own = layer.mapping()
        extends = own.pop("extends", None)
        _lay_under(keys, {key: [value] for key, value in own.items()})
        if extends is not None:
            base, there = _base(extends, project, seen)
            _lay_under(keys, _with_base(base, there, seen))
    return keys


def _lay_under(keys: dict[str, list[Item]], more: Mapping[str, list[Item]]) -> None:
    for key, values in more.items():
        if key not in keys:
            keys[key] = list(values)
        elif key in (*_APPENDED, *_MERGED) and keys[key][-1].node.tag not in _ALONE:
            keys[key] += values


def _base(extends: Item, project: Project, seen: tuple[tuple[str, str], ...]) -> tuple[str, Project]:
    """The service that one extends, and the project that it is in: this one, or that of another file.

    :raises BadInputError: there is none of that name there, the file cannot be read, or they extend each other.
    """
    entry = extends.mapping() if extends.is_mapping else {}
    base = _needed(extends, "service").text() if entry else extends.text()
    there = project.of_file(entry["file"]) if "file" in entry else project
    services = there.section("services")
    if base not in services or (there.root.source.path, base) in seen or len(seen) > DEEPEST_EXTENDS:
        where = f" in {there.root.source.name}" if there is not project else ""
        raise extends.bad(f"no service '{base}' to extend{where}", one_of(list(services)))
    return base, there
