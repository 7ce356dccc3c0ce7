"""Rules of the Python source: documented, small, and tests that wait for conditions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 60
SLEEPS_ALLOWED: dict[str, str] = {}
"""Test files that may call time.sleep, each with the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """The path as a test's name shows it."""
    return str(path.relative_to(ROOT))


def parse(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of a module."""
    return (node for node in ast.walk(parse(path)) if isinstance(node, Function))


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_module_says_what_it_is_for(path: Path) -> None:
    """Every module of the package begins with a docstring."""
    assert ast.get_docstring(parse(path)), f"{name_of(path)}: begin it with a docstring that says its purpose"


OPENERS = {"What", "Whether", "Who", "Whom", "How", "Where", "Which", "When", "Why"}
"""Words that describe a question, where a docstring says what is done, returned or held."""
STATEMENTS = ("check", "faults", "observe", "records", "report", "running")
"""Packages whose docstrings open with a verb or a noun."""


@pytest.mark.parametrize("package", STATEMENTS)
def test_docstrings_open_with_a_verb_or_a_noun(package: str) -> None:
    """A docstring says what a function does or returns, and not which question it answers."""
    asking = [
        f"{name_of(path)}:{getattr(node, 'lineno', 1)}"
        for path in SOURCE
        if path.is_relative_to(ROOT / "src" / "jsquared" / package) and path.stem not in {"plan", "run_directory"}
        for node in ast.walk(parse(path))
        if isinstance(node, Function | ast.ClassDef | ast.Module)
        and (ast.get_docstring(node) or " ").split(maxsplit=1)[:1] in [[word] for word in OPENERS]
    ]
    assert not asking, f"say what each does or returns: {asking}"


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_module_is_small(path: Path) -> None:
    """No module is longer than a person reads in one sitting."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{name_of(path)}: {lines} lines; move a part with one purpose to a sibling module"


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_functions_are_small(path: Path) -> None:
    """No function is longer than a screen, its docstring not counted."""
    long = []
    for function in functions(path):
        documented = ast.get_docstring(function, clean=False) is not None
        body = function.body[1:] if documented else function.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0
        if lines > FUNCTION_LINES:
            long.append(f"{function.name} ({lines} lines)")
    assert not long, f"{name_of(path)}: name the steps of {', '.join(long)} as functions of their own"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_tests_say_what_they_show(path: Path) -> None:
    """Every test function has a docstring of one sentence."""
    silent = [
        f"{function.name} (line {function.lineno})"
        for function in functions(path)
        if function.name.startswith("test_") and not _is_one_sentence(ast.get_docstring(function) or "")
    ]
    assert not silent, f"{name_of(path)}: say in one sentence, ending with a stop, what is shown by {', '.join(silent)}"


def _is_one_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?")) and "\n\n" not in text


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_tests_wait_for_conditions(path: Path) -> None:
    """No test sleeps for a fixed time."""
    if name_of(path) in SLEEPS_ALLOWED:
        return
    sleeps = [line for node in ast.walk(parse(path)) if (line := _line_of_sleep(node))]
    assert not sleeps, f"{name_of(path)}, lines {sleeps}: wait for a condition with the fixture wait_until"


def _line_of_sleep(node: ast.AST) -> int:
    """The line on which ``time.sleep`` is named or imported; 0 for anything else."""
    match node:
        case ast.ImportFrom(module="time", names=names) if any(alias.name == "sleep" for alias in names):
            return node.lineno
        case ast.Attribute(value=ast.Name(id="time"), attr="sleep"):
            return node.lineno
    return 0


@pytest.mark.parametrize("path", [*SOURCE, *TESTS], ids=name_of)
def test_nothing_is_hidden_from_coverage(path: Path) -> None:
    """No line asks to be left out of the coverage."""
    words = "pragma: " + "no cover"
    assert words not in path.read_text(encoding="utf-8"), f"{name_of(path)}: test the line, or remove it"


WRITES = ("write_text", "write_bytes", "touch", "mkdir", "makedirs", "tofile")
WRITES_ALLOWED = {
    "records/private_files.py": "the one place",
    "records/events.py": "adds to a file that is there",
    "records/input_copies.py": "with the modes, below an open folder",
    "deployment/model/input_files.py": "with the modes, below an open folder",
    "__main__.py": "standard streams",
    "reference/pages.py": "pages of docs/, for everybody",
    "running/processes.py": "folders of servers inside the sandbox",
    "deployment/read/containers/shell.py": "files of a container that is only read",
    "deployment/read/containers/shell_commands.py": "files of a container that is only read",
}
"""Modules that may write otherwise; so may ``sandbox`` and ``faults``, whose files lie inside the sandbox, and ``testing``."""


def writes(node: ast.AST) -> bool:
    """Whether a call writes a file or makes a folder with the umask's mode."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
    modes = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return name in WRITES or (name == "open" and any(set(mode) & set("wax+") and len(mode) <= 3 for mode in modes))


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_what_is_written_is_private(path: Path) -> None:
    """Files and folders are made by jsquared.records.private_files, for their owner alone."""
    inside = str(path.relative_to(ROOT / "src" / "jsquared"))
    if inside in WRITES_ALLOWED or inside.startswith(("sandbox/", "faults/", "testing/")):
        return
    lines = [str(node.lineno) for node in ast.walk(parse(path)) if writes(node) and isinstance(node, ast.Call)]
    assert not lines, (
        f"{name_of(path)}:{', '.join(lines)}: use open_private, open_given, write_private or make_private_folder"
    )
