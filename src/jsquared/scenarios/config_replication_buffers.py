"""Buffers and timeouts of replication: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-replication-buffers",
    title="Buffers and timeouts of replication",
    description="Backlog, output buffers, timeouts and the way of full copies.",
    why_fair="These decide whether a replica that was away catches up, copies everything, or never gets there.",
    ways=("backlog-too-small", "output-buffer-loop", "primary-dies-mid-sync"),
    rules=("backlog-small", "output-buffer-small", "repl-timeout-short", "diskless-load", "diskless-sync-delay"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
