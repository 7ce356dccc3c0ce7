"""The commands that containers' start scripts are made of, as far as they change or tell something of the configuration."""

import re
from collections.abc import Callable, Mapping, Sequence

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_filters import awk, cut, digest, grep, head, openssl, seq, tail, tr
from jsquared.deployment.read.containers.shell_sed import sed
from jsquared.deployment.read.containers.shell_words import UNKNOWN, Unreadable, command_in, escapes, file_in

Call = Callable[[Container, Mapping[str, str], Sequence[str], str], Output]

HARMLESS = (
    "mkdir", "chown", "chmod", "sleep", "true", ":", "set", "umask", "ulimit", "sysctl", "trap", "nc", "ping",
    "redis-cli", "valkey-cli", "date", "ls", "wait", "kill", "apk", "apt-get", "which", "useradd", "readonly",
)  # fmt: skip
"""What only waits, looks around or prepares folders."""
TELLING = ("nc", "ping", "date", "ls", "which", "apk", "apt-get")
"""Those that write something that nobody knows here."""
FILTERS = ("grep", "head", "tail", "tr", "cut", "awk")


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
    form, *arguments = words[2 if words[1] == "--" else 1 :]
    if words[1].startswith("-") and words[1] != "--":
        raise Unreadable(command_in(words))
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
    paths = words[1:] or ["-"]
    return True, "".join(given if path == "-" else known_text(container, path) for path in paths)


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


def _move(container: Container, values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    _copy(container, values, words, given)
    return _remove(container, values, words[:-1], given)


def _remove(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    for path in words[1:]:
        if not path.startswith("-"):
            container.files.remove(path)
    return True, ""


def _touch(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    for path in words[1:]:
        if not path.startswith("-") and not container.files.knows(path):
            container.files.write(path, "")
    return True, ""


def _find(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    """Only the search for files to give to somebody changes nothing."""
    run = [words[index + 1] for index, word in enumerate(words[:-1]) if word in ("-exec", "-execdir")]
    if "-delete" in words or any(program not in ("chown", "chmod") for program in run):
        raise Unreadable(command_in(words))
    return True, f"{UNKNOWN}\n"


def _id(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    return True, (container.user if list(words[1:]) == ["-u"] else UNKNOWN) + "\n"


def _name_of(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    """The last part of a path, or with ``dirname`` what stands before it."""
    [path] = words[1:]
    folder, _, name = path.rstrip("/").rpartition("/")
    if not name:
        raise Unreadable(command_in(words))
    if words[0].endswith("basename"):
        return True, name + "\n"
    return True, (folder or ("/" if path.startswith("/") else ".")) + "\n"


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
    full = f"{container.hostname}.{container.domain}" if container.domain else container.hostname
    asked = {"-i": container.address, "-I": container.address, "-f": full, "--fqdn": full, "-d": container.domain}
    return True, asked.get("".join(words[1:2]), container.hostname) + "\n"


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
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _tee, "cp": _copy, "mv": _move, "rm": _remove, "touch": _touch,
    "ln": _copy, "install": _copy,
    "envsubst": _envsubst, "hostname": _hostname, "getent": _getent, "dig": _dig, "awk": awk, "head": head, "cut": cut,
    "sed": sed, "redis-cli": _ask, "valkey-cli": _ask, "grep": grep, "seq": seq, "tr": tr, "openssl": openssl, "sha1sum": digest,
    "sha256sum": digest, "false": _false, "tail": tail, "find": _find, "id": _id,
    "basename": _name_of, "dirname": _name_of,
}  # fmt: skip
