"""The container of a start script, as its commands see it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_words import Unreadable, file_in

Output = tuple[bool, str]
"""Whether a command succeeded, and what it wrote."""


class Container(Protocol):
    """A container as its commands see it."""

    @property
    def files(self) -> ContainerFiles:
        """Its files."""
        ...

    @property
    def hostname(self) -> str:
        """Its own host name."""
        ...

    @property
    def address(self) -> str:
        """Its address."""
        ...

    @property
    def domain(self) -> str:
        """What follows its host name in its full one."""
        ...

    @property
    def user(self) -> str:
        """The number of the user that its scripts have."""
        ...

    @property
    def effort(self) -> Effort:
        """The limits of its scripts."""
        ...

    @property
    def ask(self) -> Callable[[Sequence[str]], str] | None:
        """Gives the answer of another server to the words of a question, empty where none answers; None where questions are passed over."""
        ...

    @property
    def resolve(self) -> Callable[[str], str]:
        """Gives the address of a name, or empty."""
        ...


Call = Callable[[Container, Mapping[str, str], Sequence[str], str], Output]


def known_text(container: Container, path: str) -> str:
    """Return the text of a file.

    :raises Unreadable: it is not known.
    """
    text = container.files.text(path) if path != "/dev/null" else ""
    if text is None:
        raise Unreadable(f"{file_in(path)}, which is not a file that its volumes provide")
    return text
