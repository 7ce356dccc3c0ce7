"""From a pod to its servers: what its init containers prepare, then what its containers start.

A pod is read as if it were the first one to start: no server answers the questions of its scripts. One that would begin as a second
primary then is read again, with the answers of the Sentinels that were started before it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.read.containers.bitnami import RUN_SCRIPTS
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.container_servers import Reader, Server
from jsquared.deployment.read.containers.image import plain_image
from jsquared.deployment.read.containers.shell import Container, follow
from jsquared.deployment.read.containers.shell_words import Unreadable
from jsquared.deployment.read.kubernetes import opstree
from jsquared.deployment.read.kubernetes.cluster_names import ClusterNames
from jsquared.deployment.read.kubernetes.config_values import ConfigValues
from jsquared.deployment.read.kubernetes.hosts import Host, begins_alone, find, monitored
from jsquared.deployment.read.kubernetes.pod_container import PodContainer, PodFiles, Totals
from jsquared.deployment.read.kubernetes.pods import Pod
from jsquared.deployment.read.native.conf_files import parse_text
from jsquared.errors import BadInputError
from jsquared.text import listed

_STARTS = re.compile(r"(redis|valkey|keydb)-(server|sentinel)")
Ask = Callable[[Sequence[str]], str]


@dataclass
class PodReader:
    """Reads the pods of one set of manifests, in order. ``notes`` are sentences about what was not read."""

    reader: Reader
    values: ConfigValues
    names: ClusterNames
    notes: list[str] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    leading: dict[tuple[str, str], Host] = field(default_factory=dict)
    """The first host with a Sentinel, by namespace and workload."""

    def host(self, pod: Pod) -> Host:
        """The host of a pod; it has no servers where none of its containers is one of ours.

        :raises BadInputError: one is ours, and how it is configured cannot be read.
        """
        place = (pod.namespace, pod.workload.name)
        host = self._read(pod, lambda _words: "")
        if place in self.leading and begins_alone(host.servers):
            host = self._read(pod, _answers_of(self.leading[place], self._resolve_for(pod)))
            if not pod.ordered:
                self._note(
                    f"not read: {pod.workload.shown} starts its pods in parallel, so the first to start decides who is the primary; "
                    f"here it is {self.leading[place].name}."
                )
        if host.server(sentinel=True) is not None:
            self.leading.setdefault(place, host)
        return host

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _resolve_for(self, pod: Pod) -> Callable[[str], str]:
        return lambda name: self.names.resolve(name, pod.namespace)

    def _read(self, pod: Pod, ask: Ask) -> Host:
        address = self.names.addresses[pod.name]
        self.reader.resolve, self.reader.ask = self._resolve_for(pod), ask
        shared, links = PodFiles(), self.names.links(pod)
        host = Host(pod.name, pod.namespace, pod.release, address, self.names.of_pod(pod), [], self.names.ports(pod))
        made: list[Server] = []
        for item in pod.init_containers:
            made += self._prepare(PodContainer(item, pod, address, self.values, shared, self.totals, links))
        for item in pod.containers:
            container = PodContainer(item, pod, address, self.values, shared, self.totals, links)
            found = self._servers(container, made)
            host.servers += found
            host.images |= (
                {f"{pod.workload.name}/{container.name}": container.image or "one that is not named"} if found else {}
            )
            host.operator = opstree.OPERATOR if opstree.is_image(container.image) and found else host.operator
        self._check(pod, host)
        return host

    @staticmethod
    def _check(pod: Pod, host: Host) -> None:
        for kind, sentinel in (("data nodes", False), ("Sentinels", True)):
            if sum(each.is_sentinel is sentinel for each in host.servers) > 1:
                raise pod.spec.bad(f"pod {pod.name} runs several {kind}", "one container for each")

    # -- containers

    def _prepare(self, container: PodContainer) -> list[Server]:
        """Follow an init container. An operator's own leaves the configuration of the server that starts later."""
        argv = _command_line(container)
        if opstree.is_agent(argv):
            assert argv is not None  # is_agent has looked at it
            return [_of_operator(container, sentinel="--sentinel" in argv)]
        if not argv:
            return []
        reader = self.reader
        inside = Container(
            container.files(), container.environment({}), container.pod.name, container.address, reader.resolve,
            effort=reader.effort, ask=reader.ask, user=container.word("user") or "0", domain=container.word("domainname"),
        )  # fmt: skip
        try:
            follow(inside, argv)
        except (Unreadable, BadInputError) as problem:
            what = f"init container {container.name} of {container.pod.workload.shown}"
            reason = readable(str(problem)) if isinstance(problem, Unreadable) else "a file of it cannot be read"
            self._note(f"not read: {what}, because of {reason}: what it prepares is not known.")
        return []

    def _servers(self, container: PodContainer, made: Sequence[Server]) -> list[Server]:
        argv = _command_line(container)
        if made and argv and _STARTS.search(argv[0]):
            sentinel = argv[0].endswith("sentinel")
            return [each for each in made if each.is_sentinel is sentinel]
        if opstree.is_image(container.image) and argv is None:
            return [_of_operator(container, sentinel="sentinel" in container.image)]
        if argv is not None and self._is_beside(container, argv):
            return []
        found = self.reader.servers(
            container, plain_image(container.image, "/data"), container.pod.name, container.address
        )
        return [_with_users(each, container.files()) for each in found]

    def _is_beside(self, container: PodContainer, argv: Sequence[str]) -> bool:
        """True if a container starts no server: an exporter, or a script that watches one, which is noted."""
        texts = [*argv, *(container.files().text(word) or "" for word in argv if word.startswith("/"))]
        image = plain_image(container.image, "")
        if any(map(_STARTS.search, texts)) or any(word.endswith(RUN_SCRIPTS) for word in argv):
            return False
        if image.is_server and not container.words("entrypoint"):
            return False
        if image.is_server:
            scripts = [word for word in argv if word.startswith("/") and container.files().knows(word)]
            named = f" ({listed([readable(each, 100) for each in scripts])})" if scripts else ""
            self._note(
                f"not read: container {container.name} of {container.pod.workload.shown}{named} runs beside the servers; "
                "what it does to them is not reproduced."
            )
        return True


