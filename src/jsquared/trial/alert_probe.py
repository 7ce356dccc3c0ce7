"""A probe: an alert of the lab's own through the trial's Alertmanager to its receiver.

An alert that fires and does not arrive may be the rules' doing or that of a dead way. A probe that arrived before and after tells which.
"""

import itertools
import time

from jsquared.errors import LabError
from jsquared.monitor.loopback_http import post_alert
from jsquared.trial.alert_receiver import PROBE, AlertReceiver

LIMIT_S = 15.0
"""For a probe to arrive: Alertmanager sends at once, and tries again for a while."""
LOOK_S = 0.05
_numbers = itertools.count(1)


def send_probe(port: int, receiver: AlertReceiver, limit_s: float = LIMIT_S) -> None:
    """Send one and wait until it has arrived.

    :raises LabError: it does not arrive in time.
    :raises OSError, HTTPException: Alertmanager does not take it.
    """
    number = str(next(_numbers))
    post_alert(port, {"alertname": PROBE, "number": number})
    deadline = time.monotonic() + limit_s
    while number not in receiver.probes:
        if time.monotonic() > deadline:
            raise LabError(f"a test alert did not arrive within {limit_s:g} s", where="alertmanager")
        time.sleep(LOOK_S)
