"""All kinds of operations, and which one a client's operation of a number is: nothing about it needs recording."""

from collections.abc import Mapping

from jsquared.records.models.append import Append
from jsquared.records.models.counter import Counter
from jsquared.records.models.database import Database
from jsquared.records.models.deletion import Deletion
from jsquared.records.models.expiry import Lasting, Passing
from jsquared.records.models.fields import Fields
from jsquared.records.models.model import SERIES, UNCHANGED, Call, Model
from jsquared.records.models.queue import Queue
from jsquared.records.models.ranking import Ranking
from jsquared.records.models.stream import Stream
from jsquared.records.models.together import Script, Transaction
from jsquared.records.models.versions import Versions

MODELS: tuple[Model, ...] = (
    Versions(),
    Counter(),
    Append(),
    Deletion(),
    Lasting(),
    Fields(),
    Queue(),
    Transaction(),
    Ranking(),
    Stream(),
    Passing(),
    Script(),
    Database(),
)
"""In the order in which a client gives them, one after the other and again from the first."""
NAMESPACE = b"app:"
"""What the keys of operations have behind the prefix of the trial; those of unique writes have a number there."""


def model_of(slot: int) -> Model:
    """The kind of a client's operation of that number."""
    return MODELS[slot % len(MODELS)]


def series_of(slot: int) -> tuple[int, int]:
    """The series that an operation belongs to, and its step there."""
    return divmod(slot // len(MODELS), SERIES)


def slots_of(kind: int, series: int) -> range:
    """The operations of a series of the kind of that number."""
    first = series * SERIES * len(MODELS) + kind
    return range(first, first + SERIES * len(MODELS), len(MODELS))


def call_of(prefix: bytes, client: int, slot: int, names: Mapping[str, str] = UNCHANGED) -> Call:
    """A client's operation of that number.

    :param names: commands in upper case to the names that they have at the data nodes, where those differ.
    """
    model = model_of(slot)
    series, step = series_of(slot)
    base = b"%b%b%b:%d:%d" % (prefix, NAMESPACE, model.name.encode(), client, series)
    return Call(client, series, step, tuple(base + suffix for suffix in model.suffixes), names)
