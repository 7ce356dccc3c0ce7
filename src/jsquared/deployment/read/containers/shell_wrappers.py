"""Programs that run another one in their place, and the entrypoint of the official images."""

import re
from collections.abc import Sequence

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_waiting import ASSIGNMENT

SERVERS = ("redis-server", "valkey-server", "redis-sentinel", "valkey-sentinel", "redis-stack-server", "keydb-server")

# Programs that run another one in their place, with how many of their own words come before it.
_WRAPPERS = {
    "exec": 0,
    "gosu": 1,
    "su-exec": 1,
    "tini": 0,
    "dumb-init": 0,
    "nohup": 0,
    "env": 0,
    "command": 0,
    "setsid": 0,
}
_OPTIONS_OF = ("tini", "env", "exec", "dumb-init")


def unwrapped(words: list[str]) -> list[str]:
    """The command line of the program that wrappers run in the end."""
    while words:
        program = words[0].rpartition("/")[2]
        if program == "docker-entrypoint.sh" and len(words) > 1:
            words = as_image_runs(words[1:])
        elif program in _WRAPPERS:
            words = words[1 + _WRAPPERS[program] :]
            while program in _OPTIONS_OF and words and (words[0].startswith("-") or ASSIGNMENT.match(words[0])):
                words = words[1:]
        else:
            break
    return words


def as_image_runs(command: Sequence[str]) -> list[str]:
    """Return a command as the entrypoint of the official images runs it: options and files are arguments of the server."""
    words = list(command)
    return ["redis-server", *words] if words and (words[0].startswith("-") or words[0].endswith(".conf")) else words


def gives_up_rights(argv: Sequence[str]) -> bool:
    """True if a command line has a program in it that runs another one as a user without rights."""
    return any(word.rpartition("/")[2] in ("gosu", "su-exec") for word in argv[:3])


def daemonizes(words: Sequence[str], files: ContainerFiles) -> bool:
    """True if a server goes into the background by itself, so that the script goes on: by an option or by its file."""
    if "--daemonize" in words[:-1]:
        return words[words.index("--daemonize") + 1] == "yes"
    text = files.text(words[1]) if len(words) > 1 and not words[1].startswith("-") else ""
    return re.findall(r"(?im)^[ \t]*daemonize[ \t]+(\w+)", text or "")[-1:] == ["yes"]


def without_limit(words: Sequence[str]) -> list[str]:
    """Return the command that ``timeout`` runs, empty where there is none."""
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        rest = rest[2 if rest[0] in ("-s", "-k") else 1 :]
    return rest[1:]
