"""The man page: the same commands and options as ``cli.md``, in roff. The wheel ships it under ``share/man/man1``."""

import re
from collections.abc import Iterator
from typing import Any

from jsquared._version import __version__
from jsquared.cli.main import command_line
from jsquared.reference.cells import cell

NOTE = '.\\" Generated from the code by scripts/docs: change the code, then run it.\n'
EXIT_CODES = (
    ("0", "Pass."),
    ("1", "Violated: the deployment does not keep what was asked of it."),
    ("2", "Bad usage or bad input; one line says what, where and what to try."),
    ("3", "Inconclusive: nothing was proven."),
    ("4", "The lab itself failed, so nothing is said about the deployment."),
    ("130", "Interrupted, and cleaned up."),
)
FILES = (
    (
        "jsquared.toml",
        "What a team always passes, and its own rules for runs; also as [tool.jsquared] in pyproject.toml.",
    ),
    ("runs/", "Where run folders are created, unless --out or the settings say otherwise."),
    ("~/.cache/jsquared", "Fetched programs and the index of run folders ($XDG_CACHE_HOME)."),
)
_EXAMPLE = re.compile(r"^(?:Examples?:\s*)?(jsquared .*)$")


def page() -> str:
    """Return the page with every command, its options and its examples."""
    group = command_line()
    context = group.make_context("jsquared", [], resilient_parsing=True)
    return "\n".join([*_head(group, context), *_commands(group, context), *_tail()]) + "\n"


def escaped(text: object) -> str:
    """Return a text on one line in which roff finds nothing to obey."""
    line = " ".join(str(text).split()).replace("\\", "\\(rs").replace("-", "\\-")
    line = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in line)
    return f"\\&{line}" if line[:1] in (".", "'") else line


def _head(group: Any, context: Any) -> Iterator[str]:
    summary = (group.help or "").partition("\n")[0].strip()
    yield f'.TH JSQUARED 1 "" "jsquared {escaped(__version__)}" "User Commands"'
    yield from (".SH NAME", f"jsquared \\- {escaped(summary.rstrip('.'))}")
    yield from (".SH SYNOPSIS", ".B jsquared", "[\\-\\-version] [\\-\\-help]", ".I COMMAND", "[\\fIARGUMENTS\\fR]")
    yield from (".SH DESCRIPTION", escaped(summary))
    yield escaped("Every command explains itself with --help. Most print one JSON document on stdout with --json.")
    yield ".SH OPTIONS"
    yield from _options(group, context)


def _commands(group: Any, context: Any, words: str = "") -> Iterator[str]:
    if not words:
        yield ".SH COMMANDS"
    for name, command in group.commands.items():
        typed = f"{words}{name}"
        if hasattr(command, "commands"):
            yield from _commands(command, context, f"{typed} ")
        else:
            yield f".SS jsquared {escaped(typed)}"
            yield from _explained(command.help or "")
            yield from _options(command, context)


def _explained(text: str) -> Iterator[str]:
    """A command's help as paragraphs, with its examples as they are typed."""
    paragraphs = [cell(paragraph).replace("\\|", "|") for paragraph in text.strip().split("\n\n")]
    begun = False
    for paragraph in paragraphs:
        if example := _EXAMPLE.match(paragraph):
            yield from (".PP", ".EX", escaped(example[1]), ".EE")
        elif paragraph.rstrip(":") not in ("Example", "Examples"):
            yield from ([".PP"] if begun else [])
            yield escaped(paragraph)
        begun = True


def _options(command: Any, context: Any) -> Iterator[str]:
    for parameter in command.params:
        if record := parameter.get_help_record(context):
            names, meaning = record
            yield from (".TP", f".B {escaped(names)}", escaped(meaning) or "\\&")


def _tail() -> Iterator[str]:
    for heading, rows in (("EXIT STATUS", EXIT_CODES), ("FILES", FILES)):
        yield f".SH {heading}"
        for name, meaning in rows:
            yield from (".TP", f".B {escaped(name)}", escaped(meaning))
    yield from (".SH SEE ALSO", ".BR redis\\-server (1),", ".BR redis\\-sentinel (1),", ".BR valkey\\-server (1)")
