"""The names and addresses that pods and Services have inside a cluster, as its name service gives them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.deployment.read.kubernetes.manifests import Manifest, at, items_of, text_at, texts_of
from jsquared.deployment.read.kubernetes.pods import Pod
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.text import whole_number

DOMAIN = "cluster.local"
MOST_DOMAINS = 4
_DOMAIN_IN = re.compile(r"\.svc\.([a-z0-9][a-z0-9-]{0,40}(?:\.[a-z0-9][a-z0-9-]{0,40}){0,4})")


@dataclass(frozen=True)
class ServiceNames:
    """A Service: the pods behind it and its address, empty for a headless one."""

    manifest: Manifest
    pods: tuple[Pod, ...]
    address: str


@dataclass
class ClusterNames:
    """The names of every pod. Addresses that the manifests do not have are made up: 192.0.2.n for pods, 198.51.100.n for Services."""

    pods: Sequence[Pod]
    services: list[ServiceNames] = field(default_factory=list)
    domains: tuple[str, ...] = (DOMAIN,)
    addresses: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pods: Sequence[Pod], manifests: Sequence[Manifest], texts: Sequence[str]) -> "ClusterNames":
        """The names of these pods.

        :param texts: the manifests as written, in which the domain of the cluster may stand.
        """
        addresses = {pod.name: pod.address or f"192.0.2.{number}" for number, pod in enumerate(pods, 1)}
        names = cls(pods, addresses=addresses)
        found = dict.fromkeys([DOMAIN, *(each for text in texts for each in _DOMAIN_IN.findall(text))])
        names.domains = tuple(found)[:MOST_DOMAINS]
        for number, manifest in enumerate((each for each in manifests if each.kind == "Service"), 1):
            written = text_at(manifest.item, "spec", "clusterIP")
            address = "" if written == "None" else written or f"198.51.100.{number % 250 + 1}"
            names.services.append(ServiceNames(manifest, tuple(names._behind(manifest)), address))
        return names

    def _behind(self, service: Manifest) -> Iterator[Pod]:
        selector = texts_of(at(service.item, "spec", "selector"))
        for pod in self.pods:
            same = pod.namespace == service.namespace
            if selector and same and all(pod.labels.get(key) == value for key, value in selector.items()):
                yield pod

    def of_pod(self, pod: Pod) -> set[str]:
        """The names and addresses that mean this pod alone."""
        found = {pod.name, self.addresses[pod.name]}
        if pod.service:
            found |= set(self._qualified(f"{pod.name}.{pod.service}", pod.namespace))
        for service in self.services:
            if [each.name for each in service.pods] == [pod.name]:
                found |= {*self._qualified(service.manifest.name, pod.namespace), service.address}
        return found - {""}

    def _qualified(self, name: str, namespace: str) -> Iterator[str]:
        inside = namespace or "default"
        yield from (name, f"{name}.{inside}", f"{name}.{inside}.svc")
        yield from (f"{name}.{inside}.svc.{domain}" for domain in self.domains)

    def ports(self, pod: Pod) -> dict[int, int]:
        """The ports of Services of this pod alone that lead to another port of it."""
        found: dict[int, int] = {}
        for service in self.services:
            if [each.name for each in service.pods] != [pod.name] or not service.address:
                continue
            for item in items_of(at(service.manifest.item, "spec", "ports")):
                port, target = whole_number(text_at(item, "port")), self._target(item, pod)
                if port is not None and target is not None and port != target:
                    found[port] = target
        return found

    @staticmethod
    def _target(item: Item, pod: Pod) -> int | None:
        written = text_at(item, "targetPort") or text_at(item, "port")
        named = (
            port for each in pod.containers for port in items_of(at(each, "ports")) if text_at(port, "name") == written
        )
        return whole_number(next((text_at(port, "containerPort") for port in named), written))

    def resolve(self, name: str, namespace: str) -> str:
        """The address that a pod in this namespace gets for a name, empty where it gets none."""
        lowered = name.lower().rstrip(".")
        for pod in self.pods:
            if lowered == pod.name and pod.namespace == namespace:
                return self.addresses[pod.name]
            if pod.service and lowered in self._qualified(f"{pod.name}.{pod.service}", pod.namespace):
                return self.addresses[pod.name]
        for service in self.services:
            if lowered in self._qualified(service.manifest.name, service.manifest.namespace):
                return service.address or next((self.addresses[pod.name] for pod in service.pods), "")
        return ""

    def links(self, pod: Pod) -> Mapping[str, str]:
        """The variables that tell a pod of Services: ``NAME_SERVICE_HOST``, ``NAME_SERVICE_PORT`` and those of named ports."""
        found: dict[str, str] = {}
        if text_at(pod.spec, "enableServiceLinks") in ("no", "false"):
            return found
        for service in self.services:
            if not service.address or service.manifest.namespace != pod.namespace:
                continue
            begin = service.manifest.name.upper().replace("-", "_") + "_SERVICE_"
            found[f"{begin}HOST"] = service.address
            for number, item in enumerate(items_of(at(service.manifest.item, "spec", "ports"))):
                name = text_at(item, "name").upper().replace("-", "_")
                found |= {f"{begin}PORT": text_at(item, "port")} if not number else {}
                found |= {f"{begin}PORT_{name}": text_at(item, "port")} if name else {}
        return found
