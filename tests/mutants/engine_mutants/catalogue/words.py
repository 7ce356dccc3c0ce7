"""What reasons of a verdict say, by what they are about."""

LOST = ("acknowledged write", "were lost", "was lost")
CONTENT = ("differ", "holds", "hold a", "digest", "content", "expected", "no client wrote")
"""Nodes do not hold the same, or not what clients were told."""
DATA = (*LOST, *CONTENT)
NOT_ONE = ("one again", "second primary", "converge")
"""The deployment does not come to one primary that all follow."""
FAILOVER = ("failover", "no write acknowledged", "never resumed", "resumed")
"""It comes late, not at all, or where none should be."""
CRASH = ("crashed", "exited", "went down")
STAND_UP = ("did not come up", "not converged")
TOO_FEW = ("acknowledged, fewer than", "wrote nothing", "no write was acknowledged", "stopped writing")
"""Clients were hardly served, so that nothing else can be said."""
GUARD = (
    "refuse",
    "accepted",
    "allowed",
    "password",
    "permission",
    "READONLY",
    "read-only",
    "min-replicas",
    "did not bite",
)
"""A server does what it must refuse."""
LOG = (
    "logged",
    "the log",
    "its log",
    "log line",
    "published",
    "voted",
    "two leaders",
    "epoch",
    "odown",
    "+switch-master",
)
"""Sentinels say what sound ones do not say."""
