"""What a restart brings back: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-persistence",
    title="What a restart brings back",
    description="Append-only files and snapshots of every data node.",
    why_fair="A primary that is back before Sentinel notices takes its replicas to what its own disk kept.",
    ways=("fast-empty-restart", "only-replica-left-empty", "sentinel-acl-lacks", "fork-or-fsync-stall"),
    rules=(
        "storage-shared",
        "no-persistence",
        "snapshots-only",
        "append-only-on-some",
        "transactions-not-loaded",
        "appendfsync-no",
        "appendfsync-always",
        "no-fsync-during-rewrite",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "violated", "stock": "violated"},
)
