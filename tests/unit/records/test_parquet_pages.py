"""Headers of Parquet pages, which say what a reader will do with a page."""

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
