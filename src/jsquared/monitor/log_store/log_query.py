"""What to search for, as people write it: words that must all occur, "phrases", and a minus before what must not.

Words are compared without regard to case and accents. What lies between letters and digits separates words, in lines and in the query:
``+switch-master`` finds the two words next to each other. A query is never handed to SQLite's own syntax as it is.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jsquared.errors import BadInputError
from jsquared.text import one_line

LONGEST = 1000
"""Characters of a query."""
MOST_TERMS = 50
_TERM = re.compile(r'\s*(?P<minus>-?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)|(?P<rest>\S|$))')
HINT = 'words, "phrases in quotation marks", -words that must not occur'


@dataclass(frozen=True)
class Query:
    """Terms that must occur and terms that must not; each is a word or a phrase. Neither: every line is meant."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @property
    def match(self) -> str:
        """All wanted terms in the syntax of FTS5, empty without any."""
        return " AND ".join(map(_quoted, self.wanted))

    @property
    def exclusion(self) -> str:
        """Any of the unwanted terms in the syntax of FTS5, empty without any."""
        return " OR ".join(map(_quoted, self.unwanted))


def parse_query(words: Sequence[str]) -> Query:
    """Return what the words of a command line search for.

    :raises BadInputError: a quotation mark is open, a term has no letter or digit, or there are too many.
    """
    text = _clean(" ".join(words))
    if len(text) > LONGEST:
        raise _wrong(text, f"has {len(text)} characters, of which {LONGEST} are allowed")
    terms = list(_terms(text))
    if len(terms) > MOST_TERMS:
        raise _wrong(text, f"has {len(terms)} terms, of which {MOST_TERMS} are allowed")
    return Query(tuple(term for minus, term in terms if not minus), tuple(term for minus, term in terms if minus))


def _terms(text: str) -> Iterator[tuple[bool, str]]:
    at = 0
    while at < len(text.rstrip()):
        match = _TERM.match(text, at)
        assert match is not None  # the last alternative takes anything
        at = match.end()
        term = match["phrase"] if match["phrase"] is not None else match["word"]
        if term is None:
            problem = (
                "has a minus before nothing" if match["rest"] != '"' else "has a quotation mark that is not closed"
            )
            raise _wrong(text, problem)
        if not any(map(_is_of_word, term)):
            raise _wrong(text, f"has no letter or digit in '{one_line(term)[:50]}'")
        yield bool(match["minus"]), term


def _is_of_word(character: str) -> bool:
    """True for what FTS5's tokenizer makes words of."""
    kind = unicodedata.category(character)
    return kind[0] in "LN" or kind == "Co"


def _clean(text: str) -> str:
    """The text without what neither SQLite nor UTF-8 can hold."""
    return re.sub("[\x00-\x1f\x7f\ud800-\udfff]", " ", text)


def _quoted(term: str) -> str:
    return '"{}"'.format(term.replace('"', '""'))


def _wrong(text: str, problem: str) -> BadInputError:
    return BadInputError(problem, where=f"the query '{one_line(text)[:100]}'", hint=HINT)
