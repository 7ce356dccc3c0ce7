"""The catalogue finds every scenario in the folders of its families, and lists them in its own order."""

from pathlib import Path

import pytest

from jsquared.scenarios import catalogue
from jsquared.scenarios.catalogue import ORDER, SCENARIOS
from jsquared.scenarios.static_checks import STATIC_CHECKS

MODULES = [path.stem for path in Path(catalogue.__file__).parent.glob("*/*.py") if path.stem != "__init__"]


def test_every_module_is_the_scenario_that_its_name_says() -> None:
    """None is left out, and no two have the same name."""
    live = [name.replace("-", "_") for name, scenario in SCENARIOS.items() if not scenario.rules]
    assert sorted(live) == sorted(MODULES)


def test_every_static_check_is_a_scenario() -> None:
    """They stand together, in the order of their table."""
    assert [scenario for scenario in SCENARIOS.values() if scenario.rules] == list(STATIC_CHECKS)


def test_the_order_names_what_is_there() -> None:
    """A name that is misspelt or given twice would give no place."""
    assert len(set(ORDER)) == len(ORDER)
    assert set(ORDER) <= {*SCENARIOS, "static-checks"}


def test_a_scenario_without_a_place_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file in a family's folder is enough for a new scenario."""
    placed = [name for name in ORDER if name not in {"primary-crash", "static-checks"}]
    monkeypatch.setattr(catalogue, "ORDER", placed)
    names = [scenario.name for scenario in catalogue.scenarios_in_order()]
    assert names.index("primary-crash") > max(map(names.index, placed))
