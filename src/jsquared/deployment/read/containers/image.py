"""The contents of an image, as far as its name tells: the official images of Redis and Valkey, and those of Bitnami."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

OFFICIAL = ("redis", "valkey", "redis-stack-server", "redis-stack")
SENTINEL_IMAGES = ("redis-sentinel", "valkey-sentinel")
ENTRYPOINT = "docker-entrypoint.sh"


@dataclass
class Image:
    """An image: ``name`` as written (empty: not known), its entrypoint and command (None: not known), and what it adds."""

    name: str
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    mounts: dict[PurePosixPath, Path] = field(default_factory=dict)
    workdir: str = ""
    unread: Path | None = None
    """Its Dockerfile, where that is out of reach."""

    @property
    def base(self) -> str:
        """Its name without registry, version and digest: ``redis-sentinel``."""
        return self.name.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()

    @property
    def version(self) -> str:
        """The version that its tag begins with, empty without one."""
        tag = self.name.partition("@")[0].rpartition("/")[2].partition(":")[2]
        found = re.match(r"\d[\d.]*", tag)
        return found.group() if found else ""

    @property
    def is_bitnami(self) -> bool:
        """True if it is configured by Bitnami's variables."""
        known = (*OFFICIAL, *SENTINEL_IMAGES)
        return self.base in known and ("bitnami" in self.name.lower() or self.base in SENTINEL_IMAGES)

    @property
    def is_server(self) -> bool:
        """True if it is an image of a Redis or Valkey server."""
        return self.base in (*OFFICIAL, *SENTINEL_IMAGES)


def plain_image(name: str, workdir: str) -> Image:
    """Return what is known of an image by its name alone."""
    image = Image(name)
    if image.is_server and not image.is_bitnami:
        image.entrypoint, image.command, image.workdir = (ENTRYPOINT,), ("redis-server",), workdir
    return image


def image_notes(images: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each image that is not run.

    :param images: those who use an image, with its name.
    """
    for image in dict.fromkeys(images.values()):
        users = ", ".join(name for name, other in images.items() if other == image)
        version = f" (version {Image(image).version})" if Image(image).version else ""
        yield f"Images: {image}{version} of {users} is not run; the run's engine replaces it."
