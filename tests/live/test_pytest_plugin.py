"""The pytest plugin as its users have it: their pytest, their client, real servers; the tests are those of the guide."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_lines import UNMEASURED
from support.process_tree import Traces

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(400)]

Wait = Callable[..., None]
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "test-your-application-with-pytest.md"
PLUGIN = ("-p", "no:jsquared", "-p", "jsquared.pytest_plugin.plugin", "-p", "no:cacheprovider", "-n0")
LOSES = """

def test_orders(sentinel):
    sentinel.load.start(rate_per_s=50, operations_per_s=0)
    while sentinel.load.now().acknowledged < 200:
        pass
    sentinel.break_("flush-all", "primary")
    sentinel.assert_no_lost_writes()
"""
HOLDS = """
import threading
from pathlib import Path

def test_holds(sentinel):
    sentinel.break_("kill", "replica:1")
    Path("READY").touch()
    threading.Event().wait(200)
"""


def begin(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """A user's pytest in a folder, begun; its temporary files go into ``temporary`` there."""
    (folder / "temporary").mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLUGIN, "-v", *options],
        cwd=folder,
        env={
            **UNMEASURED,
            "TMPDIR": str(folder / "temporary"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def shown_files() -> dict[str, str]:
    """The tests that the guide shows, by the names that it gives to their files."""
    text = GUIDE.read_text(encoding="utf-8")
    return dict(re.findall(r"as `(test_\w+\.py)`:\n\n```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def test_an_application_survives_and_lost_writes_are_a_failure(tmp_path: Path) -> None:
    """The guide's first tests pass, one that loses writes fails with how many, why, the faults and the report, and no folder stays."""
    (tmp_path / "test_failover.py").write_text(shown_files()["test_failover.py"] + LOSES)
    out, _ = begin(tmp_path).communicate(timeout=200)
    assert re.findall(r"^test_failover.py::(\w+) (\w+)", out, re.MULTILINE) == [
        ("test_the_shop_survives_a_crash", "PASSED"),
        ("test_no_acknowledged_write_is_lost", "PASSED"),
        ("test_orders", "FAILED"),
    ], out
    assert re.search(
        r"^E +AssertionError: \d+ of \d+ acknowledged writes were lost \(level wait:1\)$", out, re.MULTILINE
    )
    assert re.search(r"^ +\d\.\d+ s  fault flush-all bit: redis-n1 had \d+ keys", out, re.MULTILINE), out
    report = re.findall(r"^verdict violated, report: (.*)$", out, re.MULTILINE)[-1]
    assert Path(report).is_file()
    assert list((tmp_path / "temporary").glob(".loopback-*")) == []


def test_a_partition_holds_for_the_code_under_test(tmp_path: Path) -> None:
    """Inside, the guide's test of a partition passes: all of pytest is a host of the lab."""
    (tmp_path / "test_partition.py").write_text(shown_files()["test_partition.py"])
    process = begin(tmp_path, "--jsquared-inside")
    out, _ = process.communicate(timeout=200)
    assert (process.returncode, "inside a lab, as its host client-1" in out) == (0, True), out


def test_nothing_is_left_however_it_ends(tmp_path: Path, wait_until: Wait) -> None:
    """One pytest is interrupted and one inside a lab is killed, both in the middle of a test: every process ends, and no data stays."""
    folders = [tmp_path / "outside", tmp_path / "inside"]
    for folder in folders:
        folder.mkdir()
        (folder / "test_user.py").write_text(HOLDS)
    runs = [begin(folders[0]), begin(folders[1], "--jsquared-inside")]
    for run, folder, number in zip(runs, folders, (signal.SIGINT, signal.SIGKILL), strict=True):
        wait_until(lambda folder=folder: (folder / "READY").exists(), 120, "the test has begun")
        traces = Traces(run.pid)
        run.send_signal(number)
        out, _ = run.communicate(timeout=200)
        assert run.returncode == (2 if number == signal.SIGINT else -signal.SIGKILL), out
        wait_until(lambda traces=traces: not traces.left(), 30, "everything has ended")
        wait_until(lambda folder=folder: not list((folder / "temporary").glob(".loopback-*")), 30, "no data is left")
