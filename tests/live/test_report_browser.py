"""The HTML report in a real browser: it opens from disk, draws, and asks the network for nothing."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import msgspec
import pytest
from browsing import WIDTHS
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from jsquared.check.causes import explain
from jsquared.records.event_types import SentinelEvent
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import RunVerdict, TrialVerdict
from jsquared.report.html import write_run_report, write_trial_report
from support.sample_run import SAMPLES, sample_record
from support.violated import DOWN_AFTER, advice

pytestmark = pytest.mark.browser

RANGES = "return [...timelines.values()][0].charts.map((chart) => [chart.scales.x.min, chart.scales.x.max])"
# Whether a canvas shows anything but one colour: every panel of the open trial must.
PAINTED = """return [...document.querySelectorAll('.uplot canvas')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(data.buffer)).size > 1;
})"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report of every sample, and ``run.html`` with all of them."""
    folder = tmp_path_factory.mktemp("reports")
    trials = [sample_record(sample, Path("runs") / sample) for sample in SAMPLES]
    for sample, (record, verdict) in zip(SAMPLES, trials, strict=True):
        write_trial_report(record, verdict, folder / f"{sample}.html")
    write_run_report(trials, run_of(trials), folder / "run.html")
    return folder


def run_of(trials: list[tuple[TrialRecord, TrialVerdict]]) -> RunVerdict:
    """The document of these trials, with its causes."""
    return explain(RunVerdict(outcome="violated", trials=[verdict for _, verdict in trials]))


def suite_of(number: int) -> list[tuple[TrialRecord, TrialVerdict]]:
    """Trials with names of their own: one of four passes, of the violated ones every other names a line."""
    trials = []
    for index, sample in zip(range(number), cycle(("split-brain", "split-brain", "killed", "crash")), strict=False):
        record, verdict = sample_record(sample, Path(f"runs/20260101T120000-s{index:03}-1"))
        record = replace(record, plan=msgspec.structs.replace(record.plan, scenario=f"s{index:03}"))
        named = [advice(DOWN_AFTER)] if sample == "split-brain" and index % 2 else []
        verdict.scenario, verdict.advice, verdict.run_dir = f"s{index:03}", named, str(record.path)
        trials.append((record, verdict))
    return trials


