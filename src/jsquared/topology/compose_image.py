"""What an image brings along, as far as that is known: the official images, Bitnami's, and those that a Dockerfile beside makes of them."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.topology.compose_files import ContainerFiles
from jsquared.topology.compose_service import Service
from jsquared.topology.reach import Reach

OFFICIAL = ("redis", "valkey", "redis-stack-server", "redis-stack")
SENTINEL_IMAGES = ("redis-sentinel", "valkey-sentinel")
ENTRYPOINT = "docker-entrypoint.sh"
MOST_COPIED = 10_000
"""Characters of a COPY or ADD that are read."""
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]{0,255}))?\})")


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
        """Whether it is configured by Bitnami's variables."""
        known = (*OFFICIAL, *SENTINEL_IMAGES)
        return self.base in known and ("bitnami" in self.name.lower() or self.base in SENTINEL_IMAGES)

    @property
    def is_server(self) -> bool:
        """Whether it is an image of a Redis or Valkey server."""
        return self.base in (*OFFICIAL, *SENTINEL_IMAGES)


def image_of(service: Service) -> Image:
    """The image of a service, through its Dockerfile where it is built.

    :raises BadInputError: the Dockerfile cannot be read.
    """
    if service.has("build"):
        build = service.item_of("build")
        entry = build.mapping() if build.is_mapping else {}
        context = service.file.path(entry["context"].text() if "context" in entry else "." if entry else build.text())
        dockerfile = context / (entry["dockerfile"].text() if "dockerfile" in entry else "Dockerfile")
        reach = service.file.reach
        if reach.is_file(dockerfile):
            return _built(reach.text(dockerfile), context, reach)
        return Image(service.word("image"), unread=dockerfile if reach.leads_out(dockerfile) else None)
    image = Image(service.word("image"))
    if image.is_server and not image.is_bitnami:
        image.entrypoint, image.command = (ENTRYPOINT,), ("redis-server",)
    return image


def _built(text: str, context: Path, reach: Reach) -> Image:
    """What a Dockerfile makes: its last stage, on an image that is known or not."""
    image = Image("")
    arguments: dict[str, str] = {}
    joined = re.sub(r"\\[ \t]*\n", " ", text)
    for line in (line.strip() for line in joined.splitlines()):
        word, _, rest = line.partition(" ")
        rest = _filled(rest.strip(), arguments | image.environment)
        if word.upper() == "FROM":
            image = _base(next((part for part in rest.split() if not part.startswith("--")), ""))
        elif word.upper() == "ARG":
            name, _, value = rest.partition("=")
            arguments.setdefault(name, value.strip("\"'"))
        elif rest and not line.startswith("#"):
            _apply(image, word.upper(), rest, context, reach)
    return image


def _base(name: str) -> Image:
    image = Image(name)
    if image.is_server and not image.is_bitnami:
        image.entrypoint, image.command, image.workdir = (ENTRYPOINT,), ("redis-server",), "/data"
    return image


def _filled(text: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda m: values.get(m.group(1) or m.group(2), m.group(3) or m.group()), text)


def _apply(image: Image, word: str, rest: str, context: Path, reach: Reach) -> None:
    if word in ("COPY", "ADD"):
        _copy(image, rest, context, reach)
    elif word == "ENV":
        pairs = re.findall(r"\b(\w+)=(\"[^\"]*\"|'[^']*'|\S+)", rest) or [tuple(rest.split(None, 1))]
        image.environment |= {pair[0]: pair[1].strip("\"'") for pair in pairs if len(pair) == 2}
    elif word == "WORKDIR":
        image.workdir = str(PurePosixPath(image.workdir or "/") / rest)
    elif word == "ENTRYPOINT":
        image.entrypoint, image.command = _exec_form(rest), None
    elif word == "CMD":
        image.command = _exec_form(rest)


def _copy(image: Image, rest: str, context: Path, reach: Reach) -> None:
    if len(rest) > MOST_COPIED:
        return  # nobody writes that; and splitting it takes its time
    try:
        words = _exec_form(rest) if rest.startswith("[") else tuple(shlex.split(rest))
    except ValueError:
        return  # unbalanced quotes, which Docker refuses
    sources = [word for word in words if not word.startswith("--")]
    if any(word.startswith("--from") for word in words) or len(sources) < 2:
        return  # of another stage: not known
    target = sources.pop()
    into = ContainerFiles(workdir=image.workdir or "/").inside(target)
    for source in sources:
        here = context / source.lstrip("/")
        folder = target.endswith(("/", ".")) or len(sources) > 1
        image.mounts[into / here.name if folder and not reach.is_folder(here) else into] = here


def _exec_form(text: str) -> tuple[str, ...]:
    """A command as a list: of JSON, else what a shell makes of it."""
    if text.startswith("["):
        try:
            return tuple(str(word) for word in json.loads(text))
        except (ValueError, RecursionError):
            return ("sh", "-c", text)
    return ("sh", "-c", text)
