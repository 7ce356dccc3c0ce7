"""Finds which host each server's file belongs to: by the folder that it lies in, else by its own name.

Words that say nothing about a host are left out of both (``etc``, ``redis``, ``conf``), and so are folders that all files share. Of a
file's name the number or word remains that pairs ``redis-1.conf`` with ``sentinel-1.conf``, and ``6379.conf`` with ``26379.conf``.
Where that leaves several answers, none is chosen: the files are listed, with the options that decide.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from jsquared.deployment.model.addresses import bound_addresses, ip_of, own_addresses
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.spec import Node, SentinelNode
from jsquared.deployment.read.native.candidates import USUAL_FILES
from jsquared.deployment.read.native.mapping import MAPPING_FILE, Mapping
from jsquared.errors import BadInputError
from jsquared.text import counted, listed, whole_number

MOST_LISTED = 12
MOST_OPTIONS = 24
"""So many options to copy are in one line; more are a file's business."""
BETWEEN_PORTS = 20_000
"""From a data node's usual port to that of the Sentinel beside it: 6379 and 26379."""
_EMPTY_WORDS = frozenset(
    "etc opt usr local srv var lib conf confs config configs configuration conf.d redis valkey sentinel sentinels data server servers "
    "redis.d valkey.d sentinel.d private home root bitnami docker hosts nodes instances files host_files".split()
)


@dataclass(frozen=True)
class ServerFile:
    """A server's file. ``name`` is its path in the deployment's folder, ``host`` empty until it is known.

    ``called`` are further names of its host.
    """

    name: str
    node: Node
    host: str = ""
    called: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_sentinel(self) -> bool:
        """True if it is a Sentinel's."""
        return isinstance(self.node, SentinelNode)

    @property
    def role(self) -> str:
        """Its role, for people."""
        return "Sentinel" if self.is_sentinel else "data node"

    @property
    def folders(self) -> list[str]:
        """The folders that it lies in."""
        return self.name.split("/")[:-1]

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        last = self.name.rpartition("/")[2]
        return re.sub(r"\.(conf|cfg|cnf|config|redis|sentinel|valkey|txt|ini|properties)$", "", last)


class _UnclearError(Exception):
    """Files whose hosts are not clear, and why. ``known`` are those whose hosts are, so far as anything says so."""

    def __init__(self, files: Sequence[ServerFile], known: Sequence[ServerFile], why: str) -> None:
        super().__init__(why)
        self.files = files
        self.known = known
        self.why = why


class _SharedHostError(Exception):
    """Two files of a kind on one host."""

    def __init__(self, one: ServerFile, other: ServerFile, files: Sequence[ServerFile]) -> None:
        super().__init__(one.name)
        self.pair = (one, other)
        self.files = files


def on_their_hosts(files: Sequence[ServerFile], mapping: Mapping, where: str) -> list[ServerFile]:
    """The files with their hosts; one that is mapped to several hosts comes once for each.

    :param where: the folder, for people; the only host of all files is called like it where nothing else names it.
    :raises BadInputError: it is not clear which host a file belongs to; the line lists the files and says how to decide.
    """
    try:
        return _placed(files, mapping, where)
    except _UnclearError as unclear:
        raise _undecided(unclear, files, mapping, where) from unclear
    except _SharedHostError as shared:
        raise _two_on_one_host(shared, mapping, where) from shared


def _placed(files: Sequence[ServerFile], mapping: Mapping, where: str) -> list[ServerFile]:
    mapped = [replace(file, host=host) for file in files for host in mapping.hosts_of(file.name) or ()]
    others = [file for file in files if mapping.hosts_of(file.name) is None]
    placed = [*mapped, *_derived(others, mapped, where)]
    _check_one_each(placed)
    return placed


