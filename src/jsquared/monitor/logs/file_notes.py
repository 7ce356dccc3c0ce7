"""What has to be said of the files that were given: which were left out and why, and which have bytes that no server wrote."""

from collections.abc import Mapping, Sequence

from jsquared.monitor.logs.log_files import MOST_FILES, Found
from jsquared.monitor.logs.node_logs import NodeLog
from jsquared.text import counted, listed

NAMED = 5
"""So many files are named in a sentence."""


def not_read(found: Found, logs: Sequence[NodeLog]) -> list[str]:
    """Files that were left out, each with why: those that cannot be read or be a log, and those without a line of a server."""
    used = {name for log in logs for name in log.files}
    lineless = [
        f"{file.shown}: {'no line of a Redis or Valkey server or Sentinel' if file.data.strip() else 'empty'}"
        for file in found.files
        if file.shown not in used
    ]
    return sorted([*found.skipped, *lineless, *_unread(found)])[:MOST_FILES]


def _unread(found: Found) -> list[str]:
    return [f"{name}: {problem.what}" for name, problem in found.unread.items()]


def unread(found: Found) -> list[str]:
    """Name the files that could not be read, as a caution: lines of them may belong to all that is told."""
    if not found.unread:
        return []
    said = [*_unread(found)[:NAMED]]
    more = len(found.unread) - NAMED
    said += [f"{counted(more, 'file')} more"] if more > 0 else []
    hint = next(iter(found.unread.values())).hint
    return [f"not read, so that lines may be missing: {listed(said)}{f'; try {hint}' if hint else ''}"]


def zero_bytes(found: Found, logs: Sequence[NodeLog]) -> dict[str, int]:
    """How many zero bytes were skipped in each file that was read."""
    used = {name for log in logs for name in log.files}
    return {file.shown: file.zeros for file in found.files if file.zeros and file.shown in used}


def damage(zeros: Mapping[str, int]) -> list[str]:
    """Name the files with zero bytes: what a server wrote there is lost."""
    if not zeros:
        return []
    said = [f"{counted(number, 'zero byte')} of {name}" for name, number in list(zeros.items())[:NAMED]]
    said += [f"those of {counted(len(zeros) - NAMED, 'file')} more"] if len(zeros) > NAMED else []
    return [f"{listed(said)} were skipped, as a loss of power leaves them: lines may be missing there"]
