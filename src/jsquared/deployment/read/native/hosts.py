"""Finds which host each server's file belongs to: by the folder that it lies in, else by its own name.

Words that say nothing about a host are left out of both (``etc``, ``redis``, ``conf``), and so are folders that all files share. Of a
file's name the number or word remains that pairs ``redis-1.conf`` with ``sentinel-1.conf``, and ``6379.conf`` with ``26379.conf``.
Where that leaves several answers, none is chosen: the files are listed, with the options that decide.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.model.addresses import bound_addresses, ip_of, own_addresses
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.spec import Node, SentinelNode
from jsquared.deployment.read.native.candidates import USUAL_FILES
from jsquared.deployment.read.native.mapping import MAPPING_FILE, Mapping
from jsquared.errors import BadInputError
from jsquared.text import counted, listed, whole_number

MOST_LISTED = 12
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


def on_their_hosts(files: Sequence[ServerFile], mapping: Mapping, where: str) -> list[ServerFile]:
    """The files with their hosts; one that is mapped to several hosts comes once for each.

    :param where: the folder, for people; the only host of all files is called like it where nothing else names it.
    :raises BadInputError: it is not clear which host a file belongs to; the line lists the files and says how to decide.
    """
    mapped = [replace(file, host=host) for file in files for host in mapping.hosts_of(file.name) or ()]
    others = [file for file in files if mapping.hosts_of(file.name) is None]
    placed = [*mapped, *_derived(others, mapped, where)]
    _check_one_each(placed, where)
    return placed


def _derived(files: Sequence[ServerFile], mapped: Sequence[ServerFile], where: str) -> list[ServerFile]:
    if not files:
        return []
    by_folder = _by_folder(files, mapped, where)
    homeless = [file for file in by_folder if not file.host]
    if not homeless:
        return by_folder
    if len(homeless) < len(files):
        raise _undecided(homeless, [*mapped, *by_folder], where, "in no host's folder")
    by_name = _by_name(files)
    if len({key for key, _ in by_name}) == 1 and not mapped:
        return [replace(file, host=_only_host(files, where)) for file in files]
    _check_keys(by_name, mapped, where)
    return [replace(file, host=_host_of(key), called=_called(file)) for key, file in by_name]


def _by_folder(files: Sequence[ServerFile], mapped: Sequence[ServerFile], where: str) -> list[ServerFile]:
    """The files with the hosts that their folders name, empty where a folder names none.

    A folder that all files share names none.

    :raises BadInputError: a folder has two files of a kind.
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
    _check_one_each(placed, where)
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


def _check_keys(keys: Sequence[tuple[str, ServerFile]], mapped: Sequence[ServerFile], where: str) -> None:
    """Refuse names that do not say which files belong to one host."""
    everything = [*mapped, *(file for _, file in keys)]
    nameless = [file for key, file in keys if not key]
    if nameless:
        raise _undecided(nameless, everything, where, "without a host's name or number")
    data = {key: file for key, file in keys if not file.is_sentinel}
    sentinels = {key: file for key, file in keys if file.is_sentinel}
    _check_one_each([replace(file, host=_host_of(key)) for key, file in keys], where)
    for key in data.keys() & sentinels.keys():
        bound = [bound_addresses(one[key].node) for one in (data, sentinels)]
        if all(bound) and not bound[0] & bound[1]:
            what = f"called alike, but listening on {' and '.join(min(addresses) for addresses in bound)}"
            raise _undecided([data[key], sentinels[key]], everything, where, what)
    if (
        data
        and sentinels
        and not data.keys() & sentinels.keys()
        and not all(own_addresses(file.node) for _, file in keys)
    ):
        raise _undecided([file for _, file in keys], everything, where, "with names that do not pair")


def _undecided(files: Sequence[ServerFile], everything: Sequence[ServerFile], where: str, why: str) -> BadInputError:
    """The line that asks for the host of files: those that are unclear first, each with an option to copy."""
    hosts = [file.host for file in everything if file.host] or [f"n{number}" for number in range(1, len(files) + 1)]
    hosts = list(dict.fromkeys(hosts))
    options = []
    for kind in (False, True):
        of_kind = [file for file in files if file.is_sentinel == kind]
        options += [f"--host {_quoted(file.name)}={hosts[at % len(hosts)]}" for at, file in enumerate(of_kind)]
    what = f"which host has which file is not clear: {seen(files)}, {why}"
    more = " …" if len(options) > MOST_LISTED else ""
    hint = f"{' '.join(options[:MOST_LISTED])}{more} (with your hosts' names), or the same in a {MAPPING_FILE} there"
    return BadInputError(what, where=where, hint=hint)


def _two_on_one_host(one: ServerFile, other: ServerFile, where: str) -> BadInputError:
    folder = "/".join((where, *_common(one.folders, other.folders)))
    first, second = sorted((one, other), key=lambda file: file.name)
    depth = len(_common(one.folders, other.folders))
    names = [readable("/".join(file.name.split("/")[depth:])) for file in (first, second)]
    what = f"{names[0]} and {names[1]} on one host ({readable(one.host)}) are both a {one.role}'s"
    doubtful = max(
        one, other, key=lambda file: (file.name.rpartition("/")[2] not in USUAL_FILES, len(file.folders), file.name)
    )
    name = _quoted(doubtful.name)
    hint = f"removing one, --host {name}= to leave it out, or --host {name}=NAME if it is another host's"
    return BadInputError(what, where=folder, hint=hint)


def seen(files: Iterable[ServerFile]) -> str:
    """What was found: ``redis-1.conf (data node), sentinel-1.conf (Sentinel)``."""
    shown = [f"{readable(file.name)} ({file.role})" for file in files]
    rest = [f"{len(shown) - MOST_LISTED} more"] if len(shown) > MOST_LISTED else []
    return listed([*shown[:MOST_LISTED], *rest]) or counted(0, "file")


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


def _check_one_each(files: Sequence[ServerFile], where: str) -> None:
    """Refuse two data nodes or two Sentinels of one host."""
    known: dict[tuple[str, bool], ServerFile] = {}
    for file in files:
        other = known.setdefault((file.host, file.is_sentinel), file)
        if other is not file and file.host:
            raise _two_on_one_host(other, file, where)
