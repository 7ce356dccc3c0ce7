"""The files of the page, by the name that they are asked for: its own, and those that it shares with the reports."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from jsquared import report

_OWN = Path(__file__).parent / "assets"
_REPORT = Path(report.__file__).parent / "assets"
STYLE, SCRIPT, HTML = "text/css; charset=utf-8", "text/javascript; charset=utf-8", "text/html; charset=utf-8"
SHARED = {
    "uPlot.min.css": _REPORT / "uplot/uPlot.min.css",
    "report.css": _REPORT / "report.css",
    "suite.css": _REPORT / "suite.css",
    "uPlot.js": _REPORT / "uplot/uPlot.iife.min.js",
    "theme.js": _REPORT / "theme.js",
    "panels.js": _REPORT / "panels.js",
    "lanes.js": _REPORT / "lanes.js",
    "page.js": _REPORT / "page.js",
}
OWN = (
    "web.css",
    "server.js",
    "lab.js",
    "topology.js",
    "faults.js",
    "live_timeline.js",
    "runs.js",
    "run.js",
    "compare.js",
)
FILES = {**SHARED, **{name: _OWN / name for name in OWN}}
PAGES = ("lab", "runs", "run", "compare")
_TEMPLATES = Environment(loader=FileSystemLoader(_OWN), autoescape=True, trim_blocks=True, keep_trailing_newline=True)


@cache
def file_of(name: str) -> tuple[bytes, str] | None:
    """Return a file with its media type; None where the page has none of that name."""
    path = FILES.get(name)
    if path is None:
        return None
    return path.read_bytes(), STYLE if path.suffix == ".css" else SCRIPT


def page_of(name: str, room: str, change_mark: str) -> str:
    """Return one of the pages, which knows where it lies and the mark of its changes."""
    return _TEMPLATES.get_template(f"{name}.html").render(room=room, change_mark=change_mark)
