"""The man page."""

import shutil
import subprocess

import pytest

from jsquared.cli.main import command_line
from jsquared.reference.man_page import escaped, page
from jsquared.reference.pages import commands


def test_every_command_and_option_is_there() -> None:
    """Each command has a heading, and each of its options a paragraph below it."""
    text = page()
    for name, command in commands(command_line()).items():
        section = text.partition(f".SS jsquared {escaped(name)}\n")[2].partition("\n.SS ")[0]
        assert section, name
        for parameter in command.params:
            assert all(escaped(option) in section for option in parameter.opts if option.startswith("--")), name


@pytest.mark.parametrize(
    ("text", "written"),
    [(".TH", "\\&.TH"), ("'x'", "\\&'x'"), ("a\\b", "a\\(rsb"), ("--x", "\\-\\-x"), ("1 …\n2", "1 \\[u2026] 2")],
)
def test_nothing_in_a_text_is_obeyed(text: str, written: str) -> None:
    """Requests, escapes and minus signs of help texts are shown as they are."""
    assert escaped(text) == written


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_warn_of() -> None:
    """The page is formatted without a warning, and shows its exit codes."""
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page(), capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "Inconclusive: nothing was proven." in done.stdout
