"""What made a failover longer or unusual, and what of it no line tells, a sentence each; and how all of them write a moment."""

import re
from collections.abc import Iterator, Mapping, Sequence

from jsquared.logs.envelopes import of_moment
from jsquared.monitor.logs.attempts import Try, votes_by_epoch
from jsquared.monitor.logs.changes import Outage, Word
from jsquared.monitor.logs.clock_bounds import Clock
from jsquared.monitor.logs.clock_doubt import Doubt
from jsquared.monitor.logs.failover_steps import SILENT, Steps
from jsquared.monitor.logs.failover_times import contradictions, expected_phases
from jsquared.monitor.logs.identify import Roster
from jsquared.records.secrets import NO_SECRETS
from jsquared.text import duration, listed

ODD = {
    "+failover-end-for-timeout": "ended the failover before all replicas were reconfigured",
    "+fix-slave-config": "corrected a replica that followed another primary",
    "+reset-master": "was told to forget what it knew of this primary",
    "+sentinel-address-switch": "learnt a Sentinel's new address",
    "-slave-reconf-sent-timeout": "got no answer of a replica that it reconfigured",
}
"""Events that do not belong to a plain failover."""
_MAY_TELL = re.compile(r"pass|auth|secret|token|credential|://|>", re.IGNORECASE)
CONTRADICTS = "lines are missing or clocks differ"
"""Why a phase ends after a later one, as a note says it."""
BY_LEADER = "the replica's own line is missing: it was primary up to a second before the leader asked it again (+promoted-slave)"
TILT_S = 30
"""So long a Sentinel takes no action in TILT."""


def notes_on(
    outage: Outage,
    steps: Steps,
    tries: Sequence[Try],
    of_all: Sequence[Word],
    near: Sequence[Word],
    roster: Roster,
    doubt: Doubt | None,
) -> list[str]:
    """All of it about one failover; in doubt nothing that says that there is no such line, since it may stand at another time."""
    return [
        *([doubt.note] if doubt else []),
        *(_without_fault(roster) if outage.down_s and steps.fault is None and doubt is None else []),
        *steps.notes,
        *(_without_lines(outage, steps, roster) if doubt is None else []),
        *(_of_attempts(tries, of_all, roster) if doubt is None or not doubt.is_mixed else []),
        *_of_tilt(outage, of_all),
        *_odd(outage, near),
        *(_without_signs(outage, steps) if doubt is None else []),
        *(_contradictions(steps) if doubt is None else []),
    ]


def _without_fault(roster: Roster) -> list[str]:
    if any(node.log for node in roster.data):
        return [SILENT]
    return ["only data nodes write when the primary was lost, and there is no log of one: that is not known"]


def _without_signs(outage: Outage, steps: Steps) -> list[str]:
    """Say where lines must be missing, or an outage ended in another way than it seems."""
    promoted = steps.marks.get("promote")
    if promoted and promoted.text == "+promoted-slave":
        return [BY_LEADER, *_without_beginning(outage, steps)]
    return _without_beginning(outage, steps)


def _without_beginning(outage: Outage, steps: Steps) -> list[str]:
    if outage.change and not steps.is_manual and not outage.down_s and not steps.odown_s:
        return ["no Sentinel considered the primary down in these logs: it was ordered, or those lines are missing"]
    if not outage.change and outage.is_over and not outage.is_up_again:
        return [
            "no Sentinel wrote that the primary is back: those that considered it down restarted or were told to forget it"
        ]
    return []


def _without_lines(outage: Outage, steps: Steps, roster: Roster) -> list[str]:
    """Phases that no line ends, where there was a failover, and whose log may lack them."""
    missing = [name for name in expected_phases(steps) if name not in steps.marks] if outage.change else []
    if not missing:
        return []
    cut = [f"; {sentence}" for sentence in _cut_logs(outage, steps, roster)]
    return [f"no line of its time ends {listed(missing)}{''.join(cut)}"]


