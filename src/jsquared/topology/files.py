"""Words of the user's that are nearly right."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A suggestion for a word that is not known: the nearest one that is, else ``otherwise``."""
    near = difflib.get_close_matches(word[:100].lower(), list(known), n=1, cutoff=0.6)
    return near[0] if near else otherwise
