"""Refuses lines of a configuration that its engine does not take, before anything is started.

What is known of the engine's version (:mod:`jsquared.deployment.dialect`) says which lines are doubtful. These are given to the engine
itself, confined and for a few milliseconds: it reads a configuration, and ends at the first line that it refuses. So a line is refused
only if its engine refuses it, whatever version that is and however it was built. The last line of a question is one that no engine takes:
no server ever comes up.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.deployment.dialect.doubts import Doubt, doubts_about
from jsquared.deployment.model.directives import join_words
from jsquared.deployment.model.spec import Deployment
from jsquared.errors import BadInputError, EngineError
from jsquared.records.plan import Engine
from jsquared.running.engine import printed_by

NO_LINE = "jsquared-end-of-question"
"""No engine takes a line that begins so."""
_REFUSED = re.compile(r"^Reading the configuration file, at line (\d+)$", re.MULTILINE)

Words = Sequence[str]
Ask = Callable[[Engine, Sequence[Words], bool], int | None]
"""Asks an engine about lines, of a Sentinel or of a data node; see :func:`first_refused`."""


def first_refused(engine: Engine, lines: Sequence[Words], sentinel: bool) -> int | None:
    """Return the index of the first line that an engine refuses, their number if it takes all; None if it cannot be asked.

    A line about a monitored primary takes one that makes it monitored before it.
    """
    arguments = ["-", "--sentinel"] if sentinel else ["-"]
    try:
        given = question(lines, sentinel=sentinel)
        said = printed_by(Path(engine.path), "--engine", *arguments, given=given, libraries=engine.libraries)
    except (BadInputError, EngineError):
        return None
    return refused_in(said, len(lines))


def question(lines: Sequence[Words], *, sentinel: bool) -> bytes:
    """The configuration that asks about these lines."""
    end = ("sentinel", NO_LINE) if sentinel else (NO_LINE,)  # Sentinel looks at its own lines after all others
    return "\n".join([*map(join_words, lines), join_words(end), ""]).encode("utf-8", "surrogateescape")


def refused_in(said: str, count: int) -> int | None:
    """The index of the line that an engine refused, out of what it printed: ``count`` for the end of the question, None for neither."""
    found = _REFUSED.search(said)
    index = int(found[1]) - 1 if found else count + 1
    return index if 0 <= index <= count else None


def check_lines(deployment: Deployment, engine: Engine, *, ask: Ask = first_refused) -> None:
    """Refuse a deployment with a line that no server of this engine starts with.

    :param ask: how to ask the engine.
    :raises BadInputError: there is such a line; the error has its place, the reason and the nearest name.
    """
    refused = _refused(doubts_about(deployment.data, engine), (), engine, ask)
    if refused is None:
        doubts = doubts_about(deployment.sentinels, engine)
        refused = _refused(doubts, _monitors(deployment, doubts), engine, ask, sentinel=True)
    if refused is not None:
        raise refused.error()


def _refused(
    doubts: Sequence[Doubt], before: Sequence[Words], engine: Engine, ask: Ask, *, sentinel: bool = False
) -> Doubt | None:
    """The first doubt that the engine confirms; where it cannot be asked, what is known of its version decides."""
    asked = list({doubt.line.words: doubt for doubt in reversed(doubts)}.values())[::-1]
    if not asked:
        return None
    index = ask(engine, [*before, *(doubt.line.words for doubt in asked)], sentinel)
    if index is None:
        _, is_known = dialect_of(engine)
        return asked[0] if is_known else None
    return asked[index - len(before)] if len(before) <= index < len(before) + len(asked) else None


def _monitors(deployment: Deployment, doubts: Sequence[Doubt]) -> list[Words]:
    """Lines that make every primary monitored of which a Sentinel's lines speak, but for those whose own line is doubtful."""
    doubtful = {doubt.line for doubt in doubts}
    lines = [line for node in deployment.sentinels for line in node.all("sentinel monitor") if line not in doubtful]
    names = dict.fromkeys(line.arguments[0] for line in lines if line.arguments)
    return [("sentinel", "monitor", name, "127.0.0.1", "6379", "1") for name in names]
