"""Programs that run another one in their place, and the entrypoint of the official images."""

from collections.abc import Sequence

from jsquared.deployment.read.containers.shell_waiting import ASSIGNMENT

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
