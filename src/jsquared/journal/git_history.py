"""The days on which documentation was changed, by git: the ``git`` program with a fixed format and a clean environment."""

import datetime as dt
import os
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

LIMIT_S = 30
MOST_BYTES = 8 << 20
DOCUMENTS = (":(glob)**/*.md", ":(glob)**/*.rst", ":(glob)**/*.adoc")
"""What counts as documentation."""


class GitUnknownError(Exception):
    """The history cannot be read; the text says why."""


def documented_days(repository: Path, zone: ZoneInfo) -> set[dt.date]:
    """Return the days on which a commit changed documentation, by its commit date: a rebase moves that, and leaves the author's.

    :raises GitUnknownError: there is no git, no repository, or only the end of its history (a shallow clone).
    """
    if _git(repository, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise GitUnknownError("the clone is shallow: fetch the whole history (git fetch --unshallow)")
    told = _git(repository, "log", "--no-merges", "--format=%ct", "-z", "--", *DOCUMENTS)
    seconds = [int(part) for part in told.split("\0") if part.strip().isdecimal()]
    return {dt.datetime.fromtimestamp(second, zone).date() for second in seconds if second < 1 << 33}


def _git(repository: Path, *words: str) -> str:
    # No pager, no hooks, no helper of the repository's own settings runs for these two commands
    argv = [
        "git",
        "--no-pager",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "log.showSignature=false",
        "-C",
        str(repository),
        *words,
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = kept | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            argv, capture_output=True, env=environment, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
        raise GitUnknownError("git cannot be run, or takes too long") from problem
    if done.returncode or len(done.stdout) > MOST_BYTES:
        raise GitUnknownError("there is no git repository with a history")
    return done.stdout.decode("ascii", "replace")
