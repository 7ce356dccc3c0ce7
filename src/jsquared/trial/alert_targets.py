"""The targets of a trial's Prometheus, found through the Sentinels as those of a running deployment are, and kept current.

What monitors a deployment in production knows no more of it than its Sentinels say: a node that comes back elsewhere is found when they
find it, and a ghost is scraped for as long as they believe in it. Only names are not looked up: what they mean is known here
(:mod:`jsquared.trial.scraped_servers`).
"""

import json
import socket
from collections.abc import Callable, Collection
from pathlib import Path

from jsquared.errors import JSquaredError
from jsquared.monitor.target_groups import INSTANCE, LOGIN, TargetGroup, target_groups
from jsquared.observe.background import Background
from jsquared.records.private_files import write_private
from jsquared.resp.dialing import dial
from jsquared.running.access import Access
from jsquared.running.deployment import RunningDeployment
from jsquared.running.discover import discover, rediscover
from jsquared.running.discovered import Discovered, place
from jsquared.text import encode_json
from jsquared.trial.scraped_servers import Scraped, ScrapedServers


class AlertTargets(Background):
    """Looks for the deployment again and again, and writes its targets whenever they have changed."""

    def __init__(
        self, deployment: RunningDeployment, folder: Path, every_s: float, failed: Callable[[str], None]
    ) -> None:
        super().__init__("alert targets")
        self.file = folder / "targets.json"
        self._deployment = deployment
        self._every_s = every_s
        self._failed = failed
        self._found: Discovered | None = None
        self._written: list[TargetGroup] = []
        self._servers = ScrapedServers(deployment)
        self._logins = {
            place(address, node.port): node.login
            for node in deployment.nodes
            for address in {node.address, node.other_address or node.address}
        }
        self.passwords = folder / "passwords.json"

    def write(self) -> None:
        """Find the deployment and write targets and passwords.

        :raises BadInputError: no Sentinel answers.
        """
        write_private(self.passwords, json.dumps(dict(self._keys())))
        self._look()

    def node_of(self, instance: str) -> str:
        """Return the node that an instance of Prometheus' means; empty for none."""
        return self._servers.meant(instance)

    def _keys(self) -> list[tuple[str, str]]:
        """Where each server is asked, as the exporter writes it, and its password."""
        keys = []
        for where, login in self._logins.items():
            if login:
                user = f"{login[0]}@" if len(login) > 1 else ""
                keys += [(f"{scheme}://{user}{where}", login[-1]) for scheme in ("redis", "rediss")]
        return keys

    def run(self) -> None:
        """Look as often as is scraped."""
        while not self.stopping.wait(self._every_s):
            try:
                self._look()
            except (JSquaredError, OSError) as problem:
                self._failed(str(problem))
                return

    def _look(self) -> None:
        seeds = [(self._deployment.address(node.name), node.port) for node in self._deployment.sentinels]
        first = self._deployment.sentinels[0].name
        access = Access(
            sentinel_login=self._deployment.credentials(first),
            sentinel_tls=self._deployment.tls(first),
            timeout_s=1.0,
            dial=self._dial,
        )
        self._found = rediscover(self._found, seeds, access) if self._found else discover(seeds, access)
        primaries = {master.primary for master in self._found.masters}
        groups = [
            part
            for group in target_groups(self._found, self._deployment.plan.deployment)
            for part in self._by_server(group, primaries)
        ]
        if groups != self._written:
            fresh = self.file.with_suffix(".new")
            write_private(fresh, encode_json(groups))
            fresh.replace(self.file)
            self._written = groups

    def _dial(self, address: str, port: int, timeout_s: float) -> socket.socket:
        """Connect to a Sentinel that another one has named."""
        return dial(self._servers.address_of(address, port), port, timeout_s)

    def _by_server(self, group: TargetGroup, primaries: Collection[str]) -> list[TargetGroup]:
        """The servers of a group, parted where the exporter logs in as another user, or the instance is not the address."""
        parts: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for one in self._servers.of(group.targets, primaries):
            parts.setdefault(tuple(self._own_labels(one).items()), []).append(one.where)
        return [TargetGroup(targets=targets, labels=group.labels | dict(own)) for own, targets in parts.items()]

    def _own_labels(self, one: Scraped) -> dict[str, str]:
        login = self._logins.get(one.where, ())
        labels = {LOGIN: f"{login[0]}@"} if len(login) > 1 else {}
        return labels if one.instance == one.where else {**labels, INSTANCE: one.instance}
