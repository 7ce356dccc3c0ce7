"""What reasons of a verdict say, by what they are about."""

LOST = (
    "acknowledged write",
    "acknowledged operation",
    "were lost",
    "was lost",
    "read an older state from",
    "found keys missing",
)
CONTENT = ("content:", "operations:", "differ", "holds", "hold a", "no client wrote", "certainly failed")
"""Nodes do not hold the same, or not what clients were told."""
DATA = (*LOST, *CONTENT)
NOT_ONE = ("one again", "second primary", "converge", "though no Sentinel had promoted it", "more than planned")
"""The deployment does not come to one primary that all follow."""
FAILOVER = ("failover", "no write acknowledged", "never resumed", "resumed", "could not write")
"""It comes late, not at all, or where none should be."""
CRASH = ("crashed", "exited", "went down", "logged at")
STAND_UP = ("did not come up", "did not converge")
TOO_FEW = (
    "acknowledged, fewer than",
    "wrote nothing",
    "no write was acknowledged",
    "stopped writing",
    "not answered",
    "are slower",
    "no write acknowledged",
)
"""Clients were hardly served, so that nothing else can be said."""
GUARD = ("must refuse", "READONLY", "did not bite", "refused")
"""A server does what it must refuse."""
LOG = ("logged at", "did not publish", "announced", "was slow", "more than planned", "copied everything again")
"""Servers say, or do at a time, what sound ones do not."""
ELECTION = ("voted", "leaders", "was elected", "has forgotten", "as primary again")
"""Sentinels that vote, lead or remember otherwise than they may."""
REPLIES = ("replies: wrong reply", "replies: reply that goes back")
"""What was replied is not what was done, whatever is stored."""
ORDERS = ("told its primary again", "a replica that had timed out", "contradicts itself")
"""Servers that do not do what they were told, or do what nobody told them."""
