"""A running deployment as the native files that its servers could have been started with, and a manifest of what is not known.

Asks, and never acts. Passwords are recognised by the hashes that servers show, from those that the user gave; for all others a
placeholder stands, the same one wherever the same user logs in, so that the files fit together.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from jsquared.deployment.dialect.dialect import dialect_of
from jsquared.deployment.dialect.effects import effects_of
from jsquared.deployment.model.directives import join_words
from jsquared.records.plan import Engine
from jsquared.resp.replies import engine_of_info
from jsquared.running.access import Access
from jsquared.running.asked_servers import SECRETS, AskedServer, ask_data_node, ask_sentinel_server
from jsquared.running.discover import ASKED_AT_ONCE, discover
from jsquared.running.discovered import Discovered, DiscoveredNode, place
from jsquared.running.snapshot_lines import DataAnswers, Passwords, data_lines, sentinel_lines, users_file
from jsquared.running.snapshot_manifest import AssumedLine, SnapshotManifest, SnapshotServer, UnreadPart

DATA_FILE, SENTINEL_FILE = "redis.conf", "sentinel.conf"
EVERYTHING = "everything"
Where = tuple[str, int]


@dataclass
class Snapshot:
    """``files`` maps paths in the folder to texts; passwords that are known stand in them."""

    files: dict[str, str]
    manifest: SnapshotManifest


def take_snapshot(seeds: Sequence[Where], access: Access, passwords: Iterable[str] = ()) -> Snapshot:
    """Return the files of the deployment that these Sentinels belong to.

    :param passwords: those that may be in use; each is written where a server shows its hash.
    :raises BadInputError: none of the Sentinels answers.
    """
    found = discover(seeds, access)
    known = Passwords([*passwords, *access.data_login[-1:], *access.sentinel_login[-1:]])
    with ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="snapshot") as pool:
        data = list(pool.map(lambda node: _ask_data(access, node), found.data))
        sentinels = list(pool.map(lambda node: ask_sentinel_server(access, node.address, node.port), found.sentinels))
    return _Composed(found, dict(zip(found.data, data, strict=True)), dict(zip(found.sentinels, sentinels, strict=True)),
                     known, access).snapshot([place(*seed) for seed in seeds])  # fmt: skip


def engine_in(info: Mapping[str, str]) -> Engine | None:
    """Return the engine that a server says it is, in INFO; None where it does not say."""
    name, version = engine_of_info(info)
    is_known = name in ("redis", "valkey") and re.match(r"\d+\.\d+\.\d+", version)
    return Engine(name=name, version=version, path="") if is_known else None


def _ask_data(access: Access, node: DiscoveredNode) -> AskedServer:
    return ask_data_node(access, node.address, node.port, _names)


def _names(info: Mapping[str, str]) -> list[str]:
    engine = engine_in(info)
    return [name for name in effects_of(engine)[0].directives if name not in SECRETS] if engine else []


@dataclass
class _Composed:
    """The files as they come together."""

    found: Discovered
    data: dict[DiscoveredNode, AskedServer]
    sentinels: dict[DiscoveredNode, AskedServer]
    passwords: Passwords
    access: Access
    files: dict[str, str] = field(default_factory=dict)
    servers: list[SnapshotServer] = field(default_factory=list)
    assumed: list[AssumedLine] = field(default_factory=list)

    def snapshot(self, asked_first: Sequence[str]) -> Snapshot:
        hosts = self._hosts()
        for node, answers in self.data.items():
            self._add_data_node(node, answers, hosts[node.where])
        for node, answers in self.sentinels.items():
            self._add_sentinel(node, answers, hosts[self._known_as(node)])
        manifest = SnapshotManifest(
            taken_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            sentinels=tuple(asked_first),
            servers=tuple(self.servers),
            assumed=tuple(self.assumed),
            unread=tuple(self._unread()),
            problems=self.found.problems,
        )
        return Snapshot(self.files, manifest)

    def _known_as(self, node: DiscoveredNode) -> str:
        """The address by which the other Sentinels know one: it may have been asked by another name of its host."""
        known = Counter(
            answers.peers[node.id] for answers in self.sentinels.values() if node.id and node.id in answers.peers
        )
        return place(*known.most_common(1)[0][0]) if known else node.where

    def _hosts(self) -> dict[str, str]:
        """The folder of every server, by its address and port: one for an address, unless several data nodes or Sentinels share it."""
        data, sentinels = [node.where for node in self.data], [self._known_as(node) for node in self.sentinels]
        shared = {
            address
            for group in (data, sentinels)
            for address, count in Counter(_address(where) for where in dict.fromkeys(group)).items()
            if count > 1
        }
        return {
            where: re.sub(r"[^A-Za-z0-9_.-]+", "-", where if _address(where) in shared else _address(where)).strip("-.")
            for where in (*data, *sentinels)
        }

    def _engine(self, answers: AskedServer) -> Engine | None:
        return engine_in(answers.info)

    def _add(
        self, node: DiscoveredNode, answers: AskedServer, host: str, name: str, lines: Iterable[Sequence[str]]
    ) -> None:
        engine = self._engine(answers)
        where = node.where if name == DATA_FILE else self._known_as(node)
        self.files[f"{host}/{name}"] = "".join(f"{join_words(words)}\n" for words in lines)
        self.servers.append(
            SnapshotServer(
                host=host,
                role="data node" if name == DATA_FILE else "Sentinel",
                where=where,
                file=f"{host}/{name}",
                engine=engine.name if engine else "",
                version=engine.version if engine else "",
            )
        )

    def _add_data_node(self, node: DiscoveredNode, answers: AskedServer, host: str) -> None:
        engine = self._engine(answers)
        group = self._group(node)
        known = DataAnswers(
            answers,
            port=node.port,
            is_tls=self.access.data_tls is not None,
            follows=self._followed(node, answers),
            others_ask=any(self.data[other].needs_login or _default_asks(self.data[other]) for other in group),
            login=self.access.data_login,
        )
        lines = data_lines(known, self.passwords, dialect_of(engine)[0] if engine else None,
                           effects_of(engine)[0] if engine else None)  # fmt: skip
        self._add(node, answers, host, DATA_FILE, lines.words)
        self.assumed += [
            AssumedLine(file=f"{host}/{DATA_FILE}", directive=d, why=w, placeholder=p) for d, w, p in lines.assumed
        ]
        if lines.users_name:
            text, replaced = users_file(known, self.passwords)
            name = lines.users_name if f"{host}/{lines.users_name}" not in self.files else f"data-{lines.users_name}"
            self.files[f"{host}/{name}"] = text
            self.assumed += [_placeholder(f"{host}/{name}", user) for user in replaced]

    def _add_sentinel(self, node: DiscoveredNode, answers: AskedServer, host: str) -> None:
        where = self._known_as(node)
        asking = {master.name: self._sentinel_login(master.data) for master in self.found.masters}
        tls = [
            (name, value)
            for answers_of in self.data.values()
            for name, value in answers_of.settings.items()
            if name.startswith("tls-") and name.endswith(("-file", "-dir")) and value
        ]
        lines = sentinel_lines(
            answers,
            port=int(where.rpartition(":")[2]),
            tls_files=dict(tls) if self.access.sentinel_tls is not None else None,
            logins=asking,
            passwords=self.passwords,
            login=self.access.sentinel_login,
        )
        self._add(node, answers, host, SENTINEL_FILE, lines.words)
        self.assumed += [
            AssumedLine(file=f"{host}/{SENTINEL_FILE}", directive=d, why=w, placeholder=p) for d, w, p in lines.assumed
        ]

    def _group(self, node: DiscoveredNode) -> list[DiscoveredNode]:
        return [other for master in self.found.masters if node in master.data for other in master.data]

    def _followed(self, node: DiscoveredNode, answers: AskedServer) -> tuple[str, str] | None:
        """The primary of a replica: by its own word, else by the Sentinels'."""
        if answers.info.get("role") == "slave":
            return answers.info.get("master_host", ""), answers.info.get("master_port", "")
        if answers.info or node.role == "primary":
            return None
        primary = next((master.primary for master in self.found.masters if node in master.data), "")
        address, _, port = primary.rpartition(":")
        return (address.strip("[]"), port) if primary else None

    def _sentinel_login(self, group: Iterable[DiscoveredNode]) -> tuple[str, str] | None:
        """The user and password that Sentinels log in with at a group, as far as it can be told; None where nobody asks for one."""
        nodes = list(group)
        users = frozenset[str]().union(*(self.data[node].sentinel_users for node in nodes)) - {"default"}
        user = next(iter(sorted(users)), "default")
        asks = any(self.data[node].needs_login or _default_asks(self.data[node]) for node in nodes)
        if not asks and not users:
            return None
        lines = next((self.data[node].users for node in nodes if self.data[node].users), None)
        return user, self.passwords.of(user, lines, self.access.data_login)

    def _unread(self) -> Iterator[UnreadPart]:
        for node, answers in (*self.data.items(), *self.sentinels.items()):
            for what, why in answers.unread.items():
                yield UnreadPart(where=f"{node.role} {node.where}", what=what or EVERYTHING, why=why)
            if not answers.unread and self._engine(answers) is None:
                yield UnreadPart(where=f"{node.role} {node.where}", what="INFO", why="it does not say its version")


def _address(where: str) -> str:
    return where.rpartition(":")[0].strip("[]")


def _default_asks(answers: AskedServer) -> bool:
    """True if its default user has a password."""
    line = next((line for line in answers.users or () if line.split(" ")[1] == "default"), "")
    return bool(line) and " nopass" not in line


def _placeholder(file: str, user: str) -> AssumedLine:
    return AssumedLine(
        file=file, directive=f"user {user}", why="its password is not known, only a hash", placeholder=True
    )
