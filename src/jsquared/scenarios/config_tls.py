"""Encryption is the same on both ends of every link: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-tls",
    title="Encryption is the same on both ends of every link",
    description="TLS settings and certificates of both ends of every link between data nodes and Sentinels.",
    why_fair="A link of which one end encrypts never comes up, and looks like a node that is down.",
    ways=("tls-mismatch",),
    rules=(
        "tls-replication-differs",
        "tls-port-only",
        "tls-replication-without-port",
        "tls-wrong-port",
        "tls-incomplete",
        "tls-untrusted",
        "tls-expired",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