def _cut_logs(outage: Outage, steps: Steps, roster: Roster) -> Iterator[str]:
    """Name the Sentinels whose logs end before it was over, or begin when it had begun: each of them would have written of its end."""
    assert outage.change is not None
    switched = outage.change.switched_s
    for node in roster.sentinels:
        leads = ", which led it," if node.name == steps.leader else ""
        if node.log is None:
            if leads:
                yield f"there is no log of {node.name}, which led it"
        elif node.name not in switched and node.log.until_s < max(switched.values()):
            yield f"the log of {node.name}{leads} ends at {moment(node.log.until_s)}, before it was over"
        elif node.log.from_s > outage.from_s:
            yield f"the log of {node.name}{leads} begins at {moment(node.log.from_s)}, when it had begun"


def _of_attempts(tries: Sequence[Try], of_all: Sequence[Word], roster: Roster) -> list[str]:
    notes = []
    epochs = votes_by_epoch(of_all, roster)
    for epoch in sorted({one.epoch for one in tries if one.epoch is not None}):
        given = {roster.sentinel(leader): voters for leader, voters in epochs.get(epoch, {}).items()}
        if len(given) > 1:
            shares = listed([f"{leader} got {len(voters)}" for leader, voters in sorted(given.items())])
            notes.append(f"the votes of epoch {epoch} were split: {shares}")
    for one in tries:
        if one.outcome == "aborted":
            notes.append(f"{one.sentinel} gave up its attempt of {moment(one.at_s)}: {one.reason}")
        elif one.elected_s is not None and one.outcome == "unfinished":
            notes.append(f"{one.sentinel} was elected at {moment(one.elected_s)} and did not go on")
    return notes


def _of_tilt(outage: Outage, of_all: Sequence[Word]) -> list[str]:
    tilted = [word for word in of_all if word.kind == "+tilt" and outage.from_s - TILT_S <= word.at_s <= end_s(outage)]
    if not tilted:
        return []
    who = listed(sorted({word.node for word in tilted}))
    return [f"{who} entered TILT, first at {moment(tilted[0].at_s)}: a Sentinel takes no action in it, for {TILT_S} s"]


def _odd(outage: Outage, near: Sequence[Word]) -> list[str]:
    until_s = end_s(outage) + TILT_S
    found = {kind: sorted({word.node for word in near if word.kind == kind and word.at_s <= until_s}) for kind in ODD}
    return [f"{listed(names)} {ODD[kind]} ({kind})" for kind, names in found.items() if names]


def _contradictions(steps: Steps) -> list[str]:
    return [
        f"{one} ends at {_moment_of(steps, one)}, after {later}, which comes later and ends at {_moment_of(steps, later)}: "
        f"{CONTRADICTS}, so how long they and the phases after them took is not known"
        for one, later in contradictions(steps)
    ]


def _moment_of(steps: Steps, phase: str) -> str:
    mark = steps.marks[phase]
    return f"{moment(mark.at_s).partition('T')[2]} by {mark.node}"


def clock_notes(names: Sequence[str], clocks: Mapping[str, Clock], moved: Mapping[str, float]) -> list[str]:
    """Say whose clock makes the phases of a failover wrong."""
    off = [clocks[name] for name in names if name in clocks and clocks[name].is_off and not moved.get(name)]
    return [
        f"the clock of {one.node} differs by about {duration(abs(one.ahead_s or 0.0) * 1000)}, and so do the phases that its lines end"
        for one in off
    ]


def end_s(outage: Outage) -> float:
    """When all that belongs to an outage is over."""
    return max(outage.change.switched_s.values(), default=outage.until_s) + 1 if outage.change else outage.until_s


def moment(at_s: float) -> str:
    """A moment in ISO 8601, to the millisecond."""
    date = of_moment(round(at_s, 3))
    return date.isoformat(timespec="milliseconds").removesuffix("+00:00") if date else ""


def shown(text: str) -> str:
    """A server's line as it may be shown: without secrets, and without what a client sent.

    Sentinels log ``+set … auth-pass PASSWORD``, and servers a client's bytes behind ``Query buffer``.
    """
    bare = text.partition("Query buffer")[0].rstrip(" .")
    return NO_SECRETS.document(bare) if _MAY_TELL.search(bare) else NO_SECRETS.mask(bare)
