"""The doors of the package: ``python -m jsquared`` and the process of a trial end with their exit codes."""

import io
import runpy
import sys

import pytest


@pytest.mark.parametrize(("module", "word"), [("jsquared", "--version"), ("jsquared.trial.__main__", "/nonexistent")])
def test_a_module_ends_with_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str, word: str
) -> None:
    """Run as a program, a module hands its exit code to the system."""
    monkeypatch.setattr(sys, "argv", [module, word])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(module, run_name="__main__")
    assert ended.value.code == (0 if word == "--version" else 4)
    assert "jsquared 0." in capsys.readouterr().out or word != "--version"


@pytest.mark.parametrize("module", ["jsquared.__main__", "jsquared.trial.__main__"])
def test_importing_a_door_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    """Documentation tools import every module; that runs nothing."""
    monkeypatch.delitem(sys.modules, module, raising=False)
    runpy.run_module(module, run_name="imported")
    assert capsys.readouterr() == ("", "")
