"""The settings that running data nodes are asked for, by name. ``CONFIG GET *`` is never sent: its answer has every password in clear."""

from jsquared.deployment.model.directives import canonical

SECRETS = ("requirepass", "masterauth")
"""Of these, the answer is reduced to a stand-in as soon as it is read."""
READ = (
    *SECRETS, "acl-pubsub-default", "aclfile", "bind", "client-output-buffer-limit", "dir", "enable-debug-command",
    "enable-module-command", "enable-protected-configs", "hide-user-data-from-log", "logfile", "loglevel", "masteruser", "maxmemory",
    "pidfile", "port", "protected-mode", "replica-read-only", "tls-auth-clients", "tls-port", "tls-protocols", "tls-replication",
    "unixsocket", "unixsocketperm",
)  # fmt: skip
"""Every setting that a rule reads. None of them has a pattern in its name."""
BESIDE = ("aclfile",)
"""Settings that are no lines of the model: an ACL file is on the server's machine, and its users are read by ACL LIST."""
OPEN_WHERE_UNKNOWN = ("enable-debug-command", "enable-module-command", "enable-protected-configs")
"""A server of before 7.0 has no such setting, and what it limits is open."""
SEVERAL_WORDS = ("bind", "client-output-buffer-limit", "tls-protocols")
TOLD = frozenset(map(canonical, READ))
