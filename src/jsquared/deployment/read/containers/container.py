"""The description of a container: what those who read it may ask, whichever format it is written in."""

from collections.abc import Mapping
from typing import Protocol

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.yaml.yaml_items import Item


class ContainerDescription(Protocol):
    """A container. Keys are those of a Compose service: ``entrypoint``, ``command``, ``environment``, ``image``, ``hostname``."""

    @property
    def name(self) -> str:
        """Its own name."""
        ...

    @property
    def title(self) -> str:
        """Its name with its kind, as messages use it: ``service redis``."""
        ...

    @property
    def hint(self) -> str:
        """A way to write a start that can be read."""
        ...

    @property
    def item(self) -> Item:
        """Its place in the file."""
        ...

    def place(self, key: str) -> str:
        """Return the path of a key's value in the file."""
        ...

    def has(self, key: str) -> bool:
        """True if something is written for a key."""
        ...

    def item_of(self, key: str) -> Item:
        """Return the value of a key, or the container where there is none."""
        ...

    def word(self, key: str) -> str:
        """Return a single value, empty where there is none."""
        ...

    def words(self, key: str) -> tuple[str, ...] | None:
        """Return a command line as a list, None where none is written.

        :raises BadInputError: it cannot be split into words.
        """
        ...

    def environment(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Return its variables. One without a value has that of ``outside``."""
        ...

    def files(self) -> ContainerFiles:
        """Return the files that its description gives it.

        :raises BadInputError: a source of one does not exist.
        """
        ...
