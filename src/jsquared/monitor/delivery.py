"""A test alert through a real Alertmanager to one receiver, until that has taken it.

Each receiver has an Alertmanager of its own, so that its counters speak of that receiver alone. Delivered means that whoever is at the
other end has accepted the message, by Alertmanager's own count: HTTP 2xx, or a mail server that takes sender, recipient and content.
Alertmanager 0.25 does not wait for a mail server's last word, so a mail that is refused for its content counts as accepted (measured with
0.25.0: a 554 in answer to the content). Nobody knows whether somebody has read it.
"""

import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from jsquared.errors import LabError
from jsquared.monitor.contacts import Receiver, Smtp
from jsquared.monitor.loopback_http import HOST, NO_ANSWER, get, post_alert
from jsquared.monitor.own_process import free_port, running
from jsquared.monitor.routing import delivery_file
from jsquared.programs.find import Program
from jsquared.records.private_files import write_private
from jsquared.text import one_line

ALERT = "JSquaredTestDelivery"
READY_LIMIT_S = 20.0
PATIENCE_S = 3.0
"""After the first refusal: a mail server may ask to try again at once."""
ASK_EVERY_S = 0.05
ANNOTATIONS = {
    "summary": "a test of how alerts are delivered; nothing is wrong",
    "description": "Sent by 'jsquared alerts test-delivery'.",
}
_COUNTER = re.compile(r'alertmanager_notification_requests(_failed)?_total\{integration="(\w+)"\} ([0-9.e+]+)')
_REASON = re.compile(r'err="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of a test alert; ``took_s`` until it was accepted, and the ``problem`` where it was not."""

    delivered: bool
    took_s: float = 0
    problem: str = ""


def deliver(
    receiver: Receiver, smtp: Smtp | None, alertmanager: Program, labels: Mapping[str, str], *, limit_s: float = 30.0
) -> Delivery:
    """Send a test alert to one receiver.

    :param labels: of the alert, beside its name.
    :param limit_s: how long to wait for it to be accepted.
    :raises LabError: Alertmanager does not start.
    """
    with tempfile.TemporaryDirectory(prefix="jsquared-delivery-") as name:
        folder = Path(name)
        write_private(folder / "alertmanager.yml", delivery_file(receiver, smtp))
        port = free_port()
        arguments = [
            f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
            f"--web.listen-address={HOST}:{port}",
        ]  # fmt: skip
        log = folder / "alertmanager.log"
        with running(alertmanager, arguments, log) as process:
            _wait_until_ready(port, process, log)
            began_s = time.monotonic()
            post_alert(port, {"alertname": ALERT, **labels}, ANNOTATIONS)
            problem = _accepted(port, receiver.kind, log, began_s + limit_s)
            took_s = time.monotonic() - began_s
        hidden = problem.replace(receiver.target, "<webhook>") if receiver.kind == "webhook" else problem
        return Delivery(delivered=not problem, took_s=took_s if not problem else 0, problem=one_line(hidden))


def _wait_until_ready(port: int, process: "Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    while True:
        try:
            get(port, "/-/ready")
        except NO_ANSWER as problem:
            if process.poll() is not None or time.monotonic() > deadline:
                reason = _reason(log) or _last_line(log) or one_line(str(problem))
                raise LabError(f"Alertmanager does not start ({reason})", where=f"{HOST}:{port}") from problem
            time.sleep(ASK_EVERY_S)
        else:
            return


def _accepted(port: int, kind: str, log: Path, deadline: float) -> str:
    """Wait until the receiver has accepted it; return the reason if it does not."""
    refused_s = 0.0
    while (now := time.monotonic()) < deadline:
        asked, failed = _requests(port, kind)
        if asked > failed:
            return ""
        if failed and refused_s and now - refused_s > PATIENCE_S:
            break
        refused_s = refused_s or (now if failed else 0.0)
        time.sleep(ASK_EVERY_S)
    return _reason(log) or "it did not accept the alert in time"


def _requests(port: int, kind: str) -> tuple[float, float]:
    counts = {
        (failed, of): float(count)
        for failed, of, count in _COUNTER.findall(get(port, "/metrics").decode(errors="replace"))
    }
    return counts.get(("", kind), 0.0), counts.get(("_failed", kind), 0.0)


def _reason(log: Path) -> str:
    """The last error that Alertmanager has logged."""
    found = _REASON.findall(log.read_text(encoding="utf-8", errors="replace"))
    return found[-1].replace('\\"', '"') if found else ""


def _last_line(log: Path) -> str:
    return one_line(log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2])[:300]
