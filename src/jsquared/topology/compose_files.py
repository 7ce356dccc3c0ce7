"""What a container's file system holds, as far as a Compose file says: bind mounts, configs, secrets, and what its script writes.

Everything else in it (the image's own files, named volumes) is not known, and asking for it says so.
"""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.topology.files import is_there, read_text


@dataclass
class ContainerFiles:
    """Paths inside to paths on this machine (files or folders) or to texts; the longest path that fits counts."""

    mounts: dict[PurePosixPath, Path] = field(default_factory=dict)
    texts: dict[PurePosixPath, str] = field(default_factory=dict)
    workdir: str = "/data"

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

    def on_disk(self, path: str) -> Path | None:
        """Where a path inside is on this machine, None where it is not, or only a text."""
        wanted = self.inside(path)
        if wanted in self.texts:
            return None
        for mounted in sorted(self.mounts, key=lambda each: len(each.parts), reverse=True):
            if wanted == mounted or mounted in wanted.parents:
                here = self.mounts[mounted] / wanted.relative_to(mounted)
                return here if is_there(here) else None
        return None

    def text(self, path: str) -> str | None:
        """The text of a file inside, None where it is not known.

        :raises BadInputError: it is there and cannot be read.
        """
        wanted = self.inside(path)
        if wanted in self.texts:
            return self.texts[wanted]
        here = self.on_disk(path)
        return read_text(here) if here is not None and not here.is_dir() else None

    def knows(self, path: str) -> bool:
        """Whether there is such a file or folder."""
        return self.inside(path) in self.texts or self.on_disk(path) is not None

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Write a file, as the container's script does; nothing on this machine changes."""
        wanted = self.inside(path)
        before = (self.text(path) or "") if append else ""
        self.texts[wanted] = before + text

    def copy(self, source: str, target: str) -> bool:
        """Copy a file or folder; whether it is known."""
        found = self.on_disk(source)
        into = self.inside(target)
        if target.endswith("/") or ((here := self.on_disk(target)) is not None and here.is_dir()):
            into = into / PurePosixPath(source).name
        if found is None and self.text(source) is None:
            return False
        self.texts.pop(into, None)
        if found is None:
            self.texts[into] = self.text(source) or ""
        else:
            self.mounts[into] = found
        return True
