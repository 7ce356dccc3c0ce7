"""The secrets of a deployment, and the marks that stand for them wherever people or programs can read.

A secret is found by its place first: it is the argument of a directive, a rule of an ACL, a login (:meth:`Secrets.words`,
:meth:`Secrets.setting`), or it stands where such things stand in a text that others wrote (:mod:`jsquared.records.secret_places`). Behind
that is a net by value (:meth:`Secrets.mask`). docs/concepts/trust.md tells which secrets the net does not take, and why.
"""

import base64
import hashlib
import html
import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from jsquared.records import secret_places as places
from jsquared.records.comments import telling_tail, without_tails, without_telling
from jsquared.records.nested_forms import NestedForms

LEAST_CHARACTERS = 6
"""Shorter secrets are not looked for by value: they would turn up in half of all words."""
LEAST_DIGITS = 12
"""Numbers shorter than this are times, offsets and process ids as well."""
FEW = 400
"""So many are found faster one by one than by looking at every character."""
CERTAIN_CHARACTERS = 12
"""So long a secret is looked for inside of words too."""
PLAIN_WORDS = frozenset(
    """
    appendonly default disabled enabled failover inconclusive jsquared localhost loopback master mymaster namespaces noeviction notice
    passed password primary promote protected-mode redis redis-server replica replicaof requirepass masterauth sentinel server settle
    stand-up started stopped violated valkey valkey-server verbose warning writes
    """.split()
)
"""Words that JSquared and the servers write themselves: as a password each of them is masked by its place alone."""
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\a": "\\a"}


