"""From the description of one container to the servers in it: their lines, each with its place.

What cannot be read is refused with the container's line, never guessed; what is not one of ours is left out.
"""

import glob
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from jsquared.deployment.model.directives import Directive, Source, join_words, quote_word, split_words
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.own_file import Unsaved
from jsquared.deployment.model.reach import Reach, outside
from jsquared.deployment.model.references import names_file
from jsquared.deployment.read.containers import bitnami
from jsquared.deployment.read.containers.container import ContainerDescription
from jsquared.deployment.read.containers.image import Image
from jsquared.deployment.read.containers.shell import Container, follow
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_words import UNKNOWN, Unreadable
from jsquared.deployment.read.containers.shell_wrappers import SERVERS, as_image_runs
from jsquared.deployment.read.native.conf_files import DEEPEST_INCLUDE, MOST_FILES, matching, parse_text
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.errors import BadInputError
from jsquared.records.secret_names import names_secret
from jsquared.records.secrets import Secrets

MANY_WORDS = ("save", "bind", "client-output-buffer-limit", "oom-score-adj-values", "replicaof", "user")
"""Directives of several words, which the servers split when they come as one argument of the command line."""
_MENTIONS = re.compile(r"(redis|valkey)-(server|sentinel)|(redis|valkey|sentinel)[\w.-]{0,100}\.(conf|sh)")
_OTHER_PROGRAMS = (
    "redis-cli",
    "valkey-cli",
    "redis-benchmark",
    "valkey-benchmark",
    "redis-check-aof",
    "redis-check-rdb",
)


@dataclass(frozen=True)
class Server:
    """One server that a container runs; ``unsaved`` is set for a Sentinel that cannot save its state."""

    is_sentinel: bool
    directives: tuple[Directive, ...]
    source: Source
    unsaved: Unsaved | None = None


@dataclass
class Reader:
    """Reads the containers of one deployment. ``texts`` keeps what was read, ``notes`` what is worth knowing about it."""

    source: Source
    outside: dict[str, str]
    resolve: Callable[[str], str]
    reach: Reach
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)
    ask: Callable[[Sequence[str]], str] | None = None
    """Gives the answers of other servers to the questions of start scripts; without it, questions are passed over."""

    def servers(self, service: ContainerDescription, image: Image, host: str, address: str) -> list[Server]:
        """The servers of a container; none where it is none of ours.

        :raises BadInputError: it is one of ours, and how it is configured cannot be read.
        """
        reading = _Reading(self, service, image, host, address)
        found = reading.servers()
        self.notes += reading.denied(found)
        return found


