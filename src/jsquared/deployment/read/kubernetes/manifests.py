"""Kubernetes objects as ``helm template`` and ``kubectl get -o yaml`` print them: several documents, lists of objects, JSON."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.read.yaml.yaml_items import Item, parse_documents
from jsquared.errors import BadInputError

LARGEST_MANIFESTS = 512 << 10
"""Characters of all files together: a namespace with one deployment has a tenth of them."""
MOST_OBJECTS = 2000
_DEEPEST_LIST = 3
_TOP = re.compile(r"""^(?:-\s+)?["']?(apiVersion|kind)["']?\s*:""", re.MULTILINE)
_JSON_TOP = re.compile(r'^\s*\{\s*"(apiVersion|kind|items)"\s*:')


@dataclass(frozen=True)
class Manifest:
    """One object. ``namespace`` is empty where none is written: that of whoever applies it."""

    kind: str
    name: str
    namespace: str
    item: Item

    @property
    def shown(self) -> str:
        """Its kind and name, as messages have it."""
        return readable(f"{self.kind} {self.name}", 150)

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return texts_of(at(self.item, "metadata", "labels"))

    @property
    def owners(self) -> list[tuple[str, str]]:
        """The kind and name of each object that made it."""
        found = items_of(at(self.item, "metadata", "ownerReferences"))
        return [(text_at(each, "kind"), text_at(each, "name")) for each in found]


def at(item: Item | None, *keys: str) -> Item | None:
    """The value below these keys, None where there is none.

    :raises BadInputError: a key is given twice.
    """
    for key in keys:
        if item is None or not item.is_mapping:
            return None
        item = item.mapping().get(key)
    return None if item is None or item.is_null else item


def text_at(item: Item | None, *keys: str, default: str = "") -> str:
    """A single value below these keys.

    :raises BadInputError: it is a list or a mapping.
    """
    found = at(item, *keys)
    return default if found is None else found.text()


def items_of(item: Item | None) -> list[Item]:
    """The entries of a list, none where there is none.

    :raises BadInputError: it is no list.
    """
    return [] if item is None else item.items()


def texts_of(item: Item | None) -> dict[str, str]:
    """The entries of a mapping that are single values.

    :raises BadInputError: it is no mapping.
    """
    if item is None:
        return {}
    return {key: value.text() for key, value in item.mapping().items() if not value.is_null}


def is_manifests(text: str) -> bool:
    """True if a text looks like Kubernetes objects: ``apiVersion`` and ``kind`` at the top, or a list of such objects in JSON."""
    return {"apiVersion", "kind"} <= set(_TOP.findall(text)) or _JSON_TOP.match(text) is not None


def parse_manifests(texts: Sequence[tuple[str, Source]]) -> list[Manifest]:
    """The objects of these files, in order.

    :raises BadInputError: malformed, or too many.
    """
    found: list[Manifest] = []
    left = LARGEST_MANIFESTS
    for text, source in texts:
        for document in parse_documents(text, source, max(0, left)):
            for manifest in _objects(document, "", 0):
                found.append(manifest)
                if len(found) > MOST_OBJECTS:
                    hint = "kubectl get with -n NAMESPACE and -l app.kubernetes.io/instance=RELEASE"
                    raise BadInputError(f"more than {MOST_OBJECTS} objects", where=source.path, hint=hint)
        left -= len(text)
    return found


def _objects(item: Item, namespace: str, depth: int) -> Iterator[Manifest]:
    if not item.is_mapping:
        raise item.bad(
            "must be a Kubernetes object, with apiVersion and kind", "what helm template or kubectl get -o yaml print"
        )
    kind = text_at(item, "kind")
    if (kind.endswith("List") and at(item, "items") is not None) or (not kind and at(item, "items") is not None):
        if depth > _DEEPEST_LIST:
            raise item.bad("lists of lists of objects", "one list")
        for each in items_of(at(item, "items")):
            yield from _objects(each, namespace, depth + 1)
        return
    name = text_at(item, "metadata", "name")
    if kind:
        yield Manifest(kind, name, text_at(item, "metadata", "namespace", default=namespace), item)