@dataclass(frozen=True)
class Secrets:
    """Secrets in the order in which they first appear: the first is shown as ``<secret-1>``, everywhere.

    ``names`` are words that the deployment or the trial has for its parts: what is also such a name is masked by its place alone.
    """

    values: tuple[str, ...] = ()
    names: frozenset[str] = field(default=frozenset(), compare=False)
    others: tuple[str, ...] = field(default=(), compare=False)
    """What is masked by value besides, without numbers: it is met in one place and known nowhere else."""

    def and_also(self, values: Iterable[str], names: Iterable[str] = ()) -> "Secrets":
        """With these behind, each once; what is empty is not a secret."""
        new = [value for value in values if value]
        return replace(
            self, values=tuple(dict.fromkeys((*self.values, *new))), names=self.names | {name.lower() for name in names}
        )

    def besides(self, others: Iterable[str]) -> "Secrets":
        """With these looked for by value, shown without a number."""
        return replace(self, others=tuple(dict.fromkeys([*self.others, *others])))

    def mark(self, value: str) -> str:
        """Return the mark of a secret; nothing can be computed back from it. An unknown one has no number."""
        if not value or places.is_mark(value):
            return value
        number = self._forms.get(value)
        return f"<secret-{number}>" if number else places.UNKNOWN

    # -- by place

    def words(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words of a configuration line with its secrets marked; the same words where it has none.

        A comment behind the line, which no server takes, has one mark.
        """
        at = dict(places.secret_words(words))
        tail = telling_tail(words)
        shown = (
            word if index not in at else word[: at[index]] + self.mark(word[at[index] :])
            for index, word in enumerate(words[:tail])
        )
        return (*shown, "#", places.UNKNOWN) if tail < len(words) else tuple(shown)

    def setting(self, text: str) -> str:
        """An argument of ``--with``: ``redis.requirepass=<secret-1>``."""
        key, equals, value = text.partition("=")
        if not equals:
            return self.mask(text)
        name = key.strip().rpartition(".")[2]
        if places.holds_secret(name):
            return f"{key}={self.written(value.strip())}"
        return f"{key}={self.rules(value)}" if name.lower() == "user" else self.mask(text)

    def login(self, login: tuple[str, ...]) -> tuple[str, ...]:
        """Return the login's words for AUTH: none, a password, or a user and a password."""
        return (*login[:-1], self.mark(login[-1])) if login else ()

    def fields(self, value: Any, name: str = "") -> Any:
        """Plain data with every text in it masked: what stands under ``password`` by its place, all else by value."""
        if isinstance(value, dict):
            return {key: self.fields(each, str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.fields(each, name) for each in value]
        if not isinstance(value, str):
            return value
        return self.mark(value) if name == "password" else self.mask(value)

    # -- texts

    def mask(self, text: str) -> str:
        """Any text, of ours or of others (a line of a server's log, an error): by value, and where there is no doubt by place."""
        return self.by_value(without_tails(places.masked_line(text, self.written, self.rules)))

    def document(self, text: str) -> str:
        """A configuration that others wrote, in whatever form (native, YAML, Compose, shell), comments included."""
        return self.by_value(places.masked_document(text, self.written, self.rules))

    def native(self, text: str) -> str:
        """Lines as servers read them: redis.conf, sentinel.conf, ACL files; without comments that may tell a secret."""
        return self.document(places.masked_native(without_telling(text), self.written))

    def rules(self, text: str) -> str:
        """ACL rules, separated by spaces."""
        return places.masked_rules(text, self.written)

    def written(self, written: str) -> str:
        """The mark for a secret as it is written somewhere: in quotes, escaped, or with what closes a list behind it."""
        if not written or places.is_plain(written):
            return written
        bare = written[1:-1] if len(written) > 1 and written[0] in "\"'" and written[-1] == written[0] else written
        if not bare or places.is_plain(bare):
            return written
        while (mark := self.mark(bare)) == places.UNKNOWN and bare and bare[-1] in ",;)}]'\"":
            bare = bare[:-1]
            if places.is_plain(bare):
                return written
        behind = written[len(bare) :] if mark != places.UNKNOWN and written.startswith(bare) else ""
        return mark + behind

    # -- by value

    def by_value(self, text: str) -> str:
        """With marks for secrets; what is a mark already stays one, though a password may be a part of it, such as ``secret``."""
        for form in self._around_marks if "<secret" in text else ():
            text = text.replace(form, self.mark(form))
        return "".join(
            part if number % 2 else self._by_value_alone(part) for number, part in enumerate(places.around_marks(text))
        )

    def _by_value_alone(self, text: str) -> str:
        out: list[str] = []
        done = 0
        for at in self._candidates(text):
            found = self._form_at(text, at, self._beginning.get(text[at : at + LEAST_CHARACTERS])) if at >= done else ""
            if found:
                out += (text[done:at], self.mark(found))
                done = at + len(found)
        return "".join([*out, text[done:]])

    def _candidates(self, text: str) -> Iterable[int]:
        """Yield the possible beginnings of a form, in order: where few are searched for, only places of their first characters."""
        if len(self._beginning) > FEW:
            return range(len(text) - LEAST_CHARACTERS + 1)
        return sorted(at for start in self._beginning for at in _places_of(start, text))

    def _form_at(self, text: str, at: int, forms: NestedForms | None) -> str:
        """The longest form that stands there, empty where none does."""
        for length in forms.at(text, at) if forms else ():
            if length >= CERTAIN_CHARACTERS or _is_whole(text, at, at + length):
                return text[at : at + length]
        return ""

    @cached_property
    def _forms(self) -> dict[str, int]:
        """Every way in which a secret may be written, with its number; the first secret that is written so counts."""
        forms: dict[str, int] = {}
        for number, value in enumerate(self.values, 1):
            for form in _forms_of(value):
                forms.setdefault(form, number)
        for value in self.others:
            for form in _forms_of(value):
                forms.setdefault(form, 0)
        return forms

    @cached_property
    def _looked_for(self) -> frozenset[str]:
        """The forms of the secrets that are looked for by value."""
        certain = (
            form for value in (*self.values, *self.others) if self.is_looked_for(value) for form in _forms_of(value)
        )
        return frozenset(form for form in certain if len(form) >= LEAST_CHARACTERS)

    @cached_property
    def _around_marks(self) -> list[str]:
        """Those that have a mark within: longer ones first."""
        return sorted((form for form in self._looked_for if len(places.around_marks(form)) > 1), key=len, reverse=True)

    @cached_property
    def _beginning(self) -> dict[str, NestedForms]:
        """Group the forms by their beginning: a text is searched once, however many there are."""
        found: dict[str, list[str]] = {}
        for form in self._looked_for:
            found.setdefault(form[:LEAST_CHARACTERS], []).append(form)
        return {start: NestedForms(forms) for start, forms in found.items()}

    @staticmethod
    def stand_in(value: str, texts: Iterable[str]) -> bool:
        """True if a secret stands somewhere in these texts as one piece, however it is quoted there."""
        forms = set(_forms_of(value))
        return any(form in text for text in texts for form in forms)

    def is_looked_for(self, value: str) -> bool:
        """True if a secret is masked wherever it stands, and not only in places of secrets."""
        if len(value) < LEAST_CHARACTERS or (value.isdecimal() and len(value) < LEAST_DIGITS):
            return False
        return value.lower() not in PLAIN_WORDS and value.lower() not in self.names and not places.is_secret_name(value)


def _places_of(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """True if no word goes on beyond either end of a part of a text."""
    before = start > 0 and _is_word(text[start]) and _is_word(text[start - 1])
    return not before and not (end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _forms_of(value: str) -> Iterator[str]:
    """A secret as redis.conf, JSON, HTML, YAML, a shell, Python and an address write it, and the hash that an ACL shows for it."""
    data = value.encode("utf-8", "surrogateescape")
    yield value
    digest = hashlib.sha256(data).hexdigest()
    yield from (digest, digest.upper())
    yield base64.b64encode(data).decode().rstrip("=")
    if value.isascii() and value.isalnum():
        return  # nothing is escaped anywhere
    yield " ".join(value.split())
    yield _in_redis_quotes(data)
    for ascii_only in (True, False):
        yield json.dumps(value, ensure_ascii=ascii_only)[1:-1]
    yield html.escape(value)
    yield (
        value.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&#34;")
        .replace("'", "&#39;")
    )
    yield shlex.quote(value).removeprefix("'").removesuffix("'")
    yield value.replace("'", "''")
    yield value.replace("'", "\\'")
    yield repr(value)[1:-1]
    yield quote(data, safe="")
    yield quote_plus(data)


def _in_redis_quotes(data: bytes) -> str:
    """``sdscatrepr`` of both engines, without the quotes around it."""
    text = data.decode("latin-1")
    return "".join(_ESCAPED.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}") for char in text)


NO_SECRETS = Secrets()


class _Door:
    """The secrets of the deployment that this process read last: what errors that no one foresaw are masked with."""

    secrets = NO_SECRETS


def remember(secrets: Secrets) -> None:
    """From now on, mask these in what leaves this process as an error."""
    _Door.secrets = secrets


def masked_at_the_door(text: str) -> str:
    """An error line without the secrets of the deployment that was read last."""
    return _Door.secrets.mask(text)
