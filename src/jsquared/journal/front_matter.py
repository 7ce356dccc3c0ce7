"""Pages of a journal: Markdown with a head of plain values between two lines ``---``, as site generators and forges read it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.records.plan_files import write_atomically
from jsquared.records.private_files import make_private_folder
from jsquared.records.reading import read_bounded
from jsquared.records.run_directory import explain_write_errors
from jsquared.text import printable

LARGEST_PAGE_BYTES = 4 << 20
READABLE_FILE, READABLE_FOLDER = 0o644, 0o755
"""Pages hold no secret and belong in a repository that others read."""
FENCE = "---"
_PLAIN = re.compile(r"[A-Za-z0-9(](?:[A-Za-z0-9 _./()+<>=%-]|:(?=\S)){0,200}")
_NOT_PLAIN = {"yes", "no", "true", "false", "on", "off", "null", "y", "n"}

Value = str | list[str]


@dataclass(frozen=True)
class Page:
    """A page: its head, and the Markdown below it."""

    path: Path
    head: Mapping[str, Value]
    body: str

    def text(self, key: str) -> str:
        """A value of the head as one text; empty where it is missing."""
        value = self.head.get(key, "")
        return value if isinstance(value, str) else ", ".join(value)

    def list(self, key: str) -> list[str]:
        """A value of the head as a list; empty where it is missing."""
        value = self.head.get(key, [])
        return [value] if isinstance(value, str) and value else list(value)


def read_page(path: Path) -> Page:
    """Return a page.

    :raises BadInputError: it cannot be read, is not UTF-8, or its head is missing or malformed.
    """
    try:
        text = read_bounded(path, LARGEST_PAGE_BYTES).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInputError("is not UTF-8", where=str(path), hint="another encoding") from problem
    text = text.replace("\r\n", "\n")
    head, closed, body = text.removeprefix(f"{FENCE}\n").partition(f"\n{FENCE}\n")
    if not text.startswith(f"{FENCE}\n") or not closed:
        raise BadInputError("has no head", where=str(path), hint="values between two lines '---' at its beginning")
    return Page(path, dict(_values(parse_yaml(f"#\n{head}\n", Source(path.name, str(path))))), body.lstrip("\n"))


def _values(root: Item) -> Iterator[tuple[str, Value]]:
    for key, item in root.mapping().items():
        if item.is_list:
            yield key, [each.text() for each in item.items()]
        else:
            yield key, "" if item.is_empty else item.text()


def page_text(head: Mapping[str, Value], body: str) -> str:
    """Return a page as it is written."""
    lines = [f"{key}: {_written(value)}".replace(": \n", ":\n", 1) for key, value in head.items()]
    return "\n".join([FENCE, *lines, FENCE, "", body.strip("\n"), ""])


def _written(value: Value) -> str:
    if isinstance(value, str):
        return _scalar(value)
    if len(value) <= 1:
        return f"[{', '.join(map(_quoted, value))}]"
    return "".join(f"\n  - {_quoted(each)}" for each in value)


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _NOT_PLAIN
    return text if is_plain else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text as YAML's double-quoted form, which JSON's is a part of; what would hide or reorder is a visible escape."""
    return json.dumps(printable(text), ensure_ascii=False)


def write_page(path: Path, text: str) -> bool:
    """Write a page where it differs from what is there, for everyone to read; return whether it did.

    :raises RecordError: it cannot be written.
    """
    data = text.encode("utf-8", "backslashreplace")
    with explain_write_errors(path):
        if not path.is_symlink() and path.is_file() and path.read_bytes() == data:
            return False
        make_folder(path.parent)
        write_atomically(path, data)
        path.chmod(READABLE_FILE)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder of the journal for everyone to read; one that is there stays as it is.

    :raises OSError: it cannot be made.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    make_private_folder(folder, exist_ok=True)
    for each in made:
        each.chmod(READABLE_FOLDER)


def pages_in(folder: Path) -> Sequence[Path]:
    """Return the Markdown files directly in a folder, by name; none where there is no such folder."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))
