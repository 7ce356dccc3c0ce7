"""The bytes of batches: exactly what one command at a time would be."""

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.records.history import key_of
from jsquared.workload.commands import TEMPLATES_KEPT, Commands, value_of


def parse(data: bytes) -> list[list[bytes]]:
    """The commands in some bytes."""
    reader = hiredis.Reader()
    reader.feed(data)
    commands = []
    while (command := reader.gets()) is not False:
        commands.append(command)
    return commands


@given(
    st.integers(0, 10**9),
    st.integers(1, 40),
    st.integers(1, 5),
    st.text(max_size=9),
    st.integers(0, 99),
    st.integers(1, 90),
)
def test_a_batch_is_its_commands(start: int, count: int, step: int, prefix: str, client: int, value_bytes: int) -> None:
    """A batch is one SET a slot with the key at the beginning of its value, then the wait."""
    slots = range(start, start + count * step, step)
    commands = Commands(prefix, client, value_bytes, wait=b"*1\r\n$4\r\nWAIT\r\n")
    *sets, wait = parse(commands.batch(slots))
    keys = [key_of(prefix, client, slot) for slot in slots]
    assert sets == [[b"SET", key, key.ljust(value_bytes, b"x")] for key in keys]
    assert wait == [b"WAIT"]


def test_templates_do_not_pile_up() -> None:
    """However many sizes of batches there are, a bounded number of templates is kept."""
    commands = Commands("p:", 1, 64)
    for count in range(1, 3 * TEMPLATES_KEPT):
        commands.batch(range(100, 100 + count))
        assert len(commands._templates) <= TEMPLATES_KEPT


@pytest.mark.parametrize(("size", "value"), [(1, b"k:1"), (3, b"k:1"), (5, b"k:1xx")])
def test_a_value_is_its_key_padded(size: int, value: bytes) -> None:
    """A key longer than the value's size is not cut."""
    assert value_of(b"k:1", size) == value
