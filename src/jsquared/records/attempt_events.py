"""The event of a trial that is run again: what became of the attempts before it."""

from jsquared.records.event import Event


class Repeated(Event, tag="repeated", frozen=True):
    """An earlier attempt at this trial was disturbed by the machine, so that it is run again."""

    reason: str = ""
    """The outcome of that attempt, and why it does not count."""
