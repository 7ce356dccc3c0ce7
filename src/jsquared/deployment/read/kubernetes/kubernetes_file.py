"""A deployment as Kubernetes manifests: what ``helm template`` and ``kubectl get -o yaml`` print, in one file or in a folder of them.

Each pod is one host, called like the pod. Images are not run and no cluster is asked: what configures the servers is read from ConfigMaps,
Secrets, variables and the start scripts that they have; what an operator decides at run time is named.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.model.spec import ClientPolicy, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import assemble
from jsquared.deployment.read.containers.container_servers import Reader, Server
from jsquared.deployment.read.containers.image import image_notes
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.floating import from_option, possible, settled
from jsquared.deployment.read.kubernetes import opstree, spotahome
from jsquared.deployment.read.kubernetes.cluster_names import DOMAIN, ClusterNames
from jsquared.deployment.read.kubernetes.config_values import ConfigValues
from jsquared.deployment.read.kubernetes.hosts import Host, is_left_to_an_operator, linked
from jsquared.deployment.read.kubernetes.kept_manifests import without_secrets
from jsquared.deployment.read.kubernetes.manifests import parse_manifests
from jsquared.deployment.read.kubernetes.pod_reader import PodReader
from jsquared.deployment.read.kubernetes.pods import pods_of
from jsquared.deployment.read.kubernetes.releases import only_release
from jsquared.deployment.read.tracing import Topology
from jsquared.errors import BadInputError
from jsquared.records.masked_files import WITHHELD, can_be_marked
from jsquared.records.secrets import NO_SECRETS, Secrets, remember

MOST_STEPS = 30_000
"""Commands of all start scripts together: those of charts have a few hundred for each pod, and more where there are more of them."""
_TEMPLATE = re.compile(r"\{\{[^}\n]{0,200}\.(?:Values|Release|Chart)\b|\{\{-?\s{0,20}(?:include|define|template)\s")
"""What only the templates of a Helm chart say; it stands in their files and in nothing that helm prints."""
_CUSTOM = (opstree.REPLICATION, opstree.SENTINEL, spotahome.KIND)


def read_kubernetes(paths: Sequence[Path], folder: Path, shown: str, reach: Reach, allowed: Allowed) -> Deployment:
    """The deployment of these files, called ``shown`` in messages.

    :param folder: that of the files.
    :raises BadInputError: one line with file, line and object.
    """
    try:
        return _Kubernetes(paths, folder, shown, reach, allowed).deployment()
    except BadInputError as problem:
        if any(_TEMPLATE.search(reach.text(path)) for path in paths):
            rendered = "helm template RELEASE CHART, and what it prints, if this is a template of a chart"
            problem.hint = ", or ".join(filter(None, (rendered, problem.hint)))
        raise


class _Kubernetes:
    def __init__(self, paths: Sequence[Path], folder: Path, shown: str, reach: Reach, allowed: Allowed) -> None:
        self.folder, self.reach = folder, reach
        self.floating = [from_option(each) for each in allowed.floating]
        one = len(paths) == 1
        sources = [Source(reach.name_of(path), shown if one else str(path)) for path in paths]
        self.where = sources[0] if one else Source(readable(folder.name), shown)
        self.texts = {source.name: reach.text(path) for path, source in zip(paths, sources, strict=True)}
        self.manifests = parse_manifests([(self.texts[source.name], source) for source in sources])
        self.values = ConfigValues.of(self.manifests)
        self.secrets = NO_SECRETS.besides(self.values.secrets())
        remember(self.secrets)  # for errors
        self.effort = Effort(MOST_STEPS)
        self.notes: list[str] = []
        self.addresses: dict[str, str] = {}
        owned = {(each.kind, each.name) for each in self.manifests if each.kind in _CUSTOM}
        made = [each for each in self.manifests if not owned.intersection(each.owners)]
        self.pods = pods_of(made)
        self.names = ClusterNames.of(self.pods, made, list(self.texts.values()))
        self.reader = Reader(self.where, {}, lambda _name: "", reach, effort=self.effort)

    def hosts(self) -> list[Host]:
        """Every pod with a server, of workloads and of custom resources."""
        pods = PodReader(self.reader, self.values, self.names, self.notes)
        found = [host for pod in self.pods if (host := pods.host(pod)).servers]
        for operator in (opstree.Resources, spotahome.Resources):
            found += operator(self.manifests, self.values, self._address, self._names, self.notes).hosts()
        return found

    def _address(self, pod: str) -> str:
        """An address that stands for that of a pod which is in no manifest."""
        return self.addresses.setdefault(pod, f"203.0.113.{len(self.addresses) + 1}")

    def _names(self, pod: str, service: str, namespace: str) -> set[str]:
        inside = namespace or "default"
        begin = f"{pod}.{service}"
        return {
            pod,
            self._address(pod),
            begin,
            f"{begin}.{inside}",
            f"{begin}.{inside}.svc",
            f"{begin}.{inside}.svc.{DOMAIN}",
        }

    def deployment(self) -> Deployment:
        found = self.hosts()
        hosts = self._linked(only_release(found, self.where, self._seen))
        self._note_left_out(found, hosts)
        data = [
            DataNode(host.name, each.directives, each.source, None, "")
            for host, each in _servers(hosts, sentinel=False)
        ]
        sentinels = [
            SentinelNode(host.name, each.directives, each.source, each.unsaved)
            for host, each in _servers(hosts, sentinel=True)
        ]
        names = {host.name: host.names for host in hosts}
        published = {host.name: host.published for host in hosts}
        topology = Topology(data, sentinels, names, published, possible(self.floating, data))
        primaries = topology.primaries()
        nodes = topology.linked(primaries)
        deployment = assemble(
            name=hosts[0].release,
            description=f"{len(data)} data nodes and {len(sentinels)} Sentinels from Kubernetes manifests.",
            where=self.where,
            data=nodes,
            astray=topology.astray(primaries),
            host_names=topology.host_names,
            floating=settled(self.floating, nodes, primaries),
            sentinels=sentinels,
            primaries=primaries,
            client_policy=ClientPolicy(),
            input_files={**self.texts, **self.reader.texts},
            folders=(self.folder,),
            reach=self.reach,
            not_reproduced=tuple(dict.fromkeys(self._notes(hosts))),
            secrets=self.secrets,
        )
        return replace(deployment, input_files=self._kept(deployment))

    def _note_left_out(self, found: list[Host], used: list[Host]) -> None:
        names = {host.name for host in used}
        left = [readable(host.name, 80) for host in found if host.name not in names]
        if left:
            self.notes.append(
                f"Pods of another release without Sentinels of its own are left out: {', '.join(left[:10])}."
            )

    def _linked(self, hosts: list[Host]) -> list[Host]:
        """The hosts as they are once an operator has told each server whom to follow."""
        operators = sorted({host.operator for host in hosts} - {""})
        left = is_left_to_an_operator(hosts)
        if not operators and not left:
            return hosts
        first = next((host.name for host in hosts if host.server(sentinel=False)), "")
        who = operators[0] if operators else "an operator"
        self.notes.append(
            f"not read: {who} decides at run time which pod is the primary and tells the others and the Sentinels; here {first} "
            "begins as the primary. The operator itself does not run, so what it repairs later is not reproduced."
        )
        watching = len([host for host in hosts if host.server(sentinel=True)])
        return linked(hosts, watching // 2 + 1 if left else None)

    def _kept(self, deployment: Deployment) -> dict[str, str]:
        """The input files that a run folder may keep: manifests without the values of Secrets, or none where secrets remain in them."""
        whole = {name: self._without_secrets(name, text) for name, text in self.texts.items()}
        secrets = Secrets().and_also(deployment.secrets.values)
        made_up = self.values.missing.values()
        joined = any(map(self.effort.joints.join, secrets.values))
        if joined or not can_be_marked(list(whole.values()), secrets, [*self.values.secrets(), *made_up]):
            whole = dict.fromkeys(whole, WITHHELD)
        return {**deployment.input_files, **whole}

    def _without_secrets(self, name: str, text: str) -> str:
        return without_secrets(text, [each for each in self.manifests if each.item.source.name == name])

    def _seen(self) -> str:
        """Return the kinds of objects in the manifests, for one line."""
        kinds: dict[str, int] = {}
        for each in self.manifests:
            kinds[each.kind] = kinds.get(each.kind, 0) + 1
        return ", ".join(f"{count} {readable(kind, 40)}" for kind, count in list(kinds.items())[:8]) or "nothing"

    def _notes(self, hosts: Sequence[Host]) -> Iterator[str]:
        yield from self.reader.notes
        yield from self.notes
        images: dict[str, str] = {}
        for host in hosts:
            images |= host.images
        yield from image_notes(images)
        for name, key in self.values.missing:
            shown = readable(f"{name} ({key})", 150)
            yield f"not read: Secret {shown} is not in the manifests; a made-up value stands in its place, the same wherever it is used."
        yield from _of_the_cluster(hosts)


def _of_the_cluster(hosts: Sequence[Host]) -> Iterator[str]:
    if any(host.published or host.names for host in hosts):
        yield (
            "Kubernetes: probes, preStop hooks, restarts with a new address, disruption budgets and Services with several pods are not "
            "reproduced."
        )


def _servers(hosts: Sequence[Host], *, sentinel: bool) -> Iterator[tuple[Host, Server]]:
    for host in hosts:
        found = host.server(sentinel=sentinel)
        if found is not None:
            yield host, found
