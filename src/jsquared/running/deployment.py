"""The running deployment: a view of it (``view.py``), its processes (``processes.py``), and the wait until it has converged."""

import time
from collections.abc import Callable
from functools import partial

from jsquared.records.event_types import Converged
from jsquared.records.events import EventLog
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.running.addresses import Addresses
from jsquared.running.convergence import unconverged
from jsquared.running.log_keeper import as_it_is
from jsquared.running.monitoring_control import Monitoring
from jsquared.running.processes import Processes
from jsquared.running.view import DeploymentView
from jsquared.sandbox.sandbox import Sandbox


class RunningDeployment(DeploymentView, Processes):
    """One deployment inside a sandbox: its processes, and what its nodes say, by node name."""

    def __init__(
        self,
        plan: Plan,
        placement: Placement,
        sandbox: Sandbox,
        run: RunDirectory,
        events: EventLog,
        *,
        scrub: Callable[[str], str] = as_it_is,
    ) -> None:
        addresses, subject = Addresses(placement.nodes), plan.data_nodes()[0].master_name
        as_observer = partial(sandbox.dial, None)
        DeploymentView.__init__(
            self,
            placement.nodes,
            addresses,
            master_name=subject,
            tls=placement.tls,
            ignores_expiry=True,
            dial=as_observer,
        )
        Processes.__init__(self, plan, placement, sandbox, run, events, addresses, scrub=scrub)
        self.monitoring: Monitoring | None = None
        """What monitors the trial; None where nothing does."""

    def unconverged(self) -> str:
        """Return why the deployment has not converged (:mod:`jsquared.running.convergence`), empty if it has."""
        return unconverged(self)

    def wait_until_converged(
        self, limit_s: float, stage: str, *, poll_s: float = 0.01, meanwhile: Callable[[], None] = lambda: None
    ) -> bool:
        """Wait until :meth:`unconverged` is empty; records a ``converged`` event either way and returns whether it is.

        :param meanwhile: called between two looks.
        """
        deadline = time.monotonic() + limit_s
        while (why := self.unconverged()) and time.monotonic() < deadline:
            meanwhile()
            time.sleep(poll_s)
        self.events.add(Converged(stage=stage, ok=not why, detail=why))
        return not why
