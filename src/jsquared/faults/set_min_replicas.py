"""Set min-replicas: an operator changes at run time how many replicas a primary must have in order to accept writes."""

from jsquared.faults.fault import Parameter
from jsquared.faults.settings import SettingFault, Settings


class SetMinReplicas(SettingFault):
    """CONFIG SET min-replicas-to-write at data nodes."""

    name = "set-min-replicas"
    aims = "data"
    usual_targets = ("primary", "replicas")
    description = "Change min-replicas-to-write at run time: with fewer replicas a primary refuses writes."
    undo = "Sets each node's number back to what it was."
    evidence = "The node shows the requested number, which differs from the one before; after healing the old one."
    parameters = (Parameter("replicas", 1, "how many replicas a primary must have (0: it needs none)"),)
    directive = "min-replicas-to-write"

    def before(self, settings: Settings) -> dict[str, dict[str, str]]:
        """By node and directive."""
        return settings.recorded()
