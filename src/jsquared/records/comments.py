"""Comments of the user's files: those that may tell a secret are left out, others stay as they are.

A secret that was commented out may be written in any form, cut over any lines, in prose or in a syntax that no server has, so no pattern
finds where it stands. Therefore a comment is judged as a whole: where one word is about secrets, users or logins, it goes, and with it
the whole block of comments that it belongs to. Lines stay where they are, since findings tell their numbers.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from jsquared.records.secret_places import REFUSED, is_nearly, native_words, secret_words

LEFT_OUT = "# <comment left out: it may hold a secret>"
LONGEST = 2000
"""A comment line of more characters is no one's sentence."""
Span = tuple[int, int]
"""Where a comment begins and ends in its text."""

_BREAKS = "\n\r\x85\u2028\u2029"
_COMMENT = re.compile(rf"(?:^|(?<=[\s\ufeff]))#[^{_BREAKS}]*", re.MULTILINE)
_LINE = re.compile(rf"(?:^|(?<=[{_BREAKS}]))[ \t\ufeff]*+(?P<comment>#[^{_BREAKS}]*)", re.MULTILINE)
_SIGNS = re.compile(r"[^\w\s:/+@]|_")
_WITHIN_A_WORD = re.compile(
    r"(?<!by)(?<!com)(?<!tres)(?<!sur)(?<!over)pass(?!iv|ed\b|es\b|ing\b|age|eng|ion|port|thr)|pasw|ps+w|pword|pwd|psk|re\w{0,3}ir?ep|mast\w{0,2}a"
    r"|auth(?!or)|auht|secret|secert|secrt|token|creden|crenden|crediti"
    r"|(?:redis|valkey|keydb)cli|kennwort|losung|zugang|geheim|contrasen|senha|haslo|parol|wachtwoord|heslo|losenord|salasana|jelszo"
    r"|пароль|密码|密碼|口令|パスワード|비밀번호|\+@"
)
"""Words about secrets, with typing errors, and glued to others: more counts than elsewhere, since only a comment is lost."""
_WHOLE_WORD = re.compile(
    r"\b(?:pass|pas|pw\d*|creds?|pin|pins|jwt|bearer|api|acls?|acl\w*|users?|usernames?|usr|login\w*|logon|clave|cli)\b"
    r"|\b(?:log|sign)(?:s|g?ing|ged|ed)? (?:in|on)\b|\bunlock"
    r"|\b(?:private|secret|api|access|ssh|tls|encryption|account|licen[cs]e|master|shared) ?keys?\b"
)
"""Words that stand within harmless others: ``compass``, ``author``, ``turkey``."""
_TELLING_SIGNS = re.compile(
    r"(?<![\w-])-a(?!\w*-\w)|(?<!\S)[><](?!=)(?!\d+ ?(?:[a-z%]{1,3})?(?:[\s,.;]|$))\S|[#!][0-9a-fA-F]{64}|\\[xuU][0-9a-fA-F]{2}|~\*"
    r"|://[^\s/]*@|\bkey\w*\b['\"]?\s*(?:[:=]|->|is\b)"
)
"""An option, rules of an ACL, letters that are written by their numbers, an address with a login, and what a key is."""


def may_tell(comment: str, names: frozenset[str] = frozenset()) -> bool:
    """True if a comment may hold a secret: one of its words is about secrets, or one of ``names``, variables that carry some."""
    plain = _plain(comment)
    if len(comment) > LONGEST or _TELLING_SIGNS.search(comment) or _TELLING_SIGNS.search(plain):
        return True
    if _WITHIN_A_WORD.search(_SIGNS.sub("", plain)):
        return True
    if any(_WHOLE_WORD.search(_SIGNS.sub(sign, plain)) for sign in ("", " ")):
        return True
    return not names.isdisjoint(re.findall(r"\w+", comment))


_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss"})
"""Letters with a stroke, which no form of Unicode takes apart."""


def _plain(text: str) -> str:
    """Small letters, without accents and invisible characters."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        text = unicodedata.normalize(
            "NFC", "".join(one for one in letters if unicodedata.category(one) not in ("Mn", "Cf"))
        )
    return text.lower()


def telling_comments(text: str, comments: Iterable[Span], names: frozenset[str] = frozenset()) -> set[Span]:
    """The comments to leave out: whole blocks of those that have a telling one among them."""
    found: set[Span] = set()
    for block in _blocks(text, comments):
        if any(may_tell(text[start:end], names) for start, end in block):
            found.update(block)
    return found


def _blocks(text: str, comments: Iterable[Span]) -> Iterator[list[Span]]:
    """Comments on lines that follow each other, or with nothing but blank lines between them."""
    block: list[Span] = []
    for start, end in comments:
        between = text[block[-1][1] : start] if block else ""
        if block and between.strip() and len((between + "#").splitlines()) > 2:
            yield block
            block = []
        block.append((start, end))
    yield block


def without(text: str, comments: Iterable[Span]) -> str:
    """A text without these comments."""
    out, done = [], 0
    for start, end in sorted(comments):
        out += [text[done:start], LEFT_OUT]
        done = end
    return "".join([*out, text[done:]])


def shell_comments(text: str) -> Iterator[Span]:
    """Yield everything from a ``#`` at the beginning of a word; also within quotes: some are not comments, but none is missed."""
    for found in _COMMENT.finditer(text):
        yield found.start(), found.start() + len(found.group().rstrip())


def whole_lines(text: str) -> Iterator[Span]:
    """Those of a shell that have nothing before them in their line."""
    for found in _LINE.finditer(text):
        yield found.start("comment"), found.start("comment") + len(found["comment"].rstrip())


def native_comments(text: str) -> Iterator[Span]:
    """Those of redis.conf and ACL files, also behind a line, though no server takes that: not in users' lines, whose hashes begin so."""
    at = 0
    for line in text.split("\n"):
        if "#" in line and (start := _begins_at(line)) >= 0:
            yield at + start, at + len(line.rstrip())
        at += len(line) + 1


def _begins_at(line: str) -> int:
    """Return the start of a comment in a line, negative where there is none."""
    found = native_words(line)
    at = _comment_at([word for _, word in found])
    return found[at][0] if at < len(found) else -1


def _comment_at(words: Sequence[str]) -> int:
    """The word of a line with which a comment begins, their number where none does; behind a secret all is masked, and not here."""
    at = next((at for at, word in enumerate(words) if word.lstrip("\ufeff").startswith("#")), len(words))
    if 0 < at < len(words) and (is_nearly(words[0].lstrip("-"), "user") or list(secret_words(words))):
        return len(words)
    return at


def telling_tail(words: Sequence[str]) -> int:
    """The word of a line with which a comment begins that may tell a secret, their number where none does."""
    at = _comment_at(words)
    return at if at == len(words) or may_tell(" ".join(words[at:])) else len(words)


def without_tails(text: str) -> str:
    """The lines that a server refuses and quotes, without comments that may tell a secret."""
    if ">>> '" not in text:
        return text
    return REFUSED.sub(lambda found: found[1] + without_telling(found[2]) + found[3], text)


def without_telling(text: str, names: frozenset[str] = frozenset()) -> str:
    """Lines as servers read them, without comments that may tell a secret."""
    return without(text, telling_comments(text, native_comments(text), names)) if "#" in text else text
