"""The directives by which servers and clients log in, which change in an order of their own."""

from jsquared.rollout.changes import DirectiveChange

ASKING = (("data node", "masterauth"), ("data node", "masteruser"), ("Sentinel", "sentinel auth-pass"), ("Sentinel", "sentinel auth-user"),
          ("Sentinel", "sentinel sentinel-pass"), ("Sentinel", "sentinel sentinel-user"))  # fmt: skip
"""What a server logs in with elsewhere: users before their passwords would fail, so each node changes all of them in one step."""
ASKED = (("data node", "requirepass"), ("data node", "aclfile"))
LOGIN_KEYS = frozenset((*ASKING, *ASKED))


def is_user(change: DirectiveChange) -> bool:
    """True if a change is about a user of an ACL."""
    return change.directive.startswith("user ")
