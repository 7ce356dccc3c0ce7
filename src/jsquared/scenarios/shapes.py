"""Why a deployment's shape or logins rule out some scenarios of operators: sentences for ``Scenario.unsuited``."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine


def needs_two_replicas(deployment: Deployment, _: Engine) -> str:
    """A replica can be pointed at another one only where there is another one."""
    return "" if deployment.replica_count >= 2 else "a replica can follow another one only where there are two"


def needs_the_default_user(deployment: Deployment, _: Engine) -> str:
    """Replicas and Sentinels must log in as the user whose password ``requirepass`` is."""
    replicas = any(node.value("masteruser") not in ("", "default") for node in deployment.data)
    masters = deployment.master_names
    sentinels = any(node.setting("auth-user", master) for node in deployment.sentinels for master in masters)
    if replicas or sentinels:
        return "replicas or Sentinels log in as users of their own, whom another requirepass does not lock out"
    return ""
