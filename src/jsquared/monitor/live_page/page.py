"""The page of panels as one HTML file: scripts, styles and descriptions inside, and numbers from its own server alone."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup

from jsquared import report
from jsquared.monitor.live_page.panel_data import SPANS_MIN
from jsquared.monitor.panel import Panel
from jsquared.monitor.panel_catalogue import PANELS
from jsquared.monitor.profile import Profile
from jsquared.report.html import embed

_HERE = Path(__file__).parent
_ASSETS = Path(report.__file__).parent / "assets"
_SCRIPTS = (_ASSETS / "uplot/uPlot.iife.min.js", _ASSETS / "theme.js", _HERE / "live.js")
_STYLES = (_ASSETS / "uplot/uPlot.min.css", _ASSETS / "report.css", _HERE / "live.css")
LEAST_EVERY_S = 2
"""The page does not ask more often."""


def page(profile: Profile) -> str:
    """Return the page, for one interval between scrapes."""
    every_ms = 1000 * max(profile.scrape_s, LEAST_EVERY_S)
    described = {"every": every_ms, "spans": SPANS_MIN, "panels": [_described(panel) for panel in PANELS]}
    return Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,"><title>Redis behind Sentinel · JSquared</title><style>{style}</style></head><body>'
        '<header class="top live"><span class="brand">J<span>²</span> JSquared</span><span class="muted">Redis behind Sentinel</span>'
        '<nav id="spans" aria-label="Span of time"></nav><span id="status" class="muted" role="status">asking …</span></header>'
        '<main><p id="failovers" class="muted"></p><div id="grid" class="live-grid"></div></main>'
        "<noscript><p>The panels need JavaScript.</p></noscript>"
        '<script type="application/json" id="panels">{panels}</script><script>{script}</script></body></html>\n'
    ).format(
        style=Markup(_joined(_STYLES)),  # noqa: S704 -- our own files
        panels=embed(described),
        script=Markup(_joined(_SCRIPTS)),  # noqa: S704 -- our own files
    )


def policy() -> str:
    """Return the content security policy: our script and our style by their hashes, numbers from this server, and nothing else."""
    script, style = (_hash(_joined(paths)) for paths in (_SCRIPTS, _STYLES))
    return (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _joined(paths: tuple[Path, ...]) -> str:
    return "\n".join(path.read_text(encoding="utf-8").strip() for path in paths)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _described(panel: Panel) -> dict[str, object]:
    return {
        "name": panel.name,
        "title": panel.title,
        "shows": panel.shows,
        "shape": str(panel.shape),
        "unit": str(panel.unit),
        "limit": panel.limit,
        "states": {str(state.value): {"word": state.word, "tone": str(state.tone)} for state in panel.states},
    }
