"""Rules of the Python source: documented, small, and tests that wait for conditions."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "jsquared"
SOURCE = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 60
SLEEPS_ALLOWED: dict[str, str] = {}
"""Test files that may call time.sleep, each with the reason."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[["File"], str]


@dataclass(frozen=True)
class File:
    """A file of Python, read and parsed once: all rules together cost what the parsing does."""

    path: Path
    text: str
    nodes: list[ast.AST]

    @classmethod
    def read(cls, path: Path) -> "File":
        """Read one."""
        return cls.of(path, path.read_text(encoding="utf-8"))

    @classmethod
    def of(cls, path: Path, text: str) -> "File":
        """Return the file with this text."""
        return cls(path, text, list(ast.walk(ast.parse(text, filename=str(path)))))

    @property
    def name(self) -> str:
        """Its path from the root of the project."""
        return str(self.path.relative_to(ROOT))

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in self.nodes if isinstance(node, Function))


def test_the_package_keeps_its_rules() -> None:
    """Modules say what they are for and are small, as are functions; docstrings state; what is written is private; nothing is hidden."""
    assert not broken(
        SOURCE,
        module_is_documented,
        module_is_small,
        functions_are_small,
        docstrings_state,
        writes_are_private,
        all_shown,
    )


def test_the_tests_keep_their_rules() -> None:
    """Every test says in one sentence what it shows, waits for conditions, and hides nothing from coverage."""
    assert not broken(TESTS, says_what_tests_show, waits_for_conditions, all_shown)


BAD = {
    "module_is_documented": "x = 1",
    "module_is_small": "\n" * 401,
    "functions_are_small": "def long():\n" + "    x = 1\n" * 61,
    "docstrings_state": '"""Whether it is so."""',
    "says_what_tests_show": "def test_it():\n    pass",
    "waits_for_conditions": "import time\ntime.sleep(1)",
    "all_shown": "x = 1  # pragma: " + "no cover",
    "writes_are_private": "Path('x').write_text('')",
}


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_notices_what_breaks_it(rule: str) -> None:
    """A file that breaks a rule is named with what to do, and one that keeps all of them is not."""
    inside = PACKAGE / "check" / "new.py"
    assert globals()[rule](File.of(inside, BAD[rule]))
    assert not globals()[rule](File.of(inside, '"""A module."""\n\n\ndef test_it():\n    """It works."""\n'))


def broken(paths: list[Path], *rules: Rule) -> list[str]:
    """Every file that breaks a rule, with what to do about it."""
    return [f"{file.name}: {problem}" for file in map(File.read, paths) for rule in rules if (problem := rule(file))]


def module_is_documented(file: File) -> str:
    """Every module of the package begins with a docstring."""
    [module] = [node for node in file.nodes if isinstance(node, ast.Module)]
    return "" if ast.get_docstring(module) else "begin it with a docstring that says its purpose"


OPENERS = {"What", "Whether", "Who", "Whom", "How", "Where", "Which", "When", "Why"}
"""Words that describe a question, where a docstring says what is done, returned or held."""
STATEMENTS = ("check", "faults", "observe", "records", "report", "running")
"""Packages whose docstrings open with a verb or a noun."""


def docstrings_state(file: File) -> str:
    """A docstring says what a function does or returns, and not which question it answers."""
    if not any(file.path.is_relative_to(PACKAGE / package) for package in STATEMENTS):
        return ""
    if file.path.stem in {"plan", "run_directory"}:
        return ""
    documented = [node for node in file.nodes if isinstance(node, Function | ast.ClassDef | ast.Module)]
    asking = [
        str(getattr(node, "lineno", 1))
        for node in documented
        if (ast.get_docstring(node) or "-").split(maxsplit=1)[0] in OPENERS
    ]
    return f"lines {', '.join(asking)}: say what each does or returns" if asking else ""


def module_is_small(file: File) -> str:
    """No module is longer than a person reads in one sitting."""
    lines = len(file.text.splitlines())
    return f"{lines} lines; move a part with one purpose to a sibling module" if lines > MODULE_LINES else ""


