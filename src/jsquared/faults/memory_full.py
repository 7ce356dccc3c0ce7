"""Memory full: a data node's maxmemory is below what it uses, so that it refuses writes with OOM."""

from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.settings import ActiveSetting, SettingFault
from jsquared.resp.replies import parse_info


class MemoryFull(SettingFault):
    """CONFIG SET maxmemory at data nodes."""

    name = "memory-full"
    aims = "data"
    description = (
        "Set maxmemory below what data nodes use: a primary refuses writes with OOM, or evicts, by its policy."
    )
    undo = "Sets each node's maxmemory back to what it was."
    evidence = (
        "The node shows the requested maxmemory, and INFO says that it uses more; after healing it shows the old one."
    )
    parameters = (Parameter("bytes", 1, "the new maxmemory"),)
    directive = "maxmemory"

    @property
    def active_kind(self) -> "type[ActiveMemoryFull]":
        """Return the class whose nodes say how much they use."""
        return ActiveMemoryFull


class ActiveMemoryFull(ActiveSetting):
    """Nodes that use more memory than they may."""

    def bit(self) -> Evidence:
        """Each shows the new limit, and uses more."""
        return combine([super().bit(), *(self._uses_more(name) for name in self.targets)])

    def _uses_more(self, name: str) -> Evidence:
        used = int(parse_info(self._deployment.ask(name, "INFO", "memory")).get("used_memory", "0"))
        return Evidence(used > self._value, f"{name} uses {used} bytes")
