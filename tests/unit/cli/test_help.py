"""The help: whole sentences, ``-h`` everywhere, and sentences that are those of the commands."""

import inspect
import re
from collections import Counter

import pytest
import typer

from jsquared.cli.main import COMMANDS, GROUPS, _function, main


def test_the_list_of_commands_has_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """No sentence is cut: each command has its own up to the full stop."""
    assert main(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "..." not in shown.replace("[ARGS]...", "")
    sentences = {name: command.summary for name, command in COMMANDS.items() if " " not in name} | GROUPS
    for name, sentence in sentences.items():
        assert f"{name} {sentence}" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_a_sentence_is_the_first_of_its_command(name: str) -> None:
    """The list, which loads no command, says the same as the command's own help."""
    text = inspect.getdoc(_function(name)) or ""
    assert " ".join(text.partition("\n\n")[0].split()) == COMMANDS[name].summary
    assert re.fullmatch(r"[A-Z][^\n]*\.", COMMANDS[name].summary)


@pytest.mark.parametrize("words", [[], *([*name.split()] for name in COMMANDS)], ids=" ".join)
def test_h_is_help_everywhere(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """``-h`` prints what ``--help`` prints."""
    assert main([*words, "-h"]) == 0
    short = capsys.readouterr().out
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out == short
    assert "-h, --help" in short


@pytest.mark.parametrize("name", COMMANDS)
def test_no_option_means_two_things(name: str) -> None:
    """Of two options of one name the parser would take the last, and the other could never be given."""
    app = typer.Typer()
    app.command()(_function(name))
    names = [option for parameter in typer.main.get_command(app).params for option in parameter.opts]
    assert [option for option, count in Counter(names).items() if count > 1] == []


def test_no_error_lists_a_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is like none leads to the command that lists them, and not to all of them on one line."""
    for words in (["run", "zzz"], ["scenarios", "zzz"], ["faults", "zzz"], ["hunt", "--without", "zzz"], ["zzz"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said.count(",") <= 3, said
        assert "jsquared " in said.partition("Try: ")[2]
