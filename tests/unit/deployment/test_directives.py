"""Configuration lines: splitting, quoting and reading them as the servers do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.deployment.model.directives import Directive, Source, canonical, join_words, quote_word, split_words
from jsquared.errors import BadInputError

SOURCE = Source("n1/redis.conf", "/etc/d/n1/redis.conf")

any_word = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
any_bytes = st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape"))


@given(st.lists(any_word | any_bytes, max_size=8))
def test_words_survive_the_round_trip(words: list[str]) -> None:
    """Whatever the words are, a line made of them is split into the same words again."""
    assert split_words(join_words(words)) == tuple(words)


@given(any_word | any_bytes)
def test_a_quoted_word_is_one_printable_line(word: str) -> None:
    """A quoted word has no line break and nothing but printable ASCII, so it cannot become another line."""
    quoted = quote_word(word)
    assert quoted.isascii()
    assert quoted.isprintable()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_splitting_never_fails_and_never_invents(line: str) -> None:
    """Any text is either refused (None) or split into words that can be written again."""
    words = split_words(line)
    assert words is None or split_words(join_words(words)) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ()),
        (" \t ", ()),
        ("save 900 1", ("save", "900", "1")),
        ('logfile ""', ("logfile", "")),
        (r'a "b c\n\x41\"\\"', ("a", 'b c\nA"\\')),
        (r"a 'b \'c\' \n'", ("a", r"b 'c' \n")),
        (r'a "\q\xZZ"', ("a", "qxZZ")),
        ('pre"fix"', ("prefix",)),
        ('"open', None),
        ("'open", None),
        ('"closed"tail', None),
        ("'closed'tail", None),
        ('"ends in \\', None),
        ("user-ä ö", ("user-ä", "ö")),
    ],
)
def test_lines_are_split_as_the_servers_do(line: str, words: tuple[str, ...] | None) -> None:
    """Quotes and escapes mean what they mean to sdssplitargs."""
    assert split_words(line) == words


@pytest.mark.parametrize(
    ("word", "quoted"),
    [("plain-1.2:3", "plain-1.2:3"), ("", '""'), ("a b", '"a b"'), ("\x00\n", r'"\x00\n"'), ("ä", r'"\xc3\xa4"')],
)
def test_words_are_quoted_only_where_needed(word: str, quoted: str) -> None:
    """A safe word stays as it is; everything else is in double quotes, as the servers write it."""
    assert quote_word(word) == quoted


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SlaveOf", "replicaof"),
        ("min-slaves-max-lag", "min-replicas-max-lag"),
        ("primaryauth", "masterauth"),
        ("appendonly", "appendonly"),
    ],
)
def test_aliases_compare_equal(name: str, expected: str) -> None:
    """Old and new names of a directive are the same thing."""
    assert canonical(name) == expected


def test_sentinel_lines_are_known_by_their_second_word() -> None:
    """A Sentinel's own line has the key 'sentinel <name>' and its arguments after that."""
    line = Directive.make(("SENTINEL", "known-slave", "m", "10.0.0.1", "6379"), SOURCE, 4, "")
    assert (line.key, line.arguments) == ("sentinel known-replica", ("m", "10.0.0.1", "6379"))


def test_a_lone_sentinel_word_is_an_ordinary_key() -> None:
    """A line of only 'sentinel' has that key and no arguments."""
    line = Directive.make(("sentinel",), SOURCE, 1, "")
    assert (line.key, line.arguments) == ("sentinel", ())


@pytest.mark.parametrize(
    ("line", "path", "where"),
    [(7, "", "/etc/d/n1/redis.conf:7, port"), (None, "redis.port", "/etc/d/n1/redis.conf, redis.port")],
)
def test_where_names_file_line_and_place(line: int | None, path: str, where: str) -> None:
    """An error can be found: file, line if there is one, and the place in it."""
    assert Directive.make(("port", "1"), SOURCE, line, path).where == where


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "70000", "٣", "9" * 40])
def test_a_bad_number_is_refused(value: str) -> None:
    """What is not a whole number within the limits is refused in one line that names the place."""
    directive = Directive.make(("port", value), SOURCE, 3, "")
    with pytest.raises(BadInputError, match=r"redis.conf:3, port: .* is not a whole number from 1 to 65535"):
        directive.number(0, 1, 65535)


def test_a_missing_number_is_refused() -> None:
    """A number that is not there is refused, not read as zero."""
    with pytest.raises(BadInputError, match="'' is not a whole number"):
        Directive.make(("port",), SOURCE, 3, "").number(0, 1, 65535)


def test_a_good_number_is_read() -> None:
    """A whole number within the limits comes back as a number."""
    assert Directive.make(("port", "7000"), SOURCE, 3, "").number(0, 1, 65535) == 7000
