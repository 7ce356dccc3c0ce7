"""The copy of manifests that a run folder keeps: without the values of Secrets, whose base64 would give away what is masked elsewhere."""

from collections.abc import Iterable, Iterator

import yaml

from jsquared.deployment.read.kubernetes.manifests import Manifest, at
from jsquared.deployment.read.yaml.yaml_items import Item

HIDDEN = '"<secret>"'


def without_secrets(text: str, manifests: Iterable[Manifest]) -> str:
    """The text of one file without the data of its Secrets, and without their annotations, which may repeat it.

    :param manifests: the objects in it.
    """
    spans = sorted({span for each in manifests if each.kind == "Secret" for span in _spans(each)})
    out, done = [], 0
    for start, end in spans:
        if start < done:
            continue
        written = text[start:end]
        out += [text[done:start], HIDDEN, "\n" if written.endswith("\n") else ""]
        done = end
    return "".join([*out, text[done:]])


def _spans(manifest: Manifest) -> Iterator[tuple[int, int]]:
    for path in (("data",), ("stringData",), ("metadata", "annotations")):
        yield from _scalars(at(manifest.item, *path))


def _scalars(item: Item | None) -> Iterator[tuple[int, int]]:
    if item is None or not item.is_mapping:
        return
    for value in item.mapping().values():
        node = value.node
        if isinstance(node, yaml.ScalarNode) and node.end_mark.index > node.start_mark.index:
            yield node.start_mark.index, node.end_mark.index
