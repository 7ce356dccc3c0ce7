"""Steps of a schedule written in Python say what the entries of a scenario file would."""

import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.scenario.planned_faults import fault
from jsquared.scenarios.file_form import parse_scenario

MEANT_BY_FAULT = {"id", "start", "heal", "lasts_ms"}


@pytest.mark.parametrize(
    ("entry", "step"),
    [
        ("{name: kill, targets: [primary]}", fault("kill", "primary")),
        ("{name: kill, targets: [primary, sentinels], id: crash}", fault("kill", "primary", "sentinels", id="crash")),
        (
            "{name: cut, targets: [primary], parameters: {links: replication}}",
            fault("cut", "primary", links="replication"),
        ),
        (
            "{name: kill, targets: [primary], start: 500 ms after load, heal: 900 ms after recovery}",
            fault("kill", "primary", start="500 ms after load", heal="900 ms after recovery"),
        ),
        ("{name: pause, targets: [primary], heal: 0 ms after injection}", fault("pause", "primary", lasts_ms=0)),
    ],
)
def test_a_step_is_what_a_scenario_file_makes_of_the_same_words(entry: str, step: object) -> None:
    """The defaults of both are the same, and ``lasts_ms`` counts from the fault's own beginning."""
    [read] = parse_scenario(f"faults: [{entry}]", "mine.yaml").file.faults
    assert read == step


def test_no_fault_has_a_parameter_that_could_not_be_given() -> None:
    """The words for the step itself are no parameter of any fault."""
    assert not {each.name for every in FAULTS.values() for each in every.parameters} & MEANT_BY_FAULT
