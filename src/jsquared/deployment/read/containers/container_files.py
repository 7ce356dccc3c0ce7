"""The content of a container's file system, as far as its description says: mounted files and texts, and what its scripts write.

Everything else in it (the image's own files, named volumes) is not known, and asking for it says so.
"""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import LARGEST_BYTES
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.containers.shell_words import Unreadable, told
from jsquared.deployment.read.native.conf_files import native_text

MOST_WRITTEN = 4 * LARGEST_BYTES
"""So much a container's scripts may write: those that do more are no preparation of a configuration."""
LONGEST_PATH = 4096
"""PATH_MAX of Linux: no longer path can be asked for."""


@dataclass
class ContainerFiles:
    """Paths inside to paths on this machine (files or folders) or to texts; the longest path that fits counts.

    ``volumes`` are folders that others may have too: the path that each is mounted at, with its texts by their paths in it.
    ``denied`` maps paths inside that were asked for to paths on this machine that are out of reach, and so count as not known.
    """

    mounts: dict[PurePosixPath, Path] = field(default_factory=dict)
    texts: dict[PurePosixPath, str] = field(default_factory=dict)
    volumes: dict[PurePosixPath, dict[PurePosixPath, str]] = field(default_factory=dict)
    workdir: str = "/data"
    reach: Reach = field(default_factory=Reach)
    denied: dict[PurePosixPath, Path] = field(default_factory=dict)
    gone: set[PurePosixPath] = field(default_factory=set)
    """What scripts have removed of what is mounted."""
    mount_points: dict[PurePosixPath, Directive | None] = field(default_factory=dict)
    """Where something is mounted, ``/`` too, with the line that makes it read-only; None where it can be written to."""
    _written: int = 0

    def inside(self, path: str) -> PurePosixPath:
        """A path as the container's processes see it: absolute, without dots."""
        whole = PurePosixPath(self.workdir) / path
        parts: list[str] = []
        for part in whole.parts[1:]:
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        return PurePosixPath("/", *parts)

    def read_only(self, path: str) -> Directive | None:
        """Return the line that keeps every process from writing to a path, None where none is known: the nearest mount decides."""
        wanted = self.inside(path)
        nearest = next((each for each in (wanted, *wanted.parents) if each in self.mount_points), None)
        return None if nearest is None else self.mount_points[nearest]

    def _held(self, wanted: PurePosixPath) -> tuple[dict[PurePosixPath, str], PurePosixPath]:
        """Return the texts that a path belongs to, with its key in them."""
        if wanted not in self.texts:
            for mounted in (wanted, *wanted.parents) if self.volumes else ():
                if mounted in self.volumes:
                    return self.volumes[mounted], wanted.relative_to(mounted)
        return self.texts, wanted

    def on_disk(self, path: str) -> Path | None:
        """Where a path inside is on this machine, None where it is not, or only a text."""
        wanted = self.inside(path)
        held, key = self._held(wanted)
        if key in held or len(str(wanted)) > LONGEST_PATH:
            return None
        for mounted in (wanted, *wanted.parents):
            if mounted in self.gone:
                return None
            if mounted in self.mounts:
                here = self.mounts[mounted] / wanted.relative_to(mounted)
                if self.reach.leads_out(here):
                    self.denied[wanted] = here
                return here if self.reach.has(here) else None
        return None

    def text(self, path: str) -> str | None:
        """The text of a file inside, None where it is not known.

        :raises BadInputError: it is there and cannot be read.
        """
        wanted = self.inside(path)
        held, key = self._held(wanted)
        if key in held:
            return held[key]
        here = self.on_disk(path)
        return self.reach.text(here) if here is not None and not self.reach.is_folder(here) else None

    def native_text(self, path: str) -> str | None:
        """Return the text of a server's configuration inside, whose bytes need not be UTF-8; None where it is not known.

        :raises BadInputError: it is there and cannot be read.
        """
        here = self.on_disk(path)
        return (
            self.text(path) if here is None or self.reach.is_folder(here) else native_text(self.reach.data(here), here)
        )

    def knows(self, path: str) -> bool:
        """True if there is such a file or folder."""
        held, key = self._held(self.inside(path))
        return key in held or any(key in each.parents for each in held) or self.on_disk(path) is not None

    def is_folder(self, path: str) -> bool:
        """True if something is known below a path."""
        held, key = self._held(self.inside(path))
        here = self.on_disk(path)
        return any(key in each.parents for each in held) or (here is not None and self.reach.is_folder(here))

    def remove(self, path: str) -> None:
        """Remove a file or folder, or with ``/*`` what is in one, as the container's script does."""
        wanted = self.inside(path.removesuffix("/*"))
        held, key = self._held(wanted)
        for each in [each for each in held if key == each or key in each.parents]:
            del held[each]
        self.gone.add(wanted)

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Write a file, as the container's script does; nothing on this machine changes.

        :raises Unreadable: too much is written.
        """
        wanted = self.inside(path)
        text = text if path.endswith(".log") or path.startswith(("/dev/", "/proc/")) else told(text)
        before = (self.text(path) or "") if append else ""
        self._written += len(before) + len(text)
        if self._written > MOST_WRITTEN:
            raise Unreadable(f"it writes more than {MOST_WRITTEN} characters")
        held, key = self._held(wanted)
        held[key] = before + text

    def copy(self, source: str, target: str) -> bool:
        """Copy a file or folder; whether it is known."""
        found = self.on_disk(source)
        into = self.inside(target)
        if target.endswith("/") or ((here := self.on_disk(target)) is not None and self.reach.is_folder(here)):
            into = into / PurePosixPath(source).name
        if found is None and self.text(source) is None:
            return False
        held, key = self._held(into)
        held.pop(key, None)
        if found is None:
            held[key] = self.text(source) or ""
        else:
            self.mounts[into] = found
            self.gone.discard(into)
        return True
