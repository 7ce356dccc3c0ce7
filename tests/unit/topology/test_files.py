"""Words that are nearly right."""

import pytest

from jsquared.topology.files import did_you_mean


@pytest.mark.parametrize(("word", "guess"), [("Appendonli", "appendonly"), ("zzz", "other")])
def test_the_nearest_known_word_is_suggested(word: str, guess: str) -> None:
    """A near miss gets the word that was meant, anything else what the caller says."""
    assert did_you_mean(word, ["appendonly", "port"], otherwise="other") == guess
