"""Where the variables of a Compose file come from: the project's ``.env`` or ``--env-file``, then ``--env``; never the whole environment.

The environment of the process is that of a person or a CI job and holds what a stranger's file has no business to know.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.read.compose.compose_yaml import Variables, how_to_set, read_env
from jsquared.errors import BadInputError
from jsquared.text import counted, listed

MOST_NAMED = 5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables_for(folder: Path, reach: Reach, allowed: Allowed) -> dict[str, str]:
    """The variables of the Compose file in this folder.

    :raises BadInputError: a file cannot be read, or a variable of ``--env`` is not set or no name.
    """
    values: dict[str, str] = {}
    if allowed.env_files:
        for file in allowed.env_files:
            values |= read_env(read_given(Path(file)))
    elif reach.has(folder / ".env") or reach.leads_out(folder / ".env"):
        values |= read_env(reach.text(folder / ".env"))
    return values | dict(map(_passed, allowed.env))


def _passed(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not _NAME.fullmatch(name):
        begins = _begins_as_name(name)
        what = f"what begins with '{begins}'" if begins else "what it is given"
        raise BadInputError(f"{what} is not the name of a variable", where="--env", hint="NAME or NAME=VALUE")
    if not equals and name not in os.environ:
        shown = name if _begins_as_name(name) == name else ""
        what = f"{shown or 'a variable that it names'} is not set in the environment"
        raise BadInputError(what, where="--env", hint=f"--env {shown or 'NAME'}=VALUE")
    return name, value if equals else os.environ[name]


def _begins_as_name(text: str) -> str:
    """Return the part of a text that looks like a variable in capitals; the rest may be a password that was meant to be its value."""
    found = re.match(r"[A-Z_][A-Z0-9_]*(?![a-z])", text)
    return found.group()[:80] if found else ""


def _option(name: str) -> str:
    """How to pass a variable that the environment has; empty where it has none of that name."""
    return f"--env {name}" if name in os.environ else ""


def with_variables(problem: BadInputError, missing: Iterable[str]) -> BadInputError:
    """Return the error of a Compose file, which also names the variables that are not set: empty as they are, they may be its cause."""
    names = sorted(missing)
    if names:
        which = f"{listed(names[:MOST_NAMED])}{' …' if len(names) > MOST_NAMED else ''}"
        unset = f"{how_to_set(names[0])} ({which} {'is' if len(names) == 1 else 'are'} not set, so empty)"
        problem.hint = ", or ".join(filter(None, (unset, problem.hint)))
    return problem


def not_set(variables: Variables, passed: Iterable[str]) -> Iterator[str]:
    """Yield a sentence about variables that a file needs but that are not set; never a value.

    :param variables: after the file was filled in: what is missing is empty there.
    :param passed: those that it passes on, which containers do not have then: nothing is said about those that are not set.
    """
    missing = sorted(variables.missing)
    if missing:
        shown = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        yield f"Variables that are not set are empty, as in Compose: {shown}."
    if variables.unnamed:
        yield (
            f"{counted(variables.unnamed, 'variable')} without braces or capitals, not set, and empty, as in Compose; not named, "
            "since it may be part of a password. Write $$ for a plain dollar sign, ${NAME} for a variable."
        )
    wanted = sorted((set(missing) | set(passed)) - set(variables.values))
    if hints := [option for name in wanted if (option := _option(name))][:10]:
        yield f"The environment here has some of them, but is not passed on as a whole: {' '.join(hints)} passes them."