def overflow(driver: webdriver.Chrome) -> int:
    """How many pixels the page is wider than its window."""
    return int(driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_report_draws_without_error_network_or_overflow(visit, reports, name, size, scheme) -> None:
    """At desktop and phone width, in light and dark: charts are painted and the page does not scroll sideways."""
    driver = visit(reports / f"{name}.html", size, scheme)
    painted = driver.execute_script(PAINTED)
    assert len(painted) == {"idle": 3, "did-not-bite": 6, "killed": 7}.get(name, 8)
    assert all(painted)
    assert overflow(driver) <= 0
    driver.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert overflow(driver) <= 0


def test_zoom_is_shared_by_all_panels(visit, reports, wait_until) -> None:
    """Dragging across one panel zooms every panel to the same span, and a double click shows the whole trial again."""
    driver = visit(reports / "split-brain.html")
    panel = driver.find_elements(By.CSS_SELECTOR, ".u-over")[5]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", panel)
    drag = ActionChains(driver).move_to_element_with_offset(panel, -200, 0).click_and_hold()
    drag.move_by_offset(75, 0).move_by_offset(75, 0).release().perform()
    wait_until(lambda: driver.execute_script(RANGES)[0] != [0, 30_000], what="the zoom")
    ranges = driver.execute_script(RANGES)
    assert len(set(map(tuple, ranges))) == 1
    assert 2_000 < ranges[0][1] - ranges[0][0] < 8_000
    ActionChains(driver).double_click(panel).perform()
    wait_until(lambda: driver.execute_script(RANGES)[0] == [0, 30_000], what="the whole trial")


def test_the_timeline_obeys_keys(visit, reports, wait_until) -> None:
    """F shows the failover, plus and the arrows zoom and move, 0 shows the whole trial."""
    driver = visit(reports / "crash.html")
    timeline = driver.find_element(By.CSS_SELECTOR, ".timeline")
    driver.execute_script("arguments[0].focus()", timeline)
    seen = []
    for key in ("f", "+", "\ue014", "-", "0"):
        before = driver.execute_script(RANGES)[0]
        timeline.send_keys(key)
        wait_until(lambda: driver.execute_script(RANGES)[0] != before, what=f"key {key}")  # noqa: B023 -- awaited here
        seen.append(driver.execute_script(RANGES)[0])
    assert seen[0] == [2603.2, 8753.6]
    assert seen[1][0] > seen[0][0]
    assert seen[2][0] > seen[1][0]
    assert seen[-1] == [0, 16_000]


def test_a_lane_explains_itself_under_the_pointer(visit, reports, wait_until) -> None:
    """Pointing at the old primary's lane tells its role, its offset and that it is cut off."""
    driver = visit(reports / "split-brain.html")
    lanes = driver.find_elements(By.CSS_SELECTOR, ".u-over")[1]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", lanes)
    tip = driver.find_element(By.ID, "tip")
    left = int(lanes.size["width"] * (5 / 30 - 0.5))
    top = -int(lanes.size["height"] / 2) + 10
    places = cycle((left, left + 2))

    def told() -> bool:
        # Scrolling hides the tip, and its event may come after the first move.
        ActionChains(driver).move_to_element_with_offset(lanes, next(places), top).perform()
        return bool(tip.is_displayed())

    wait_until(told, what="the tip")
    assert "redis-n1: primary" in tip.text
    assert "all links cut between n1, n2, c1 and n3" in tip.text


def test_throughput_can_show_one_client(visit, reports, wait_until) -> None:
    """Choosing a client shows its writes alone and keeps the choice in focus."""
    driver = visit(reports / "split-brain.html")
    choose = "const s = document.querySelector('select'); s.value = 'client-2'; s.dispatchEvent(new Event('change'))"
    driver.execute_script(choose)
    legend = "return [...document.querySelectorAll('.legend')].map((each) => each.textContent).join(' ')"
    wait_until(lambda: "then lost" not in driver.execute_script(legend), what="the client's legend")
    assert driver.execute_script("return document.activeElement.value") == "client-2"


def test_a_trial_is_drawn_when_it_is_opened(visit, reports, wait_until) -> None:
    """In a run's report no trial is open; a link to one opens it, and only then its charts are made."""
    driver = visit(reports / "run.html", drawn=False)
    assert driver.execute_script("return timelines.size") == 0
    driver.execute_script("location.hash = '#trial-1'")
    wait_until(lambda: driver.execute_script("return timelines.size") == 1, what="the trial's charts")
    assert driver.execute_script("return document.getElementById('trial-1').open")
    assert driver.execute_script("return document.querySelector('details.passes').open")


SHOWN = "return [...document.querySelectorAll('details.trial:not([hidden])')].map((each) => each.id)"


def test_a_suite_of_a_hundred_trials_is_searched_filtered_and_sorted(browser, visit, tmp_path) -> None:
    """It opens with less than a second of work and fits a phone; search, outcomes and lines hide rows, and sorting moves them."""
    trials = suite_of(100)
    write_run_report(trials, run_of(trials), tmp_path / "run.html")
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})  # whatever else the machine does
    driver = visit(tmp_path / "run.html", "phone", "dark", drawn=False)
    metrics = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    browser.execute_cdp_cmd("Performance.disable", {})
    assert next(each["value"] for each in metrics if each["name"] == "TaskDuration") < 1.0
    assert driver.execute_script("return timelines.size") == 0
    assert overflow(driver) <= 0
    assert len(driver.execute_script(SHOWN)) == 100
    search = driver.find_element(By.CSS_SELECTOR, "[data-search]")
    search.send_keys("s003")
    assert driver.execute_script(SHOWN) == ["trial-4"]
    assert driver.execute_script("return document.querySelector('details.passes').open")
    search.clear()
    search.send_keys("nowhere")
    assert driver.find_element(By.CSS_SELECTOR, "[data-nothing]").is_displayed()
    search.clear()
    choose = (
        "const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change'))"
    )
    driver.execute_script(choose, "[data-line]", "1")
    assert driver.execute_script(SHOWN) == [f"trial-{number}" for number in range(2, 100, 4)]
    driver.execute_script(choose, "[data-line]", "")
    driver.execute_script(choose, "[data-sort]", "lost")
    driver.execute_script("document.querySelector('[data-filter=\"inconclusive\"]').click()")
    assert len(driver.execute_script(SHOWN)) == 75
    assert driver.find_element(By.CSS_SELECTOR, "[data-count]").text == "75 of 100 shown"
    lost = (
        "return [...document.querySelectorAll('[data-group=violated] details.trial')].map((each) => +each.dataset.lost)"
    )
    order = driver.execute_script(lost)
    assert order == sorted(order, reverse=True)


def test_it_prints(visit, reports) -> None:
    """Paper gets light colours and charts that fit; afterwards the screen is as before."""
    driver = visit(reports / "crash.html", scheme="dark")
    background = "return getComputedStyle(document.body).backgroundColor"
    width = "return document.querySelector('.uplot').offsetWidth"
    before = [driver.execute_script(script) for script in (background, width)]
    driver.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert driver.execute_script(width) == 700
    assert driver.execute_script(background) != before[0]
    assert driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    driver.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert [driver.execute_script(script) for script in (background, width)] == before


def test_a_report_with_names_from_hell_still_runs(visit, tmp_path) -> None:
    """Markup in names neither runs nor breaks the charts."""
    record, verdict = sample_record("crash", Path("runs/x"))
    verdict.reasons = ["</script><script>document.title = 'owned'</script>"]
    markup = "<img src=x onerror=\"document.title = 'owned'\">"
    record.events[:] = [
        msgspec.structs.replace(event, payload=markup) if isinstance(event, SentinelEvent) else event
        for event in record.events
    ]
    write_trial_report(record, verdict, tmp_path / "report.html")
    driver = visit(tmp_path / "report.html")
    assert "owned" not in driver.title
    assert len(driver.execute_script(PAINTED)) == 8
