"""The running deployment: a view of it (``view.py``), its processes (``processes.py``), and the wait until it has converged."""

import time
from collections.abc import Callable

from jsquared.records.event_types import Converged
from jsquared.records.events import EventLog
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.running.addresses import Addresses
from jsquared.running.convergence import unconverged
from jsquared.running.log_keeper import as_it_is
from jsquared.running.processes import Processes
from jsquared.running.view import DeploymentView
from jsquared.sandbox.sandbox import Sandbox


class RunningDeployment(DeploymentView, Processes):
    """One deployment inside a sandbox: its processes, and what its nodes say, by node name."""

    def __init__(
        self,
        plan: Plan,
        sandbox: Sandbox,
        run: RunDirectory,
        events: EventLog,
        *,
        scrub: Callable[[str], str] = as_it_is,
    ) -> None:
        addresses = Addresses(plan.nodes)
        DeploymentView.__init__(self, plan.nodes, addresses, master_name=plan.data_nodes()[0].master_name, tls=plan.tls)
        Processes.__init__(self, plan, sandbox, run, events, addresses, scrub=scrub)

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
