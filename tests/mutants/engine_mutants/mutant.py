"""What a mutant is: one small edit of the engine's source, who should see it, and why it matters."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One mistake in an engine.

    The edit replaces ``anchor``, which must stand exactly once: in the whole file, or in the function that begins with ``within``.
    """

    name: str
    file: str
    """The source file, such as ``replication.c``."""
    anchor: str
    """A short piece of the source, at most a few lines."""
    replacement: str
    scenarios: tuple[str, ...]
    """Scenarios that should see it, the likeliest first."""
    words: tuple[str, ...]
    """A reason of the verdict that contains one of these, whatever the case, is about this mistake."""
    why: str
    """One sentence: what the mistake does to users."""
    within: str = ""
    """The beginning of a function's definition; empty for the whole file."""
    outcomes: tuple[str, ...] = ("violated",)
    """Outcomes that count; with ``inconclusive`` where the mistake may keep the lab from measuring at all."""
    options: tuple[str, ...] = ()
    """More arguments for ``jsquared run``, which the control gets as well."""
    sound: str = "pass"
    """What the engine without the mistake gets in these scenarios: ``violated`` where they ask to show what nothing survives."""
    equivalent: bool = False
    """Nobody can see it on this deployment; ``why`` then says the reason, and a verdict against it is worth a look."""
