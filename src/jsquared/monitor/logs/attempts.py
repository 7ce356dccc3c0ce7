"""Attempts of Sentinels to be elected and to fail over, with the votes for each and why it failed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from jsquared.monitor.logs.changes import Word
from jsquared.monitor.logs.identify import Roster

ABORT = "-failover-abort-"
"""What the event of an attempt that a Sentinel gave up begins with; its reason follows."""
MOST_ATTEMPTS = 100
"""Of one outage; what follows is left out."""
_AHEAD_S = 0.5
"""A candidate votes for itself right after it began."""


@dataclass
class Try:
    """One attempt."""

    sentinel: str
    at_s: float
    epoch: int | None = None
    votes: list[str] = field(default_factory=list)
    elected_s: float | None = None
    ended_s: float | None = None
    outcome: str = "unfinished"
    reason: str = ""


def attempts_in(words: Sequence[Word], of_all: Sequence[Word], roster: Roster) -> list[Try]:
    """Every attempt within what the Sentinels wrote of one outage.

    :param of_all: what they wrote of epochs and votes, at any time.
    """
    found: list[Try] = []
    latest: dict[str, Try] = {}
    for word in words:
        if word.kind == "+try-failover" and len(found) < MOST_ATTEMPTS:
            latest[word.node] = Try(word.node, word.at_s)
            found.append(latest[word.node])
        elif (of := latest.get(word.node)) is not None and of.ended_s is None:
            _go_on(of, word)
    votes = votes_by_epoch(of_all, roster) if found else {}
    own: dict[str, list[Word]] = defaultdict(list)
    for word in of_all if found else ():
        own[word.node].append(word)
    ids = {node.name: node.id for node in roster.sentinels}
    for one in found:
        mine = ids.get(one.sentinel, "")
        one.epoch = _epoch(one, own[one.sentinel], mine)
        one.votes = sorted(votes.get(one.epoch, {}).get(mine, ())) if one.epoch is not None and mine else []
    return found


def _go_on(one: Try, word: Word) -> None:
    if word.kind == "+elected-leader":
        one.elected_s = word.at_s
    elif word.kind.startswith(ABORT):
        one.ended_s, one.outcome, one.reason = word.at_s, "aborted", word.kind.removeprefix(ABORT)
    elif word.kind in ("+failover-end", "+failover-end-for-timeout"):
        one.ended_s, one.outcome = word.at_s, "succeeded"
    elif word.kind == "+promoted-slave":
        one.outcome = "succeeded"
    elif word.kind in ("+config-update-from", "starting", "+reset-master"):
        one.ended_s = word.at_s
        if word.kind == "+config-update-from" and one.outcome == "unfinished":
            one.outcome = "superseded"


def _epoch(one: Try, own: Sequence[Word], mine: str) -> int | None:
    """The epoch in which it voted for itself, else the one that it had begun just before.

    :param own: what it wrote of epochs and votes.
    """
    begun = None
    for word in own:
        if word.at_s > one.at_s + _AHEAD_S:
            break
        if word.kind == "+new-epoch" and word.at_s <= one.at_s:
            begun = word.said.number
        elif word.kind == "+vote-for-leader" and word.at_s >= one.at_s and word.said.words[:1] == (mine,):
            return word.said.number
    return begun


def votes_by_epoch(of_all: Sequence[Word], roster: Roster) -> dict[int, dict[str, set[str]]]:
    """The Sentinels that voted in each epoch, by the id for which: by their own logs, and by the logs of who got their votes."""
    found: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for word in of_all:
        if word.kind == "+vote-for-leader" and word.said.words:
            found[word.said.number][word.said.words[0]].add(word.node)
        elif word.kind == "voted":
            parts = word.said.parts
            found[word.said.number][parts["for"]].add(roster.sentinel(parts["voter"]))
    return found
