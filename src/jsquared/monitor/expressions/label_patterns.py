"""The patterns of matchers, read as Prometheus reads them (RE2), and matched in a time that no pattern can make long.

A pattern and the values that it is held against come from one file of a stranger, and Python's own matcher takes time without end for
some of them; it also reads another dialect. So only plain forms are read: characters, classes, groups, alternatives and repetitions. Of
all others it is not known what they match.
"""

from dataclasses import dataclass
from functools import lru_cache

MOST_STATES = 2000
"""A pattern that has more of them, once its repetitions are written out, is not read; nor one that takes so many steps to write out."""
MOST_STEPS = 200_000
"""States times characters, of one match."""
MOST_REPEATS = 1000
"""RE2 refuses a pattern that asks for more."""
DEEPEST_GROUPS = 50
_LAST, _DIGITS, _WORDS, _SPACES = 0x10FFFF, "0-9", "0-9A-Za-z_", "\t\n\f\r "
_CLASSES = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}

Ranges = tuple[tuple[int, int], ...]
"""Code points, from the first to the last of each range."""


class WrongPatternError(ValueError):
    """A pattern that RE2 refuses in every version."""


class UnreadPatternError(ValueError):
    """A pattern that may be sound, but is not read."""


@dataclass(frozen=True)
class Characters:
    """One character of these ranges."""

    ranges: Ranges
    negated: bool = False

    def has(self, character: str) -> bool:
        """True if the character is one of them."""
        return any(low <= ord(character) <= high for low, high in self.ranges) is not self.negated


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Choice:
    """One of several."""

    parts: tuple["Part", ...]


@dataclass(frozen=True)
class Repeat:
    """From ``least`` to ``most`` times; without end, where that is None."""

    part: "Part"
    least: int
    most: int | None


Part = Characters | Sequence | Choice | Repeat


@dataclass(frozen=True)
class Pattern:
    """A pattern that is read. ``edges`` has the states after each state, by character or (None) at once."""

    part: Part
    edges: tuple[tuple[tuple[Characters | None, int], ...], ...]

    def matches(self, value: str) -> bool | None:
        """True if the whole value is matched; None where that is not known, or would take too long to find out."""
        if "\n" in value or len(self.edges) * (len(value) + 1) > MOST_STEPS:
            return None  # a dot matches the end of a line in Prometheus 3, and not in 2
        here = self._at_once({0})
        for character in value:
            passed = {
                after
                for state in here
                for taken, after in self.edges[state]
                if taken is not None and taken.has(character)
            }
            here = self._at_once(passed)
        return len(self.edges) - 1 in here

    def _at_once(self, states: set[int]) -> set[int]:
        left = list(states)
        while left:
            for taken, after in self.edges[left.pop()]:
                if taken is None and after not in states:
                    states.add(after)
                    left.append(after)
        return states

    def values(self) -> frozenset[str] | None:
        """Return all values that it matches, where it is a plain list of them: ``a|b``."""
        options = self.part.parts if isinstance(self.part, Choice) else (self.part,)
        found = [_plain(option) for option in options]
        return None if None in found else frozenset(text for text in found if text is not None)


@lru_cache(maxsize=512)
def pattern_of(text: str) -> Pattern | None:
    """Return a pattern; None where it is not known what it matches."""
    try:
        part = _Reader(text).whole()
        wiring = _Wiring()
        wiring.add(part)
    except ValueError:
        return None
    return Pattern(part, tuple(map(tuple, wiring.edges)))


def pattern_problem(text: str) -> str:
    """Return why RE2 refuses a pattern; empty where nothing is known against it."""
    try:
        _Reader(text).whole()
    except WrongPatternError as problem:
        return str(problem)
    except UnreadPatternError:
        return ""
    return ""


