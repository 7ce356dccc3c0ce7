"""Searches logs: those that are given, those of a store, and what Sentinels publish while it goes on."""

import math
import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.errors import BadInputError, LabError
from jsquared.monitor.log_store.event_export import Exports
from jsquared.monitor.log_store.event_store import LEAST_MB, MOST_MB, LogStore
from jsquared.monitor.log_store.followed_files import FollowedFiles
from jsquared.monitor.log_store.log_event import (
    ALL_EVENTS,
    ANY_EVENT,
    LEVEL_NAMES,
    StoredLine,
    pushed_event,
    said_by_collector,
)
from jsquared.monitor.log_store.log_query import parse_query
from jsquared.monitor.log_store.stdin_lines import StandardInput
from jsquared.monitor.log_store.store_search import Wanted, every_matching, is_of, known_nodes, matching
from jsquared.running.discover import discover
from jsquared.running.subscriptions import Subscriptions, Told
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.service.log_timeline import moment_of
from jsquared.text import did_you_mean, one_line, one_of

STDIN = Path("-")
LOOK_EVERY_S = 0.2
"""How often files are looked at while it goes on."""
REDISCOVER_EVERY_S = 5.0
_AGO = re.compile(r"(\d{1,9})(s|m|h|d)", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, kw_only=True)
class LogSearchRequest:
    """A query with its limits, what is searched, and where found lines go besides."""

    words: Sequence[str] = ()
    inputs: Sequence[Path] = ()
    """Files, folders and archives of logs; ``-`` for standard input."""
    access: AccessRequest | None = None
    """Of a running deployment whose Sentinels are listened to, while it goes on."""
    store: Path | None = None
    """What is read is kept there; None: it is gone afterwards."""
    keep_mb: int = 1024
    follow: bool = False
    since: str = ""
    until: str = ""
    """A moment in ISO 8601, or how long ago, such as ``10m``."""
    nodes: Sequence[str] = ()
    events: Sequence[str] = ()
    level: str = ""
    limit: int = 200
    export: tuple[str, Path] | None = None
    """``jsonl`` or ``otlp``, and the file."""
    otlp: str = ""


@dataclass
class LogSearch:
    """What was found and read at the end of a search."""

    lines: list[StoredLine] = field(default_factory=list)
    has_more: bool = False
    """There are older lines beyond the limit."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Files that were not read, and why."""
    dropped: int = 0
    """Lines that did not fit into the store."""
    exported: int = 0
    told: list[str] = field(default_factory=list)
    """What the receiver of exports said."""


def search_logs(
    request: LogSearchRequest,
    found: Callable[[Sequence[StoredLine]], None] = lambda _: None,
    goes_on: Callable[[], bool] = lambda: True,
    say: Callable[[str], None] = lambda _: None,
) -> LogSearch:
    """Read what is given, search it, and go on where that was asked for.

    :param found: told of the lines that are found, at once and as they come.
    :param goes_on: asked several times a second while it goes on; False ends it.
    :param say: told what those should know who watch, a line each time.
    :raises BadInputError: the query, an option, an input or the store is wrong, or no Sentinel answers.
    :raises LabError: the store or an export cannot be written.
    """
    wanted = wanted_of(request, time.time())
    _check(request)
    form, file = request.export or ("", None)
    exports = Exports(form, file, request.otlp)
    with ExitStack() as closing:
        is_read = bool(request.inputs or request.access)
        store = closing.enter_context(LogStore(request.store, keep_mb=request.keep_mb, is_written=is_read))
        search = _Search(request, wanted, store, exports, say)
        closing.callback(search.close)
        exports.begin()
        closing.callback(exports.close)
        return search.run(found, goes_on)


