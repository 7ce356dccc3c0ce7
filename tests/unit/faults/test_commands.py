"""Which commands faults need, so that a configuration without them is known before a server is started."""

from jsquared.faults.catalogue import FAULTS
from jsquared.faults.needed_commands import COMMANDS, commands_of


def test_only_faults_that_exist_are_listed() -> None:
    """Each name is one of the catalogue's, with at least one command in upper case."""
    assert set(COMMANDS) <= set(FAULTS)
    assert all(commands and all(word == word.upper() for word in commands) for commands in COMMANDS.values())


def test_each_fault_is_told_with_its_commands() -> None:
    """Faults that need nothing of their own add nothing."""
    assert list(commands_of(["kill", "busy-script", "big-key-resync"])) == [
        ("busy-script", "EVAL"),
        ("big-key-resync", "MULTI"),
        ("big-key-resync", "EXEC"),
        ("big-key-resync", "REPLICAOF"),
    ]
