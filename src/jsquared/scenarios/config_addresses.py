"""Addresses that other machines can reach: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-addresses",
    title="Addresses that other machines can reach",
    description="Addresses that nodes listen on, announce and are monitored by, also such as float between hosts; protected mode, and "
    "connections for all who need one.",
    why_fair="What listens on loopback, or refuses everybody without a password or one too many, is down for every other machine.",
    ways=("primary-unreachable",),
    rules=(
        "bind-loopback",
        "loopback-address",
        "protected-mode",
        "protected-mode-default",
        "protected-mode-unsaid",
        "port-taken",
        "announced-port-closed",
        "maxclients-low",
        "maxclients-near",
        "floating-address-monitored",
        "floating-address-followed",
        "floating-address-announced",
        "floating-address-required",
        "floating-address-not-listened-on",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