def _derived(files: Sequence[ServerFile], mapped: Sequence[ServerFile], where: str) -> list[ServerFile]:
    if not files:
        return []
    by_folder = _by_folder(files, mapped)
    homeless = [file for file in by_folder if not file.host]
    if not homeless:
        return by_folder
    if len(homeless) < len(files):
        raise _UnclearError(homeless, [*mapped, *(file for file in by_folder if file.host)], "in no host's folder")
    by_name = _by_name(files)
    if len({key for key, _ in by_name}) == 1 and not mapped:
        return [replace(file, host=_only_host(files, where)) for file in files]
    _check_keys(by_name, mapped)
    return [replace(file, host=_host_of(key), called=_called(file)) for key, file in by_name]


def _by_folder(files: Sequence[ServerFile], mapped: Sequence[ServerFile]) -> list[ServerFile]:
    """The files with the hosts that their folders name, empty where a folder names none.

    A folder that all files share names none.

    :raises _SharedHostError: a folder has two files of a kind.
    """
    every = [file.folders for file in (*files, *mapped)]
    shared = len(_common(*every)) if len(every) > 1 else 0
    telling = [[part for part in file.folders[shared:] if not _says_nothing(part)] for file in files]
    if not any(telling):
        return [replace(file, host="") for file in files]
    ways: list[Callable[[list[str]], str]] = [lambda parts: parts[0], lambda parts: parts[-1], "-".join]
    alike = len({len(parts) for parts in telling if parts}) == 1  # else the deeper ones are folders of hosts
    for way in ways if alike else ways[:1]:
        placed = [replace(file, host=way(parts) if parts else "") for file, parts in zip(files, telling, strict=True)]
        roles = [(file.host, file.is_sentinel) for file in placed if file.host]
        if len(set(roles)) == len(roles):
            return placed
    _check_one_each(placed)
    return placed


def _by_name(files: Sequence[ServerFile]) -> list[tuple[str, ServerFile]]:
    """The files with the keys that pair them: what is left of their names."""
    keys = [(_key(file.stem), file) for file in files]
    data = {key for key, file in keys if not file.is_sentinel}
    return [(_paired(key, file, data), file) for key, file in _paired_by_address(keys)]


def _paired(key: str, file: ServerFile, data: set[str]) -> str:
    """The key of the data node whose port a Sentinel's file has with 20,000 more."""
    number = whole_number(key)
    below = str(number - BETWEEN_PORTS) if number is not None else ""
    return below if file.is_sentinel and key not in data and below in data else key


def _paired_by_address(keys: list[tuple[str, ServerFile]]) -> list[tuple[str, ServerFile]]:
    """The same, a Sentinel whose name pairs with nothing beside the only data node that has an address of its."""
    data = [(key, own_addresses(file.node)) for key, file in keys if not file.is_sentinel]
    names = {key for key, _ in data}
    paired = []
    for key, file in keys:
        beside = {other for other, addresses in data if addresses & own_addresses(file.node)}
        is_alone = file.is_sentinel and key not in names and len(beside) == 1
        paired.append((beside.pop() if is_alone else key, file))
    return paired


def _check_keys(keys: Sequence[tuple[str, ServerFile]], mapped: Sequence[ServerFile]) -> None:
    """Refuse names that do not say which files belong to one host."""
    named = [replace(file, host=_host_of(key)) for key, file in keys if key]
    nameless = [file for key, file in keys if not key]
    if nameless:
        raise _UnclearError(nameless, [*mapped, *named], "without a host's name or number")
    data = {key: file for key, file in keys if not file.is_sentinel}
    sentinels = {key: file for key, file in keys if file.is_sentinel}
    _check_one_each(named)
    for key in data.keys() & sentinels.keys():
        bound = [bound_addresses(one[key].node) for one in (data, sentinels)]
        if all(bound) and not bound[0] & bound[1]:
            why = f"called alike, but listening on {' and '.join(min(addresses) for addresses in bound)}"
            pair = [data[key], sentinels[key]]
            raise _UnclearError(pair, [*mapped, *(file for file in named if file.host != _host_of(key))], why)
    if (
        data
        and sentinels
        and not data.keys() & sentinels.keys()
        and not all(own_addresses(file.node) for _, file in keys)
    ):
        raise _UnclearError([file for _, file in keys], mapped, "with names that do not pair")


