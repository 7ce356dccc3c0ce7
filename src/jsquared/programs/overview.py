"""The state of every tool on this machine, as lists show it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from jsquared.errors import JSquaredError
from jsquared.programs import tool_cache
from jsquared.programs.find import Program, find, locate
from jsquared.programs.tool import TOOLS, Tool
from jsquared.programs.tool_cache import CachedTool

AT_ONCE = 2
"""Programs that are asked at the same time; each is asked in a sandbox of its own."""


@dataclass(frozen=True)
class ToolState:
    """A tool, the program that would be used, or why there is none, and the versions of it that were fetched."""

    tool: Tool
    program: Program | None
    problem: str
    hint: str
    fetched: tuple[CachedTool, ...]

    @property
    def advice(self) -> str:
        """In a line what to do about it; of one that is simply missing only that."""
        return self.hint if locate(self.tool.name) is None else f"{self.problem}. Try: {self.hint}"


def states(names: Sequence[str] = ()) -> list[ToolState]:
    """Look for tools, each as whoever runs it would; for all where none is named."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_state, (TOOLS[name] for name in names or TOOLS)))


def _state(tool: Tool) -> ToolState:
    fetched = tuple(tool_cache.versions(tool.name))
    try:
        return ToolState(tool, find(tool.name, where=f"tool '{tool.name}'"), "", "", fetched)
    except JSquaredError as problem:
        return ToolState(tool, None, problem.what, problem.hint, fetched)
