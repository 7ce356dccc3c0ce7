"""Found lines handed on as they are found: JSON lines or OpenTelemetry's, into a file; or OpenTelemetry's, by HTTP."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.log_store.log_event import StoredLine, exported
from jsquared.monitor.log_store.otlp_logs import MOST_RECORDS, checked_url, encoded, send
from jsquared.records.private_files import open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.text import one_line, one_of

FORMATS = ("jsonl", "otlp")


class Exports:
    """Where found lines go besides; nothing is opened before the first of them."""

    def __init__(self, form: str = "", file: Path | None = None, url: str = "") -> None:
        """Say where to.

        :param form: of the file, one of ``FORMATS``.
        :param url: where OpenTelemetry's logs are sent to; empty for nowhere.
        :raises BadInputError: there is no such form, or the address is none.
        """
        if file is not None and form not in FORMATS:
            raise BadInputError(
                f"'{one_line(form)[:50]}' is not a valid form of export", where="--export", hint=one_of(FORMATS)
            )
        self._form, self._file, self._url = form, file, checked_url(url) if url else ""
        self._open: IO[Any] | None = None
        self.count = 0
        self.told: list[str] = []
        """What receivers said about lines that they did not take."""

    @property
    def is_wanted(self) -> bool:
        """True if lines go anywhere."""
        return self._file is not None or bool(self._url)

    def begin(self) -> None:
        """Make the file, even if nothing comes.

        :raises RecordError: it cannot be written.
        """
        if self._file is not None:
            with explain_write_errors(self._file):
                self._open = open_given(self._file, "wb")

    def add(self, lines: Iterable[StoredLine]) -> None:
        """Hand lines on.

        :raises RecordError: the file cannot be written.
        :raises LabError: the receiver does not accept them.
        """
        remaining = iter(lines)
        while part := list(islice(remaining, MOST_RECORDS)):
            self.count += len(part)
            if self._open is not None and self._file is not None:
                with explain_write_errors(self._file):
                    self._open.write(b"".join(self._encoded(part)))
                    self._open.flush()
            if self._url and (told := send(self._url, part)):
                self.told.append(told)

    def _encoded(self, part: list[StoredLine]) -> Iterator[bytes]:
        if self._form == "otlp":
            yield encoded(part) + b"\n"
            return
        for line in part:
            yield json.dumps(msgspec.to_builtins(exported(line))).encode() + b"\n"  # in ASCII, for any terminal

    def close(self) -> None:
        """Close the file."""
        if self._open is not None:
            self._open.close()
            self._open = None
