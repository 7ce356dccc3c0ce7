"""Commands of a script that assign a variable or only wait, told apart before anything is run."""

import re
from collections.abc import Sequence

from jsquared.deployment.read.containers.shell_commands import FILTERS, HARMLESS
from jsquared.deployment.read.containers.shell_script import Command, Step
from jsquared.deployment.read.containers.shell_words import Word

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")


def assigned_name(word: Word) -> str:
    """The variable that a word assigns, empty where it assigns none."""
    first = word.parts[0] if word.parts else None
    match = ASSIGNMENT.match(first.text) if first is not None and first.kind == "text" and not first.quoted else None
    return match.group(1) if match else ""


def only_waits(steps: Sequence[Step]) -> bool:
    """True if a loop has only commands that wait or look around, and writes nothing."""
    for inner in [each for step in steps for each in step.pipeline[:1] + _unfiltered(step.pipeline[1:])]:
        words = [word.plain for word in inner.words]
        waits = inner.kind in ("simple", "test") and (not words or words[0] in (*HARMLESS, "echo", "[", "test"))
        written = [text.plain for operator, text in inner.redirections if ">" in operator]
        if not waits or any(text not in ("/dev/null", "1", "2") for text in written) or _assigns(inner):
            return False
    return True


def _unfiltered(commands: Sequence[Command]) -> list[Command]:
    """Commands behind a pipe that do more than looking at what comes in."""
    return [each for each in commands if each.redirections or not each.words or each.words[0].plain not in FILTERS]


def _assigns(command: Command) -> bool:
    return any(map(assigned_name, command.words))
