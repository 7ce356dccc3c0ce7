"""What two nodes hold differently, against an oracle that looks at each key alone and tries everything that may have become of it."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.same_contents import differences
from jsquared.records.contents import STAYS, Contents, Entry

pytestmark = pytest.mark.unmeasured

READ_MS = 10_000.0
KEYS = [(0, b"a"), (0, b"b"), (1, b"a")]
ENDS = [STAYS, 9_000.0, 10_000.0, 10_001.0, 10_900.0, 30_000.0, 31_000.0, 31_001.0, 95_000.0]
ENTRIES = st.one_of(
    st.none(),
    st.builds(Entry, st.sampled_from(["string", "list"]), st.sampled_from(ENDS), st.sampled_from([b"1", b"2"])),
)


def may_be(entry: Entry | None, tolerance_ms: float) -> list[Entry | None]:
    """All that a node may be seen to hold which should hold this: the same, with another end of life that is tolerated, or nothing."""
    if entry is None:
        return [None]
    if entry.expires_ms == STAYS:
        return [entry]
    moved = tolerance_ms == STAYS
    ends = [end for end in ENDS if end != STAYS and (moved or -tolerance_ms <= end - entry.expires_ms <= tolerance_ms)]
    gone = [None] if moved or entry.expires_ms <= READ_MS else []
    return [*(Entry(entry.type, end, entry.digest) for end in ends), *gone]


def oracle(whole: Contents, other: Contents, tolerance_ms: float) -> set[tuple[str, int, bytes]]:
    """The first thing that is wrong with each key, in the order in which they are named."""
    found = set()
    for key in KEYS:
        one, there = whole.get(key), other.get(key)
        if there in may_be(one, tolerance_ms) or one in may_be(there, tolerance_ms):
            continue
        if one is None or there is None:
            cause = "extra key" if one is None else "missing key"
        elif one.type != there.type:
            cause = "other type"
        elif one.digest != there.digest:
            cause = "other value"
        else:
            cause = "other TTL"
        found.add((cause, *key))
    return found


@settings(max_examples=500)
@given(st.tuples(*[ENTRIES] * len(KEYS)), st.tuples(*[ENTRIES] * len(KEYS)), st.sampled_from([1000.0, 60_000.0, STAYS]))
def test_the_differences_are_those_of_comparing_each_key_alone(
    one: tuple[Entry | None, ...], other: tuple[Entry | None, ...], tolerance_ms: float
) -> None:
    """On thousands of small contents each key that differs is named once, with the first cause, and no other key is."""
    whole, there = (
        {key: entry for key, entry in zip(KEYS, held, strict=True) if entry is not None} for held in (one, other)
    )
    found = list(differences(whole, there, READ_MS, tolerance_ms))
    assert len(found) == len(set(found))
    assert set(found) == oracle(whole, there, tolerance_ms)


def test_every_pair_of_entries_is_compared_as_the_oracle_does() -> None:
    """Not only random ones: every pair of entries of one key, with every tolerance."""
    every = [None, *(Entry(kind, end, digest) for kind, end, digest in product(["string", "list"], ENDS, [b"1", b"2"]))]
    for one, there, tolerance_ms in product(every, every, [1000.0, 60_000.0, STAYS]):
        whole = {KEYS[0]: one} if one else {}
        other = {KEYS[0]: there} if there else {}
        assert set(differences(whole, other, READ_MS, tolerance_ms)) == oracle(whole, other, tolerance_ms)
