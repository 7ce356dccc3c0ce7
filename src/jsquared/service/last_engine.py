"""The engine that the last run in a folder of run folders had, to notice when another one was chosen."""

import contextlib
import re
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.records.reading import read_bounded

_RUN_FOLDER = re.compile(r"\d{8}T\d{6}-")
_MOST_LOOKED_AT = 10


class _PlanOfEngine(msgspec.Struct):
    engine: Engine


def last_engine(out: Path) -> Engine | None:
    """Return the engine of the newest run folder there that can be read; None where there is none."""
    try:
        folders = [path for path in out.iterdir() if _RUN_FOLDER.match(path.name) and (path / "plan.json").exists()]
    except OSError:
        return None
    for folder in sorted(folders, key=lambda path: path.name, reverse=True)[:_MOST_LOOKED_AT]:
        with contextlib.suppress(BadInputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return msgspec.json.decode(read_bounded(folder / "plan.json"), type=_PlanOfEngine).engine
    return None
