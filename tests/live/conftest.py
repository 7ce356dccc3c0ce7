"""The command line in its own process, judged by its exit code, its JSON and its run folders."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.command_lines import RATE, CommandLines, Finished, finish, start

if TYPE_CHECKING:
    from selenium import webdriver

sys.path.insert(0, str(Path(__file__).parent))  # lets the tests of this folder import what they share (played.py)


@pytest.fixture
def jsquared(command_lines: CommandLines) -> Callable[..., Finished]:
    """Run ``jsquared ARGUMENTS`` to its end; with an environment of its own it is really started, else forked."""

    def run(*arguments: str, environment: dict[str, str] | None = None, cwd: Path | None = None) -> Finished:
        if environment is not None:
            return finish(start(*arguments, environment=environment, cwd=cwd))
        return command_lines.run(*arguments, cwd=cwd)

    return run


@pytest.fixture
def run_trials(jsquared: Callable[..., Finished], tmp_path: Path) -> Callable[..., Finished]:
    """Run ``jsquared run ARGUMENTS --json`` with its run folders in ``tmp_path / "runs"``."""
    return lambda *arguments: jsquared("run", *RATE, *arguments, "--out", str(tmp_path / "runs"), "--json")


@pytest.fixture
def run_side_by_side(jsquared: Callable[..., Finished], tmp_path: Path) -> Callable[..., list[Finished]]:
    """Run several ``jsquared run ARGUMENTS`` at the same time, each given as a tuple; trials mostly wait."""

    def run(number: int, arguments: tuple[str, ...]) -> Finished:
        return jsquared("run", *RATE, *arguments, "--out", str(tmp_path / f"runs-{number}"), "--json")

    def run_all(*command_lines: tuple[str, ...]) -> list[Finished]:
        with ThreadPoolExecutor(len(command_lines)) as pool:
            return list(pool.map(run, range(len(command_lines)), command_lines))

    return run_all


@pytest.fixture
def start_jsquared() -> Callable[..., "subprocess.Popen[str]"]:
    """Start ``jsquared ARGUMENTS`` without waiting for it; ``environment`` adds to its environment."""
    return start


@pytest.fixture
def finish_jsquared() -> Callable[..., Finished]:
    """Wait for what ``start_jsquared`` started."""
    return finish


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    """A headless Chromium with a profile of its own."""
    from browsing import chromium  # noqa: PLC0415 -- few tests of this folder have a browser

    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def visit(browser: "webdriver.Chrome", wait_until: Callable[..., None]) -> "Iterator[Callable[..., webdriver.Chrome]]":
    """Opens a report at a size and in a colour scheme; afterwards the console must be clean and the network unused."""
    from browsing import DRAWN, look_at, requested  # noqa: PLC0415 -- as above

    def open_report(
        path: Path, size: str = "desktop", scheme: str = "light", *, drawn: bool = True
    ) -> "webdriver.Chrome":
        look_at(browser, size, scheme)
        browser.get(path.as_uri())
        opened.add(path)
        if drawn:
            wait_until(lambda: browser.execute_script(DRAWN) > 0, what="charts are drawn")
        return browser

    opened: set[Path] = set()
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    yield open_report
    assert browser.get_log("browser") == []
    last = {browser.current_url.partition("#")[0]} if opened else set()
    assert set(requested(browser.get_log("performance"))) == last
