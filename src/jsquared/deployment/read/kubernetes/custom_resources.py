"""The custom resources of an operator: the manifests, and what the pods that it makes of them need."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jsquared.deployment.read.kubernetes.config_values import ConfigValues
from jsquared.deployment.read.kubernetes.hosts import Host
from jsquared.deployment.read.kubernetes.manifests import Manifest

REPLICAS = 3
"""Pods of a kind for which none is said, with both operators."""


@dataclass
class CustomResources(ABC):
    """The custom resources of one set of manifests.

    ``address`` gives a pod's, by its name; ``names`` those of a pod, by its name, service and namespace; ``notes`` takes what is not read.
    """

    manifests: list[Manifest]
    values: ConfigValues
    address: Callable[[str], str]
    names: Callable[[str, str, str], set[str]]
    notes: list[str]

    @abstractmethod
    def hosts(self) -> Iterator[Host]:
        """Yield the pods that the operator makes of them.

        :raises BadInputError: a resource cannot be followed.
        """
        ...

    def secret(self, manifest: Manifest, name: str, key: str) -> str:
        """A value of a Secret of the manifest's namespace, or what stands in its place."""
        found = self.values.one("Secret", manifest.namespace, name, key)
        return self.values.instead(name, key) if found is None else found
