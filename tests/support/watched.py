"""``jsquared monitor up`` as a process, and Prometheus as it is asked by tests."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from support.command_lines import UNMEASURED


class Watched:
    """The command in its own process, with its output in files.

    :param words: what follows ``jsquared monitor up``.
    :param folder: for its output; ``cache`` is where fetched tools are.
    """

    def __init__(
        self, words: Iterable[str], folder: Path, cache: str, environment: dict[str, str] | None = None
    ) -> None:
        self._out, self._err = folder / "up.stdout", folder / "up.stderr"
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                ["env", "--default-signal=INT,HUP", sys.executable, "-m", "jsquared", "monitor", "up", "--json", *words],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env={**UNMEASURED, **({"XDG_CACHE_HOME": cache} if cache else {}), **(environment or {})},
            )  # fmt: skip

    @property
    def said(self) -> str:
        """What it has said to people."""
        return self._err.read_text()

    def is_up(self) -> bool:
        """True once it has printed the addresses; an end before that fails the test."""
        assert self.process.poll() is None, self.said
        return self._out.read_text().endswith("}\n")

    @property
    def addresses(self) -> dict[str, str]:
        """What it has printed."""
        found: dict[str, str] = json.loads(self._out.read_text())
        return found

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """Return what Prometheus answers to a query: each series with its ``metric`` and ``value``."""
        result: list[dict[str, Any]] = self.get("prometheus", "/api/v1/query?" + urlencode({"query": expr}))["data"][
            "result"
        ]
        return result

    def labels(self, expr: str, label: str) -> set[str]:
        """Return the values of a label in the answer to a query."""
        return {each["metric"].get(label, "") for each in self.ask(expr)}

    def get(self, which: str, path: str) -> Any:
        """Return the JSON at a path of one of the addresses."""
        connection = http.client.HTTPConnection(str(urlsplit(self.addresses[which]).netloc), timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, data
            return json.loads(data)
        finally:
            connection.close()

    def children(self) -> dict[int, tuple[bytes, bytes]]:
        """Return its processes with the arguments and the environment of each."""
        ids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {
            int(pid): (Path(f"/proc/{pid}/cmdline").read_bytes(), Path(f"/proc/{pid}/environ").read_bytes())
            for pid in ids
        }

    def child(self, word: str) -> int:
        """Return the process whose arguments have this word; 0 for none."""
        return next((pid for pid, (arguments, _) in self.children().items() if word.encode() in arguments), 0)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop, and return its exit code once it and all that it had started have ended."""
        children = list(self.children()) if self.process.poll() is None else []
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
        return code

    def close(self) -> None:
        """End it, if the test has not."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.kill(self.process.pid, signal.SIGKILL)
                self.process.wait()
