"""Events of a load that somebody steers while it runs."""

from jsquared.records.event import Event, Integer


class LoadRateChanged(Event, tag="load-rate", frozen=True):
    """Every client begins another number of writes a second from now on."""

    rate_per_s: Integer
    """How many."""
