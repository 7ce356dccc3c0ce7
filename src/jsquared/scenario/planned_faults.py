"""Steps of a fault schedule in one line, for scenarios written in Python; scenario files share the defaults."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.moments import Moment

START = "2000 ms after load"
HEAL = "1000 ms after recovery"


def fault(
    name: str,
    /,
    *targets: str,
    id: str = "",  # noqa: A002 -- the word of scenario files
    start: str = START,
    heal: str = HEAL,
    lasts_ms: int | None = None,
    **parameters: str | int | float | bool | list[str],
) -> PlannedFault:
    """One fault, as the entries of a scenario file: its name, whom it hits, its parameters, when it begins and when it heals.

    :param id: what moments of other faults call it, such as ``500 ms after crash``; by default the name of the fault.
    :param lasts_ms: instead of ``heal``: how long after its own beginning it heals.
    """
    end = heal if lasts_ms is None else str(Moment(lasts_ms, "injection"))
    return PlannedFault(id=id or name, name=name, targets=targets, parameters=parameters, start=start, heal=end)
