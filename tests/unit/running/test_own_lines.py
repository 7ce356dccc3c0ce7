"""A server's own file at another address: its own lines change, and nobody else's do."""

import pytest

from jsquared.running.own_lines import at_address, following

FILE = """port 26379
bind 10.0.0.1 127.0.0.1
bind-source-addr "10.0.0.1"
sentinel announce-ip 10.0.0.1
sentinel monitor mymaster 10.0.0.1 6379 2
sentinel known-replica mymaster 10.0.0.1 6380
# 10.0.0.1
broken "10.0.0.1
"""


def test_only_its_own_lines_change() -> None:
    """What it listens on, speaks from and announces; whom it knows by that address may be another one."""
    lines = at_address(FILE, "10.0.0.1", "10.0.9.1").splitlines()
    assert lines[:4] == [
        "port 26379",
        "bind 10.0.9.1 127.0.0.1",
        "bind-source-addr 10.0.9.1",
        "sentinel announce-ip 10.0.9.1",
    ]
    assert lines[4:] == FILE.splitlines()[4:]


@pytest.mark.parametrize("line", ["replica-announce-ip", "slave-announce-ip", "Bind"])
def test_every_way_to_write_it(line: str) -> None:
    """Old and new names of the directive, in any case; names stay, and addresses that need not exist change too."""
    assert at_address(f"{line} 10.0.0.1\n", "10.0.0.1", "10.0.9.1") == f"{line} 10.0.9.1\n"
    assert at_address(f"{line} redis-1\n", "10.0.0.1", "10.0.9.1") == f"{line} redis-1\n"
    assert at_address(f"{line} -10.0.0.1\n", "10.0.0.1", "10.0.9.1") == f"{line} -10.0.9.1\n"


@pytest.mark.parametrize("before", ["", "replicaof 10.0.0.2 6379\n", "slaveof 10.0.0.2 6379\nREPLICAOF no one\n"])
def test_it_follows_one_only(before: str) -> None:
    """Whomever the file followed, it now has one line that says whom."""
    assert following(f"port 6379\n{before}appendonly yes", "n3", "6380") == (
        "port 6379\nappendonly yes\nreplicaof n3 6380\n"
    )
