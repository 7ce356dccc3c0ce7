"""The directives that a running server shows, so that what it runs by can be compared with what is written down."""

from jsquared.deployment.dialect.effects import effects_of
from jsquared.records.plan import Engine
from jsquared.rollout.changes import NodeRole
from jsquared.rollout.differences import Skips

_HIDDEN = ("masterauth", "tls-key-file-pass", "tls-client-key-file-pass")
"""Passwords that no server is asked for. Whether they fit follows from the users, which servers show with hashes."""
_OF_SENTINELS = (
    "sentinel quorum", "sentinel down-after-milliseconds", "sentinel failover-timeout", "sentinel parallel-syncs",
    "sentinel notification-script", "sentinel client-reconfig-script", "sentinel announce-ip", "sentinel announce-port",
    "sentinel announce-hostnames", "sentinel resolve-hostnames", "sentinel sentinel-user", "port", "tls-port", "requirepass",
)  # fmt: skip

_LOGINS_OF_SENTINELS = ("sentinel auth-pass", "sentinel auth-user", "sentinel sentinel-pass")


def is_not_shown(engine: Engine, *, follow_users: bool = False) -> Skips:
    """Return the question whether a directive is shown by no server of this engine.

    :param follow_users: take the passwords with which servers log in for those of the users that servers show.
    """
    hidden = () if follow_users else _HIDDEN
    sentinels = (*_OF_SENTINELS, *_LOGINS_OF_SENTINELS) if follow_users else _OF_SENTINELS
    known = effects_of(engine)[0].directives

    def skipped(role: NodeRole, name: str, _value: str) -> bool:
        if name.startswith("user "):
            return False
        if role == "Sentinel":
            return name not in sentinels
        return name in hidden or (name not in known and name not in ("requirepass", "masterauth"))

    return skipped
