"""The options with which trials are monitored, the same for every command that runs some."""

from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from jsquared.cli.missing_programs import fetch_missing
from jsquared.cli.option_groups import takes
from jsquared.cli.options import Interval
from jsquared.service.alerts_choice import AlertsRequest

R = TypeVar("R")

ScrapeOption = Annotated[Interval, typer.Option("--scrape", help="How often Prometheus scrapes: 1s, 5s or 15s.")]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="FILE",
        help="Rule files of your own in the place of JSquared's; may be repeated. They are not judged.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Fetch programs that are missing without asking.")]
ExporterOption = Annotated[
    str, typer.Option("--exporter", metavar="PATH", help="The redis_exporter; default: on PATH, or a fetched one.")
]
PrometheusOption = Annotated[
    str, typer.Option("--prometheus", metavar="PATH", help="The Prometheus; default: on PATH, or a fetched one.")
]
AlertmanagerOption = Annotated[
    str, typer.Option("--alertmanager", metavar="PATH", help="The Alertmanager; default: on PATH, or a fetched one.")
]
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "scrape": (ScrapeOption, Interval.USUAL),
    "rules": (RulesOption, None),
    "exporter": (ExporterOption, ""),
    "prometheus": (PrometheusOption, ""),
    "alertmanager": (AlertmanagerOption, ""),
    "yes": (YesOption, False),
}
"""Options of a command that monitors trials, with their defaults."""


class MonitoringOptions(NamedTuple):
    """The way in which trials are to be monitored, whether missing programs may be fetched, and whether any of that was said."""

    request: AlertsRequest
    may_fetch: bool
    is_given: bool

    def fetch_missing(self) -> None:
        """Fetch the programs that are missing, if the user agrees.

        :raises BadInputError: the user does not.
        :raises LabError: they cannot be fetched.
        """
        fetch_missing(self.request.missing(), is_agreed=self.may_fetch)


def takes_monitoring() -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options in the place of its keyword ``monitoring``, which gets them as one object."""
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=option)
        for name, (option, default) in _OPTIONS.items()
    ]
    return takes("monitoring", options, _monitoring)


def _monitoring(scrape: Interval, rules: list[Path] | None, yes: bool, **programs: str) -> MonitoringOptions:
    is_given = bool(rules or yes or any(programs.values())) or scrape is not Interval.USUAL
    return MonitoringOptions(AlertsRequest(profile=scrape, rules=rules or [], **programs), yes, is_given)