def _undecided(unclear: _UnclearError, files: Sequence[ServerFile], mapping: Mapping, where: str) -> BadInputError:
    """The line that asks for the host of files, with options to copy: those given, and those for the files that are unclear.

    Where these would leave another question, there are some for every file.
    """
    chosen = _suggested(unclear.files, unclear.known)
    if not _is_clear(files, mapping, chosen, where):
        others = [file for file in files if mapping.hosts_of(file.name) is None]
        chosen = _suggested(others, [file for file in unclear.known if mapping.hosts_of(file.name) is not None])
    options = [*mapping.given, *(host_option(file.name, file.host) for file in chosen)]
    more = " …" if len(options) > MOST_OPTIONS else ""
    what = f"which host has which file is not clear: {seen(unclear.files)}, {unclear.why}"
    advice = f"{' '.join(options[:MOST_OPTIONS])}{more}{_about_names(chosen, unclear.known)}"
    return BadInputError(what, where=where, hint=f"{advice}, or the same in a {MAPPING_FILE} there")


def _about_names(chosen: Sequence[ServerFile], known: Sequence[ServerFile]) -> str:
    if {file.host for file in chosen} - {file.host for file in known}:
        return " (with your hosts' names)"
    return " (once for each host of a file)" if len({file.name for file in chosen}) < len(chosen) else ""


def _suggested(files: Sequence[ServerFile], known: Sequence[ServerFile]) -> list[ServerFile]:
    """Return files on hosts that none of the known ones of their kind has; the only Sentinel's file comes once for each host."""
    placed = list(known)
    is_only = sum(file.is_sentinel for file in (*files, *known)) == 1
    for file in sorted(files, key=lambda file: file.is_sentinel):
        hosts = list(dict.fromkeys(other.host for other in placed))
        if file.is_sentinel and is_only and hosts and not own_addresses(file.node):
            placed += [replace(file, host=host) for host in hosts]
        else:
            placed.append(replace(file, host=_free_host(file, placed)))
    return placed[len(known) :]


def _free_host(file: ServerFile, placed: Sequence[ServerFile]) -> str:
    """Return a host without a server of the file's kind: one with an address of its, one that may have it, or a new one."""
    taken = {other.host for other in placed if other.is_sentinel == file.is_sentinel}
    own, addresses = own_addresses(file.node), dict[str, set[str]]()
    for other in placed:
        addresses.setdefault(other.host, set()).update(own_addresses(other.node))
    free = [host for host in addresses if host not in taken]
    same = [host for host in free if own & addresses[host]]
    possible = [host for host in free if not own or not addresses[host]]
    new = next(f"n{number}" for number in count(1) if f"n{number}" not in addresses)
    return [*same, *possible, new][0]


def _is_clear(files: Sequence[ServerFile], mapping: Mapping, chosen: Iterable[ServerFile], where: str) -> bool:
    """True if nothing is left to ask once files are on the chosen hosts."""
    hosts = dict(mapping.hosts)
    for file in chosen:
        hosts[file.name] = [*hosts.get(file.name, ()), file.host]
    try:
        _placed(files, replace(mapping, hosts=hosts), where)
    except (_UnclearError, _SharedHostError):
        return False
    return True


def _two_on_one_host(shared: _SharedHostError, mapping: Mapping, where: str) -> BadInputError:
    one, other = shared.pair
    folder = "/".join((where, *_common(one.folders, other.folders)))
    first, second = sorted((one, other), key=lambda file: file.name)
    depth = len(_common(one.folders, other.folders))
    names = [readable("/".join(file.name.split("/")[depth:])) for file in (first, second)]
    what = f"{names[0]} and {names[1]} on one host ({readable(one.host)}) are both a {one.role}'s"
    left_out = [host_option(file.name) for file in _doubtful(shared.files)]
    options = " ".join([*mapping.given, *left_out][:MOST_OPTIONS])
    them = "it" if len(left_out) == 1 else "them"
    hint = f"removing one, {options} to leave {them} out, or {left_out[0]}NAME if it is another host's"
    return BadInputError(what, where=folder, hint=hint)


