"""Asks real engines which directives they take, for ``scripts/directives`` and for the test that holds the files against them."""

import contextlib
import re
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import hiredis

from jsquared.deployment.dialect import dialect as dialects
from jsquared.deployment.dialect.settings import SETTINGS
from jsquared.deployment.model.directives import split_words
from jsquared.records.plan import Engine
from jsquared.resp.packing import packed
from jsquared.running.engine import installed_engines
from jsquared.running.line_check import question, refused_in

FOLDER = Path(dialects.__file__).parent / "engines"
UNKNOWN = "Bad directive or wrong number of arguments"
HIDDEN = """
aof-disable-auto-gc cluster-config-file cluster-message-gossip-perc cluster-ping-interval debug-context dynamic-hz enable-debug-assert
events-per-io-thread include io-threads-always-active io-threads-do-reads key-load-delay list-max-ziplist-entries
list-max-ziplist-value loading-process-events-interval-bytes loadmodule lua-enable-deprecated-api lua-enable-insecure-api
lua-replicate-commands min-io-threads-avoid-copy-reply min-string-size-avoid-copy-reply min-string-size-avoid-copy-reply-threaded
rdb-key-save-delay rename-command replicaof sanitize-dump-payload slaveof use-exit-on-panic user watchdog-period
""".split()
"""Directives that ``CONFIG GET *`` leaves out, in one version or another."""
FIXED = {
    "include": "words 1 1",
    "loadmodule": "words 1",
    "user": "words 1",
    "rename-command": "words 2 2",
    "dir": "text",
}
"""Those that depend on files, commands or modules, so that their shape cannot be found out by asking."""
FORMS = {
    "latency-tracking-info-percentiles": "percentiles",
    "oom-score-adj-values": "oom-scores",
    "replicaof": "address-and-port",
    "slaveof": "address-and-port",
}
MONITOR = ("sentinel", "monitor", "m", "127.0.0.1", "6379", "1")
EXAMPLES = {
    "monitor": "n 127.0.0.1 6379 1",
    "myid": "a" * 40,
    "rename-command": "m a b",
    "known-sentinel": f"m 127.0.0.1 1 {'b' * 40}",
}
"""Words that a setting of Sentinel takes, where they are not those of the many."""
VALUES = ("jsquared", "1", "yes", "1 2", "0 0 0", "normal 0 0 0")
"""One of these is of a number of words that a directive takes."""
EVENT_SIGNS = f"{string.ascii_letters}$"
KINDS: dict[str, tuple[str, tuple[int, int] | None]] = {
    "'yes' or 'no'": ("yes-or-no", None),
    "memory or percent": ("memory-or-percent", None),
    "memory value": ("memory", (0, 2**64 - 1)),
    "into an integer": ("integer", (-(2**63), 2**63 - 1)),
    "octal": ("octal", (0, 777)),
}
"""What an engine says of a word that is none of its kind, with the kind and its widest limits."""
_BETWEEN = re.compile(r"must be between (-?\d+) and (-?\d+)")
_NOT_WHILE_RUNNING = re.compile("immutable|protected|not allowed|[Uu]nknown|Unsupported")
_ONE_OF = re.compile(r"must be one of the following: (.*)")


