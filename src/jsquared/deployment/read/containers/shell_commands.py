"""The commands that containers' start scripts are made of, as far as they change or tell something of the configuration."""

import re
from collections.abc import Callable, Mapping, Sequence

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_filters import awk, cut, digest, grep, head, openssl, seq, tr
from jsquared.deployment.read.containers.shell_sed import sed
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in, escapes, file_in

Call = Callable[[Container, Mapping[str, str], Sequence[str], str], Output]

HARMLESS = (
    "mkdir", "chown", "chmod", "sleep", "touch", "true", ":", "set", "umask", "ulimit", "sysctl", "trap", "rm", "nc", "ping",
    "redis-cli", "valkey-cli", "date", "ls", "id", "wait", "cd", "apk", "apt-get", "which", "useradd", "readonly", "unset",
)  # fmt: skip
"""What only waits, looks around or prepares folders."""


def _echo(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    rest = list(words[1:])
    options = ""
    while rest and re.fullmatch(r"-[neE]+", rest[0]):
        options += rest.pop(0)[1:]
    text = " ".join(rest)
    if "e" in options:
        text = escapes(text)
    return True, text if "n" in options else text + "\n"


def _printf(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    form, *arguments = words[1:]
    form = escapes(form)
    container.effort.expect(len(form) * (len(arguments) + 1))
    places = re.findall(r"%[a-zA-Z%]", form)
    if any(place not in ("%s", "%d", "%%") for place in places):
        raise Unreadable(command_in(words))
    taken = sum(place != "%%" for place in places)
    out = ""
    while True:
        values = iter([*arguments[:taken], *[""] * (taken - len(arguments[:taken]))])
        out += re.sub(r"%[sd%]", lambda match: "%" if match.group() == "%%" else next(values), form)  # noqa: B023
        arguments = arguments[taken:]
        if not arguments or not taken:
            return True, out


def _cat(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    paths = [word for word in words[1:] if word != "-"]
    return True, "".join(known_text(container, path) for path in paths) if paths else given


def _tee(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    for path in words[1:]:
        if path != "-a":
            container.files.write(path, given, append="-a" in words)
    return True, given


def _copy(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    *sources, target = [word for word in words[1:] if not word.startswith("-")]
    for source in sources:
        if not container.files.copy(source, target):
            raise Unreadable(f"{file_in(source)}, which is not a file that its volumes provide")
    return True, ""


def _envsubst(container: Container, values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    container.effort.expect(len(given) + given.count("$") * max(map(len, values.values()), default=0))
    if len(words) == 1:
        return True, re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda m: values.get(m.group(1) or m.group(2), ""), given)
    named = re.findall(r"\w+", " ".join(words[1:]))
    return True, re.sub(
        r"\$(?:(\w+)|\{(\w+)\})",
        lambda m: values.get(m.group(1) or m.group(2), "") if (m.group(1) or m.group(2)) in named else m.group(),
        given,
    )


def _hostname(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    return True, (container.address if words[1:2] and words[1] in ("-i", "-I") else container.hostname) + "\n"


def _getent(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    found = container.resolve(words[-1])
    return bool(found), f"{found}      {words[-1]}\n" if found else ""


def _dig(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    if "+short" not in words:
        raise Unreadable(command_in(words))
    found = container.resolve(next((word for word in words[1:] if not word.startswith(("+", "-", "@"))), ""))
    return True, f"{found}\n" if found else ""


def _ask(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    """A question to a server changes nothing, unless it is an order."""
    if container.ask is not None:
        answer = container.ask(words)
        return bool(answer), answer
    if any(word.lower() in ("config", "replicaof", "slaveof", "sentinel", "acl") for word in words):
        raise Unreadable(command_in(words))
    return True, ""


def _false(_container: Container, _values: Mapping[str, str], _words: Sequence[str], _given: str) -> Output:
    return False, ""


COMMANDS: dict[str, Call] = {
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _tee, "cp": _copy, "mv": _copy, "ln": _copy, "install": _copy,
    "envsubst": _envsubst, "hostname": _hostname, "getent": _getent, "dig": _dig, "awk": awk, "head": head, "cut": cut,
    "sed": sed, "redis-cli": _ask, "valkey-cli": _ask, "grep": grep, "seq": seq, "tr": tr, "openssl": openssl, "sha1sum": digest,
    "sha256sum": digest, "false": _false,
}  # fmt: skip
