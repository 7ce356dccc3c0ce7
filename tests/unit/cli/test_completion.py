"""Completion in the shell: the names that there are, at once."""

import os
import subprocess
import sys

import pytest

from jsquared.cli import completion
from jsquared.cli.command_table import COMMANDS
from jsquared.cli.main import main
from jsquared.deployment.read.load import SHIPPED
from jsquared.faults.catalogue import FAULTS
from jsquared.scenarios.catalogue import SCENARIOS, SUITES
from jsquared.scenarios.known_ways import WAYS


def test_names_are_those_of_the_catalogues() -> None:
    """What is read from the files of the source is what they define."""
    assert completion.scenario_names() == sorted(SCENARIOS)
    assert completion.fault_names() == sorted(FAULTS)
    assert completion.deployment_names() == sorted(SHIPPED)
    assert completion.SUITES == SUITES
    assert completion.complete_ways("split") == [name for name in WAYS if name.startswith("split")]


PROGRAM = """
import os, sys
from jsquared.cli import completion
for line in sys.argv[1:]:
    words = line.split(" ")
    os.environ |= {completion.VARIABLE: "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    print(">", completion.main(), flush=True)
print([name for name in ("numpy", "rich", "jinja2", "pyarrow", "yaml", "jsquared.campaign") if name in sys.modules])
"""
"""Completes several lines in one process, which costs less than one for each, and prints what it had to load."""


def completed(*lines: str) -> tuple[list[list[str]], str]:
    """The completions of each line, and the heavy modules that were loaded."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *lines], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    *shown, modules = done.stdout.split("> 0\n")
    return [text.split() for text in shown], modules.strip()


@pytest.mark.unmeasured
def test_every_kind_of_name_is_completed_without_loading_what_it_names() -> None:
    """Commands, scenarios, faults, deployments, suites and choices; nothing heavy is imported for them."""
    wanted = {
        "jsquared sc": ["scenarios", "scorecard"],
        "jsquared runs trend --by w": ["week"],
        "jsquared runs list --scenario primary-ha": ["primary-hang"],
        "jsquared run primary-ha": ["primary-hang"],
        "jsquared run primary-crash primary-ha": ["primary-hang"],
        "jsquared run --suite ": list(SUITES),
        "jsquared run --deployment re": ["reference"],
        "jsquared hunt --fault disk-f": ["disk-full"],
        "jsquared hunt --without pau": ["pause"],
        "jsquared analyse st": ["stock"],
        "jsquared analyse --format s": ["sarif"],
        "jsquared scenarios split": ["split-vote"],
        "jsquared scenarios --needs slow": ["slow-disk"],
        "jsquared faults kil": ["kill"],
        "jsquared deployments ho": ["hostnames"],
        "jsquared tools g": ["get"],
        "jsquared tools get prom": ["prometheus"],
        "jsquared known-ways split": ["split-vote"],
        "jsquared run zzz": [],
    }
    shown, modules = completed(*wanted)
    assert dict(zip(wanted, shown, strict=True)) == wanted
    assert modules == "[]"


def test_the_options_of_every_command_are_completed() -> None:
    """Each command's module can be imported for its options alone."""
    shown, _ = completed(*(f"jsquared {name} --" for name in COMMANDS))
    for name, options in zip(COMMANDS, shown, strict=True):
        assert "--help" in options
        assert name == "doctor" or len(options) > 1 or "--json" in options


def test_the_door_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program itself answers where a shell asks, and fails silently where it asks for nonsense."""
    asked = {completion.VARIABLE: "complete_bash", "COMP_WORDS": "jsquared check --red", "COMP_CWORD": "2"}
    environment = {**os.environ, **asked, "COMP_WORDS": "jsquared report --red"}
    done = subprocess.run(
        [sys.executable, "-m", "jsquared"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "--redact\n", "")
    monkeypatch.delenv("COMP_WORDS", raising=False)
    monkeypatch.delenv("_TYPER_COMPLETE_ARGS", raising=False)
    assert completion.asked_words() == []


def test_a_script_for_the_shell_is_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """``--show-completion`` prints the script, with exit code 0; a shell that is not known is bad input."""
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "bash")
    assert main(["--show-completion"]) == 0
    assert completion.VARIABLE in capsys.readouterr().out
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: "nosh")
    assert main(["--show-completion"]) == 2