class AskedEngine:
    """An engine that reads a configuration and says what it refuses; nothing of it outlives a question."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = f"{engine.name}-{'.'.join(engine.version.split('.')[:2])}"

    def refusal(self, lines: Sequence[str], *, sentinel: bool = False) -> tuple[int, str] | None:
        """The index of the first line that it refuses, and its reason; None where it takes all."""
        words = [split_words(line) or () for line in lines]
        done = subprocess.run(
            [self.engine.path, "-", *(["--sentinel"] if sentinel else [])],
            input=question(words, sentinel=sentinel), capture_output=True, timeout=30, check=False, cwd=tempfile.gettempdir(),
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode(errors="replace")
        index = refused_in(said, len(lines))
        assert index is not None, said
        reason = said.partition("\n>>> ")[2].splitlines()[1]
        return None if index == len(lines) else (index, reason)

    def takes(self, *lines: str, sentinel: bool = False) -> bool:
        """True if it takes all of these lines."""
        return self.refusal(lines, sentinel=sentinel) is None

    def reason(self, line: str) -> str:
        """Its reason to refuse a line, empty where it takes it."""
        refused = self.refusal([line])
        return refused[1] if refused else ""

    def reported(self) -> dict[str, str]:
        """Every directive that ``CONFIG GET *`` lists, with its value of a server that was given none."""
        (reply,) = self._replies([("CONFIG", "GET", "*")])
        assert isinstance(reply, list), reply
        words = [word.decode(errors="surrogateescape") for word in reply]
        return dict(zip(words[::2], words[1::2], strict=True))

    def taken_of(self, lines: Sequence[str]) -> list[str]:
        """Those of these lines that it takes: a running server is asked, which is quicker, and where it cannot be, one that starts."""
        quick = [line for line in lines if len(line.split()) == 2]
        replies = self._replies([("CONFIG", "SET", *line.split()) for line in quick])
        is_refused = {
            line
            for line, reply in zip(quick, replies, strict=True)
            if isinstance(reply, Exception) and not _NOT_WHILE_RUNNING.search(str(reply))
        }
        return [line for line in lines if line not in is_refused and not self.reason(line)]

    def _replies(self, requests: Sequence[tuple[str, ...]]) -> list[object]:
        """The replies of a server of its own, which is ended then."""
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/s"
            server = subprocess.Popen(
                [self.engine.path, "--port", "0", "--unixsocket", path, "--dir", folder, "--save", ""],
                stdout=subprocess.DEVNULL,
            )
            try:
                return replies_at(path, [packed(*request) for request in requests])
            finally:
                server.kill()
                server.wait()

    def knows(self, name: str) -> bool:
        """True if there is a value with which it does not call a directive unknown."""
        return any(self.reason(f"{name} {value}") != UNKNOWN for value in VALUES)

    def directives(self) -> dict[str, str]:
        """Every directive that it knows, with its shape as in the files of the dialects."""
        names = {*self.reported(), *HIDDEN, *(name for each in dialects.dialects() for name in each.directives)}
        names.discard(dialects.OF_A_MODULE)
        shapes = {name: self._shape(name) for name in sorted(names) if name in FIXED or self.knows(name)}
        return shapes | ({dialects.OF_A_MODULE: "words 0"} if self.takes("jsquared.probe 1") else {})

    def settings(self) -> list[str]:
        """Every setting of Sentinel that it knows."""
        return [name for name in SETTINGS if self.takes(" ".join(MONITOR), self.example(name), sentinel=True)]

    @staticmethod
    def example(name: str) -> str:
        """A line of a setting of Sentinel that every version takes that knows it."""
        words = {1: "yes", 2: "m 1", 3: "m 127.0.0.1 1"}[min(3, len(SETTINGS[name]))]
        value = "/bin/true" if name.endswith("-script") else ""
        return f"sentinel {name} {EXAMPLES.get(name) or (f'm {value}' if value else words)}"

    def _shape(self, name: str) -> str:
        if name in FIXED or name in FORMS:
            return FIXED.get(name) or FORMS[name]
        if name == "save":
            return "save-one" if self.takes("save 1 2 3") else "save"
        if name == "client-output-buffer-limit":
            return "buffer-limits" if self.takes(f"{name} normal 0 0 0 replica 0 0 0") else "buffer-limits once"
        reason = self.reason(f"{name} jsquared")
        return self._of_words(name) if not reason else self._of_reason(name, reason)

    def _of_words(self, name: str) -> str:
        if not self.takes(f"{name} a b"):
            return "text"
        return "words 0" if self.takes(name) else "words 1"

    def _of_reason(self, name: str, reason: str) -> str:
        if found := _ONE_OF.search(reason):
            words = found[1].split(", ")
            return f"{'some-of' if self.takes(f'{name} {words[0]} {words[0]}') else 'one-of'} {' '.join(words)}"
        if "event class" in reason:
            return f"events {''.join(sign for sign in EVENT_SIGNS if self.takes(f'{name} {sign}'))}"
        kind, widest = next((found for words, found in KINDS.items() if words in reason), ("text", None))
        return "{} {} {}".format(kind, *self._limits(name, widest)) if widest else kind

    def _limits(self, name: str, widest: tuple[int, int]) -> tuple[int, int]:
        for value in (-(2**63), -1, 0, 1000, 2**63 - 1, 2**64 - 1):
            if found := _BETWEEN.search(self.reason(f"{name} {value}")):
                return int(found[1]), int(found[2])
        return widest

    def file_text(self) -> str:
        """The text of its file."""
        about = f"{self.engine.name.title()} {self.engine.version}; made by scripts/directives"
        return dialects.file_text(about, self.directives(), self.settings())


def replies_at(path: str, requests: Sequence[bytes]) -> list[object]:
    """The replies of a server that is starting on a socket."""
    reader = hiredis.Reader()
    deadline = time.monotonic() + 20
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as link:
        while link.connect_ex(path):
            assert time.monotonic() < deadline, "the server does not come up"
            threading.Event().wait(0.005)
        link.settimeout(20)
        replies = []
        for request in requests:
            link.sendall(request)
            while (reply := reader.gets()) is False:
                reader.feed(link.recv(1 << 16))
            replies.append(reply)
    return replies


def main(arguments: Sequence[str]) -> int:
    """Write the files of all engines that are installed, or say which differ."""
    from support.engine_effects import stale_files  # noqa: PLC0415 -- it uses what is here

    others = stale_files(installed_engines())
    for path, text in others.items():
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        print(f"{'differs' if '--check' in arguments else 'written'}: {path.parent.name}/{path.name}")
    stale = bool(others)
    for engine in installed_engines():
        asked = AskedEngine(engine)
        path = FOLDER / f"{asked.name}.txt"
        text = asked.file_text()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = True
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        print(f"{'differs' if '--check' in arguments else 'written'}: {path.name}")
    return int(stale and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
