"""How much following the start scripts of containers may take: no preparation of a configuration needs more."""

from dataclasses import dataclass, field
from math import factorial

from jsquared.deployment.read.containers.joints import Joints
from jsquared.deployment.read.containers.shell_words import Unreadable

MOST_STEPS = 10_000
MOST_CHARACTERS = 8 << 20
MOST_COMPARISONS = 50_000_000
DEEPEST_SUBSTITUTION = 10
DEEPEST_CALL = 10


@dataclass
class Effort:
    """The effort spent so far, over all containers of a file."""

    most_steps: int = MOST_STEPS
    steps: int = 0
    characters: int = 0
    comparisons: int = 0
    substitutions: int = 0
    """How deep in substitutions the shell is."""
    calls: int = 0
    """How deep in functions of scripts the shell is."""
    joints: Joints = field(default_factory=Joints)
    """What was put together from parts."""

    def step(self) -> None:
        """One more command.

        :raises Unreadable: too many.
        """
        self.steps += 1
        if self.steps > self.most_steps:
            raise Unreadable(f"more than {self.most_steps} commands")

    def write(self, text: str) -> str:
        """The text, which an expansion or a command came to.

        :raises Unreadable: all of them together are too long.
        """
        self.characters += len(text)
        if self.characters > MOST_CHARACTERS:
            raise Unreadable(f"more than {MOST_CHARACTERS} characters of text")
        return text

    def expect(self, characters: int) -> None:
        """A text of at most so many characters is about to be made.

        :raises Unreadable: too long.
        """
        if characters > MOST_CHARACTERS:
            raise Unreadable(f"more than {MOST_CHARACTERS} characters of text")

    def search(self, text: str, power: int) -> None:
        """A pattern is searched in every line of a text, which takes as many comparisons as a line is long, to that power, at the worst.

        :raises Unreadable: too many.
        """
        self.comparisons += sum(len(line) ** power // factorial(power) for line in text.split("\n"))
        if self.comparisons > MOST_COMPARISONS:
            raise Unreadable("a pattern that may backtrack too often")

    def enter(self) -> None:
        """Into a substitution, which :meth:`leave` leaves.

        :raises Unreadable: too deep.
        """
        self.substitutions += 1
        if self.substitutions > DEEPEST_SUBSTITUTION:
            raise Unreadable(f"substitutions nested more than {DEEPEST_SUBSTITUTION} deep")

    def leave(self) -> None:
        """Out of a substitution."""
        self.substitutions -= 1

    def call(self) -> None:
        """Into a function, which :meth:`returned` leaves.

        :raises Unreadable: too deep.
        """
        self.calls += 1
        if self.calls > DEEPEST_CALL:
            raise Unreadable(f"functions nested more than {DEEPEST_CALL} deep")

    def returned(self) -> None:
        """Out of a function."""
        self.calls -= 1