def _command_line(container: PodContainer) -> tuple[str, ...] | None:
    entrypoint, command = container.words("entrypoint"), container.words("command")
    return None if entrypoint is None and command is None else (*(entrypoint or ()), *(command or ()))


def _of_operator(container: PodContainer, *, sentinel: bool) -> Server:
    """The server of a container whose image or operator writes its configuration from variables."""
    values, source = container.environment({}), container.item.source
    made = opstree.sentinel_lines(values) if sentinel else opstree.data_lines(values)
    lines = [Directive.make(words, source, container.item.line, container.place("environment")) for words in made]
    name = "redis-sentinel-additional.conf" if sentinel else "redis-additional.conf"
    path = values.get("EXTERNAL_CONFIG_FILE") or opstree.EXTERNAL + name
    lines += parse_text(container.files().text(path) or "", source)
    return _with_users(Server(sentinel, tuple(lines), source), container.files())


def _with_users(server: Server, files: ContainerFiles) -> Server:
    """The server with the users of an ACL file that the manifests hold: as lines, since the file is on no disk here."""
    line = find(server, "aclfile")
    text = files.text(line.arguments[0]) if line is not None and line.arguments else None
    if line is None or text is None:
        return server
    kept = [each for each in server.directives if each.key != "aclfile"]
    return replace(server, directives=(*kept, *parse_text(text, line.source)))


def _answers_of(leader: Host, resolve: Callable[[str], str]) -> Ask:
    """The answers that a pod gets once another one with a Sentinel runs: who is the primary, and that it is there."""

    def ask(words: Sequence[str]) -> str:
        lowered = [word.lower() for word in words]
        if "get-master-addr-by-name" in lowered:
            return "".join(f"{line}\n" for line in _primary_of(leader, words[-1], resolve))
        return "PONG\n" if lowered[-1] == "ping" else ""

    return ask


def _primary_of(leader: Host, name: str, resolve: Callable[[str], str]) -> Iterator[str]:
    sentinel = leader.server(sentinel=True)
    found = monitored(sentinel) if sentinel is not None else None
    if sentinel is None or found is None or found[0] != name:
        return
    announced = find(sentinel, "sentinel announce-hostnames")
    by_name = announced is not None and announced.arguments[:1] == ("yes",)
    yield found[1] if by_name else resolve(found[1]) or found[1]
    yield found[2]
