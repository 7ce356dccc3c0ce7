"""Discovery, and what is said where Chaos Toolkit is missing."""

import importlib
import importlib.util
import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import jsquared
from jsquared import chaos_toolkit
from jsquared.chaos_toolkit import actions, controls, probes, tolerances
from support.command_lines import UNMEASURED


def test_every_activity_is_discovered() -> None:
    """With its description and arguments, and with what a lab can be asked for."""
    found = jsquared.discover()
    by_name = {one["name"]: one for one in found["activities"]}
    assert set(by_name) == {*actions.__all__, *probes.__all__, *tolerances.__all__}
    assert {by_name[name]["type"] for name in actions.__all__} == {"action"}
    assert {by_name[name]["type"] for name in (*probes.__all__, *tolerances.__all__)} == {"probe"}
    arguments = {one["name"]: one for one in by_name["inject_fault"]["arguments"]}
    assert arguments["heal_after_s"] == {"name": "heal_after_s", "default": 0.0, "type": "number"}
    assert "kill" in found["system"]["faults"]
    assert found["system"]["labs"] == []


def test_the_system_may_be_left_out() -> None:
    """Then only the activities are listed."""
    assert chaos_toolkit.discover(discover_system=False)["system"] is None


@pytest.mark.parametrize("module", [actions, probes, tolerances, controls])
def test_everything_offered_is_described(module: ModuleType) -> None:
    """Whoever discovers it sees a sentence for each."""
    assert all(inspect.getdoc(getattr(module, name)) for name in module.__all__)


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"^Chaos Toolkit is not installed. Try: pip install 'jsquared\[chaos\]'$"):
        importlib.reload(chaos_toolkit)


def test_the_package_itself_loads_nothing_of_it() -> None:
    """Neither ``import jsquared`` nor its command line imports Chaos Toolkit."""
    code = "import sys, jsquared, jsquared.cli.main, jsquared.service.lab.lab; print('chaoslib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=UNMEASURED, check=True)
    assert done.stdout == "False\n"
