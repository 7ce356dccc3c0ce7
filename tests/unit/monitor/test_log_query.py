"""Queries as people write them: words, phrases and exclusions, whatever else is in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.errors import BadInputError
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.monitor.log_store.log_query import Query, parse_query
from jsquared.monitor.log_store.store_search import Wanted, matching
from jsquared.text import printable

TEXTS = [
    "+switch-master mymaster 10.0.0.1 6379 10.0.0.2 6379",
    "+sdown master mymaster 10.0.0.1 6379",
    "Connection with master lost. \N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
]


@pytest.fixture(scope="module")
def store():
    """A store with a few lines."""
    with LogStore(None) as made:
        made.add(StoredLine(number, "n1", "notice", "", "", text, "log") for number, text in enumerate(TEXTS, 1))
        yield made


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ([], Query()),
        (["a", "b"], Query(("a", "b"))),
        (["a  b"], Query(("a", "b"))),
        (['"a b" -c', '-"d e"'], Query(("a b",), ("c", "d e"))),
        (['x"y z"'], Query(("x", "y z"))),
        (["+switch-master"], Query(("+switch-master",))),
        (["a AND NOT*"], Query(("a", "AND", "NOT*"))),
    ],
)
def test_words_phrases_and_exclusions(words: list[str], query: Query) -> None:
    """Words of the command line are one text; quotation marks hold a phrase together, and a minus excludes."""
    assert parse_query(words) == query


@pytest.mark.parametrize(
    "words",
    [['"open'], ["-"], ["- a"], ["+"], ['""'], ['a "..." b'], ["a" * 1001], ["a "] * 51, ['-"'], ["a", '-"', "b"]],
    ids=lambda words: "_".join(words)[:20],
)
def test_what_searches_for_nothing_is_refused(words: list[str]) -> None:
    """An open quotation mark, a minus before nothing, a term without a letter or digit, and too much are one line each."""
    with pytest.raises(BadInputError) as refused:
        parse_query(words)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["mymaster"], [0, 1]),
        (["MyMaster", "-sdown"], [0]),
        (['"10.0.0.1 6379 10"'], [0]),
        (["switch-master"], [0]),
        (["master", "switch"], [0]),
        (["ete"], [2]),
        (["-mymaster"], [2]),
        (["OR"], []),
        ([], [0, 1, 2]),
    ],
)
def test_a_query_finds_lines(store: LogStore, words: list[str], found: list[int]) -> None:
    """All words must occur, in any case and order; what SQLite has a meaning for is a word like any other."""
    lines, has_more = matching(store, Wanted(query=parse_query(words)), 10)
    assert ([line.text for line in lines], has_more) == ([TEXTS[number] for number in found], False)


@given(st.lists(st.text(alphabet=st.one_of(st.characters(), st.sampled_from('"-+*:^(){} \x00\udc80')), max_size=30)))
def test_no_query_breaks_the_search(words: list[str]) -> None:
    """Whatever is typed is refused in one line that a terminal does not obey, or searched for."""
    refused = ""
    with LogStore(None) as store:
        store.add([StoredLine(1, "n1", "", "", "", "a line", "log")])
        try:
            matching(store, Wanted(query=parse_query(words)), 10)
        except BadInputError as problem:
            refused = str(problem)
    assert printable(refused) == refused


@given(st.lists(st.from_regex(r"\A[a-z0-9]{1,8}\Z"), min_size=1, max_size=5))
def test_what_was_written_is_found(words: list[str]) -> None:
    """A line is found by all of its words, by the whole of it, and by no word that is excluded."""
    with LogStore(None) as store:
        store.add([StoredLine(1, "n1", "", "", "", " ".join(words), "log")])
        count = lambda *query: len(matching(store, Wanted(query=parse_query(query)), 10)[0])  # noqa: E731
        assert count(*words) == count(f'"{" ".join(words)}"') == 1
        assert count(words[0], f"-{words[-1]}") == 0
