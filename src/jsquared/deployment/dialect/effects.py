"""The effects of changed directives on each version of an engine that was asked: at once, after a restart, or never.

``scripts/directives`` makes the files in ``effects/`` by trying every directive on a running engine: it gives each its own value with
CONFIG SET, SENTINEL SET or SENTINEL CONFIG SET. tests/contracts holds the files against the engines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.deployment.model.directives import canonical, quote_word, split_words
from jsquared.deployment.model.known import OF_A_PRIMARY, OF_SENTINEL, STATE
from jsquared.records.plan import Engine

Effect = Literal["live", "restart", "never"]
Tried = Literal["live", "restart", "protected", "role", "refused"]
"""``protected``: refused unless ``enable-protected-configs`` allows it; ``role``: changed by REPLICAOF and by failovers; ``refused``:
even its own value was refused, so that nothing is known of others, and a restart is the sure way."""
SET, CONFIG_SET = "set", "config-set"
"""How a setting of Sentinel is changed while it runs: by SENTINEL SET for a primary, or by SENTINEL CONFIG SET for the Sentinel."""
FEATURE = "feature"
COORDINATED = "coordinated-failover"
"""SENTINEL FAILOVER takes COORDINATED: the primary pauses writes and hands over at equal offsets."""
OF_SENTINEL_LINES = "sentinel"
_TAKES: Mapping[str, Effect] = {
    "live": "live",
    "restart": "restart",
    "protected": "restart",
    "role": "never",
    "refused": "restart",
}


@dataclass(frozen=True)
class TriedDirective:
    """The answer of a running data node about a directive, and its value in a server that was given none."""

    tried: str
    default: str


@dataclass(frozen=True)
class Effects:
    """The changes that one version of an engine takes while it runs. ``settings`` of Sentinel lead to the command that sets them."""

    about: str
    """The engine and version that were tried, such as ``Redis 7.0.15``."""
    directives: Mapping[str, TriedDirective]
    settings: Mapping[str, str]
    features: frozenset[str]

    def of_data_node(self, key: str) -> Effect:
        """Return how a directive of a data node takes effect; those that CONFIG does not know are read at the start alone."""
        found = self.directives.get(key)
        return _TAKES[found.tried] if found else "restart"

    def of_sentinel(self, key: str) -> Effect:
        """Return how a line of a Sentinel's file takes effect, ``key`` as :attr:`Directive.key` has it.

        What Sentinel keeps in the file by itself takes no effect there: its state, and the address of a primary, which failovers change.
        """
        name = key.removeprefix("sentinel ")
        if key.startswith("sentinel ") and name in STATE:
            return "never"
        return "live" if name in self.settings else "restart"

    def default(self, key: str) -> str | None:
        """The value of a directive that is not written, None where no server tells."""
        found = self.directives.get(key)
        return found.default if found else None

    @property
    def is_coordinated(self) -> bool:
        """True if Sentinel hands over without a gap by itself."""
        return COORDINATED in self.features


def parse(text: str) -> Effects:
    """The effects that a file describes.

    :raises ValueError: a line is wrong.
    """
    directives: dict[str, TriedDirective] = {}
    settings: dict[str, str] = {}
    features: set[str] = set()
    first, *lines = text.splitlines()
    for line in lines:
        words = split_words(line) or ()
        if words[0] == FEATURE:
            features.add(words[1])
        elif words[0] == OF_SENTINEL_LINES:
            settings[words[1]] = words[2]
        else:
            if words[1] not in _TAKES:
                raise ValueError(f"'{words[1]}' is not a way to take effect")
            directives[canonical(words[0])] = TriedDirective(words[1], words[2])
    return Effects(first.removeprefix("# ").partition(";")[0], directives, settings, frozenset(features))


def effects_of(engine: Engine) -> tuple[Effects, bool]:
    """The effects of an engine, and True; of a version that was never tried those of the nearest older one, and False."""
    dialect, is_known = dialect_of(engine)
    return _read(f"{dialect.engine}-{'.'.join(map(str, dialect.version))}.txt"), is_known


@cache
def _read(name: str) -> Effects:
    return parse((resources.files(__package__) / "effects" / name).read_text(encoding="utf-8"))


def file_text(
    about: str, tried: Mapping[str, TriedDirective], settings: Mapping[str, str], features: Iterable[str]
) -> str:
    """The text of a file in ``effects/``; ``about`` is its first line."""
    lines = [f"{name}  {one.tried}  {quote_word(one.default)}" for name, one in sorted(tried.items())]
    lines += [f"{OF_SENTINEL_LINES} {name}  {how}" for name, how in sorted(settings.items())]
    lines += [f"{FEATURE} {name}" for name in sorted(features)]
    return "\n".join([f"# {about}", *lines, ""])


def sentinel_command(effects: Effects, name: str, master_name: str, value: str) -> tuple[str, ...]:
    """The command that gives a Sentinel's setting a value while it runs."""
    if effects.settings[name] == SET:
        return ("SENTINEL", "SET", master_name, name, value)
    return ("SENTINEL", "CONFIG", "SET", name, value)


SETTINGS_TRIED = (*OF_A_PRIMARY, "quorum")
SERVER_SETTINGS_TRIED = (*OF_SENTINEL, "loglevel")
