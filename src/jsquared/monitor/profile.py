"""How often is scraped, and the spans of time in alerts that follow from it.

A scrape every 15 s, the common default, does not see a failover of 3 s at all but in what has been counted or was different before; one of
1 s sees every phase of it. Rules of the one do not fit the other: they would be blind or restless.
"""

from dataclasses import dataclass

LEAST_WINDOW_S = 60
SCRAPES_A_WINDOW = 4
"""With fewer samples in it, one missed scrape makes a rate wrong."""
SCRAPES_A_MOMENT = 3
"""The scrape in question, with the one before and the one after it."""
WINDOWS_A_STORM = 10
SHORT_WINDOWS, LONG_WINDOWS = 5, 60
"""Of a burn rate: five minutes and an hour where a window is a minute, as the SRE workbook has them."""


@dataclass(frozen=True)
class Profile:
    """Rules for one interval between scrapes."""

    name: str
    scrape_s: int

    @property
    def window_s(self) -> int:
        """The span over which counters are looked at."""
        return max(LEAST_WINDOW_S, SCRAPES_A_WINDOW * self.scrape_s)

    def filled(self, expression: str) -> str:
        """Return an expression with its spans of time filled in, and with how many scrapes or seconds are in one (``<long scrapes>``)."""
        spans_s = {
            "<scrape>": self.scrape_s,
            "<moment>": SCRAPES_A_MOMENT * self.scrape_s,
            "<window>": self.window_s,
            "<storm>": WINDOWS_A_STORM * self.window_s,
            "<short>": SHORT_WINDOWS * self.window_s,
            "<long>": LONG_WINDOWS * self.window_s,
        }
        for name, span_s in spans_s.items():
            expression = expression.replace(f"{name[:-1]} scrapes>", str(span_s // self.scrape_s))
            expression = expression.replace(f"{name[:-1]} seconds>", str(span_s))
            expression = expression.replace(name, f"{span_s}s")
        return expression


PROFILES = {profile.name: profile for profile in (Profile("1s", 1), Profile("5s", 5), Profile("15s", 15))}
