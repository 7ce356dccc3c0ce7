"""One container of a pod: its command line, variables and files, as a description that those who read containers understand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.kubernetes.cluster_names import DOMAIN
from jsquared.deployment.read.kubernetes.config_values import ConfigValues
from jsquared.deployment.read.kubernetes.manifests import at, items_of, text_at
from jsquared.deployment.read.kubernetes.pods import Pod
from jsquared.deployment.read.yaml.yaml_items import Item

MOST_MOUNTED = 16 << 20
"""Characters of the files that all containers together have mounted: one ConfigMap may be mounted again and again."""
MOST_EXPANDED = 1 << 20
_VARIABLE = re.compile(r"\$(\$)?\(([A-Za-z_][\w.-]*)\)")
_KEYS = {"entrypoint": "command", "command": "args", "environment": "env", "working_dir": "workingDir"}
_ALWAYS_READ_ONLY = ("configMap", "secret", "projected", "downwardAPI")
_LABEL = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


@dataclass
class PodFiles:
    """The volumes of one pod, which its containers share: what one writes there, the next one reads."""

    texts: dict[tuple[str, str], dict[PurePosixPath, str]] = field(default_factory=dict)

    def of(self, volume: str, folder: str) -> dict[PurePosixPath, str]:
        """The texts of a volume, or of a folder of it (``subPath``)."""
        return self.texts.setdefault((volume, folder), {})


@dataclass
class Totals:
    """The sizes of what all containers have so far."""

    mounted: int = 0
    expanded: int = 0


@dataclass
class PodContainer:
    """A container of a pod. ``links`` are the variables that tell of Services."""

    item: Item
    pod: Pod
    address: str
    values: ConfigValues
    shared: PodFiles
    totals: Totals
    links: Mapping[str, str] = field(default_factory=dict)
    _files: ContainerFiles | None = None
    hint: str = "kubectl exec POD -c CONTAINER -- cat FILE, into a folder of redis.conf and sentinel.conf"

    @property
    def name(self) -> str:
        """Its name."""
        return readable(text_at(self.item, "name", default="container"), 80)

    @property
    def title(self) -> str:
        """Its name with its pod's."""
        return f"container {self.name} of {readable(self.pod.name, 80)}"

    @property
    def image(self) -> str:
        """The image as written."""
        return text_at(self.item, "image")

    def place(self, key: str) -> str:
        """Return the path of a key's value."""
        return f"{self.pod.name}.{self.name}.{_KEYS.get(key, key)}"

    def has(self, key: str) -> bool:
        """True if something is written for a key."""
        return key != "build" and at(self.item, _KEYS.get(key, key)) is not None

    def item_of(self, key: str) -> Item:
        """Return the value of a key, or the container where there is none."""
        return at(self.item, _KEYS.get(key, key)) or self.item

    def word(self, key: str) -> str:
        """Return a single value, empty where there is none."""
        if key == "user":
            outer = text_at(self.pod.spec, "securityContext", "runAsUser")
            return text_at(self.item, "securityContext", "runAsUser") or outer
        if key == "domainname":
            return f"{self.pod.service}.{self.pod.namespace}.svc.{DOMAIN}" if self.pod.service else ""
        return self.pod.name if key == "hostname" else text_at(self.item, _KEYS.get(key, key))

    def words(self, key: str) -> tuple[str, ...] | None:
        """Return a command line with its ``$(VARIABLES)``, None where none is written."""
        item = at(self.item, _KEYS.get(key, key))
        if item is None:
            return None
        values = self.environment({})
        return tuple(self._expanded(each.text(), values) for each in items_of(item))

    def _expanded(self, text: str, values: Mapping[str, str]) -> str:
        def value_of(match: re.Match[str]) -> str:
            if match.group(1):
                return match.group().removeprefix("$")
            found = values.get(match.group(2), match.group())
            self.totals.expanded += len(found)
            if self.totals.expanded > MOST_EXPANDED:
                raise self.item.bad(f"variables expand to more than {MOST_EXPANDED} characters", "shorter values")
            return found

        return _VARIABLE.sub(value_of, text) if "$(" in text else text

    # -- variables

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Return its variables. ``outside`` has none of them."""
        found = {**self.links, "HOSTNAME": self.pod.name, **outside}
        for item in items_of(at(self.item, "envFrom")):
            found |= self._all_from(item)
        for item in items_of(at(self.item, "env")):
            value = self._value(item, found)
            if value is not None:
                found[text_at(item, "name")] = value
        return found

    def _all_from(self, item: Item) -> dict[str, str]:
        kind = "ConfigMap" if at(item, "configMapRef") is not None else "Secret"
        name = text_at(item, "configMapRef" if kind == "ConfigMap" else "secretRef", "name")
        content = self.values.all(kind, self.pod.namespace, name) or {}
        return {text_at(item, "prefix") + key: value for key, value in content.items()}

    def _value(self, item: Item, before: Mapping[str, str]) -> str | None:
        written = at(item, "value")
        if written is not None:
            return self._expanded(_as_written(written), before)
        source = at(item, "valueFrom")
        if source is None:
            return ""
        if (secret := at(source, "secretKeyRef")) is not None:
            return self._of_secret(secret)
        if (config := at(source, "configMapKeyRef")) is not None:
            return self.values.one("ConfigMap", self.pod.namespace, text_at(config, "name"), text_at(config, "key"))
        return self._field(text_at(source, "fieldRef", "fieldPath"))

    def _of_secret(self, reference: Item) -> str | None:
        name, key = text_at(reference, "name"), text_at(reference, "key")
        content = self.values.all("Secret", self.pod.namespace, name)
        if content is not None and key in content:
            return content[key]
        return None if text_at(reference, "optional") in ("yes", "true") else self.values.instead(name, key)

    def _field(self, path: str) -> str:
        labelled = _LABEL.fullmatch(path)
        if labelled:
            return self.pod.labels.get(labelled.group(2), "") if labelled.group(1) == "labels" else ""
        known = {
            "metadata.name": self.pod.name, "metadata.namespace": self.pod.namespace or "default", "status.podIP": self.address,
            "status.podIPs": self.address, "status.hostIP": self.address, "spec.nodeName": f"node-of-{self.pod.name}",
        }  # fmt: skip
        return known.get(path, "")

    # -- files

    def files(self) -> ContainerFiles:
        """Return the files that its volumes give it, the same at every call."""
        if self._files is None:
            self._files = ContainerFiles(workdir=self.word("working_dir") or "/data", reach=Reach())
            self._files.texts[PurePosixPath("/proc/sys/kernel/hostname")] = self.pod.name + "\n"
            if (
                root := at(self.item, "securityContext", "readOnlyRootFilesystem")
            ) is not None and root.text() == "yes":
                self._files.mount_points[PurePosixPath("/")] = _line("readOnlyRootFilesystem: true", root)
            volumes = {text_at(each, "name"): each for each in items_of(at(self.pod.spec, "volumes"))}
            for mount in items_of(at(self.item, "volumeMounts")):
                self._mount(mount, volumes, self._files)
        return self._files

    def _mount(self, mount: Item, volumes: Mapping[str, Item], files: ContainerFiles) -> None:
        name, folder = text_at(mount, "name"), files.inside(text_at(mount, "mountPath") or "/")
        inside = text_at(mount, "subPath")
        files.mount_points[folder] = _read_only(mount, volumes.get(name))
        contents = dict(self._contents(volumes[name])) if name in volumes else {}
        self.totals.mounted += sum(map(len, contents.values())) + 1
        if self.totals.mounted > MOST_MOUNTED:
            raise mount.bad(f"more than {MOST_MOUNTED} characters are mounted in all", "fewer mounts")
        if inside in contents:
            files.texts[folder] = contents[inside]
            return
        held = self.shared.of(name, inside)
        held |= {PurePosixPath(path): text for path, text in contents.items() if PurePosixPath(path) not in held}
        files.volumes[folder] = held

    def _contents(self, volume: Item) -> Iterator[tuple[str, str]]:
        """The files that a ConfigMap, a Secret or several of them put into a volume."""
        for kind, key, name_key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
            if (source := at(volume, key)) is not None:
                yield from self._chosen(kind, text_at(source, name_key), source)
        for each in items_of(at(volume, "projected", "sources")):
            for kind, key in (("ConfigMap", "configMap"), ("Secret", "secret")):
                if (source := at(each, key)) is not None:
                    yield from self._chosen(kind, text_at(source, "name"), source)

    def _chosen(self, kind: str, name: str, source: Item) -> Iterator[tuple[str, str]]:
        content = self.values.all(kind, self.pod.namespace, name)
        chosen = [(text_at(each, "key"), text_at(each, "path")) for each in items_of(at(source, "items"))]
        if content is None and kind == "Secret":
            content = {key: self.values.instead(name, key) for key, _ in chosen}
        paths = chosen or [(key, key) for key in content or {}]
        yield from ((path, (content or {})[key]) for key, path in paths if key in (content or {}))


def _read_only(mount: Item, volume: Item | None) -> Directive | None:
    """Return the line that makes a mount read-only, None where it can be written to; ConfigMaps, Secrets and their like always are."""
    key, place = at(mount, "readOnly"), at(mount, "mountPath") or mount
    if key is not None and key.text() == "yes":
        return _line("readOnly: true", key)
    if volume is not None and (kind := next((each for each in _ALWAYS_READ_ONLY if at(volume, each) is not None), "")):
        return _line(f"mountPath: {text_at(mount, 'mountPath')} ({kind})", place)
    return None


def _line(text: str, item: Item) -> Directive:
    return Directive((text,), item.source, item.line, text, item.path)


def _as_written(item: Item) -> str:
    """A variable's value: ``yes`` and ``true`` are the words that were written, since only quoted ones are allowed there."""
    node = item.node
    value = getattr(node, "value", "")
    return value if isinstance(value, str) else item.text()
