"""Values of directives in the form in which equal ones are equal: ``1gb`` and ``1073741824``, two ``save`` lines and one."""

from collections.abc import Iterable, Mapping, Sequence

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.deployment.dialect.numbers import bytes_of, integer
from jsquared.deployment.model.directives import split_words

Value = tuple[str, ...]
BUFFER_CLASSES = {"slave": "replica", "master": "primary"}
BUFFER_WORDS = 4
SENTINEL_DEFAULTS: Mapping[str, str] = {
    "sentinel down-after-milliseconds": "30000",
    "sentinel failover-timeout": "180000",
    "sentinel parallel-syncs": "1",
    "sentinel deny-scripts-reconfig": "yes",
    "sentinel resolve-hostnames": "no",
    "sentinel announce-hostnames": "no",
    "sentinel announce-port": "0",
    "sentinel announce-ip": "",
    "sentinel auth-user": "",
    "sentinel auth-pass": "",
    "sentinel sentinel-user": "",
    "sentinel sentinel-pass": "",
    "sentinel notification-script": "",
    "sentinel client-reconfig-script": "",
    "port": "26379",
    "protected-mode": "no",
}
"""What a Sentinel does where nothing is written (sentinel.c; the same in every version of both engines)."""


def compared(key: str, lines: Iterable[Sequence[str]], dialect: Dialect) -> Value:
    """The words of all lines of one directive, so that two values that mean the same compare equal."""
    every = [tuple(words) for words in lines]
    shape = dialect.shape(key)
    kind = shape.kind if shape else ""
    if kind in ("save", "save-one"):
        return tuple(number for words in every for number in _split_again(words) if number)
    if kind == "buffer-limits":
        return _buffers(word for words in every for word in _split_again(words))
    words = every[-1] if every else ()
    if kind in ("words", "some-of", "percentiles", "oom-scores"):
        return tuple(word.lower() if kind == "some-of" else word for word in _split_again(words))
    return tuple(_plain(kind, word) for word in words) or ("",)


def _split_again(words: Sequence[str]) -> list[str]:
    """A value that CONFIG GET gives as one word is several in a file."""
    return [part for word in words for part in (split_words(word) or ())]


def _plain(kind: str, word: str) -> str:
    if kind in ("memory", "memory-or-percent") and (size := bytes_of(word)) is not None:
        return str(size)
    if kind == "integer" and (number := integer(word)) is not None:
        return str(number)
    return word.lower() if kind in ("yes-or-no", "one-of") else word


def _buffers(words: Iterable[str]) -> Value:
    """Each class of clients with its limits, in order, those that are not written by their defaults."""
    each = list(words)
    classes = {
        "normal": ("0", "0", "0"),
        "replica": ("268435456", "67108864", "60"),
        "pubsub": ("33554432", "8388608", "60"),
    }
    for at in range(0, len(each) - BUFFER_WORDS + 1, BUFFER_WORDS):
        name, *limits = each[at : at + BUFFER_WORDS]
        hard, soft = (str(bytes_of(limit)) for limit in limits[:2])
        classes[BUFFER_CLASSES.get(name.lower(), name.lower())] = (hard, soft, limits[2])
    return tuple(" ".join((name, *limits)) for name, limits in sorted(classes.items()))
