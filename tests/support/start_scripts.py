"""The corpus of start scripts: what each is given, what it is expected to do, and what a real shell makes of it."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell import Container, follow

FOLDER = Path(__file__).parents[1] / "fixtures" / "start_scripts"
ADDRESS = "192.0.2.9"
"""Of the container."""
_START = "/start.sh"
_OWN_PATHS = re.compile(
    r"(?<![\w.}*/<>:])/(?=(?:data|etc|conf|config|run|redis|tmp|mnt|usr|var|opt)(?:[/\s\"';|)]|$))", re.MULTILINE
)
"""Where the path of a container's file begins, as scripts of the corpus write it."""
_SERVER = """line=${0##*/}; for word in "$@"; do line="$line$(printf '\\037')$word"; done; printf '%s\\n' "$line" >> "$STARTED\""""
"""It appends in one piece, since several in the background do so at once."""
_STUBS = {
    **dict.fromkeys(("redis-server", "redis-sentinel", "valkey-server", "valkey-sentinel"), _SERVER),
    **dict.fromkeys(("chown", "sleep", "find"), "exit 0"),
    "docker-entrypoint.sh": 'case "$1" in -*|*.conf) set -- redis-server "$@" ;; esac\nexec "$@"',
    "gosu": 'shift\nSTUB_UID=999 exec "$@"',
    "id": 'echo "${STUB_UID:-0}"',
    "hostname": f'case "$1" in -i) echo {ADDRESS} ;; -f) echo "$STUB_HOST.$STUB_DOMAIN" ;; *) echo "$STUB_HOST" ;; esac',
    "getent": 'for each in $STUB_NAMES; do [ "${each%=*}" != "$2" ] || echo "${each#*=} $2"; done',
    "dig": 'for each in $STUB_NAMES; do [ "${each%=*}" != "$2" ] || echo "${each#*=}"; done',
    "redis-cli": "echo PONG",
    "tail": "exit 0",
}
"""Programs that no test may run, or that this machine may lack; servers write down their command line."""


@dataclass(frozen=True)
class Outcome:
    """What is left in the end: the files by their paths, and the command lines of the servers."""

    files: dict[str, str]
    servers: list[list[str]]


@dataclass(frozen=True)
class StartScript:
    """A script of the corpus. ``unreadable`` has the words that say what cannot be read and why, empty where it is read."""

    name: str
    hostname: str = "box"
    domain: str = ""
    arguments: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Addresses of other hosts."""
    files: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    removes: list[str] = field(default_factory=list)
    servers: list[list[str]] = field(default_factory=list)
    unreadable: str = ""

    @property
    def text(self) -> str:
        """The script itself."""
        return (FOLDER / f"{self.name}.sh").read_text(encoding="utf-8")

    @property
    def layout(self) -> str:
        """The comment that says what it is modelled on."""
        return self.text.splitlines()[1].removeprefix("# ")

    @property
    def expected(self) -> Outcome:
        """What it should leave behind."""
        files = {path: text for path, text in (self.files | self.writes).items() if path not in self.removes}
        return Outcome(files, self.servers)

    def followed(self) -> Outcome:
        """What following it gives.

        :raises Unreadable: something in it cannot be read.
        """
        files = ContainerFiles(workdir="/data")
        for path, text in (self.files | {_START: self.text}).items():
            files.write(path, text)
        environment = {"HOSTNAME": self.hostname, **self.environment}
        inside = Container(
            files, environment, self.hostname, ADDRESS, lambda name: self.names.get(name, ""), domain=self.domain
        )
        follow(inside, (_START, *self.arguments))
        left = {str(path): text for path, text in files.texts.items() if str(path) != _START}
        return Outcome(left, [list(words) for words in inside.servers])

    def run(self, root: Path) -> Outcome:
        """What the shell that it names really makes of it below a folder, with stubs for other programs."""
        programs, started, start = root / "programs", root / "started", root / "start.sh"
        box = root / "box"
        (box / "data").mkdir(parents=True)
        for path in (*self.files, *self.writes):
            (box / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        for path, text in self.files.items():
            (box / path[1:]).write_bytes(text.encode())
        programs.mkdir()
        for name, body in _STUBS.items():
            _program(programs / name, f"#!/bin/sh\n{body}\n")
        _program(start, _OWN_PATHS.sub(f"{box}/", self.text))
        environment = {
            "PATH": f"{programs}:/usr/bin:/bin", "STARTED": str(started),
            "HOSTNAME": self.hostname, "STUB_HOST": self.hostname,
            "STUB_DOMAIN": self.domain, "STUB_NAMES": " ".join(map("=".join, self.names.items())), **self.environment,
        }  # fmt: skip
        subprocess.run(  # the pipe is closed when servers in the background have ended too
            [str(start), *self.arguments], cwd=box / "data", env=environment, timeout=10, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        found = {f"/{path.relative_to(box)}": path.read_bytes().decode() for path in box.rglob("*") if path.is_file()}
        lines = started.read_text(encoding="utf-8").splitlines() if started.exists() else []
        return Outcome(
            {path: text.replace(str(box), "") for path, text in found.items()},
            [line.replace(str(box), "").split("\037") for line in lines],
        )


def _program(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    path.chmod(0o755)


def corpus() -> list[StartScript]:
    """Every script with what it is given and expected to do."""
    read = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))
    return [StartScript(name, **(about or {})) for name, about in read.items()]
