"""Set quorum: an operator changes at run time how many Sentinels must agree that the primary is down."""

from jsquared.faults.fault import Parameter
from jsquared.faults.settings import SentinelSettings, SettingFault


class SetQuorum(SettingFault):
    """SENTINEL SET quorum at Sentinels."""

    name = "set-quorum"
    aims = "sentinels"
    usual_targets = ("sentinels",)
    description = "Change the quorum of Sentinels at run time (SENTINEL SET), rightly or wrongly."
    undo = "Sets each Sentinel's quorum back to what it was."
    evidence = "SENTINEL MASTER shows the requested quorum; after healing the one from before."
    parameters = (Parameter("quorum", 1, "how many Sentinels must agree"),)
    directive = "quorum"
    settings = SentinelSettings
