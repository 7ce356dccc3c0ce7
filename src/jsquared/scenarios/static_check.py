"""What all static checks have in common: rules of the analysis instead of faults, asked before any server is started.

Some ways to break a Sentinel deployment need no fault at all: the configuration is the fault, and the safe outcome is that it is
rejected before it runs. The suite ``quick`` shows only those that are violated.
"""

from collections.abc import Mapping

from jsquared.records.plan import PlannedObjective
from jsquared.scenario.scenario import STANDARD, Scenario


def static_check(
    *,
    name: str,
    title: str,
    description: str,
    why_fair: str,
    ways: tuple[str, ...],
    rules: tuple[str, ...],
    expected: Mapping[str, str],
) -> Scenario:
    """A scenario that asks rules of the static analysis; ``ways`` are the known ways to break Sentinel that they cover."""
    limit = PlannedObjective(name="configuration", limit=0, unit="findings", reason=why_fair.rstrip("."))
    return Scenario(
        name=name,
        title=title,
        description=description,
        why_fair=why_fair,
        tags=(*ways, "static"),
        needs=frozenset(),
        away=(),
        suites=STANDARD,
        faults=lambda _: (),
        objectives=lambda _: (limit,),
        fails_over=lambda _: False,
        expected=dict(expected),
        rules=rules,
    )
