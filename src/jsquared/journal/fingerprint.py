"""The configuration that a trial ran, as its run folder keeps it: its texts, and one short name for all of it, the fingerprint.

Two trials have the same fingerprint where they ran the same lines on the same hosts: neither the engine's version nor the load, the seed
or the place where it ran count, nor do comments and passwords (which a run folder does not have: it has marks).
"""

import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.input_copies import MANIFEST
from jsquared.records.plan import Plan
from jsquared.records.plan_check import is_file_name
from jsquared.records.reading import ANOTHER, read_bounded
from jsquared.records.shown_files import LARGEST_SHOWN_BYTES, MOST_SHOWN_BYTES, MOST_SHOWN_FILES

DIGITS = 12
"""Of the fingerprint: two configurations of a team share one by chance once in 10^14."""


def input_texts(folder: Path) -> dict[str, str]:
    """Return the configuration as given, by the names that its user knows; empty where the folder keeps none.

    :raises BadInputError: it is damaged, too large, or behind a link.
    """
    config = folder / "config"
    inputs = config / "input"
    if any(path.is_symlink() for path in (config, inputs)):
        raise BadInputError("is a link, which is not followed", where=str(inputs), hint=ANOTHER)
    if not (inputs / MANIFEST).exists():
        return {}
    names = _manifest(inputs / MANIFEST)
    texts: dict[str, str] = {}
    left = MOST_SHOWN_BYTES
    for file, name in names.items():
        if not is_file_name(file):
            raise BadInputError(
                "damaged: it names a file outside its folder", where=str(inputs / MANIFEST), hint=ANOTHER
            )
        data = read_bounded(inputs / file, min(left, LARGEST_SHOWN_BYTES))
        left -= len(data)
        texts[name] = data.decode("utf-8", "replace")
    return texts


def _manifest(path: Path) -> dict[str, str]:
    try:
        names = msgspec.json.decode(read_bounded(path, LARGEST_SHOWN_BYTES), type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadInputError(f"damaged: {problem}", where=str(path), hint=ANOTHER) from problem
    if len(names) > MOST_SHOWN_FILES:
        raise BadInputError(f"more than {MOST_SHOWN_FILES:,} files", where=str(path), hint=ANOTHER)
    return names


def fingerprint(plan: Plan, texts: dict[str, str]) -> str:
    """Return the short name of a configuration: 12 hexadecimal digits of a SHA-256 over all that makes a difference."""
    whole: dict[str, Any] = {
        "texts": {name: effective_lines(text) for name, text in sorted(texts.items())},
        "changes": [*overrides(plan), *_values(plan, "--floating")],
        "nodes": sorted(
            (node.name, node.host, node.role, node.master_name, node.initial_primary) for node in plan.nodes
        ),
    }
    data = json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def effective_lines(text: str) -> list[str]:
    """Return the lines of a configuration without comments, empty lines and white space at either end.

    Indentation stays: YAML files mean something by it.
    """
    lines = (line.rstrip() for line in text.splitlines())
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def overrides(plan: Plan) -> list[str]:
    """Return the directives that the command line changed, with marks for secrets."""
    return _values(plan, "--with")


def _values(plan: Plan, wanted: str) -> list[str]:
    return [value for option, value in itertools.pairwise(plan.command) if option == wanted]
