"""The page of panels in a real browser: it draws, follows its server, and asks nobody else."""

from collections.abc import Callable, Iterator

import pytest
from browsing import WIDTHS, look_at, requested
from selenium import webdriver
from selenium.webdriver.common.by import By

from jsquared.monitor.live_page.server import PageServer
from jsquared.monitor.panel import Shape
from jsquared.monitor.panel_catalogue import PANELS
from jsquared.monitor.profile import PROFILES
from support.fake_prometheus import FakePrometheus

pytestmark = pytest.mark.browser

DRAWN = [panel for panel in PANELS if panel.shape is not Shape.NUMBER]
# Whether a panel's canvas shows anything but one colour
PAINTED = """return [...document.querySelectorAll('.uplot canvas')].filter((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(data.buffer)).size > 2;
}).length"""
OVERFLOW = "return document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def prometheus() -> Iterator[FakePrometheus]:
    """Something that answers as Prometheus does."""
    made = FakePrometheus()
    yield made
    made.close()


@pytest.fixture
def opened(
    browser: webdriver.Chrome, prometheus: FakePrometheus, wait_until
) -> Iterator[Callable[..., webdriver.Chrome]]:
    """Opens the page at a size and in a colour scheme; afterwards nothing but its own server may have been asked."""
    server = PageServer(prometheus.server_port, PROFILES["1s"])

    def visit(size: str = "desktop", scheme: str = "light") -> webdriver.Chrome:
        look_at(browser, size, scheme)
        browser.get(server.url)
        wait_until(lambda: "as of" in status(browser), what="the numbers are there")
        return browser

    for kind in ("browser", "performance"):
        browser.get_log(kind)
    yield visit
    browser.get("about:blank")
    server.close()
    asked = [url for url in requested(browser.get_log("performance")) if url != "about:blank"]
    assert asked
    assert [url for url in asked if not url.startswith(server.url)] == []


def status(driver: webdriver.Chrome) -> str:
    """What the page says of itself."""
    return driver.find_element(By.ID, "status").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
def test_every_panel_is_drawn(opened, size: str, scheme: str) -> None:
    """At desktop and phone width, in light and dark, without an error and without scrolling sideways; the failover is told."""
    driver = opened(size, scheme)
    assert driver.execute_script(PAINTED) == len(DRAWN)
    assert driver.execute_script(OVERFLOW) <= 0
    assert "failover of mymaster to 10.0.0.2:6379" in driver.find_element(By.ID, "failovers").text
    assert "13 min" in driver.find_element(By.CSS_SELECTOR, '[data-panel="primary-since"]').text
    assert driver.get_log("browser") == []


def test_it_follows_its_server(opened, prometheus: FakePrometheus, wait_until) -> None:
    """Another span is asked for and drawn, an empty panel says so, and what Prometheus refuses is told in words."""
    driver = opened()
    driver.find_element(By.CSS_SELECTOR, '[data-minutes="60"]').click()
    spanned = "return views[0].chart.data[0].at(-1) - views[0].chart.data[0][0]"
    wait_until(lambda: driver.execute_script(spanned) > 3000, what="an hour")
    prometheus.silent = "ALERTS"
    wait_until(lambda: "No alert fires." in driver.find_element(By.ID, "grid").text, what="no alert")
    prometheus.silent, prometheus.error = "", "out of <b>memory</b>"
    wait_until(lambda: "out of <b>memory</b>" in status(driver), what="the reason")
    prometheus.error = ""
    wait_until(lambda: "as of" in status(driver), what="numbers again")
