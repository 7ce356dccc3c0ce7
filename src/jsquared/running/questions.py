"""Questions to one running server that only read. Replies are a stranger's text: bounded, checked, and never trusted.

Settings are asked for by their names: ``CONFIG GET *`` shows ``masterauth`` in clear, and ``SENTINEL CONFIG GET *`` ``sentinel-pass``.
"""

import re
from collections.abc import Sequence
from typing import Any

from jsquared.resp.blocking import Connection
from jsquared.resp.failures import ServerReplyError
from jsquared.resp.replies import pairs
from jsquared.text import one_line

MOST_USERS = 1000
MOST_CLIENTS = 20_000
LONGEST_VALUE = 4096
LONGEST_REASON = 300
LEFT_OUT = "\ufffd"
"""Stands where bytes were no text, so that what was there is not known."""
UNUSUAL = "its value is not text of a usual length"
_SENTINEL_CLIENT = re.compile(r"sentinel-(?P<id>[0-9a-f]{8})-(?:cmd|pubsub)")
"""So do the connections of Sentinels call themselves (``sentinelReconnectInstance`` in sentinel.c)."""
_CLIENT_FIELD = re.compile(r"(?:^| )(?P<key>name|user)=(?P<value>\S*)")


class Questions:
    """Questions on one connection; what the server refuses is noted in ``refused``, silence is an error of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.refused: dict[str, str] = {}
        """What was not told, with the reason in the server's own words."""

    def reply(self, *words: str, about: str = "") -> Any:
        """Return the reply, None where the server refuses.

        :param about: what a refusal is noted under; by default the first two words.
        """
        try:
            return self._connection.command(*words)
        except ServerReplyError as problem:
            self.refused[about or " ".join(words[:2])] = _reason(problem)
            return None

    def text(self, *words: str, about: str = "") -> str:
        """Return the reply where it is text, else nothing."""
        reply = self.reply(*words, about=about)
        return reply if isinstance(reply, str) else ""

    def settings(self, command: str, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Ask for each of these names by itself.

        :param command: ``CONFIG`` or ``SENTINEL CONFIG``.
        :returns: the values, without names that the server does not know; and the names that it does not tell, with the reason.
        """
        found: dict[str, str] = {}
        refused: dict[str, str] = {}
        self._connection.send_all([(*command.split(), "GET", name) for name in names])
        for name in names:
            try:
                reply = self._connection.reply()
            except ServerReplyError as problem:
                refused[name] = _reason(problem)
                continue
            value = pairs(reply).get(name) if isinstance(reply, list) else None
            if isinstance(value, str) and len(value) <= LONGEST_VALUE and LEFT_OUT not in value and "\0" not in value:
                found[name] = value
            elif value is not None:
                refused[name] = UNUSUAL
        return found, refused

    def users(self) -> tuple[str, ...] | None:
        """Return the lines of ACL LIST, None where the server does not show them, or not in a form that can be believed."""
        reply = self.reply("ACL", "LIST")
        if not isinstance(reply, list) or len(reply) > MOST_USERS:
            return None
        lines = [line for line in reply if isinstance(line, str) and line.startswith("user ")]
        return tuple(lines) if all(line.isprintable() and LEFT_OUT not in line for line in lines) else None

    def connected_sentinels(self) -> dict[str, str] | None:
        """Return the first eight digits of the ids of Sentinels that are connected, to the user of each; None where it does not tell."""
        reply = self.reply("CLIENT", "LIST")
        if not isinstance(reply, str):
            return None
        clients = [
            {found["key"]: found["value"] for found in _CLIENT_FIELD.finditer(line)}
            for line in reply.split("\n")[:MOST_CLIENTS]
        ]
        named = [(_SENTINEL_CLIENT.fullmatch(fields.get("name", "")), fields.get("user", "")) for fields in clients]
        return {found["id"]: user for found, user in named if found}


def _reason(problem: ServerReplyError) -> str:
    return one_line(problem.what)[:LONGEST_REASON]
