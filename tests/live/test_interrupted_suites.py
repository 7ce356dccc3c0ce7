"""Ctrl-C at any moment of a suite: what had finished is told in every form, and what had not is named."""

import contextlib
import random
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from support.command_lines import RATE, Finished, finish, start

pytestmark = [pytest.mark.namespaces, pytest.mark.browser, pytest.mark.timeout(240)]

SHORT = ("config-timings", "config-persistence", "primary-restart-fast", "primary-short-hang", "slow-command")
"""Trials that are over soon, so that some have finished at most moments."""
LONGEST_S = 11.0
MOMENTS = 20
NOT_RUN = ("config-timings", "config-persistence")


class Ended:
    """A suite that Ctrl-C ended, with all that it wrote."""

    def __init__(self, done: Finished, junit: Path) -> None:
        self.done = done
        self.document: Any = done.document
        self.finished = [trial["scenario"] for trial in self.document["trials"]]
        self.folders = [trial["run_dir"] for trial in self.document["unfinished"] if trial["run_dir"]]
        self.cases = ET.parse(junit).getroot()
        self.report = Path(self.document["report"]) if self.document["report"] else None

    def check(self) -> None:
        """Nothing is missing or told twice, in the document, the table, the JUnit file and the report."""
        unfinished = [trial["scenario"] for trial in self.document["unfinished"]]
        assert self.done.code == 130, self.done.stderr
        assert "Traceback" not in self.done.stderr
        assert sorted([*self.finished, *unfinished]) == sorted(SHORT)
        assert self.document["interrupted"] or not unfinished
        assert all((Path(folder) / "plan.json").exists() for folder in self.folders)
        self.check_table()
        self.check_junit()
        assert (self.report is None) == (not self.finished)
        if self.report:
            self.check_report(self.report.read_text(encoding="utf-8"))

    def check_table(self) -> None:
        """Trials that ran have a row; the last line names the folders that are left."""
        for name in self.finished:
            assert name in NOT_RUN or re.search(rf"^{name} +[✓✗?] ", self.done.stderr, re.MULTILINE), self.done.stderr
        where = " ".join(self.folders)
        last = (
            f"jsquared: error: {where}: interrupted. Try: jsquared check {where}"
            if where
            else "jsquared: error: interrupted"
        )
        assert self.done.stderr.splitlines()[-1] == last

    def check_junit(self) -> None:
        """A case for each finished trial, and the folders of the others beside."""
        names = [str(case.get("name")).partition(" ")[0] for case in self.cases.iter("testcase")]
        assert sorted(names) == sorted(self.finished)
        said = "".join(str(element.text or "") for element in self.cases.iter("system-err"))
        assert all(folder in said for folder in self.folders)

    def check_report(self, page: str) -> None:
        """It is whole, and has all finished trials and all folders."""
        assert page.rstrip().endswith("</html>")
        assert all(Path(trial["run_dir"]).name in page for trial in self.document["trials"] if trial["run_dir"])
        assert all(folder in page for folder in self.folders)


class Suite:
    """A suite that runs, until :meth:`interrupt`."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process = process
        self.runs = folder / "runs"
        self._junit = folder / "junit.xml"

    @property
    def is_over(self) -> bool:
        """True once it has ended by itself."""
        return self.process.poll() is not None

    def begun(self) -> int:
        """How many trials have begun."""
        return len(list(self.runs.glob("*/plan.json")))

    def judged(self) -> int:
        """How many of them have a verdict."""
        return len(list(self.runs.glob("*/verdict.json")))

    def interrupt(self) -> Ended:
        """Ctrl-C, and what it wrote."""
        assert not self.is_over, "the suite was over before"
        self.process.send_signal(signal.SIGINT)
        return Ended(finish(self.process), self._junit)


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """A suite of trials that are over soon, two at a time."""
    files = ("--out", str(tmp_path / "runs"), "--junit", str(tmp_path / "junit.xml"))
    with start("run", *SHORT, *RATE, "--jobs", "2", *files, "--json") as process:
        yield Suite(process, tmp_path)
        process.kill()


def opened(ended: Ended, visit: Callable[..., Any]) -> None:
    """A browser opens the report, without error and without network, and shows what is missing."""
    if ended.report is None:
        return
    driver = visit(ended.report, drawn=False)
    shown = driver.execute_script("return document.body.innerText")
    assert all(Path(folder).name in shown for folder in ended.folders)
    assert all(name in driver.page_source for name in ended.finished)


def test_a_suite_that_is_interrupted_has_a_report_to_open(
    suite: Suite, visit: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    """Once in every run of the tests, while some trials have finished and the last has just begun."""
    last = len(SHORT) - len(NOT_RUN)
    wait_until(lambda: (suite.judged() > 0 and suite.begun() == last) or suite.is_over, 120, "the last trial has begun")
    ended = suite.interrupt()
    ended.check()
    assert ended.folders
    assert ended.report
    opened(ended, visit)


@pytest.mark.suites
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_interruptions_at_twenty_moments(
    moment: int, suite: Suite, visit: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    """The same at moments of the whole life of a suite, each in its own twentieth."""
    after_s = random.Random(f"interruption {moment}").uniform(moment, moment + 1) * LONGEST_S / MOMENTS
    wait_until(lambda: suite.begun() > 0 or suite.is_over, 60, "a trial has begun")
    with contextlib.suppress(subprocess.TimeoutExpired):
        suite.process.wait(after_s)
    ended = suite.interrupt()
    ended.check()
    opened(ended, visit)
