"""Set priority: a replica is made the favourite for promotion, or barred from it, whatever data it has."""

from jsquared.faults.fault import Parameter
from jsquared.faults.settings import SettingFault


class SetPriority(SettingFault):
    """CONFIG SET replica-priority at data nodes."""

    name = "set-priority"
    aims = "data"
    usual_targets = ("replica:1",)
    description = "Change replica-priority at run time: lower is promoted first, 0 never."
    undo = "Sets each node's priority back to what it was."
    evidence = "The node shows the requested priority; after healing the one from before."
    parameters = (Parameter("priority", 50, "the new replica-priority"),)
    directive = "replica-priority"
