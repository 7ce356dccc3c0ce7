"""A running deployment watched from this machine: exporter, Prometheus and Alertmanager, for as long as somebody wants them."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.contacts import read_contacts
from jsquared.monitor.local_stack.exporter_login import ExporterTls
from jsquared.monitor.local_stack.stack import TARGETS, Addresses, LocalStack, StackPlan
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.routing import alertmanager_file, nobody_file
from jsquared.programs.find import find, missing
from jsquared.records.private_files import make_private_folder
from jsquared.records.run_directory import explain_write_errors
from jsquared.running.access import Access
from jsquared.service.access import AccessRequest, access_of
from jsquared.service.scrape_targets import Targets, TargetsRequest, follow_targets
from jsquared.text import one_line

WATCH_EVERY_S = 0.2
LOOK_EVERY_S = 1.0, 5.0
"""How often the Sentinels are asked: as often as is scraped, within these bounds."""
PROGRAMS = {"redis-exporter": "exporter", "prometheus": "prometheus", "alertmanager": "alertmanager"}
"""The programs with the field of a request that may have the path of each."""


class MonitoringRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment, its name in labels, and the programs to watch it with; empty paths: those on PATH, or fetched ones."""

    access: AccessRequest
    deployment: str = "redis"
    profile: str = "5s"
    contacts: Path | None = None
    """A contact list; without one nobody is told of alerts."""
    exporter: str = ""
    prometheus: str = ""
    alertmanager: str = ""
    out: Path | None = None
    """A folder for everything that is written, which stays; without one it is a private one that goes at the end."""


def missing_tools(request: MonitoringRequest) -> list[str]:
    """Return the tools that are neither given, nor on PATH, nor fetched."""
    return missing({name: getattr(request, field) for name, field in PROGRAMS.items()})


def run_monitoring(
    request: MonitoringRequest,
    pause: Callable[[float], bool],
    up: Callable[[Addresses], None],
    changed: Callable[[Targets], None],
    tell: Callable[[str], None],
) -> None:
    """Watch the deployment until the user has asked to stop; then end everything that was started.

    It is called in the main thread: what it starts ends with that.

    :param pause: waits so many seconds; False where the user has asked to stop.
    :param up: told once, when everything answers.
    :param changed: told of the deployment before that, and of every change of targets, primaries or problems.
    :param tell: told what has ended and was started again.
    :raises BadInputError: no Sentinel answers, a program is missing, or the folder is in use.
    :raises LabError: a program does not start, or ends too often.
    """
    access = access_of(request.access)
    plan = _plan(request, access)
    with _folder(request.out) as folder, LocalStack(plan, folder) as stack:
        targets = TargetsRequest(access=request.access, deployment=request.deployment, out=folder / TARGETS)
        running = False

        def take(now: Targets) -> None:
            nonlocal running
            changed(now)
            if running:
                stack.take(now.found)
            elif addresses := stack.start(now.found, pause):
                up(addresses)
            running = True

        def wait() -> bool:
            least_s, most_s = LOOK_EVERY_S
            deadline = time.monotonic() + min(max(plan.profile.scrape_s, least_s), most_s)
            while time.monotonic() < deadline:
                if not pause(WATCH_EVERY_S):
                    return False
                stack.keep(tell)
            return True

        follow_targets(targets, wait, take, access)


def _plan(request: MonitoringRequest, access: Access) -> StackPlan:
    found = {
        field: find(name, path, where=f"--{field}" if path else "")
        for name, field in PROGRAMS.items()
        for path in (getattr(request, field),)
    }
    asked = request.access
    is_tls = bool(asked.tls or asked.authority or asked.certificate)
    return StackPlan(
        exporter=found["exporter"],
        prometheus=found["prometheus"],
        alertmanager=found["alertmanager"],
        profile=PROFILES[request.profile],
        routing=alertmanager_file(read_contacts(request.contacts)) if request.contacts else nobody_file(),
        data_login=access.data_login,
        sentinel_login=access.sentinel_login,
        tls=ExporterTls(authority=asked.authority, certificate=asked.certificate, key=asked.key) if is_tls else None,
    )


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    """The folder for everything: the user's, which must be empty, or one that goes at the end."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="jsquared-monitoring-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        if any(out.iterdir()):
            where = f"--out {one_line(str(out))}"
            raise BadInputError("is not empty, and nothing in it is overwritten", where=where, hint="another folder")
    yield out.absolute()
