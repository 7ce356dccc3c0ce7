"""A deployment as a Docker Compose file with Redis and Sentinel services: each container is one host, called like its service.

Containers that share a network (``network_mode: service:NAME``) are one host: they have one address, and are cut off together.

Images are not run; what configures the servers is read: command, entrypoint and the start scripts that they name, mounted files and
``configs``, the environment where the image takes its configuration from it (:mod:`jsquared.deployment.read.containers.bitnami`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import assemble
from jsquared.deployment.read.compose.compose_image import Images
from jsquared.deployment.read.compose.compose_service import ComposeFile, Service
from jsquared.deployment.read.compose.compose_variables import not_set, variables_for
from jsquared.deployment.read.compose.compose_yaml import Variables, parse_compose
from jsquared.deployment.read.containers.container_servers import Reader, Server
from jsquared.deployment.read.containers.image import image_notes
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.floating import from_option, possible, settled
from jsquared.deployment.read.tracing import Topology
from jsquared.errors import BadInputError
from jsquared.records.masked_files import WITHHELD, can_be_marked

MOST_CONTAINERS = 200
COMPOSE_FILES = tuple(f"{name}.{ending}" for name in ("compose", "docker-compose") for ending in ("yaml", "yml"))
_OVERRIDES = tuple(name.replace(".", ".override.") for name in COMPOSE_FILES)


@dataclass(frozen=True)
class Instance:
    """One container. ``address`` is its fixed one, else one that stands for what Docker would give it.

    One that shares another's network has the other's host and address.
    """

    host: str
    service: Service
    address: str

    @property
    def names(self) -> set[str]:
        """The names under which other containers may know its host."""
        own = (
            set() if self.service.network_of() else self.service.names()
        )  # Docker knows no name for a network that is shared
        return {*own, self.host, self.address}


def read_compose(path: Path, shown: str, reach: Reach, allowed: Allowed) -> Deployment:
    """The deployment of a Compose file, called ``shown`` in messages.

    :raises BadInputError: one line with file, line and service.
    """
    return _Compose(path, Source(reach.name_of(path), shown), reach, allowed).deployment()


class _Compose:
    def __init__(self, path: Path, source: Source, reach: Reach, allowed: Allowed) -> None:
        self.source = source
        self.floating = [from_option(each) for each in allowed.floating]
        self.text = reach.text(path)
        values = variables_for(path.parent, reach, allowed)
        self.effort = Effort()
        self.variables = Variables(values, joints=self.effort.joints)
        root = parse_compose(self.text, source, self.variables)
        self.file = ComposeFile(root, path.parent, reach)
        self.images = Images()
        self.instances = self._on_their_hosts(list(self._instances()))
        self.reader = Reader(source, values, self._resolve, reach, effort=self.effort)

    def _instances(self) -> Iterator[Instance]:
        number = 0
        services = self.file.section("services")
        if len(services) > MOST_CONTAINERS:
            raise self.file.root.bad(f"more than {MOST_CONTAINERS} services", "a smaller file")
        for name in services:
            service = Service(name, self.file)
            for copy in range(1, service.copies + 1):
                number += 1
                if number > MOST_CONTAINERS:
                    raise service.item.bad(f"more than {MOST_CONTAINERS} containers", "fewer replicas")
                address = service.fixed_address() if service.copies == 1 else ""
                host = name if service.copies == 1 else f"{name}-{copy}"
                yield Instance(host, service, address or f"192.0.2.{number}")

    def _on_their_hosts(self, instances: list[Instance]) -> list[Instance]:
        """The containers, those that share another's network on the other's host."""
        owners = {name: each for each in instances for name in (each.service.name, each.service.word("container_name"))}
        return [self._on_its_host(each, owners) for each in instances]

    def _on_its_host(self, instance: Instance, owners: Mapping[str, Instance]) -> Instance:
        seen = {instance.service.name}
        owner = instance
        while shared := owner.service.network_of():
            item = owner.service.item_of("network_mode")
            if shared not in owners or owners[shared].service.copies > 1:
                raise item.bad(f"'{shared}' is not a single container here", "service:NAME of a service in this file")
            owner = owners[shared]
            if owner.service.name in seen:
                raise item.bad(
                    "the services share each other's network in a circle", "a separate network for one of them"
                )
            seen.add(owner.service.name)
        return replace(instance, host=owner.host, address=owner.address)

    def _resolve(self, name: str) -> str:
        """The address of the first container of that name, empty where there is none."""
        found = (each for each in self.instances if name in each.names)
        return next((each.address for each in found), "")

    def deployment(self) -> Deployment:
        data: list[DataNode] = []
        sentinels: list[SentinelNode] = []
        left_out: list[str] = []
        for instance in self.instances:
            servers = self._servers(instance)
            left_out += [] if servers else [instance.service.name]
            self._add(instance, servers, data, sentinels)
        self._check_both(data, sentinels)
        names: dict[str, set[str]] = {}
        published: dict[str, dict[int, int]] = {}
        for each in self.instances:
            names.setdefault(each.host, set()).update(each.names)
            published.setdefault(each.host, {}).update(each.service.published())
        for each in self.instances:
            for alias, service in each.service.links().items():
                for other in (other for other in self.instances if other.service.name == service):
                    names[other.host].add(alias)
        topology = Topology(data, sentinels, names, published, possible(self.floating, data))
        primaries = topology.primaries()
        linked = topology.linked(primaries)
        deployment = assemble(
            name=self._name(),
            description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from a Docker Compose file.",
            where=self.source,
            data=linked,
            astray=topology.astray(primaries),
            host_names=replace(topology.host_names, storage=self._storage(data)),
            floating=settled(self.floating, linked, primaries),
            sentinels=sentinels,
            primaries=primaries,
            client_policy=ClientPolicy(),
            input_files={self.source.name: self.text, **self.reader.texts},
            folders=(self.file.folder,),
            reach=self.file.reach,
            not_reproduced=tuple(self._notes(data, sentinels, left_out)),
        )
        return replace(deployment, input_files=self._kept(deployment))

    def _servers(self, instance: Instance) -> list[Server]:
        service = instance.service
        return self.reader.servers(service, self.images.of(service), instance.host, instance.address)

    def _kept(self, deployment: Deployment) -> dict[str, str]:
        """The input files that a run folder may keep: not this one where it holds secrets that cannot be marked."""
        elsewhere = [*self.variables.values.values(), *self.file.reach.texts_read()]
        joined = any(map(self.effort.joints.join, deployment.secrets.values))
        if not joined and can_be_marked([self.text], deployment.secrets, elsewhere):
            return deployment.input_files
        return {**deployment.input_files, self.source.name: WITHHELD}

    def _check_both(self, data: list[DataNode], sentinels: list[SentinelNode]) -> None:
        """Refuse a file without data nodes or without Sentinels, in words of Compose; of Sentinels alone more is known later."""
        missing = "Sentinels" if data and not sentinels else "" if data or sentinels else "data nodes"
        if missing:
            program = "redis-sentinel /sentinel.conf" if missing == "Sentinels" else "redis-server /redis.conf"
            advice = f"services with command: {program}, and that file in volumes or configs"
            raise BadInputError(f"no {missing}", where=self.source.path, hint=advice)

    def _storage(self, data: list[DataNode]) -> dict[str, str]:
        """The volumes that data nodes write to, by host."""
        services = {each.host: each.service for each in self.instances if not each.service.network_of()}
        found = {node.host: services[node.host] for node in data if node.host in services}
        folders = {host: service.files() for host, service in found.items()}
        return {
            node.host: volume
            for node in data
            if node.host in found
            and (volume := found[node.host].volume_of(folders[node.host].inside(node.value("dir", "."))))
        }

    def _add(
        self, instance: Instance, servers: list[Server], data: list[DataNode], sentinels: list[SentinelNode]
    ) -> None:
        for kind, several in (("data nodes", False), ("Sentinels", True)):
            if sum(server.is_sentinel is several for server in servers) > 1:
                raise instance.service.item.bad(f"{instance.host} runs several {kind}", "one container for each")
        for server in servers:
            if server.is_sentinel:
                sentinels.append(SentinelNode(instance.host, server.directives, server.source))
            else:
                data.append(DataNode(instance.host, server.directives, server.source, None, ""))

    def _name(self) -> str:
        keys = self.file.root.mapping()
        if "name" in keys and not keys["name"].is_empty:
            return keys["name"].text()
        return self.file.folder.resolve().name or "compose"

    def _notes(self, data: list[DataNode], sentinels: list[SentinelNode], left_out: list[str]) -> Iterator[str]:
        yield from dict.fromkeys(self.reader.notes)
        used = {node.host for node in (*data, *sentinels)}
        services = {each.service.name: each.service for each in self.instances if each.host in used}
        images = {name: service.word("image") or "one that is built" for name, service in services.items()}
        yield from image_notes(images)
        if left_out:
            yield f"Services that run neither a data node nor a Sentinel are left out: {', '.join(dict.fromkeys(left_out))}."
        passed = {name for each in self.instances for name in each.service.passed_through()}
        yield from not_set(self.variables, passed)
        yield from self._other_files()
        yield from self._shared(sentinels)

    def _other_files(self) -> Iterator[str]:
        """Files that Compose would read beside this one."""
        beside = [
            name for name in _OVERRIDES if self.file.reach.has(self.file.folder / name) and name != self.source.name
        ]
        if beside and self.source.name in COMPOSE_FILES:
            yield f"Overrides: Compose also reads {', '.join(beside)}; here only {self.source.name} is read."
        if "include" in self.file.root.mapping():
            yield f"Included files: files named by 'include' in {self.source.name} are not read."

    def _shared(self, sentinels: list[SentinelNode]) -> Iterator[str]:
        by_file: dict[str, list[str]] = {}
        for node in sentinels:
            by_file.setdefault(node.source.path, []).append(node.host)
        for path, hosts in by_file.items():
            if len(hosts) > 1 and path != self.source.path:
                yield f"One file that several Sentinels write to ({path}: {', '.join(hosts)}): here each has its own copy."


def is_compose(text: str) -> bool:
    """True if a YAML text is a Compose file: it has ``services`` at the top and no ``data`` or ``sentinels``."""
    lines = [
        line.partition(":")[0].strip("'\" ") for line in text.splitlines() if line[:1] not in ("", " ", "\t", "#", "-")
    ]
    return "services" in lines and not {"data", "sentinels"} & set(lines)
