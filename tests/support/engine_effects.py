"""Tries every directive on running engines, for ``scripts/directives`` and for the test that holds the files against them.

Each is given its own value, so that nothing changes: what an engine refuses then it refuses whatever the value is.
"""

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jsquared.deployment.dialect import effects
from jsquared.deployment.dialect.effects import TriedDirective
from jsquared.records.plan import Engine
from jsquared.resp.packing import packed
from support.engine_directives import MONITOR, replies_at

FOLDER = Path(effects.__file__).parent / "effects"
OWN = {"unixsocket": "", "port": "6379"}
"""Directives that the server under trial is started with, and their defaults."""
OF_THE_PLACE = ("dir",)
"""Directives whose default depends on where a server was started."""
SETTING_VALUES = {"auth-user": "u", "auth-pass": "p", "rename-command": "", "quorum": "1"}
SERVER_VALUES = {"announce-ip": "10.0.0.1", "announce-port": "7", "sentinel-user": "u", "sentinel-pass": "p"}
_PROTECTED = re.compile("protected config", re.IGNORECASE)
_IMMUTABLE = re.compile("immutable config|Unsupported CONFIG|Unsupported option", re.IGNORECASE)
_ROLES = ("replicaof", "slaveof")


class TriedEngine:
    """An engine that runs for a moment, as a data node and as a Sentinel."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = f"{engine.name}-{'.'.join(engine.version.split('.')[:2])}"

    def directives(self) -> dict[str, TriedDirective]:
        """Every directive that ``CONFIG GET *`` lists, with the answer to its own value."""
        with self._server() as path:
            [listed] = replies_at(path, [packed("CONFIG", "GET", "*")])
            assert isinstance(listed, list), listed
            words = [word.decode(errors="surrogateescape") for word in listed]
            values = dict(zip(words[::2], words[1::2], strict=True))
            replies = replies_at(path, [packed("CONFIG", "SET", name, value) for name, value in values.items()])
        tried = {name: _answer(name, reply) for name, reply in zip(values, replies, strict=True)}
        defaults = {**values, **{name: OWN[name] for name in OWN if name in values}, **dict.fromkeys(OF_THE_PLACE, "")}
        return {name: TriedDirective(how, defaults[name]) for name, how in tried.items()}

    def settings(self) -> dict[str, str]:
        """Every setting of Sentinel that a running one takes, with the command that it takes it from."""
        of_primary = {name: ("SENTINEL", "SET", "m", name, *_setting(name)) for name in effects.SETTINGS_TRIED}
        of_server = {
            name: ("SENTINEL", "CONFIG", "SET", name, SERVER_VALUES.get(name, "notice" if name == "loglevel" else "no"))
            for name in effects.SERVER_SETTINGS_TRIED
        }
        taken = self._taken_by_sentinel([*of_primary.values(), *of_server.values()])
        ways = dict(zip([*of_primary, *of_server], taken, strict=True))
        return {name: effects.SET if name in of_primary else effects.CONFIG_SET for name, ok in ways.items() if ok}

    def features(self) -> list[str]:
        """What it can do that others cannot: it knows the word where it says that the primary, which is not there, is not good for it."""
        with self._server(sentinel=True) as path:
            [reply] = replies_at(path, [packed("SENTINEL", "FAILOVER", "m", "COORDINATED")])
        return [effects.COORDINATED] if str(reply).startswith("NOGOODPRIMARY") else []

    def _taken_by_sentinel(self, commands: Sequence[tuple[str, ...]]) -> list[bool]:
        with self._server(sentinel=True) as path:
            replies = replies_at(path, [packed(*command) for command in commands])
        return [not isinstance(reply, Exception) for reply in replies]

    @contextlib.contextmanager
    def _server(self, *, sentinel: bool = False) -> Iterator[str]:
        with tempfile.TemporaryDirectory() as folder:
            path, file = f"{folder}/s", Path(folder, "server.conf")
            lines = ["port 0", f"unixsocket {path}", *([" ".join(MONITOR)] if sentinel else [])]
            file.write_text("\n".join([*lines, ""]))
            argv = [self.engine.path, str(file), *(["--sentinel"] if sentinel else [])]
            server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, cwd=folder)
            try:
                yield path
            finally:
                server.kill()
                server.wait()

    def file_text(self) -> str:
        """The text of its file."""
        about = f"{self.engine.name.title()} {self.engine.version}; made by scripts/directives"
        return effects.file_text(about, self.directives(), self.settings(), self.features())


def _setting(name: str) -> tuple[str, ...]:
    if name == "rename-command":
        return ("PING", "PING")
    return (SETTING_VALUES.get(name, "/bin/true" if name.endswith("-script") else "5"),)


def _answer(name: str, reply: object) -> str:
    """``live``, ``restart``, ``protected``, ``role`` or ``refused``, as in the files."""
    if name in _ROLES:
        return "role"
    if not isinstance(reply, Exception):
        return "live"
    said = str(reply)
    if _PROTECTED.search(said):
        return "protected"
    return "restart" if _IMMUTABLE.search(said) else "refused"


def stale_files(engines: Sequence[Engine]) -> Mapping[Path, str]:
    """The files that differ from what the engines say, with what they should have."""
    texts = {FOLDER / f"{tried.name}.txt": tried.file_text() for tried in map(TriedEngine, engines)}
    return {p: t for p, t in texts.items() if not p.exists() or p.read_text(encoding="utf-8") != t}
