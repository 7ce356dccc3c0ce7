"""Panels ask for what there is: every query parses, for metrics and labels that the exporters have or that our rules record."""

import json
import re

import pytest

from jsquared.cli.main import main
from jsquared.monitor.dashboards import dashboards
from jsquared.monitor.exporters import CURRENT, OLD, PREFIX, known_exporter
from jsquared.monitor.panel import Panel, Query, Shape
from jsquared.monitor.panel_catalogue import FAILOVERS, PANELS
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.promql import parsed
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.rule_files import WrittenRule
from jsquared.monitor.rule_lint import lint

QUERIES = [*(query for panel in PANELS for query in panel.queries), FAILOVERS]
OWN = {"up", "ALERTS", *RECORDED}
"""Series that are Prometheus' own, or that our rules record."""
NARROWED = {"of": 'deployment=~"a", master_name=~"b"', "within": 'deployment=~"a"'}


@pytest.mark.parametrize("version", [OLD, CURRENT])
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_query_asks_for_what_there_is(version: str, profile) -> None:
    """The linter of rules finds nothing that could never be, with the exporter of Debian and with the current one."""
    exporter = known_exporter(version)
    for matchers in ({}, NARROWED):
        texts = [query.filled(profile, **matchers) for query in QUERIES]
        assert [text for text in texts if "<" in re.sub(r"< ?[0-9]", "", text)] == []
        rules = [
            WrittenRule(name=f"r{n}", records=False, expr=text, file="panels", line=n, hold_s=0, interval_s=0)
            for n, text in enumerate(texts)
        ]
        assert [
            finding for finding in lint(rules, exporter, scrape_s=profile.scrape_s) if finding.outcome == "never"
        ] == []
        asked = {selector.metric for text in texts for selector in parsed(text).selectors}
        assert {
            name for name in asked if not (name in OWN or (name.startswith(PREFIX) and exporter.may_have(name)))
        } == set()


def test_every_selector_is_narrowed_where_it_must_be() -> None:
    """Of two deployments in one Prometheus only the chosen one is shown: each query begins with a narrowed selector."""
    for query in QUERIES:
        selectors = parsed(query.filled(PROFILES["5s"], **NARROWED)).selectors
        assert any(matcher.label == "deployment" for matcher in selectors[0].matchers), query.expr


def test_marks_are_left_out_without_matchers() -> None:
    """Alone or behind others, they leave no comma and no empty braces behind."""
    query = Query('a{<of>} + b{job="redis", <of>} + c{<in>}[<window>]', "{{instance}}")
    assert query.filled(PROFILES["5s"]) == 'a + b{job="redis"} + c[60s]'
    assert (
        query.filled(PROFILES["5s"], of='x="1"', within='y="2"') == 'a{x="1"} + b{job="redis", x="1"} + c{y="2"}[60s]'
    )


def test_panels_have_names_of_their_own_and_states_their_words() -> None:
    """Names and titles are there once; a panel of states says what each value means, and no other has states."""
    assert len({panel.name for panel in PANELS}) == len({panel.title for panel in PANELS}) == len(PANELS)
    assert [panel.name for panel in PANELS if bool(panel.states) is not (panel.shape is Shape.STATES)] == []
    assert [panel.name for panel in PANELS if not panel.shows.endswith(".")] == []


def test_the_dashboard_has_every_panel() -> None:
    """With ids, places that do not overlap, letters for its queries, their PromQL and their legends; and failovers are marked."""
    [(name, text)] = dashboards().items()
    document = json.loads(text)
    assert name == "redis-sentinel.json"
    assert [one["id"] for one in document["panels"]] == list(range(1, len(PANELS) + 1))
    assert len({(one["gridPos"]["x"], one["gridPos"]["y"]) for one in document["panels"]}) == len(PANELS)
    for one, panel in zip(document["panels"], PANELS, strict=True):
        assert_is(one, panel)
    [annotation] = document["annotations"]["list"]
    assert parsed(annotation["expr"].replace("$", "")).selectors[0].metric == "redis:named_primary"
    assert [one["name"] for one in document["templating"]["list"]] == ["datasource", "deployment", "master_name"]
    assert dashboards()[name] == text


def assert_is(one: dict, panel: Panel) -> None:
    """A panel of the dashboard is one of ours."""
    assert (one["title"], one["description"]) == (panel.title, panel.shows)
    assert [target["refId"] for target in one["targets"]] == list("ABCDEFGH")[: len(panel.queries)]
    assert [target["legendFormat"] for target in one["targets"]] == [query.legend for query in panel.queries]
    assert all('deployment=~"$deployment"' in target["expr"] for target in one["targets"])
    words = {
        word["text"]
        for mapping in one["fieldConfig"]["defaults"].get("mappings", ())
        for word in mapping["options"].values()
    }
    assert words == {state.word for state in panel.states}


def test_dashboards_are_printed_or_written(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same text either way, and nothing is overwritten."""
    assert main(["monitor", "dashboards"]) == 0
    assert json.loads(capsys.readouterr().out)["uid"] == "jsquared-redis-sentinel"
    words = ["monitor", "dashboards", "--profile", "15s", "--out", str(tmp_path / "new")]
    assert main(words) == 0
    assert (tmp_path / "new/redis-sentinel.json").read_text() == dashboards(PROFILES["15s"])["redis-sentinel.json"]
    assert main(words) == 2
    assert "is not overwritten" in capsys.readouterr().err
