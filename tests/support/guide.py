"""A guide for newcomers, followed in a copy of the source tree: its files are created, its changes made, its commands run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "docs", "scripts", "benchmarks", "pyproject.toml", *(path.name for path in ROOT.glob("*.md")))
BLOCK = re.compile(r"^```(?P<kind>python|diff|text)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"`([\w./-]+\.(?:py|md))`")
PROGRAMS = {
    "jsquared": ("-m", "jsquared"),
    "scripts/docs": ("-m", "jsquared.reference", "docs/reference"),
    "scripts/test": ("-m", "pytest", "-q", "-p", "no:cacheprovider"),
    "ruff": ("-m", "ruff"),
}
"""What the first word of a command stands for here, where the environment of the tests is used."""
LIMIT_S = 300


@dataclass(frozen=True)
class Guide:
    """A page of docs/guides, and the copy in which it is followed."""

    page: Path
    tree: Path

    @staticmethod
    def copied(tree: Path) -> Path:
        """Copy the source tree, and give the copy.

        Compiled modules are copied too: they hold for the copies, which keep the time of the sources. Other tests may be compiling; what
        they have not finished is left out.
        """
        for each in COPIED:
            source = ROOT / each
            if source.is_dir():
                shutil.copytree(source, tree / each, ignore=shutil.ignore_patterns("*.pyc.*"))
            else:
                tree.mkdir(exist_ok=True)
                shutil.copy(source, tree / each)
        return tree

    @classmethod
    def followed(cls, name: str, tree: Path) -> "Guide":
        """Create the files of the page in a copy of the source tree, and make its changes there."""
        guide = cls(ROOT / "docs" / "guides" / name, tree)
        guide._follow()
        return guide

    @cached_property
    def _text(self) -> str:
        return self.page.read_text(encoding="utf-8")

    @property
    def created(self) -> list[str]:
        """Return the files that the page creates."""
        return [self._named_before(block) for block in BLOCK.finditer(self._text) if block["kind"] == "python"]

    def _named_before(self, block: re.Match[str]) -> str:
        return str(PATH.findall(self._text[: block.start()])[-1])

    @property
    def commands(self) -> list[str]:
        """Return the command lines that the page shows, in order."""
        return [
            line
            for block in BLOCK.finditer(self._text)
            if block["kind"] == "text"
            for line in block["text"].splitlines()
        ]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command line of the page in the copy."""
        first, *arguments = shlex.split(command)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
        return subprocess.run(
            [sys.executable, *PROGRAMS[first], *arguments],
            cwd=self.tree,
            env={**environment, "PYTHONPATH": str(self.tree / "src")},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def _follow(self) -> None:
        """Each block of Python is the file that was named last before it, and each diff is made there."""
        for block in BLOCK.finditer(self._text):
            if block["kind"] == "text":
                continue
            file = self.tree / self._named_before(block)
            if block["kind"] == "python":
                assert not file.exists(), f"{file.name} is there already: choose another example"
                file.write_text(block["text"], encoding="utf-8")
            else:
                file.write_text(changed(file.read_text(encoding="utf-8"), block["text"]), encoding="utf-8")


def merged(commands: Iterable[str]) -> list[str]:
    """Return the commands that write pages and run tests, each once: those with words for the same test files (``-k``) as one."""
    words: dict[str, list[str]] = {}
    for command in commands:
        if not command.startswith("jsquared"):
            files, _, chosen = command.partition(" -k ")
            words.setdefault(files, []).extend(shlex.split(chosen))
    return [
        f"{files} -k {shlex.quote(' or '.join(f'({each})' for each in chosen))}" if chosen else files
        for files, chosen in words.items()
    ]


def changed(text: str, diff: str) -> str:
    """Return a text after a change that is written as lines beginning with a space, a minus or a plus."""
    lines = diff.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, f"not there once: {before}"
    return text.replace(before, after)
