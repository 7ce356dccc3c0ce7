"""Foreign text reaches a terminal through few modules, which make it safe; nothing else prints."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "jsquared"
PRINTS = {
    "cli/output.py": "where text is made safe",
    "__main__.py": "says its own words only, before anything is loaded",
    "report/summary_text.py": "hands renderables to the console that it is given",
    "cli/progress.py": "as report/summary_text.py",
    "reference/pages.py": "writes the documentation",
    "pytest_plugin/inside.py": "one line, made safe, of a process that pytest-xdist has started",
    "trial/process.py": "its stderr is a file, which the campaign reads",
    "trial/zygote.py": "its stderr is a file, which the campaign reads",
    "workload/client.py": "its stderr is its log",
    "sandbox/question.py": "its stdout is a pipe to who asked",
    "sandbox/attempt.py": "its stdout is a pipe to who asked",
    "sandbox/linux/supervise.py": "flushes before it forks",
}
"""Modules that may write to a stream, each with the reason."""


def streams_used(path: Path) -> list[int]:
    """The lines on which a module prints, or uses a standard stream or a console."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.lineno for node in ast.walk(tree) if _prints(node)]


def _prints(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print" | "Console" | "input")):
            return True
        case ast.Call(func=ast.Attribute(attr="print" | "echo" | "secho")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" | "__stdout__" | "__stderr__"):
            return True
    return False


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(SOURCE.rglob("*.py")) if "testing" not in path.parts],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_nothing_else_prints(path: Path) -> None:
    """Whoever wants to say something uses ``cli/output.py``."""
    if str(path.relative_to(SOURCE)) not in PRINTS:
        assert not streams_used(path), (
            f"{path.relative_to(ROOT)}, lines {streams_used(path)}: print through cli/output.py"
        )


def test_the_list_is_not_longer_than_needed() -> None:
    """Every module that may print does."""
    assert [name for name in PRINTS if not streams_used(SOURCE / name)] == []