def _doubtful(files: Sequence[ServerFile]) -> list[ServerFile]:
    """Return all files but one of each kind on each host: the one that says most is the one in use, a package's own says little."""
    by_seat: dict[tuple[str, bool], list[ServerFile]] = {}
    for file in files:
        by_seat.setdefault((file.host, file.is_sentinel), []).append(file)
    return [file for of_seat in by_seat.values() for file in sorted(of_seat, key=_doubt)[1:]]


def _doubt(file: ServerFile) -> tuple[int, bool, int, str]:
    is_unusual = file.name.rpartition("/")[2] not in USUAL_FILES
    return (-len(file.node.directives), is_unusual, len(file.folders), file.name)


def seen(files: Iterable[ServerFile]) -> str:
    """What was found: ``redis-1.conf (data node), sentinel-1.conf (Sentinel)``."""
    shown = [f"{readable(file.name)} ({file.role})" for file in files]
    rest = [f"{len(shown) - MOST_LISTED} more"] if len(shown) > MOST_LISTED else []
    return listed([*shown[:MOST_LISTED], *rest]) or counted(0, "file")


def host_option(name: str, host: str = "") -> str:
    """Return the option that says which host a file is for, as a shell takes it; without a host, the file is left out."""
    return f"--host {_quoted(name)}={host}"


def _quoted(name: str) -> str:
    """A path as a shell takes it."""
    plain = readable(name)
    return plain if re.fullmatch(r"[\w@%+:,./-]+", plain) else f"'{plain}'"


def _key(stem: str) -> str:
    """What pairs a file's name with others: the words and numbers of it that say nothing else."""
    without = re.sub(
        r"^(redis|valkey|sentinel)(?=\d)|(?<=\d)[-_.]?(redis|valkey|sentinel)$", "", stem, flags=re.IGNORECASE
    )
    address = re.search(r"(?<![\d.])(\d{1,3}(?:[.-]\d{1,3}){3})(?![\d.])", without)
    if address and ip_of(address[1].replace("-", ".")):
        return address[1].replace("-", ".")
    words = re.split(
        r"[-_]|\.(?=(?:redis|valkey|sentinel)\b)|(?<=redis)\.|(?<=valkey)\.|(?<=sentinel)\.",
        without,
        flags=re.IGNORECASE,
    )
    parts = [word for word in words if word and not _says_nothing(word)]
    named = [part for part in parts if not (whole_number(part) or 0) >= 1024]
    key = "-".join(named or parts)
    return key.lstrip("0") or "0" if key.isdecimal() else key


def _says_nothing(word: str) -> bool:
    parts = [part for part in re.split(r"[-_]", word.lower()) if part]
    return word.lower() in _EMPTY_WORDS or all(part in _EMPTY_WORDS for part in parts)


def _host_of(key: str) -> str:
    return f"node{key}" if key.isdecimal() else key


def _called(file: ServerFile) -> frozenset[str]:
    """The file's own name, by which other files may call its host: ``redis-1``."""
    stem = file.stem.lower()
    return frozenset() if stem.isdecimal() or _says_nothing(stem) else frozenset({stem})


def _only_host(files: Sequence[ServerFile], where: str) -> str:
    """The name of the only host: the last folder with a telling name."""
    shared = _common(*(file.folders for file in files))
    parts = [
        part for part in (*where.rstrip("/").split("/"), *shared) if re.fullmatch(r"[A-Za-z0-9][\w.-]{0,62}", part)
    ]
    return next((part for part in reversed(parts) if not _says_nothing(part)), "n1")


def _common(*folders: list[str]) -> list[str]:
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return shared


def _check_one_each(files: Sequence[ServerFile]) -> None:
    """Refuse two data nodes or two Sentinels of one host."""
    known: dict[tuple[str, bool], ServerFile] = {}
    for file in files:
        other = known.setdefault((file.host, file.is_sentinel), file)
        if other is not file and file.host:
            raise _SharedHostError(other, file, [file for file in files if file.host])