def _plain(part: Part) -> str | None:
    """The one text that a part matches."""
    if isinstance(part, Characters):
        single = len(part.ranges) == 1 and part.ranges[0][0] == part.ranges[0][1] and not part.negated
        return chr(part.ranges[0][0]) if single else None
    if isinstance(part, Sequence):
        texts = [_plain(each) for each in part.parts]
        return None if None in texts else "".join(text for text in texts if text is not None)
    return None


class _Wiring:
    """The states of a pattern, which grow part by part; the last one is where what has been added ends."""

    def __init__(self) -> None:
        self.edges: list[list[tuple[Characters | None, int]]] = [[]]
        self._steps = 0

    def add(self, part: Part) -> None:
        """Add a part after the last state.

        :raises UnreadPatternError: there would be too many of them.
        """
        self._steps += 1
        if max(self._steps, len(self.edges)) > MOST_STATES:
            raise UnreadPatternError("has too many states")
        match part:
            case Characters():
                self._state(part)
            case Sequence():
                for each in part.parts:
                    self.add(each)
            case Choice():
                self._choice(part)
            case Repeat():
                for _ in range(part.least):
                    self.add(part.part)
                for _ in range((part.most or 0) - part.least):
                    self._option(part.part)
                if part.most is None:
                    self._loop(part.part)

    def _state(self, taken: Characters | None = None) -> int:
        """Add a state after the last one, and return it."""
        self.edges[-1].append((taken, len(self.edges)))
        self.edges.append([])
        return len(self.edges) - 1

    def _choice(self, part: Choice) -> None:
        start, ends = len(self.edges) - 1, []
        for each in part.parts:
            self.edges[start].append((None, len(self.edges)))
            self.edges.append([])
            self.add(each)
            ends.append(len(self.edges) - 1)
        self.edges.append([])
        for end in ends:
            self.edges[end].append((None, len(self.edges) - 1))

    def _option(self, part: Part) -> None:
        start = self._state()
        self.add(part)
        end = self._state()
        self.edges[start].append((None, end))

    def _loop(self, part: Part) -> None:
        start = self._state()
        self.add(part)
        self.edges[-1].append((None, start))
        end = self._state()
        self.edges[start].append((None, end))


