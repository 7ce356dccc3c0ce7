"""The panels as a dashboard for Grafana 11 and newer, made with Grafana's own library, so that its form is Grafana's.

Deployment and primary are chosen at the top; failovers are marked in every panel. The same panels give the same text: ids, positions
and the letters of queries follow from their order.
"""

import json
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard

from jsquared.monitor.panel import Panel, Query, Shape, Tone, Unit
from jsquared.monitor.panel_catalogue import FAILOVERS, PANELS
from jsquared.monitor.profile import Profile

UID = "jsquared-redis-sentinel"
OF = 'deployment=~"$deployment", master_name=~"$master_name"'
WITHIN = 'deployment=~"$deployment"'
WIDTH, HEIGHT, COLUMNS = 12, 8, 2
UNITS = {
    Unit.COUNT: "short",
    Unit.BYTES: "bytes",
    Unit.RATIO: "percentunit",
    Unit.SECONDS: "s",
    Unit.TIMES: "suffix: x",
}
TONES = {Tone.GOOD: "green", Tone.BAD: "red", Tone.PLAIN: "blue"}


def dashboard_text(profile: Profile) -> str:
    """Return the dashboard, JSON."""
    made = (
        build.Dashboard("Redis behind Sentinel")
        .uid(UID)
        .description(
            "Who is the primary, whether a failover could be agreed on, and what it would cost. Made by JSquared."
        )
        .tags(["redis", "sentinel", "jsquared"])
        .editable()
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .refresh(f"{max(profile.scrape_s, 5)}s")
        .time("now-30m", "now")
        .timezone("browser")
        .annotation(_failovers(profile))
    )
    for variable in _variables():
        made = made.with_variable(variable)
    for number, panel in enumerate(PANELS):
        made = made.with_panel(_panel(number, panel, profile))
    document = json.loads(JSONEncoder(sort_keys=True).encode(made.build()))
    for annotation in document["annotations"]["list"]:
        annotation["titleFormat"] = FAILOVERS.legend  # Prometheus' own, which the library has no place for
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _source() -> dashboard.DataSourceRef:
    return dashboard.DataSourceRef(type_val="prometheus", uid="$datasource")


def _failovers(profile: Profile) -> Builder[dashboard.AnnotationQuery]:
    query = build.AnnotationQuery().name("Failovers").datasource(_source()).enable(True).icon_color("orange")
    return query.expr(FAILOVERS.filled(profile, of=OF, within=WITHIN))


def _variables() -> Iterator[Builder[dashboard.VariableModel]]:
    yield build.DatasourceVariable("datasource").label("Prometheus").type("prometheus")
    for name, label, narrowed in (
        ("deployment", "Deployment", ""),
        ("master_name", "Primary", '{deployment=~"$deployment"}'),
    ):
        yield (
            build.QueryVariable(name)
            .label(label)
            .datasource(_source())
            .query(f"label_values(redis:is_primary{narrowed}, {name})")
            .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
            .multi(True)
            .include_all(True)
            .all_value(".*")
            .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
        )


def _panel(number: int, panel: Panel, profile: Profile) -> Builder[dashboard.Panel]:
    row, column = divmod(number, COLUMNS)
    made = (
        _shaped(panel)
        .id(number + 1)
        .title(panel.title)
        .description(panel.shows)
        .datasource(_source())
        .unit(UNITS[panel.unit])
        .grid_pos(dashboard.GridPos(h=HEIGHT, w=WIDTH, x=column * WIDTH, y=row * HEIGHT))
    )
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        made = made.with_target(_target(letter, query, profile, is_instant=panel.shape is Shape.NUMBER))
    return made  # type: ignore[no-any-return]


def _shaped(panel: Panel) -> Any:
    """The builder for the shape, with what only that has."""
    if panel.shape is Shape.STATES:
        return (
            statetimeline.Panel().mappings(_mappings(panel)).show_value(common.VisibilityMode.AUTO).merge_values(True)
        )
    if panel.shape is Shape.NUMBER:
        return stat.Panel().text_mode(common.BigValueTextMode.VALUE_AND_NAME).graph_mode(common.BigValueGraphMode.NONE)
    legend = build_common.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
    lines = timeseries.Panel().legend(legend.display_mode(common.LegendDisplayMode.LIST)).fill_opacity(8)
    return lines.thresholds(_line(panel.limit)).thresholds_style(_dashed()) if panel.limit is not None else lines


def _mappings(panel: Panel) -> list[Any]:
    words = {
        str(state.value): dashboard.ValueMappingResult(text=state.word, color=TONES[state.tone], index=number)
        for number, state in enumerate(panel.states)
    }
    return [dashboard.ValueMap(options=words)]


def _line(limit: float) -> Any:
    steps = [dashboard.Threshold(value=None, color="transparent"), dashboard.Threshold(value=limit, color="red")]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _dashed() -> Any:
    return build_common.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)


def _target(letter: str, query: Query, profile: Profile, *, is_instant: bool) -> Any:
    made = prometheus.Dataquery().ref_id(letter).datasource(_source()).legend_format(query.legend)
    made = made.expr(query.filled(profile, of=OF, within=WITHIN))
    return made.instant() if is_instant else made.range()
