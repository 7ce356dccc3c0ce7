"""The contents of ConfigMaps and Secrets, for variables and for files."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field

from jsquared.deployment.read.kubernetes.manifests import Manifest, at, texts_of

Key = tuple[str, str, str]
"""Kind, namespace and name of an object."""


@dataclass
class ConfigValues:
    """``missing`` are the Secrets' keys that are not in the manifests, with what stands in their place."""

    contents: dict[Key, dict[str, str]] = field(default_factory=dict)
    missing: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> "ConfigValues":
        """Read all ConfigMaps and Secrets.

        :raises BadInputError: data of a Secret is not base64.
        """
        found = {
            (each.kind, each.namespace, each.name): _secret(each)
            if each.kind == "Secret"
            else texts_of(at(each.item, "data"))
            for each in manifests
            if each.kind in ("ConfigMap", "Secret")
        }
        return cls(found)

    def all(self, kind: str, namespace: str, name: str) -> dict[str, str] | None:
        """The whole content of an object, None where it is not in the manifests."""
        found = self.contents.get((kind, namespace, name))
        return self.contents.get((kind, "", name)) if found is None and namespace else found

    def one(self, kind: str, namespace: str, name: str, key: str) -> str | None:
        """One value, None where there is none."""
        content = self.all(kind, namespace, name)
        return None if content is None else content.get(key)

    def instead(self, name: str, key: str) -> str:
        """A value in the place of a Secret's that is not in the manifests: the same wherever it is needed."""
        return self.missing.setdefault((name, key), f"made-up-{len(self.missing) + 1}-in-place-of-a-secret")

    def secrets(self) -> list[str]:
        """Return every value of every Secret."""
        return [
            value for (kind, _, _), content in self.contents.items() if kind == "Secret" for value in content.values()
        ]


def _secret(manifest: Manifest) -> dict[str, str]:
    out: dict[str, str] = {}
    data = at(manifest.item, "data")
    for key, value in data.mapping().items() if data is not None else ():
        if value.is_null:
            continue
        try:
            raw = base64.b64decode("".join(value.text().split()), validate=True)
        except (binascii.Error, ValueError) as problem:
            raise value.bad("is not base64, as the data of a Secret is", "stringData for plain text") from problem
        out[key] = raw.decode("utf-8", "replace")
    return out | texts_of(at(manifest.item, "stringData"))
