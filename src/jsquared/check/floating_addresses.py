"""The hosts of each floating address over time, as the user's rule moved it.

It judges nothing: what came of it others measure.
"""

from jsquared.check.checker import Findings
from jsquared.records.event_types import FloatingMoved
from jsquared.records.plan import PlannedFloating
from jsquared.records.run_directory import TrialRecord
from jsquared.text import listed, seconds

MOST_TOLD = 12
"""So many moves of one address are told one by one; of more, the first ones and how many there were."""


class FloatingAddresses:
    """The hosts of each floating address, and the times with several hosts at once."""

    name = "floating addresses"

    def check(self, record: TrialRecord) -> Findings:
        """Tell where each was."""
        findings = Findings()
        for one in record.plan.floating:
            moves = [event for event in record.of(FloatingMoved) if event.address == one.written]
            if moves:
                findings.facts.append(_course(one, moves))
                findings.facts += _several(one, moves)
        return findings


def _course(one: PlannedFloating, moves: list[FloatingMoved]) -> str:
    told = [f"{_where(event)} from {seconds(event.t_ms)}" for event in moves[:MOST_TOLD]]
    more = f", and moved {len(moves) - MOST_TOLD} times more" if len(moves) > MOST_TOLD else ""
    stays = " (it is moved only by hand)" if one.follows == "manual" else ""
    return f"the floating address {one.written} was {', '.join(told)}{more}{stays}"


def _several(one: PlannedFloating, moves: list[FloatingMoved]) -> list[str]:
    """That several hosts had it at once, the first time, and why."""
    first = next((event for event in moves if len(event.holders) > 1), None)
    if first is None:
        return []
    why = f": {first.why}" if first.why else ""
    return [f"{listed([*first.holders])} had {one.written} at the same time from {seconds(first.t_ms)}{why}"]


def _where(event: FloatingMoved) -> str:
    return f"at {listed([*event.holders])}" if event.holders else "nowhere"
