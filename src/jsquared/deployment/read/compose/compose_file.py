"""A deployment as Docker Compose files with Redis and Sentinel services: one project, or one for each machine.

Images are not run; what configures the servers is read: command, entrypoint and the start scripts that they name, mounted files and
``configs``, the environment where the image takes its configuration from it (:mod:`jsquared.deployment.read.containers.bitnami`).
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from jsquared.deployment.model.input_files import LONGEST_PLACE, check_given, readable
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import NotWholeError, assemble
from jsquared.deployment.read.compose.compose_containers import Containers
from jsquared.deployment.read.compose.compose_variables import with_variables
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.floating import from_option, possible, settled
from jsquared.deployment.read.tracing import Topology
from jsquared.errors import BadInputError
from jsquared.records.masked_files import WITHHELD, can_be_marked
from jsquared.text import counted

COMPOSE_FILES = tuple(f"{name}.{ending}" for name in ("compose", "docker-compose") for ending in ("yaml", "yml"))
OVERRIDES = tuple(name.replace(".", ".override.") for name in COMPOSE_FILES)


def read_compose(path: Path, shown: str, reach: Reach, allowed: Allowed, overrides: Sequence[Path] = ()) -> Deployment:
    """The deployment of a Compose file, called ``shown`` in messages, and of those laid over it: ``overrides``, then ``--compose-file``.

    :raises BadInputError: one line with file, line and service.
    """
    named = [Path(written) for written in allowed.compose_files]
    for one in named:
        check_given(one)
        reach = reach.and_given(one)
    over = [*overrides, *map(_checked, named)]
    files = [(path, shown), *((one, reach.shown(one)) for one in over)]
    effort = Effort()
    return _Compose([Containers(files, reach, allowed, effort, itertools.count(1))], effort, allowed).deployment()


def read_machines(files: Mapping[str, Path], reach: Reach, allowed: Allowed) -> Deployment:
    """The deployment of one Compose file for each machine, by the machines' names.

    :raises BadInputError: one line with file, line and service.
    """
    if allowed.compose_files:
        what = "is laid over one file, and here each of several machines has one"
        raise BadInputError(what, where="--compose-file", hint="one of them as --deployment")
    effort, numbers = Effort(), itertools.count(1)
    machines = [
        Containers([(path, reach.shown(path))], reach, allowed, effort, numbers, name) for name, path in files.items()
    ]
    return _Compose(machines, effort, allowed).deployment()


def _checked(path: Path) -> Path:
    if not path.is_file():
        what = f"{readable(str(path), LONGEST_PLACE)} is no file"
        raise BadInputError(what, where="--compose-file", hint="a Compose file")
    return path


class _Compose:
    def __init__(self, machines: Sequence[Containers], effort: Effort, allowed: Allowed) -> None:
        self.machines = machines
        self.first = machines[0]
        self.reach = self.first.project.reach
        self.source = self.first.sources[0]
        self.effort = effort
        self.floating = [from_option(each) for each in allowed.floating]

    def deployment(self) -> Deployment:
        """Return the deployment.

        :raises BadInputError: a line is wrong, or something is missing; where variables are not set, with their names.
        """
        try:
            return self._read()
        except BadInputError as problem:
            missing = [name for machine in self.machines for name in machine.variables.missing]
            raise with_variables(problem, missing) from problem

    def _read(self) -> Deployment:
        data: list[DataNode] = []
        sentinels: list[SentinelNode] = []
        for machine in self.machines:
            machine.read(data, sentinels)
        self._check_both(data, sentinels)
        self._check_names(data, sentinels)
        names: dict[str, set[str]] = {}
        published: dict[str, dict[int, int]] = {}
        storage: dict[str, str] = {}
        for machine in self.machines:
            names |= machine.host_names()
            published |= machine.published()
            storage |= machine.storage(data)
        topology = Topology(data, sentinels, names, published, possible(self.floating, data))
        primaries = topology.primaries()
        linked = topology.linked(primaries)
        deployment = assemble(
            name=self._name(),
            description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from {self._files()}.",
            where=self.source,
            data=linked,
            astray=topology.astray(primaries),
            host_names=replace(topology.host_names, storage=storage),
            floating=settled(self.floating, linked, primaries),
            sentinels=sentinels,
            primaries=primaries,
            client_policy=ClientPolicy(),
            input_files={name: text for machine in self.machines for name, text in self._texts(machine).items()},
            folders=tuple(machine.project.folder for machine in self.machines),
            reach=self.reach,
            not_reproduced=tuple(dict.fromkeys(self._notes(data, sentinels))),
        )
        return replace(deployment, input_files=self._kept(deployment))

    @staticmethod
    def _texts(machine: Containers) -> dict[str, str]:
        return {**machine.texts, **machine.reader.texts}

    def _files(self) -> str:
        number = sum(len(machine.sources) for machine in self.machines)
        return "a Docker Compose file" if number == 1 else counted(number, "Docker Compose file")

    def _kept(self, deployment: Deployment) -> dict[str, str]:
        """The input files that a run folder may keep: none of Compose's where they hold secrets that cannot be marked."""
        values = [value for machine in self.machines for value in machine.variables.values.values()]
        elsewhere = [*values, *self.reach.texts_read()]
        joined = any(map(self.effort.joints.join, deployment.secrets.values))
        own = {name: text for machine in self.machines for name, text in machine.texts.items()}
        kept = (
            {}
            if joined
            else {name: text for name, text in own.items() if can_be_marked([text], deployment.secrets, elsewhere)}
        )
        return {**deployment.input_files, **dict.fromkeys(own.keys() - kept.keys(), WITHHELD)}

    def _check_both(self, data: list[DataNode], sentinels: list[SentinelNode]) -> None:
        """Refuse a file without data nodes or without Sentinels, in words of Compose; of Sentinels alone more is known later."""
        missing = "Sentinels" if data and not sentinels else "" if data or sentinels else "data nodes"
        if missing:
            program = "redis-sentinel /sentinel.conf" if missing == "Sentinels" else "redis-server /redis.conf"
            advice = f"services with command: {program}, and that file in volumes or configs"
            unwanted = [name for machine in self.machines for names in machine.unwanted.values() for name in names]
            if unwanted:
                advice = f"--profile {unwanted[0]}, without which some of its services are not started"
            raise NotWholeError(f"no {missing}", where=self.source.path, hint=advice)

    def _check_names(self, data: list[DataNode], sentinels: list[SentinelNode]) -> None:
        """Refuse the name of another machine's service: Docker's names end at the machine."""
        services = {each.project.machine: set(each.project.section("services")) for each in self.machines}
        for node in (*data, *sentinels) if len(self.machines) > 1 else ():
            for line, index in [
                *((line, 0) for line in node.all("replicaof")),
                *((line, 1) for line in node.all("sentinel monitor")),
            ]:
                name = line.arguments[index] if len(line.arguments) > index else ""
                owners = [machine for machine, known in services.items() if name in known]
                if owners and name not in services:
                    where = "this machine's own network" if node.host in owners else f"{owners[0]}, and no name here"
                    what = f"'{name}' is a service of {where}: other machines know it by the machine's address"
                    raise line.bad(what, "the address of the machine")

    def _name(self) -> str:
        keys = self.first.project.root.mapping()
        if len(self.machines) == 1 and "name" in keys and not keys["name"].is_empty:
            return keys["name"].text()
        folder = self.first.project.folder if len(self.machines) == 1 else self.reach.folders[0]
        return folder.resolve().name or "compose"

    def _notes(self, data: list[DataNode], sentinels: list[SentinelNode]) -> Iterator[str]:
        for machine in self.machines:
            yield from machine.notes(data, sentinels)
            yield from self._other_files(machine)
        if len(self.machines) == 1:  # several have a copy each
            yield from self._shared(sentinels)

    def _other_files(self, machine: Containers) -> Iterator[str]:
        """Files that Compose would read beside these."""
        source, folder = machine.sources[0], machine.project.folder
        known = {each.name for each in machine.sources}
        name = Path(source.name).name
        beside = [
            other
            for other in OVERRIDES
            if self.reach.has(folder / other) and self.reach.name_of(folder / other) not in known
        ]
        if beside and name in COMPOSE_FILES and len(machine.sources) == 1:
            yield f"Overrides: Compose also reads {', '.join(beside)}; here only {source.name} is read (--compose-file reads more)."
        if any("include" in root.mapping() for root in machine.project.roots):
            yield f"Included files: files named by 'include' in {source.name} are not read."

    def _shared(self, sentinels: list[SentinelNode]) -> Iterator[str]:
        by_file: dict[str, list[str]] = {}
        for node in (node for node in sentinels if node.unsaved is None):
            by_file.setdefault(node.source.path, []).append(node.host)
        own = [source.path for source in self.first.sources]
        for path, hosts in by_file.items():
            if len(hosts) > 1 and path not in own:
                yield f"One file that several Sentinels write to ({path}: {', '.join(hosts)}): here each has its own copy."


def is_compose(text: str) -> bool:
    """True if a YAML text is a Compose file: it has ``services`` at the top and no ``data`` or ``sentinels``."""
    lines = [
        line.partition(":")[0].strip("'\" ") for line in text.splitlines() if line[:1] not in ("", " ", "\t", "#", "-")
    ]
    return "services" in lines and not {"data", "sentinels"} & set(lines)
