"""The containers of a Compose project: which there are, on which hosts, under which names, and which servers they run.

Each is one host, called like its service. Containers that share a network (``network_mode: service:NAME``) are one host: they have one
address, and are cut off together. Of a project that is one machine of several, all are that host.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import DataNode, SentinelNode
from jsquared.deployment.read.compose.compose_extended import ExtendedFiles
from jsquared.deployment.read.compose.compose_image import Images
from jsquared.deployment.read.compose.compose_project import Project, check_scaled, read_scale
from jsquared.deployment.read.compose.compose_service import Service
from jsquared.deployment.read.compose.compose_variables import not_set, variables_for
from jsquared.deployment.read.compose.compose_yaml import Variables, parse_compose
from jsquared.deployment.read.containers.container_servers import Reader, Server
from jsquared.deployment.read.containers.image import image_notes
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.text import listed

MOST_CONTAINERS = 200


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


class Containers:
    """The containers of one project.

    :param files: the first file and those laid over it, each with what it is called in messages.
    :param numbers: numbers containers, those of other projects of the deployment too.
    :param machine: the host that all of them are on; empty where each has its own.
    """

    def __init__(
        self,
        files: Sequence[tuple[Path, str]],
        reach: Reach,
        allowed: Allowed,
        effort: Effort,
        numbers: Iterator[int],
        machine: str = "",
    ) -> None:
        paths = [path for path, _ in files]
        self.sources = [Source(reach.name_of(path), shown) for path, shown in files]
        self.texts = {source.name: reach.text(path) for source, path in zip(self.sources, paths, strict=True)}
        values = variables_for(paths[0].parent, reach, allowed)
        self.variables = Variables(values, joints=effort.joints)
        roots = [parse_compose(self.texts[source.name], source, self.variables) for source in self.sources]
        scale = read_scale(allowed.scale)
        extended = ExtendedFiles(reach, self.variables, self.texts)
        self.project = Project(tuple(roots), paths[0].parent, reach, extended, scale, allowed.profiles, machine)
        self.left_out: list[str] = []
        """The services that run none of these servers."""
        self.unwanted: dict[str, list[str]] = {}
        """The services that are not there without one of these profiles."""
        self._images = Images()
        self.instances = self._on_their_hosts(list(self._instances(numbers)))
        check_scaled(scale, list(self.project.section("services")))
        self.reader = Reader(self.sources[0], values, self._resolve, reach, effort=effort)

    def _instances(self, numbers: Iterator[int]) -> Iterator[Instance]:
        services = self.project.section("services")
        if len(services) > MOST_CONTAINERS:
            raise self.project.root.bad(f"more than {MOST_CONTAINERS} services", "a smaller file")
        for name in services:
            service = Service(name, self.project)
            if not self.project.wants(service.profiles):
                self.unwanted[name] = service.profiles
                continue
            for copy in range(1, service.copies + 1):
                number = next(numbers)
                if number > MOST_CONTAINERS:
                    raise service.item.bad(f"more than {MOST_CONTAINERS} containers", "fewer replicas")
                address = service.fixed_address() if service.copies == 1 else ""
                host = name if service.copies == 1 else f"{name}-{copy}"
                yield Instance(host, service, address or f"192.0.2.{number}")

    def _on_their_hosts(self, instances: list[Instance]) -> list[Instance]:
        """The containers on their hosts: those that share another's network on the other's, all of a machine on that."""
        if self.project.machine and instances:
            return [replace(each, host=self.project.machine, address=instances[0].address) for each in instances]
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

    def read(self, data: list[DataNode], sentinels: list[SentinelNode]) -> None:
        """Add the servers of all containers.

        :raises BadInputError: how one is configured cannot be read, or a container (a machine) runs several of a kind.
        """
        found: dict[str, list[Server]] = {}
        for instance in self.instances:
            servers = self.reader.servers(
                instance.service, self._images.of(instance.service), instance.host, instance.address
            )
            self.left_out += [] if servers else [instance.service.name]
            together = found.setdefault(instance.host if self.project.machine else f"{len(found)}", [])
            together += servers
            self._check_one_of_a_kind(instance, together)
            for server in servers:
                if server.is_sentinel:
                    sentinels.append(SentinelNode(instance.host, server.directives, server.source, server.unsaved))
                else:
                    data.append(DataNode(instance.host, server.directives, server.source, None, ""))

    def _check_one_of_a_kind(self, instance: Instance, servers: list[Server]) -> None:
        for kind, several in (("data nodes", False), ("Sentinels", True)):
            if sum(server.is_sentinel is several for server in servers) > 1:
                hint = "one container for each"
                if self.project.machine:
                    hint = f"one of them in each machine's file, or --deployment {self.sources[0].path} alone"
                raise instance.service.item.bad(f"{instance.host} runs several {kind}", hint)

    def host_names(self) -> dict[str, set[str]]:
        """The names of hosts, by host. Those of containers of one machine are no other machine's, so they are not among them."""
        names: dict[str, set[str]] = {}
        for each in self.instances:
            names.setdefault(each.host, set()).update([each.host, each.address] if self.project.machine else each.names)
        for each in self.instances if not self.project.machine else ():
            for alias, service in each.service.links().items():
                for other in (other for other in self.instances if other.service.name == service):
                    names[other.host].add(alias)
        return names

    def published(self) -> dict[str, dict[int, int]]:
        """Ports of the machine to ports of its containers, by host."""
        published: dict[str, dict[int, int]] = {}
        for each in self.instances:
            published.setdefault(each.host, {}).update(each.service.published())
        return published

    def storage(self, data: list[DataNode]) -> dict[str, str]:
        """The volumes that data nodes write to, by host; on several machines none are shared."""
        if self.project.machine:
            return {}
        services = {each.host: each.service for each in self.instances if not each.service.network_of()}
        found = {node.host: services[node.host] for node in data if node.host in services}
        folders = {host: service.files() for host, service in found.items()}
        return {
            node.host: volume
            for node in data
            if node.host in found
            and (volume := found[node.host].volume_of(folders[node.host].inside(node.value("dir", "."))))
        }

    def notes(self, data: list[DataNode], sentinels: list[SentinelNode]) -> Iterator[str]:
        """Yield a sentence about each thing that was not read, or is not known."""
        yield from dict.fromkeys(self.reader.notes)
        used = {node.host for node in (*data, *sentinels)}
        services = {each.service.name: each.service for each in self.instances if each.host in used}
        images = {name: service.word("image") or "one that is built" for name, service in services.items()}
        yield from image_notes(images)
        if self.left_out:
            yield f"Services that run neither a data node nor a Sentinel are left out: {', '.join(dict.fromkeys(self.left_out))}."
        if self.unwanted:
            names = dict.fromkeys(itertools.chain(*self.unwanted.values()))
            profiles = listed([f"--profile {name}" for name in names])
            yield f"Services that only a profile starts are left out: {', '.join(self.unwanted)} ({profiles} starts them)."
        passed = {name for each in self.instances for name in each.service.passed_through()}
        yield from not_set(self.variables, passed)
