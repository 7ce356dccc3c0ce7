"""The users of a hardened deployment, as lines that a version of an engine takes, and the passwords that are made for them.

The rights are those of the shipped deployment ``hardened``, which tests/contracts holds against the engines. None has
``+client|setinfo``: Redis 7.0 does not start with it, and ``+@connection`` has it where it exists.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

APPLICATION, REPLICATION, SENTINEL, EXPORTER, AUDIT, PEER = (
    "application", "replication", "sentinel", "exporter", "audit", "peer",
)  # fmt: skip
AT_SENTINELS = "-at-sentinels"
"""Behind the names of passwords of users that Sentinels have too, so that no password is good in two places."""
BYTES = 32
"""As many as ``ACL GENPASS`` makes by default."""
FIRST_VERSION = (6, 2)
"""The first version with users at Sentinels, and with rules for channels (``&``)."""
_SINCE_7_0 = ("+acl|dryrun", "+latency|histogram")
_OF_APPLICATION = "+@read +@write +@connection +@transaction +@pubsub -@admin -@dangerous -@scripting +role"
_OF_DATA = {
    REPLICATION: "resetchannels +psync +replconf +ping",
    SENTINEL: (
        "resetchannels &__sentinel__:hello +multi +exec +slaveof +ping +info +role +publish +subscribe +config|rewrite "
        "+client|setname +client|kill +script|kill +failover"
    ),
    EXPORTER: "resetchannels +ping +info +latency|latest +latency|histogram +slowlog|get +slowlog|len +client|list +memory|stats",
    AUDIT: (
        "resetchannels +ping +info +role +config|get +acl|list +acl|users +acl|getuser +acl|dryrun +acl|whoami +acl|log "
        "+client|list +module|list"
    ),
}
_ASKING = "+sentinel|masters +sentinel|replicas +sentinel|sentinels +sentinel|ckquorum"
_OF_SENTINELS = {
    PEER: "resetchannels +ping +sentinel|is-master-down-by-addr",
    APPLICATION: (
        "resetchannels &+switch-master +ping +role +subscribe +psubscribe +sentinel|get-master-addr-by-name "
        "+sentinel|master +sentinel|replicas +sentinel|sentinels"
    ),
    EXPORTER: f"resetchannels +ping +info {_ASKING}",
    AUDIT: f"resetchannels +ping +info +role +acl|list +acl|users +acl|getuser +acl|whoami +acl|log +client|list {_ASKING}",
}
OF_LOADING = "off ~* &* +@all"
"""The default user: nobody logs in as it, and a server runs as this user what MULTI … EXEC wrote to its append-only file."""


@dataclass
class HardenedUsers:
    """Users for one deployment. ``version`` are the first two numbers of the engine's.

    ``keys`` and ``channels`` are the patterns of the application.
    """

    version: tuple[int, ...]
    keys: Sequence[str] = ("*",)
    channels: Sequence[str] = ()
    passwords: dict[str, str] = field(default_factory=dict)

    def password(self, name: str) -> str:
        """Return the password of that name, which is made when it is asked for first."""
        return self.passwords.setdefault(name, secrets.token_hex(BYTES))

    def of_data_node(self) -> list[tuple[str, ...]]:
        """The lines of every data node, the same on each of them."""
        scope = [*(f"~{key}" for key in self.keys), "resetchannels", *(f"&{channel}" for channel in self.channels)]
        application = self._line(APPLICATION, APPLICATION, " ".join([*scope, _OF_APPLICATION]))
        default = ("user", "default", *OF_LOADING.split())
        return [default, application, *(self._line(name, name, rules) for name, rules in _OF_DATA.items())]

    def of_sentinel(self) -> list[tuple[str, ...]]:
        """The lines of every Sentinel."""
        lines = [
            self._line(name, name if name == PEER else f"{name}{AT_SENTINELS}", rules)
            for name, rules in _OF_SENTINELS.items()
        ]
        return [("user", "default", "off"), *lines]

    def _line(self, name: str, password: str, rules: str) -> tuple[str, ...]:
        known = [rule for rule in rules.split() if self.version >= (7, 0) or rule not in _SINCE_7_0]
        digest = hashlib.sha256(self.password(password).encode()).hexdigest()
        return ("user", name, "on", f"#{digest}", *known)
