"""The lines in which a server's own file says where the server is: a container's start script fills its address in there each time."""

from jsquared.deployment.model.directives import join_words, split_words

OWN_ADDRESS = frozenset(
    {"bind", "bind-source-addr", "replica-announce-ip", "slave-announce-ip", "sentinel announce-ip"}
)
FOLLOWS = frozenset({"replicaof", "slaveof"})


def at_address(text: str, old: str, new: str) -> str:
    """A server's file with its own address in place of the one that it had; the addresses of others stay, names too."""
    return "".join(_at_address(line, old, new) for line in text.splitlines(keepends=True))


def _at_address(line: str, old: str, new: str) -> str:
    words = split_words(line) or ()
    if _key(words) not in OWN_ADDRESS or not {old, f"-{old}"} & set(words):
        return line
    places = {old: new, f"-{old}": f"-{new}"}
    return join_words(places.get(word, word) for word in words) + "\n"


def following(text: str, address: str, port: str) -> str:
    """A data node's file with which it follows the server there."""
    kept = [line for line in text.splitlines() if _key(split_words(line) or ()) not in FOLLOWS]
    return "\n".join([*kept, f"replicaof {address} {port}", ""])


def _key(words: tuple[str, ...]) -> str:
    low = [word.lower() for word in words[:2]]
    return " ".join(low) if low[:1] == ["sentinel"] else "".join(low[:1])
