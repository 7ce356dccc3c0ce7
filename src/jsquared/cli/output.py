"""Output of all commands: errors on stderr in one line, JSON and tables on stdout, and nothing of it unsafe for a terminal.

All that any command prints goes through here, so that what others wrote (names, directives, replies) is shown and never obeyed:
neither by the terminal nor as rich's markup. Whoever reads may have gone, and the disk behind the output may be full: that is the
lab's failure (exit code 4), in one line where somebody can still read it.
"""

import contextlib
import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from jsquared.errors import LabError
from jsquared.records.secrets import masked_at_the_door
from jsquared.text import encode_json, one_line, printable


class SafeConsole(Console):
    """A console that reads no markup and prints what others wrote as :func:`jsquared.text.printable` has it.

    Text should be made printable before it is laid out, so that its width is known; whatever was forgotten is made so here.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Rich's rendering, with the text of every segment made safe; its own control codes are no text."""
        for segment in super().render(renderable, options):
            text, style, control = segment
            yield segment if control else Segment(printable(text, keep="\n"), style)

    def say(self, text: str) -> None:
        """One line, as long as it is."""
        with explain_output_errors():
            self.print(Text(one_line(text)), soft_wrap=True)


def stdout_console() -> SafeConsole:
    """For people: the result."""
    return SafeConsole()


def stderr_console() -> SafeConsole:
    """For people: progress and tables beside the result."""
    return SafeConsole(stderr=True)


@contextlib.contextmanager
def explain_output_errors() -> Iterator[None]:
    """Turn an output that cannot be written into one line (exit code 4). A reader who has gone is left to the caller.

    :raises LabError: the device behind it is full or broken.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise LabError(
            f"cannot be written: {problem.strerror or problem}", where="the output", hint="another place for it"
        ) from problem


def say_what_can_be_said() -> None:
    """Let stdout and stderr escape what their encoding does not have, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def error(line: str) -> None:
    """One line on stderr, without the secrets of the deployment that was read; where stderr is closed or full, it is lost."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"jsquared: error: {one_line(masked_at_the_door(line))}\n")
        sys.stderr.flush()


def note(line: str) -> None:
    """One line on stderr about what is going to be done; where stderr is closed or full, it is lost."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{one_line(line)}\n")
        sys.stderr.flush()


def print_json(document: Any) -> None:
    """Exactly one JSON document on stdout."""
    _write(encode_json(document).decode() + "\n")


def print_text(text: str) -> None:
    """A document on stdout, as it is but for what a terminal would obey."""
    _write(printable(text, keep="\n\t"))


def terminal_columns() -> int | None:
    """The width of the terminal that stdout is; None where it is not one, and nothing should be cut or wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def is_confirmed(question: str) -> bool:
    """Ask whoever sits at the terminal, where Enter means yes; False where nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    with explain_output_errors():
        sys.stderr.write(f"{one_line(question)} [Y/n] ")
        sys.stderr.flush()
    return sys.stdin.readline().lower() in ("\n", "y\n", "yes\n")


def print_lines(lines: Iterable[Text]) -> None:
    """Lines on stdout, each as long as it is; with their styles on a terminal that is to have colours, otherwise plain."""
    console = stdout_console()
    is_plain = console.no_color or not sys.stdout.isatty()
    with explain_output_errors():
        for line in lines:
            if is_plain:
                sys.stdout.write(printable(line.plain) + "\n")
            else:
                console.print(line, soft_wrap=True)
        sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", whole: int = 1) -> None:
    """A table on stdout. The first ``whole`` columns are names, which are never broken into lines."""
    table = Table(title=Text(one_line(title)) if title else None, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number < whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell, keep="\n")) for cell in row))
    with explain_output_errors():
        stdout_console().print(table)


def flush() -> None:
    """Hand over what was printed, while its failure can still be told.

    :raises LabError: the device behind it is full or broken.
    """
    with explain_output_errors():
        sys.stdout.flush()


def _write(text: str) -> None:
    with explain_output_errors():
        sys.stdout.write(text)
        sys.stdout.flush()
