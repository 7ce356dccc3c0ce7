"""The pods that StatefulSets and Deployments make, and those that stand for themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jsquared.deployment.read.kubernetes.manifests import Manifest, at, items_of, text_at, texts_of
from jsquared.deployment.read.yaml.yaml_items import Item

MOST_REPLICAS = 16
MOST_PODS = 100
_INSTANCE = (
    "app.kubernetes.io/instance",
    "release",
    "redisfailovers.databases.spotahome.com/name",
    "app.kubernetes.io/name",
    "app",
)


@dataclass(frozen=True)
class Pod:
    """A pod. ``spec`` and ``labels`` are those of its template, ``service`` the one that names it, ``index`` its number in its workload.

    ``ordered``: it is started when those before it are ready.
    """

    name: str
    namespace: str
    labels: dict[str, str]
    spec: Item
    workload: Manifest
    index: int = 0
    service: str = ""
    ordered: bool = False
    address: str = ""
    """Its address in the cluster, where the manifests have the running pod."""

    @property
    def release(self) -> str:
        """The name of what it belongs to: a Helm release, or what an operator was asked for."""
        labels = {**self.labels, **self.workload.labels}
        return next((labels[label] for label in _INSTANCE if labels.get(label)), self.workload.name)

    @property
    def containers(self) -> list[Item]:
        """Its containers."""
        return items_of(at(self.spec, "containers"))

    @property
    def init_containers(self) -> list[Item]:
        """The containers that run one after the other before the others start."""
        return items_of(at(self.spec, "initContainers"))


def pods_of(manifests: Sequence[Manifest]) -> list[Pod]:
    """Every pod, in the order of the file.

    :raises BadInputError: a number of replicas is no number, or there are too many pods.
    """
    running = {(each.namespace, each.name): each for each in manifests if each.kind == "Pod"}
    found: list[Pod] = []
    for manifest in manifests:
        for pod in _pods(manifest, running):
            found.append(pod)
            if len(found) > MOST_PODS:
                raise manifest.item.bad(f"more than {MOST_PODS} pods", "the manifests of one release")
    return found


def _pods(manifest: Manifest, running: dict[tuple[str, str], Manifest]) -> Iterator[Pod]:
    if manifest.kind == "Pod" and not manifest.owners:
        spec = at(manifest.item, "spec")
        if spec is not None:
            address = text_at(manifest.item, "status", "podIP")
            service = text_at(spec, "subdomain")
            yield Pod(
                manifest.name, manifest.namespace, manifest.labels, spec, manifest, service=service, address=address
            )
    if manifest.kind not in ("StatefulSet", "Deployment"):
        return
    spec = at(manifest.item, "spec", "template", "spec")
    if spec is None:
        return
    item = at(manifest.item, "spec", "replicas")
    replicas = 1 if item is None else item.integer(0, MOST_REPLICAS)
    first = at(manifest.item, "spec", "ordinals", "start")
    start = 0 if first is None else first.integer(0, 1_000_000)
    stateful = manifest.kind == "StatefulSet"
    for index in range(replicas):
        name = f"{manifest.name}-{start + index}"
        labels = texts_of(at(manifest.item, "spec", "template", "metadata", "labels"))
        if stateful:
            labels |= {"statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": str(start + index)}
        itself = running.get((manifest.namespace, name)) if stateful else None
        yield Pod(
            name,
            manifest.namespace,
            labels,
            spec,
            manifest,
            index,
            text_at(manifest.item, "spec", "serviceName"),
            stateful
            and text_at(manifest.item, "spec", "podManagementPolicy", default="OrderedReady") == "OrderedReady",
            text_at(itself.item, "status", "podIP") if itself else "",
        )
