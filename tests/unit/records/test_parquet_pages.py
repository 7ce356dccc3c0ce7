"""Headers of Parquet pages, which say what a reader will do with a page."""

import pytest

from jsquared.records.parquet_pages import page_header

# As the compact protocol has them: the type, 10 bytes packed and unpacked, then one struct for each version of data pages.
SIZES = b"\x15\x14\x15\x14"
FIRST_VERSION_SAYS_PLAIN = b"\x2c\x15\x02\x15\x00\x00"
SECOND_VERSION_SAYS_DELTA = b"\x3c\x15\x02\x25\x02\x15\x0a\x00"


def test_only_the_words_about_its_own_type_count() -> None:
    """A page of the second version may carry words about one of the first, which no reader looks at."""
    both = SIZES + FIRST_VERSION_SAYS_PLAIN + SECOND_VERSION_SAYS_DELTA + b"\x00"
    assert page_header(memoryview(b"\x15\x06" + both), 0).encoding == 5
    assert page_header(memoryview(b"\x15\x00" + both), 0).encoding == 0


def test_a_type_that_the_lab_never_writes_has_no_encoding() -> None:
    """So the page is refused."""
    assert page_header(memoryview(b"\x15\x02" + SIZES + FIRST_VERSION_SAYS_PLAIN + b"\x00"), 0).encoding == -1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (b"\x24\x02", "a field of the wrong type"),
        (b"\x05\x04\x02", "fields out of order"),
        (b"\x15\xff\xff\xff\xff\xff\x01", "a number in a page header that is too large"),
    ],
)
def test_what_arrow_reads_otherwise_is_refused(more: bytes, words: str) -> None:
    """It passes over a field of another type, takes the later one of two, and cuts numbers: sizes would not be what they seem."""
    with pytest.raises(ValueError, match=words):
        page_header(memoryview(b"\x15\x00\x15\x14" + more + b"\x00"), 0)
