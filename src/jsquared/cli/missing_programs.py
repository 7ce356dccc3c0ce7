"""Programs that a command lacks: it offers to fetch them, and goes on with them."""

from collections.abc import Sequence

from jsquared.cli.output import is_confirmed, stderr_console
from jsquared.cli.tools_progress import FetchProgress
from jsquared.errors import BadInputError
from jsquared.programs.fetch import fetch
from jsquared.text import listed


def fetch_missing(names: Sequence[str], *, is_agreed: bool) -> None:
    """Fetch these, if whoever sits at the terminal agrees, or has agreed by an option; nothing where none is missing.

    :raises BadInputError: nobody agrees.
    :raises LabError: they cannot be fetched.
    """
    if not names:
        return
    if not (is_agreed or is_confirmed(f"{listed(names)} not found. Fetch from your distribution, without root?")):
        hint = f"jsquared tools get {' '.join(names)}, or --yes"
        raise BadInputError("neither on PATH nor fetched", where=listed(names), hint=hint)
    with FetchProgress(stderr_console()) as progress:
        fetch(names, progress.tell)
