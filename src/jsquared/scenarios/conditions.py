"""Why a deployment or an engine cannot have some scenarios: sentences for ``Scenario.unsuited``, empty where they can."""

from collections.abc import Callable

from jsquared.deployment.model.spec import DataNode, Deployment
from jsquared.deployment.render.logins import access_for
from jsquared.deployment.render.tls_files import missing_certificates
from jsquared.records.plan import Engine
from jsquared.text import whole_number

LONGEST_CUT_MS = 60_000


def needs_writes_without_one(deployment: Deployment, _: Engine) -> str:
    """The primary must accept writes while one replica is away."""
    least = min_replicas(deployment.primary)
    if least <= deployment.replica_count - 1:
        return ""
    return (
        f"with one of {deployment.replica_count} replicas away and min-replicas-to-write {least} the primary "
        "takes no writes"
    )


def needs_two_replicas(why: str) -> Callable[[Deployment, Engine], str]:
    """There must be another replica than the one that the scenario is about; ``why`` is the sentence where there is none."""
    return lambda deployment, _: "" if deployment.replica_count > 1 else why


def needs_the_default_user(deployment: Deployment, _: Engine) -> str:
    """Replicas and Sentinels must log in as the user whose password ``requirepass`` is."""
    replicas = any(node.value("masteruser") not in ("", "default") for node in deployment.data)
    masters = deployment.master_names
    sentinels = any(node.setting("auth-user", master) for node in deployment.sentinels for master in masters)
    if replicas or sentinels:
        return "replicas or Sentinels log in as separate users, which another requirepass does not lock out"
    return ""


def needs_named_users(deployment: Deployment, _: Engine) -> str:
    """Replicas and Sentinels must log in as users with names of their own, so that ACLs have passwords and rights for them."""
    replicas = all(node.value("masteruser") not in ("", "default") for node in deployment.group)
    sentinels = all(node.setting("auth-user", deployment.master_name) for node in deployment.sentinels)
    if replicas and sentinels:
        return ""
    return "replicas or Sentinels log in as the default user, so there are no ACL users of theirs to change"


def needs_throw_away_certificates(deployment: Deployment, _: Engine) -> str:
    """Every server must speak TLS, with certificates that the lab made, since it has no key of another authority."""
    if not all(node.tls for node in deployment.nodes):
        return "not every server speaks TLS, so there is no certificate to replace"
    if not missing_certificates(deployment):
        return "its certificates are on this machine, and only the authority of throw-away ones can sign others"
    return ""


def needs_a_password(deployment: Deployment, engine: Engine) -> str:
    """The primary must ask for a password."""
    if access_for(deployment, engine)[deployment.primary.name].needs_password:
        return ""
    return "the primary asks for no password, so every client counts as logged in"


def needs_misconf(deployment: Deployment, _: Engine) -> str:
    """A primary that cannot save must refuse writes."""
    primary = deployment.primary
    if not has_save_points(primary):
        return "the primary has no save points, so a failed snapshot has no effect"
    if primary.value("stop-writes-on-bgsave-error", "yes").lower() == "no":
        return "with stop-writes-on-bgsave-error no a primary that cannot save keeps accepting writes"
    return ""


def needs_links_that_age(deployment: Deployment, _: Engine) -> str:
    """Replication links must be too old soon enough."""
    limit_ms = 10 * deployment.down_after_ms
    if limit_ms <= LONGEST_CUT_MS:
        return ""
    return (
        f"links count as too old only {limit_ms / 1000:.0f} s after they broke (10 x down-after-milliseconds): "
        "too long for a trial"
    )


def min_replicas(node: DataNode) -> int:
    """``min-replicas-to-write``, by either of its names; 0 where it is not written."""
    return max(whole_number(node.value(name, "0")) or 0 for name in ("min-replicas-to-write", "min-slaves-to-write"))


def has_save_points(node: DataNode) -> bool:
    """True if snapshots are asked for; where no line says anything, the engine's defaults ask for them."""
    lines = node.all("save")
    return not lines or lines[-1].arguments not in ((), ("",))


def needs_no_eviction(deployment: Deployment, _: Engine) -> str:
    """The primary must refuse writes when its memory is full, instead of deleting keys."""
    policy = deployment.primary.value("maxmemory-policy", "noeviction").lower()
    return (
        ""
        if policy == "noeviction"
        else f"with maxmemory-policy {policy} the primary evicts keys instead of refusing writes"
    )
