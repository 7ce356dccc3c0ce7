"""The directives by which servers and clients log in, which change in an order of their own."""

from jsquared.rollout.changes import DirectiveChange

ASKING = (("data node", "masterauth"), ("data node", "masteruser"), ("Sentinel", "sentinel auth-pass"), ("Sentinel", "sentinel auth-user"),
          ("Sentinel", "sentinel sentinel-pass"), ("Sentinel", "sentinel sentinel-user"))  # fmt: skip
"""What a server logs in with elsewhere: users before their passwords would fail, so each node changes all of them in one step."""
REQUIREPASS = "requirepass"
LOGIN_KEYS = frozenset((*ASKING, ("data node", REQUIREPASS)))


def is_user(change: DirectiveChange) -> bool:
    """True if a change is about a user of an ACL."""
    return change.directive.startswith("user ")


def is_login(change: DirectiveChange) -> bool:
    """True if clients that log in at the node may have to log in in another way."""
    return is_user(change) or change.directive == REQUIREPASS
