"""Sentinel's own lines, ``sentinel <setting> …``: how many words each takes, and which (``sentinelHandleConfiguration`` in sentinel.c).

Sentinel reads numbers with ``atoi``, so ``5s`` is 5 to it and ``x`` is 0. Whether a primary is monitored under the name, and files that
a line names, are not looked at here.
"""

from collections.abc import Callable, Mapping, Sequence

from jsquared.deployment.dialect.numbers import leading_integer
from jsquared.deployment.model.known import OF_A_PRIMARY, OF_SENTINEL, STATE_OF_A_PRIMARY, STATE_OF_SENTINEL

Check = Callable[[str], str]
RUN_ID_LENGTH = 40


def _anything(_word: str) -> str:
    return ""


def _yes_or_no(word: str) -> str:
    return "" if word.lower() in ("yes", "no") else f"'{word}' is neither yes nor no"


def _from(lowest: int) -> Check:
    return lambda word: "" if leading_integer(word) >= lowest else f"'{word}' is not a whole number from {lowest}"


def _port(word: str) -> str:
    return "" if 0 <= leading_integer(word) <= 65535 else f"'{word}' is not a port"


def _run_id(word: str) -> str:
    return "" if len(word) == RUN_ID_LENGTH else f"is not an id of {RUN_ID_LENGTH} characters"


_CHECKS: Mapping[str, tuple[Check, ...]] = {
    "monitor": (_anything, _port, _from(1)),
    "down-after-milliseconds": (_from(1),),
    "failover-timeout": (_from(1),),
    "master-reboot-down-after-period": (_from(0),),
    "primary-reboot-down-after-period": (_from(0),),
    "rename-command": (_anything, _anything),
    "known-replica": (_anything, _port),
    "known-slave": (_anything, _port),
    "known-sentinel": (_anything, _port, _anything),
    "myid": (_run_id,),
    "deny-scripts-reconfig": (_yes_or_no,),
    "resolve-hostnames": (_yes_or_no,),
    "announce-hostnames": (_yes_or_no,),
}
_MAY_BE_LEFT_OUT = {"known-sentinel": 1}
"""How many of the last words: a Sentinel whose id was not known yet was written without one."""
_WHOLE_SENTINEL = (*OF_SENTINEL, *STATE_OF_SENTINEL)
_NAME_A_PRIMARY = ("monitor", *OF_A_PRIMARY, *STATE_OF_A_PRIMARY, "known-slave")


def _checks(name: str) -> tuple[Check, ...]:
    return _CHECKS.get(name, (_anything,))


SETTINGS: Mapping[str, tuple[Check, ...]] = {
    **{name: (_anything, *_checks(name)) for name in _NAME_A_PRIMARY},
    **{name: _checks(name) for name in _WHOLE_SENTINEL},
}
"""Every setting with a check for each word after its name, for a primary's settings first that primary's name."""


_VALUES = {
    "monitor": "10.0.0.1 6379 2",
    "down-after-milliseconds": "5000",
    "failover-timeout": "180000",
    "parallel-syncs": "1",
    "master-reboot-down-after-period": "0",
    "primary-reboot-down-after-period": "0",
    "rename-command": "CONFIG NAME",
    "known-replica": "10.0.0.2 6379",
    "known-slave": "10.0.0.2 6379",
    "known-sentinel": "10.0.0.2 26379 ID",
    "myid": "ID",
    "deny-scripts-reconfig": "yes",
    "resolve-hostnames": "no",
    "announce-hostnames": "no",
}


def example(name: str) -> str:
    """Return a whole line with a setting: ``sentinel failover-timeout mymaster 180000``."""
    primary = "" if name in _WHOLE_SENTINEL else "mymaster "
    return f"sentinel {name} {primary}{_VALUES.get(name, 'VALUE')}"


def problem(name: str, words: Sequence[str]) -> str:
    """Return what is wrong with the words after the name of a setting, empty if nothing is."""
    checks = SETTINGS[name]
    least = len(checks) - _MAY_BE_LEFT_OUT.get(name, 0)
    if not least <= len(words) <= len(checks):
        behind = "" if name in _WHOLE_SENTINEL else " behind the name of a primary"
        count = least - bool(behind)
        return f"takes {count} value{'s' * (count != 1)}{behind}"
    return next(filter(None, (check(word) for check, word in zip(checks, words, strict=False))), "")
