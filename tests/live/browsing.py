"""A headless Chromium that opens reports from disk, and what it was asked to load."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
PAGE_LIMIT_S = 90
"""A page that is not there by then fails its test with its address, before the test's own limit ends it without."""
DRAWN = "return document.querySelectorAll('.uplot canvas').length"


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with this profile, whose console and network are recorded."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
    driver.set_page_load_timeout(PAGE_LIMIT_S)
    try:
        yield driver
    finally:
        driver.quit()


def look_at(browser: webdriver.Chrome, size: str, scheme: str) -> None:
    """Have the size of a kind of screen, and a colour scheme."""
    width, height = WIDTHS[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    media = {"media": "", "features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


def requested(log: list[dict[str, Any]]) -> list[str]:
    """The addresses that the performance log says were requested, without data and the browser's own start page."""
    messages = [json.loads(entry["message"])["message"] for entry in log]
    kinds = ("Network.requestWillBeSent", "Network.webSocketCreated")
    asked = [message["params"] for message in messages if message["method"] in kinds]
    urls = [parameters.get("request", parameters)["url"] for parameters in asked]
    return [url for url in urls if not url.startswith(("data:", "chrome:"))]