def functions_are_small(file: File) -> str:
    """No function is longer than a screen, its docstring not counted."""
    long = []
    for function in file.functions:
        documented = ast.get_docstring(function, clean=False) is not None
        body = function.body[1:] if documented else function.body
        lines = body[-1].end_lineno - body[0].lineno + 1 if body and body[-1].end_lineno else 0
        if lines > FUNCTION_LINES:
            long.append(f"{function.name} ({lines} lines)")
    return f"name the steps of {', '.join(long)} as functions of their own" if long else ""


def says_what_tests_show(file: File) -> str:
    """Every test function has a docstring of one sentence."""
    silent = [
        f"{function.name} (line {function.lineno})"
        for function in file.functions
        if function.name.startswith("test_") and not _is_one_sentence(ast.get_docstring(function) or "")
    ]
    return f"say in one sentence, ending with a stop, what is shown by {', '.join(silent)}" if silent else ""


def _is_one_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?")) and "\n\n" not in text


def waits_for_conditions(file: File) -> str:
    """No test sleeps for a fixed time."""
    lines = [str(line) for node in file.nodes if (line := _line_of_sleep(node))]
    if not lines or file.name in SLEEPS_ALLOWED:
        return ""
    return f"lines {', '.join(lines)}: wait for a condition with the fixture wait_until"


def _line_of_sleep(node: ast.AST) -> int:
    """The line on which ``time.sleep`` is named or imported; 0 for anything else."""
    match node:
        case ast.ImportFrom(module="time", names=names) if any(alias.name == "sleep" for alias in names):
            return node.lineno
        case ast.Attribute(value=ast.Name(id="time"), attr="sleep"):
            return node.lineno
    return 0


def all_shown(file: File) -> str:
    """No line asks to be left out of the coverage."""
    words = "pragma: " + "no cover"
    return "test the line that is hidden from coverage, or remove it" if words in file.text else ""


WRITES = ("write_text", "write_bytes", "touch", "mkdir", "makedirs", "tofile")
WRITES_ALLOWED = {
    "records/private_files.py": "the one place",
    "records/events.py": "adds to a file that is there",
    "records/input_copies.py": "with the modes, below an open folder",
    "deployment/model/input_files.py": "with the modes, below an open folder",
    "__main__.py": "standard streams",
    "reference/pages.py": "pages of docs/, for everybody",
    "running/processes.py": "folders of servers inside the sandbox",
    "trial/changed_servers.py": "files of servers inside the sandbox",
    "deployment/read/containers/shell.py": "files of a container that is only read",
    "deployment/read/containers/shell_commands.py": "files of a container that is only read",
}
"""Modules that may write otherwise; so may ``sandbox`` and ``faults``, whose files lie inside the sandbox, and ``testing``."""


def writes_are_private(file: File) -> str:
    """Files and folders are made by jsquared.records.private_files, for their owner alone."""
    inside = str(file.path.relative_to(PACKAGE))
    if inside in WRITES_ALLOWED or inside.startswith(("sandbox/", "faults/", "testing/")):
        return ""
    lines = [str(node.lineno) for node in file.nodes if isinstance(node, ast.Call) and _writes(node)]
    advice = "use open_private, open_given, write_private or make_private_folder"
    return f"lines {', '.join(lines)}: {advice}" if lines else ""


def _writes(node: ast.Call) -> bool:
    """True if a call writes a file or makes a folder with the umask's mode."""
    if not isinstance(node.func, ast.Name | ast.Attribute):
        return False
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
    modes = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return name in WRITES or (name == "open" and any(set(mode) & set("wax+") and len(mode) <= 3 for mode in modes))


def test_no_three_modules_are_called_alike() -> None:
    """A name that stands three times says nothing at a glance: it gets a qualifier."""
    names = Counter(path.name for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    assert [name for name, times in names.items() if times > 2] == []
