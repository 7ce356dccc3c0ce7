"""Directives whose values have a form of their own: each check says what is wrong with the words of a line, empty if nothing is."""

import math
from collections.abc import Callable, Iterator, Sequence

from jsquared.deployment.dialect.numbers import bytes_of, integer, leading_integer

Check = Callable[[tuple[str, ...], Sequence[str]], str]
CLASSES = ("normal", "slave", "replica", "pubsub")
"""The kinds of connections with output buffers of their own; that to a primary has none."""


def _address_and_port(_about: tuple[str, ...], words: Sequence[str]) -> str:
    """``replicaof``: an address and a port, or ``no one``."""
    if len(words) != 2:
        return "takes an address and a port"
    port = integer(words[1])
    no_one = tuple(map(str.lower, words)) == ("no", "one")
    return "" if no_one or (port is not None and 0 <= port <= 65535) else f"'{words[1]}' is not a port"


def _save(_about: tuple[str, ...], words: Sequence[str]) -> str:
    """``save``: pairs of seconds and changes, or one empty word."""
    if tuple(words) == ("",):
        return ""
    if not words or len(words) % 2:
        return "takes pairs of seconds and changes, or an empty word"
    return next(_wrong_pairs(words), "")


def _save_one(_about: tuple[str, ...], words: Sequence[str]) -> str:
    """``save`` of Redis 6, which looks at one pair, and at nothing else."""
    wrong = len(words) == 2 and (leading_integer(words[0]) < 1 or leading_integer(words[1]) < 0)
    return f"'{' '.join(words)}' is not a number of seconds from 1 and one of changes from 0" if wrong else ""


def _wrong_pairs(words: Sequence[str]) -> Iterator[str]:
    for seconds, changes in zip(words[::2], words[1::2], strict=True):
        if (integer(seconds) or 0) < 1:
            yield f"'{seconds}' is not a whole number of seconds from 1"
        if (number := integer(changes)) is None or number < 0:
            yield f"'{changes}' is not a whole number of changes from 0"


def _buffer_limits(about: tuple[str, ...], words: Sequence[str]) -> str:
    """``client-output-buffer-limit``: class, hard and soft limit, seconds; more than once on a line unless ``once``."""
    if not words or len(words) % 4 or ("once" in about and len(words) != 4):
        return "takes a class of clients, a hard limit, a soft limit and seconds"
    wrong_class = next((word for word in words[::4] if word.lower() not in CLASSES), None)
    if wrong_class is not None:
        return f"'{wrong_class}' is none of {', '.join(CLASSES)}"
    if "once" in about:  # Redis 6 takes what it cannot read for 0
        return f"'{words[3]}' is a negative number of seconds" if leading_integer(words[3]) < 0 else ""
    return next(_wrong_limits(words), "")


def _wrong_limits(words: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(words), 4):
        hard, soft, seconds = words[at + 1 : at + 4]
        for limit in (hard, soft):
            if (size := bytes_of(limit)) is None or size < 0:
                yield f"'{limit}' is not an amount of memory"
        if (number := integer(seconds)) is None or number < 0:
            yield f"'{seconds}' is not a whole number of seconds from 0"


def _events(about: tuple[str, ...], words: Sequence[str]) -> str:
    """``notify-keyspace-events``: letters of classes of events."""
    if len(words) != 1:
        return "takes one word of letters"
    wrong = next((letter for letter in words[0] if letter not in about[0]), "")
    return f"'{wrong}' is none of the letters {about[0]}" if wrong else ""


def _percentiles(_about: tuple[str, ...], words: Sequence[str]) -> str:
    """``latency-tracking-info-percentiles``: numbers from 0 to 100, or one empty word."""
    if tuple(words) == ("",):
        return ""
    wrong = next((word for word in words if not _is_percentile(word)), "" if words else "nothing")
    return f"'{wrong}' is not a number from 0 to 100" if wrong else ""


def _is_percentile(word: str) -> bool:
    try:
        number = float(word)
    except ValueError:
        return False
    return math.isfinite(number) and 0 <= number <= 100


def _oom_scores(_about: tuple[str, ...], words: Sequence[str]) -> str:
    """``oom-score-adj-values``: one for the primary, for replicas, and for children."""
    if len(words) != 3:
        return "takes three values: for a primary, a replica and a child process"
    wrong = [word for word in words if (number := integer(word)) is None or not -2000 <= number <= 2000]
    return f"'{wrong[0]}' is not a whole number from -2000 to 2000" if wrong else ""


FORMS: dict[str, Check] = {
    "address-and-port": _address_and_port,
    "save": _save,
    "save-one": _save_one,
    "buffer-limits": _buffer_limits,
    "events": _events,
    "percentiles": _percentiles,
    "oom-scores": _oom_scores,
}
"""Each form with its check."""
EXAMPLES = {
    "address-and-port": "10.0.0.1 6379",
    "save": "3600 1",
    "save-one": "3600 1",
    "buffer-limits": "replica 256mb 64mb 60",
    "events": "KEA",
    "percentiles": "50 99 99.9",
    "oom-scores": "0 200 800",
}
"""A value of each form, from the engines' own redis.conf."""
