"""The lengths of time that points of a trend stand for: apart, since the command line's options name them."""

from enum import StrEnum


class Period(StrEnum):
    """The length of time that one point of a trend stands for."""

    DAY = "day"
    WEEK = "week"
