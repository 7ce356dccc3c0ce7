"""The lab that tests ask for: from the ini options, changed by the markers of a test.

It is loaded with every start of pytest, so it imports nothing of JSquared that is not as light as itself.
"""

import os
from dataclasses import dataclass, replace
from typing import Any

import pytest

from jsquared.records.lab_variables import LAB

MARKER = "jsquared"
SANDBOXES = ("auto", "namespaces", "loopback")
TEXTS = ("deployment", "engine", "sandbox")
NEEDS = "needs"
ARGUMENTS = (*TEXTS, NEEDS)


@dataclass(frozen=True)
class LabChoice:
    """A lab as tests ask for it; labs of equal choices are one."""

    deployment: str = "reference"
    engine: str = "auto"
    sandbox: str = "auto"
    needs: tuple[str, ...] = ()

    @property
    def placed_in(self) -> str:
        """The sandbox that it takes: the one that this process reaches, where none is named."""
        if self.sandbox != "auto":
            return self.sandbox
        return "namespaces" if is_inside() else "loopback"

    @property
    def is_reached(self) -> bool:
        """True if programs of this process reach its servers."""
        return is_inside() or self.placed_in == "loopback"


def is_inside() -> bool:
    """True if this process runs as a host of a lab, and may ask that."""
    return LAB in os.environ


def usual_choice(config: pytest.Config) -> LabChoice:
    """The lab of tests without a marker, by the ini options.

    :raises pytest.UsageError: there is no such sandbox.
    """
    return LabChoice(
        deployment=_deployment(config, str(config.getini("jsquared_deployment"))),
        engine=str(config.getini("jsquared_engine")),
        sandbox=_sandbox(str(config.getini("jsquared_sandbox")), "jsquared_sandbox"),
        needs=tuple(config.getini("jsquared_needs")),
    )


def choice_for(item: pytest.Item) -> LabChoice:
    """The lab of a test: the usual one, changed by its markers, of which the nearest counts.

    :raises pytest.UsageError: an argument of a marker is none, or not of its type.
    """
    choice = usual_choice(item.config)
    for marker in reversed(list(item.iter_markers(MARKER))):
        choice = replace(choice, **_arguments(item, marker))
    return choice


def _arguments(item: pytest.Item, marker: pytest.Mark) -> dict[str, Any]:
    where = f"{item.nodeid}: @pytest.mark.{MARKER}"
    if marker.args:
        raise pytest.UsageError(f'{where} takes names alone. Try: @pytest.mark.{MARKER}(deployment="reference")')
    given: dict[str, Any] = {}
    for name, value in marker.kwargs.items():
        if name not in ARGUMENTS:
            raise pytest.UsageError(f"{where}: '{name}' is not an argument of it. Try: {', '.join(ARGUMENTS)}")
        given[name] = _needs(value, where) if name == NEEDS else _text(value, f"{where}: {name}")
    if "deployment" in given:
        given["deployment"] = _deployment(item.config, given["deployment"])
    if "sandbox" in given:
        _sandbox(given["sandbox"], where)
    return given


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise pytest.UsageError(f"{where} is not a text. Try: {where.rpartition(' ')[2]}='…'")
    return value


def _needs(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise pytest.UsageError(f'{where}: {NEEDS} is not a list of texts. Try: {NEEDS}=["clock"]')
    return tuple(value)


def _sandbox(text: str, where: str) -> str:
    if text not in SANDBOXES:
        raise pytest.UsageError(f"{where}: '{text}' is not a sandbox. Try: {', '.join(SANDBOXES)}")
    return text


def _deployment(config: pytest.Config, text: str) -> str:
    """A path counts from the root of the tests, wherever pytest was started."""
    return str(config.rootpath / text) if "/" in text and "://" not in text else text