class _Search:
    def __init__(
        self, request: LogSearchRequest, wanted: Wanted, store: LogStore, exports: Exports, say: Callable[[str], None]
    ) -> None:
        self.request, self.wanted, self.store, self.exports, self.say = request, wanted, store, exports, say
        paths = [path for path in request.inputs if path != STDIN]
        self.files = FollowedFiles(paths, store, goes_on=request.follow)
        self.stdin = StandardInput(time.time()) if STDIN in request.inputs else None
        self.subscriptions: Subscriptions | None = None
        self.problem = ""
        self.known_problems: set[str] = set()

    def run(self, found: Callable[[Sequence[StoredLine]], None], goes_on: Callable[[], bool]) -> LogSearch:
        if self.request.access is not None:  # first of all: what is published while files are read must not be missed
            self._subscribe(self.request.access)
        self._read(waits=not self.request.follow)
        self._require_known_nodes()
        shown_to = exported_to = self.store.last_id()
        lines, has_more = matching(self.store, self.wanted, self.request.limit, exported_to)
        if self.exports.is_wanted:
            self.exports.add(every_matching(self.store, self.wanted, 0, exported_to))
        found(lines)
        look_s = time.monotonic() + REDISCOVER_EVERY_S
        while self.request.follow and goes_on() and not self._is_over():
            look_s = self._look_again(look_s)
            self._listen(LOOK_EVERY_S)
            self._read(waits=False)
            last = self.store.last_id()
            if fresh := list(every_matching(self.store, self.wanted, shown_to, last)):
                found(fresh)
            exported_to = self._export(exported_to, last)
            shown_to = last
        return LogSearch(
            lines, has_more, self.files.skipped, self.store.dropped, self.exports.count, list(self.exports.told)
        )

    def _subscribe(self, asked: AccessRequest) -> None:
        seeds, access = seeds_of(asked), access_of(asked)
        self.subscriptions = Subscriptions(discover(seeds, access), seeds, access)

    def _read(self, *, waits: bool) -> None:
        for batch in self.files.batches():
            self.store.add(batch.lines, batch.positions)
        if self.stdin is not None:
            for batch in self.stdin.batches(waits=waits):
                self.store.add(batch.lines)

    def _listen(self, within_s: float) -> None:
        """Keep what Sentinels have published; wait for it so long."""
        if self.subscriptions is None:
            time.sleep(within_s)
        elif told := self.subscriptions.take(within_s):
            self.store.add(line_of(one) for one in told)

    def _look_again(self, look_s: float) -> float:
        if self.subscriptions is None or time.monotonic() < look_s:
            return look_s
        self.subscriptions.look_again()
        problems = set(self.subscriptions.problems)
        for problem in sorted(problems - self.known_problems):
            self.say(problem)
        self.known_problems = problems
        return time.monotonic() + REDISCOVER_EVERY_S

    def _export(self, exported_to: int, last: int) -> int:
        """Hand on what is new; a receiver that does not take it gets it the next time."""
        if not self.exports.is_wanted:
            return last
        try:
            self.exports.add(every_matching(self.store, self.wanted, exported_to, last))
        except LabError as problem:
            if not self.request.otlp:
                raise
            if str(problem) != self.problem:
                self.problem = str(problem)
                self.say(self.problem)
            return exported_to
        return last

    def _is_over(self) -> bool:
        """True if standard input alone is read, and has ended."""
        alone = list(self.request.inputs) == [STDIN] and self.subscriptions is None
        return alone and self.stdin is not None and self.stdin.is_over

    def _require_known_nodes(self) -> None:
        if not self.request.nodes or self.request.follow:
            return
        known = known_nodes(self.store)
        for name in self.request.nodes:
            if not any(is_of(name, node) for node in known):
                hint = did_you_mean(name, known, most=2, otherwise=", ".join(map(one_line, known[:8])) or "no --node")
                raise BadInputError(f"no line is by '{one_line(name)[:100]}'", where="--node", hint=hint)

    def close(self) -> None:
        self.files.close()
        if self.subscriptions is not None:
            self.subscriptions.close()


def line_of(told: Told) -> StoredLine:
    """Return what a subscription told as a line that is kept."""
    if told.kind == "event":
        return pushed_event(told.sentinel, told.event, told.payload, told.unix_s)
    return said_by_collector(told.sentinel, f"subscription-{told.kind}", told.payload, told.unix_s)


def wanted_of(request: LogSearchRequest, now_s: float) -> Wanted:
    """Return the query of a request with its limits.

    :param now_s: the present, in Unix seconds.
    :raises BadInputError: one of them is wrong.
    """
    for event in request.events:
        if event not in ALL_EVENTS and not ANY_EVENT.fullmatch(event):
            hint = did_you_mean(event, sorted(ALL_EVENTS), most=2, otherwise="+switch-master")
            raise BadInputError(f"there is no event '{one_line(event)[:50]}'", where="--event", hint=hint)
    if request.level not in ("", *LEVEL_NAMES):
        raise BadInputError(
            f"'{one_line(request.level)[:50]}' is not a valid level", where="--level", hint=one_of(LEVEL_NAMES)
        )
    return Wanted(
        query=parse_query(request.words),
        since_us=_us(_moment(request.since, "--since", now_s)),
        until_us=_us(_moment(request.until, "--until", now_s)),
        nodes=request.nodes,
        events=request.events,
        level=request.level,
    )


def _moment(text: str, option: str, now_s: float) -> float | None:
    if (ago := _AGO.fullmatch(text)) is not None:
        return now_s - int(ago[1]) * _UNITS_S[ago[2]]
    return moment_of(text, option) if text else None


def _us(at_s: float | None) -> int | None:
    """In microseconds, within what SQLite can hold."""
    return None if at_s is None or not math.isfinite(at_s) else max(-(2**62), min(2**62, round(at_s * 1e6)))


def _check(request: LogSearchRequest) -> None:
    if not (request.inputs or request.store or request.access):
        raise BadInputError("nothing to search", where="jsquared logs", hint="--from with log files or a folder")
    if request.access is not None and not request.follow:
        raise BadInputError("Sentinels tell only what happens from now on", where="--sentinel", hint="--follow besides")
    if not LEAST_MB <= request.keep_mb <= MOST_MB:
        raise BadInputError(f"{request.keep_mb} is too little or too much", where="--keep-mb", hint="1024")
    if request.limit < 1:
        raise BadInputError(f"{request.limit} is no number of lines", where="--limit", hint="200")
