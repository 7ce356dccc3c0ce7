"""Searching many texts at a place of another one, without trying each length: they may begin alike, and contain each other."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

_NONE = -1


class NestedForms:
    """Texts, sorted, each with the longest other one that it begins with (its parent).

    All those that stand at a place begin the last one that sorts before what stands there, so they are among its parents. Of those too long
    ones are passed over by jumps, each twice as far as the next nearer one (a skew-binary list).
    """

    def __init__(self, forms: Iterable[str]) -> None:
        self._forms = sorted(set(forms))
        self._longest = max(map(len, self._forms), default=0)
        self._parents: list[int] = []
        self._jumps: list[int] = []
        self._depths: list[int] = []
        above: list[int] = []
        for index, form in enumerate(self._forms):
            while above and not form.startswith(self._forms[above[-1]]):
                above.pop()
            self._add(above[-1] if above else _NONE)
            above.append(index)

    def _add(self, parent: int) -> None:
        jump = parent
        if parent != _NONE:
            near = self._jumps[parent]
            far = self._jumps[near] if near != _NONE else _NONE
            if self._depth(parent) - self._depth(near) == self._depth(near) - self._depth(far):
                jump = far
        self._parents.append(parent)
        self._jumps.append(jump)
        self._depths.append(self._depth(parent) + 1)

    def _depth(self, index: int) -> int:
        return 0 if index == _NONE else self._depths[index]

    def at(self, text: str, place: int) -> Iterator[int]:
        """The lengths of those that stand there, the longest first."""
        begin = text[place : place + self._longest]
        index = bisect_right(self._forms, begin) - 1
        if index >= 0 and not begin.startswith(self._forms[index]):
            index = self._no_longer_than(_common(self._forms[index], begin), index)
        while index >= 0:
            yield len(self._forms[index])
            index = self._parents[index]

    def _no_longer_than(self, length: int, index: int) -> int:
        """The nearest parent of no more than so many characters, _NONE without."""
        while index >= 0 and len(self._forms[index]) > length:
            jump = self._jumps[index]
            index = jump if jump >= 0 and len(self._forms[jump]) > length else self._parents[index]
        return index


def _common(one: str, other: str) -> int:
    """Return the number of characters that two texts have in common at their beginning."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if one[:middle] == other[:middle] else (least, middle - 1)
    return least