class _Reader:
    """Reads one pattern, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def whole(self) -> Part:
        """Read all of it.

        :raises WrongPatternError: RE2 refuses it.
        :raises UnreadPatternError: it has a form that is not read.
        """
        part = self._choice(0)
        if self._place < len(self._text):
            raise WrongPatternError("a ')' that closes nothing")
        return part

    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self) -> str:
        character = self._next()
        self._place += 1
        return character

    def _choice(self, depth: int) -> Part:
        if depth > DEEPEST_GROUPS:
            raise UnreadPatternError("has too many groups")
        options = [self._sequence(depth)]
        while self._next() == "|":
            self._place += 1
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Part:
        parts: list[Part] = []
        if depth == 0 and self._next() == "^":
            self._place += 1  # whole values are matched in any case
            if self._next() in ("*", "+", "?", "{"):
                raise UnreadPatternError("a repeated '^'")
        while self._next() not in ("", "|", ")"):
            if self._next() == "$" and depth == 0 and self._text[self._place + 1 : self._place + 2] in ("", "|"):
                self._place += 1
                break
            parts.append(self._repeated(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, part: Part) -> Part:
        if self._next() not in ("*", "+", "?", "{"):
            return part
        sign = self._take()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign] if sign != "{" else self._counted()
        if self._next() == "?":
            self._place += 1  # lazy: the same values
        if self._next() in ("*", "+", "?"):
            raise WrongPatternError(f"'{self._next()}' repeats a repetition")
        if self._next() == "{":
            raise UnreadPatternError("a brace after a repetition")
        return Repeat(part, least, most)

    def _counted(self) -> tuple[int, int | None]:
        """What stands in braces; RE2 takes a brace that counts nothing for itself, which is not read."""
        inside, closed, _ = self._text[self._place : self._place + 12].partition("}")
        first, comma, last = inside.partition(",")
        numbers = [text for text in (first, last) if text]
        if not closed or not first or not all(text.isascii() and text.isdigit() for text in numbers):
            raise UnreadPatternError("a brace that counts nothing")
        self._place += len(inside) + 1
        least, most = int(first), int(last) if last else None if comma else int(first)
        if max(map(int, numbers)) > MOST_REPEATS or (most is not None and most < least):
            raise WrongPatternError(f"'{{{inside}}}' is no count of repetitions")
        return least, most

    def _atom(self, depth: int) -> Part:
        character = self._take()
        match character:
            case "(":
                return self._group(depth)
            case "[":
                return self._class()
            case "\\":
                return self._escaped()
            case ".":
                return Characters(((0, _LAST),))
            case "*" | "+" | "?":
                raise WrongPatternError(f"'{character}' repeats nothing")
            case "^" | "$" | "{":
                raise UnreadPatternError(f"'{character}' in the midst")
        return _one(character)

    def _group(self, depth: int) -> Part:
        if self._next() == "?":
            if self._text[self._place + 1 : self._place + 2] in ("=", "!") or self._text[
                self._place + 1 : self._place + 3
            ] in ("<=", "<!"):
                raise WrongPatternError("it looks ahead or behind, which RE2 does not")
            if self._text[self._place + 1 : self._place + 2] != ":":
                raise UnreadPatternError("a group with flags or a name")
            self._place += 2
        part = self._choice(depth + 1)
        if self._take() != ")":
            raise WrongPatternError("a '(' without ')'")
        # as a sequence of one: a choice that is a group is no list of values
        return Sequence((part,))

    def _escaped(self) -> Part:
        character = self._take()
        if not character:
            raise WrongPatternError("a '\\' at its end")
        if character.lower() in _CLASSES:
            return Characters(_ranges(_CLASSES[character.lower()]), negated=character.isupper())
        if character in _CONTROLS:
            return _one(_CONTROLS[character])
        if character.isascii() and not character.isalnum() and character.isprintable():
            return _one(character)
        raise UnreadPatternError("an escape that is not read")

    def _class(self) -> Part:
        negated = self._next() == "^"
        self._place += negated
        ranges: list[tuple[int, int]] = []
        first = True
        while first or self._next() != "]":
            if not self._next():
                raise WrongPatternError("a '[' without ']'")
            if self._text.startswith(("[:", "[.", "[=", "&&", "--", "~~"), self._place):
                raise UnreadPatternError("a class of a name")
            low = self._class_part()
            first = False
            if self._next() == "-" and self._text[self._place + 1 : self._place + 2] != "]":
                self._place += 1
                high = self._class_part() if self._next() else ()
                ranges.append(_span(low, high))
            else:
                ranges += low
        self._place += 1
        return Characters(tuple(ranges), negated)

    def _class_part(self) -> Ranges:
        character = self._take()
        if character != "\\":
            return ((ord(character), ord(character)),)
        part = self._escaped()
        if not isinstance(part, Characters) or part.negated:
            raise UnreadPatternError("a negated class in a class")
        return part.ranges


def _span(low: Ranges, high: Ranges) -> tuple[int, int]:
    """The range between two characters of a class."""
    if not high:
        raise WrongPatternError("a '[' without ']'")
    ends = (*low, *high)
    if len(ends) != 2 or any(first != last for first, last in ends):
        raise UnreadPatternError("a range of classes")
    if low[0][0] > high[0][0]:
        raise WrongPatternError("a range from a later character to an earlier one")
    return low[0][0], high[0][0]


def _one(character: str) -> Characters:
    return Characters(((ord(character), ord(character)),))


def _ranges(text: str) -> Ranges:
    """``0-9A-Z_`` as ranges."""
    found, place = [], 0
    while place < len(text):
        if text[place + 1 : place + 2] == "-":
            found.append((ord(text[place]), ord(text[place + 2])))
            place += 3
        else:
            found.append((ord(text[place]), ord(text[place])))
            place += 1
    return tuple(found)
