"""The images of a Compose file's services: those that are known by name, and those that a Dockerfile beside makes of them."""

import json
import re
import shlex
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.compose.compose_service import Service
from jsquared.deployment.read.compose.compose_yaml import MOST_FILLED
from jsquared.deployment.read.containers.container_files import LONGEST_PATH, ContainerFiles
from jsquared.deployment.read.containers.image import Image, plain_image
from jsquared.errors import BadInputError

MOST_COPIED = 10_000
"""Characters of a COPY or ADD that are read."""
MOST_SOURCES = 2000
_READ = frozenset({"FROM", "ARG", "ENV", "COPY", "ADD", "WORKDIR", "ENTRYPOINT", "CMD"})
"""The instructions that the configuration of a server can depend on; no other one is looked at."""
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]{0,255}))?\})")


@dataclass
class Images:
    """The images of one Compose file's services; each Dockerfile is read once, and all of them together have limits."""

    filled: int = 0
    """How many characters variables became so far."""
    copied: int = 0
    """How many sources were copied so far."""
    _built: dict[tuple[Path, Path], Image] = field(default_factory=dict)

    def of(self, service: Service) -> Image:
        """The image of a service, through its Dockerfile where it is built.

        :raises BadInputError: the Dockerfile cannot be read, or comes to too much.
        """
        if service.has("build"):
            build = service.item_of("build")
            entry = build.mapping() if build.is_mapping else {}
            written = entry["context"].text() if "context" in entry else "." if entry else build.text()
            context = service.project.path(written, build)
            dockerfile = context / (entry["dockerfile"].text() if "dockerfile" in entry else "Dockerfile")
            reach = service.project.reach
            if reach.is_file(dockerfile):
                return self._of_file(dockerfile, context, reach)
            return Image(service.word("image"), unread=dockerfile if reach.leads_out(dockerfile) else None)
        return plain_image(service.word("image"), "")

    def _of_file(self, dockerfile: Path, context: Path, reach: Reach) -> Image:
        place = dockerfile, context
        if place not in self._built:
            self._built[place] = _Dockerfile(dockerfile, context, reach, self).image()
        return self._built[place]


@dataclass
class _Dockerfile:
    """A Dockerfile as it is read: what its last stage makes, on an image that is known or not."""

    path: Path
    context: Path
    reach: Reach
    images: Images

    def image(self) -> Image:
        image = Image("")
        arguments: dict[str, str] = {}
        joined = re.sub(r"\\[ \t]*\n", " ", self.reach.text(self.path))
        for line in (line.strip() for line in joined.splitlines()):
            word, _, rest = line.partition(" ")
            word = word.upper()
            if word not in _READ:
                continue
            rest = self._filled(rest.strip(), ChainMap(image.environment, arguments))
            if word == "FROM":
                name = next((part for part in rest.split() if not part.startswith("--")), "")
                image = plain_image(name, "/data")
            elif word == "ARG":
                name, _, value = rest.partition("=")
                arguments.setdefault(name, value.strip("\"'"))
            elif rest:
                self._apply(image, word, rest)
        return image

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        """The text with its variables; how long they are is counted before the text is made."""

        def value_of(match: re.Match[str]) -> str:
            return values.get(match.group(1) or match.group(2), match.group(3) or match.group())

        for match in _VARIABLE.finditer(text):
            self.images.filled += len(value_of(match))
            if self.images.filled > MOST_FILLED:
                raise self._bad(f"variables expand to more than {MOST_FILLED} characters", "shorter values")
        return _VARIABLE.sub(value_of, text)

    def _apply(self, image: Image, word: str, rest: str) -> None:
        if word in ("COPY", "ADD"):
            self._copy(image, rest)
        elif word == "ENV":
            pairs = re.findall(r"\b(\w+)=(\"[^\"]*\"|'[^']*'|\S+)", rest) or [tuple(rest.split(None, 1))]
            image.environment |= {pair[0]: pair[1].strip("\"'") for pair in pairs if len(pair) == 2}
        elif word == "WORKDIR":
            image.workdir = str(PurePosixPath(image.workdir or "/") / rest)
            if len(image.workdir) > LONGEST_PATH:
                raise self._bad(f"a working folder of more than {LONGEST_PATH} characters", "a shorter one")
        elif word == "ENTRYPOINT":
            image.entrypoint, image.command = _exec_form(rest), None
        elif word == "CMD":
            image.command = _exec_form(rest)

    def _copy(self, image: Image, rest: str) -> None:
        if len(rest) > MOST_COPIED:
            return  # an implausible input; and splitting it takes time
        try:
            words = _exec_form(rest) if rest.startswith("[") else tuple(shlex.split(rest))
        except ValueError:
            return  # unbalanced quotes, which Docker refuses
        sources = [word for word in words if not word.startswith("--")]
        if any(word.startswith("--from") for word in words) or len(sources) < 2:
            return  # of another stage: not known
        target = sources.pop()
        into = ContainerFiles(workdir=image.workdir or "/").inside(target)
        self.images.copied += len(sources)
        if self.images.copied > MOST_SOURCES:
            raise self._bad(f"more than {MOST_SOURCES} files are copied", "copying a folder")
        for source in sources:
            here = self.context / source.lstrip("/")
            folder = target.endswith(("/", ".")) or len(sources) > 1
            image.mounts[into / here.name if folder and not self.reach.is_folder(here) else into] = here

    def _bad(self, what: str, hint: str) -> BadInputError:
        return BadInputError(what, where=readable(str(self.path), LONGEST_PLACE), hint=hint)


def _exec_form(text: str) -> tuple[str, ...]:
    """A command as a list: of JSON, else what a shell makes of it."""
    if text.startswith("["):
        try:
            return tuple(str(word) for word in json.loads(text))
        except (ValueError, RecursionError):
            return ("sh", "-c", text)
    return ("sh", "-c", text)
