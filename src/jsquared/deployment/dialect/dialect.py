"""The dialects: for each version of an engine that was asked, every directive with its values, and every setting of Sentinel.

``scripts/directives`` makes the files in ``engines/`` from the engines' own answers, and tests/contracts holds them against the engines.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jsquared.deployment.dialect.settings import SETTINGS
from jsquared.deployment.dialect.values import Shape
from jsquared.deployment.model.directives import canonical
from jsquared.records.plan import Engine

OF_A_MODULE = "module.setting"
"""Stands in the files for every ``<module>.<setting>``."""
SENTINEL = "sentinel "
"""Begins the lines of the files that name a setting of Sentinel."""
OF_A_BUILD = "tls-"
"""Begins the names of directives that the same version knows or not, depending on how it was built."""


@dataclass(frozen=True)
class Dialect:
    """The configuration that one version of an engine takes: ``directives`` by their names in lower case, ``settings`` of Sentinel."""

    engine: str
    version: tuple[int, ...]
    directives: Mapping[str, Shape]
    settings: frozenset[str]

    @property
    def name(self) -> str:
        """The engine and its version, such as ``Redis 7.0``."""
        return f"{self.engine.title()} {'.'.join(map(str, self.version))}"

    def shape(self, name: str) -> Shape | None:
        """The values of a directive, None where this version knows no such directive."""
        found = self.directives.get(OF_A_MODULE if "." in name else name)
        if found is None and name.startswith(OF_A_BUILD) and not self._knows_tls:
            return next(filter(None, (other.directives.get(name) for other in dialects())), None)
        return found

    @property
    def _knows_tls(self) -> bool:
        return any(name.startswith(OF_A_BUILD) for name in self.directives)

    def knows(self, name: str, *, setting: bool) -> bool:
        """True if it has a directive, or a setting of Sentinel, of that name."""
        return name in self.settings if setting else self.shape(name) is not None


def parse(name: str, text: str) -> Dialect:
    """The dialect of a file called ``redis-7.0``.

    :raises ValueError: a line is wrong.
    """
    engine, _, version = name.partition("-")
    entries = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    settings = frozenset(shape for word, shape in entries if word == SENTINEL.strip())
    if unknown := settings - SETTINGS.keys():
        raise ValueError(f"{name}: unknown settings {', '.join(sorted(unknown))}")
    shapes = {word: Shape.parse(shape) for word, shape in entries if word != SENTINEL.strip()}
    return Dialect(engine, _numbers(version), shapes, settings)


@cache
def dialects() -> tuple[Dialect, ...]:
    """Every dialect, by engine and version."""
    folder = resources.files(__package__) / "engines"
    files = [file for file in folder.iterdir() if file.name.endswith(".txt")]
    read = [parse(file.name.removesuffix(".txt"), file.read_text(encoding="utf-8")) for file in files]
    return tuple(sorted(read, key=lambda dialect: (dialect.engine, dialect.version)))


def dialect_of(engine: Engine) -> tuple[Dialect, bool]:
    """The dialect of an engine, and True; of a version that was never asked the nearest older one, else the oldest, and False."""
    version = _numbers(engine.version)[:2]
    family = [dialect for dialect in dialects() if dialect.engine == engine.name]
    older = [dialect for dialect in family if dialect.version <= version]
    nearest = older[-1] if older else (family or dialects())[0]
    return nearest, nearest.engine == engine.name and nearest.version == version


def others_with(name: str, own: Dialect, *, setting: bool) -> Iterator[Dialect]:
    """The dialects besides this one that know a name, those of the same engine first."""
    rest = sorted(dialects(), key=lambda dialect: dialect.engine != own.engine)
    return (dialect for dialect in rest if dialect is not own and dialect.knows(name, setting=setting))


@cache
def all_directives() -> frozenset[str]:
    """The names of all directives of all versions, aliases under one name."""
    return frozenset(canonical(name) for dialect in dialects() for name in dialect.directives if name != OF_A_MODULE)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def file_text(about: str, shapes: Mapping[str, str], settings: Iterable[str]) -> str:
    """The text of a file in ``engines/``; ``about`` is its first line."""
    lines = [f"{name}  {shape}" for name, shape in sorted(shapes.items())]
    return "\n".join([f"# {about}", *lines, *(f"{SENTINEL}{name}" for name in sorted(settings)), ""])