class _Reading:
    def __init__(self, reader: Reader, service: ContainerDescription, image: Image, host: str, address: str) -> None:
        self.reader = reader
        self.service = service
        self.image = image
        self.host = host
        self.address = address
        self.files = service.files()
        self.files.mounts = image.mounts | self.files.mounts
        self.files.workdir = service.word("working_dir") or image.workdir or "/data"
        self._forget_unknown_volumes()
        self.environment = image.environment | service.environment(reader.outside)
        self.count = 0

    def _forget_unknown_volumes(self) -> None:
        """An image's own volumes can be written to even where its root file system cannot; only official images have known ones."""
        if self.image.is_server and not self.image.is_bitnami and not self.service.has("build"):
            self.files.mount_points.setdefault(PurePosixPath("/data"), None)
        else:
            self.files.mount_points.pop(PurePosixPath("/"), None)

    def servers(self) -> list[Server]:
        """Those that its command line ends in, or that its variables make."""
        argv = self._command_line()
        if argv is None:
            return [self._of_variables(())] if self._by_variables() else self._none()
        if any(word.endswith(bitnami.RUN_SCRIPTS) and "bitnami" in word for word in argv):
            extra = argv[1 + max(index for index, word in enumerate(argv) if word.endswith(bitnami.RUN_SCRIPTS)) :]
            return [self._of_variables(extra)]
        if not self._ours(argv):
            return []
        container = Container(
            self.files,
            dict(self.environment),
            self.service.word("hostname") or self.host,
            self.address,
            self.reader.resolve,
            effort=self.reader.effort,
            ask=self.reader.ask,
            user=self._user(),
            domain=self.service.word("domainname"),
        )
        try:
            follow(container, argv)
        except Unreadable as statement:
            raise self._bad(f"its start cannot be read: {readable(str(statement))}") from statement
        if not container.servers and self._configured(argv):
            raise self._bad("it starts no server")
        return [self._server(words) for words in container.servers]

    def denied(self, found: Sequence[Server]) -> Iterator[str]:
        """Yield a sentence for each file that was not read because it is out of reach."""
        reach = self.reader.reach
        for inside, here in self.files.denied.items():
            what = f"{self.service.title[0].upper()}{self.service.title[1:]}: {inside}, which is {readable(str(here))} on this machine,"
            yield outside(readable(what, 1000), here, reach, "nothing is known about it")
        if self.image.unread is not None and not found:
            what = f"{self.service.title[0].upper()}{self.service.title[1:]}: its Dockerfile {readable(str(self.image.unread))}"
            yield outside(readable(what, 1000), self.image.unread, reach, "its command is not known")

    @staticmethod
    def _configured(argv: Sequence[str]) -> bool:
        """True if a command line without a server was meant to start one: tools that only ask are no hosts."""
        text = " ".join(argv)
        return bool(_MENTIONS.search(text)) or not any(program in text for program in _OTHER_PROGRAMS)

    def _command_line(self) -> tuple[str, ...] | None:
        """Entrypoint and command as Docker puts them together, None where neither is known."""
        entrypoint, command = self.service.words("entrypoint"), self.service.words("command")
        if entrypoint is not None:
            return (*entrypoint, *(command or ()))
        words = command if command is not None else self.image.command
        if self.image.entrypoint and self.image.entrypoint[0].endswith("docker-entrypoint.sh"):
            return tuple(as_image_runs(words or ("redis-server",)))
        if self.image.entrypoint:
            return (*self.image.entrypoint, *(words or ()))
        if words and all(word.startswith("--sentinel ") for word in words):
            return ("redis-sentinel", *words)  # only an image whose own entrypoint is a Sentinel can be given these
        return None if words is None else tuple(as_image_runs(words)) if self._redis_like(words) else words

    def _redis_like(self, words: Sequence[str]) -> bool:
        return self.image.is_server or (self.service.has("build") and bool(_MENTIONS.search(" ".join(words))))

    def _ours(self, argv: Sequence[str]) -> bool:
        """True if a command line is about a server, and not one of the tools that come with it."""
        program = argv[0].rpartition("/")[2] if argv else ""
        if program in _OTHER_PROGRAMS:
            return False
        return program in SERVERS or self.image.is_server or bool(_MENTIONS.search(" ".join(argv)))

    def _by_variables(self) -> bool:
        if self.image.is_bitnami:
            return True
        assumed = bitnami.uses_variables(self.environment)
        if assumed:
            self.reader.notes.append(
                f"{self.service.title[0].upper()}{self.service.title[1:]}: its image is assumed to be Bitnami's, because of its variables."
            )
        return assumed

    def _none(self) -> list[Server]:
        if self.service.has("build") and re.search(r"redis|valkey|sentinel", self.service.name, re.IGNORECASE):
            raise self._bad("its image's command is not known: the image is built, and no Dockerfile can be read")
        return []

    def _bad(self, what: str) -> BadInputError:
        variables = ((name, value) for name, value in self.environment.items() if names_secret(name))
        secrets = Secrets().and_also(value for _, value in variables)
        return self.service.item.bad(
            f"{self.service.title}: {secrets.document(what)}",
            self.service.hint,
        )

    # -- variables

    def _user(self) -> str:
        """The number of its user: images begin as root, and the number behind another name is not known."""
        written = self.service.word("user").partition(":")[0]
        return written if written.isdecimal() else "0" if written in ("", "root") else UNKNOWN

    def _of_variables(self, extra: Sequence[str]) -> Server:
        is_sentinel = self.image.base.endswith("sentinel")
        mounted = self._mounted("redis-sentinel", "sentinel") if is_sentinel else self._mounted("redis", "redis")
        settings = bitnami.Settings(self.environment, self.files)
        source = self.reader.source
        base = self._file(mounted, ()) if mounted else []
        try:
            made = bitnami.sentinel_lines(settings) if is_sentinel else bitnami.data_lines(settings, self.address)
        except bitnami.Missing as missing:
            raise self._bad(str(missing)) from missing
        if mounted and not is_sentinel:
            made = []  # the image then takes nothing from its variables
        item = self.service.item_of("environment")
        lines = [Directive.make(words, item.source, item.line, self._path("environment")) for words in made]
        lines += [] if mounted or is_sentinel else self._overrides()
        keys = {each.key for each in lines}
        flags = [*settings.get("REDIS_EXTRA_FLAGS").split(), *extra]
        lines = [each for each in base if each.key not in keys] + lines + self._options(flags)
        return Server(is_sentinel, tuple(map(self._located, lines)), source)

    def _mounted(self, program: str, name: str) -> str:
        """A whole configuration that is mounted where Bitnami's images look for one, empty without."""
        paths = [f"/opt/bitnami/{program}/mounted-etc/{name}.conf"]
        paths.append(paths[0].replace("redis", "valkey"))
        return next((path for path in paths if self.files.knows(path)), "")

    def _overrides(self) -> list[Directive]:
        path = self.environment.get("REDIS_OVERRIDES_FILE", "/opt/bitnami/redis/mounted-etc/overrides.conf")
        return self._file(path, ()) if self.files.knows(path) else []

    # -- command lines

    def _server(self, argv: Sequence[str]) -> Server:
        program, *arguments = argv
        is_sentinel = program.endswith("sentinel") or "--sentinel" in arguments
        source = self.reader.source
        lines: list[Directive] = []
        path = ""
        if arguments and not arguments[0].startswith("--"):
            path = arguments.pop(0)
            lines = self._file(path, ())
            source = self._source_of(path)
        lines += self._options(arguments)
        official = self.image.is_server and not self.image.is_bitnami
        if official and not is_sentinel and not any(line.key == "protected-mode" for line in lines):
            # The official images are built with this default.
            lines.append(Directive.make(("protected-mode", "no"), source, None, self._path("image")))
        unsaved = self._unsaved(argv, path) if is_sentinel else None
        return Server(is_sentinel, tuple(map(self._located, lines)), source, unsaved)

    def _unsaved(self, argv: Sequence[str], path: str) -> Unsaved | None:
        """Why a Sentinel cannot save its state; None where it can, or where an entrypoint that is not known may prepare its file."""
        if self.service.words("entrypoint") is None and not self.image.entrypoint:
            return None
        if path:
            line = self.files.read_only(path)
            return None if line is None else Unsaved(readable(str(self.files.inside(path))), line)
        item, key = self._command()
        text = f"{readable(argv[0])} {argv[1] if argv[1:2] == ('--sentinel',) else ''}".rstrip() + " …"
        return Unsaved("", Directive((text,), item.source, item.line, text, self._path(key)))

    def _command(self) -> tuple[Item, str]:
        """The value that has its command line, with its key."""
        key = "command" if self.service.has("command") or not self.service.has("entrypoint") else "entrypoint"
        return self.service.item_of(key), key

    def _options(self, arguments: Sequence[str]) -> list[Directive]:
        """Options of a command line as lines, put together as the servers do (main in server.c)."""
        written: list[str] = []
        for argument in arguments:
            if argument.startswith("--"):
                written.append(argument.removeprefix("--"))
            elif not written:
                raise self._bad("an argument of its server is neither a file nor an option")
            else:
                written[-1] += " " + quote_word(argument)
        item, key = self._command()
        lines: list[Directive] = []
        for text in written:
            words = split_words(text)
            if words is None:
                name = "".join(re.findall(r"^[\w-]{1,40}(?=\s)", text)) or "…"
                raise self._bad(f"unbalanced quotes in the option --{name}")
            if words == ("sentinel",) or not words:
                continue
            option = _split(Directive(words, item.source, item.line, text, self._path(key)))
            if option.key == "include" and option.arguments:
                lines += self._expanded(option, self.files.inside("."), ())
            else:
                lines.append(option)
        return lines

    # -- files

    def _file(self, path: str, above: tuple[PurePosixPath, ...]) -> list[Directive]:
        """The lines of a file of the container, with its includes."""
        text = self.files.native_text(path)
        inside = self.files.inside(path)
        if text is None and inside in self.files.denied:
            here, reach = self.files.denied[inside], self.reader.reach
            what = f"it reads {path}, and {readable(str(here))} lies outside the folders that may be read"
            raise self.service.item.bad(f"{self.service.title}: {what}", reach.advice(here))
        if text is None:
            raise self._bad(f"it reads {path}, which is not in any of its volumes or configs")
        source = self._source_of(path)
        self.reader.texts[source.name] = text
        self.count += 1
        if inside in above or self.count > MOST_FILES or len(above) > DEEPEST_INCLUDE:
            raise self._bad(f"{path} includes itself")
        lines: list[Directive] = []
        parsed = parse_text(text, source)
        self.reader.reach.count_lines(len(parsed), source.path)
        for directive in parsed:
            if directive.key == "include" and directive.arguments:
                lines += self._expanded(directive, inside.parent, (*above, inside))
            else:
                lines.append(directive)
        return lines

    def _expanded(
        self, include: Directive, folder: PurePosixPath, above: tuple[PurePosixPath, ...]
    ) -> Iterator[Directive]:
        for included in self._included(include, folder):
            yield from self._file(included, above)

    def _included(self, directive: Directive, folder: PurePosixPath) -> list[str]:
        written = directive.arguments[0]
        if not glob.has_magic(written):
            beside = str(folder / written)
            return [beside if not self.files.knows(written) and self.files.knows(beside) else written]
        pattern = PurePosixPath(written)
        here = self.files.on_disk(str(pattern.parent))
        found = matching(self.reader.reach, here / pattern.name) if here and glob.has_magic(pattern.name) else []
        return [str(pattern.parent / path.name) for path in found[: MOST_FILES + 1]]

    def _source_of(self, path: str) -> Source:
        here = self.files.on_disk(path)
        if here is None:
            name = readable(f"{self.host}{self.files.inside(path)}")
            return Source(name, f"{self.reader.source.path}, {self.host}:{path}")
        return Source(self.reader.reach.name_of(here), str(here))

    def _located(self, directive: Directive) -> Directive:
        """A directive that names a file of the container with the path that the file has on this machine."""
        here = self.files.on_disk(directive.arguments[0]) if names_file(directive) else None
        if here is None:
            return directive
        return replace(directive, words=(directive.words[0], str(here.absolute()), *directive.words[2:]), located=True)

    def _path(self, key: str) -> str:
        return self.service.place(key)


def _split(directive: Directive) -> Directive:
    """A directive whose several words came as one argument."""
    if directive.key not in MANY_WORDS or len(directive.arguments) != 1 or " " not in directive.arguments[0]:
        return directive
    words = (directive.words[0], *(split_words(directive.arguments[0]) or directive.arguments))
    return replace(directive, words=words, text=join_words(words))
