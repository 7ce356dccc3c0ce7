"""The page of a trend: one HTML file that opens from disk, without scripts and without a network, in the style of the reports."""

from pathlib import Path

from jsquared.journal.trend import Trend
from jsquared.journal.trend_plots import BARS, LINES, plots
from jsquared.report.html import environment, style, write_file


def write_trend_page(trend: Trend, path: Path) -> None:
    """Write the page.

    :raises RecordError: it cannot be written.
    """
    write_file(trend_page(trend), path, given=True)


def trend_page(trend: Trend) -> str:
    """Return the page; the same trend gives the same bytes."""
    days = [point.begins for series in trend.series for point in series.points]
    drawn = [{"series": one, "drawing": plots(one, min(days), max(days))} for one in trend.series]
    return environment().get_template("trend.html.j2").render(
        trend=trend, drawn=drawn, lines=LINES, bars=BARS, style=style()
    )  # fmt: skip
