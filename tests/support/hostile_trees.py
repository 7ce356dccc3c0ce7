"""Deployments of somebody who means no good: folders, Compose projects and YAML files whose paths and texts lead anywhere.

Each tree follows from its seed. Beside it lie a home with canaries, which no command may read or change, and everything a path can
mean: links, loops, pipes, devices, huge files, names that are no text.
"""

import contextlib
import os
import random
import socket
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

CANARY = "canary-7d1f"
"""Part of every secret that lies outside of a tree; it must turn up nowhere."""
VARIABLE = "HOSTILE_CANARY"
"""An environment variable that holds one of them."""
HUGE_BYTES = 1 << 40
CALM = 0.6
"""So many trees have nothing that is refused at once, so that what they name is followed further."""
NULL_DEVICE = (1, 5)  # /dev/zero


@dataclass
class HostileTree:
    """One tree below ``folder``: ``deployment`` is what to give to a command, ``options`` what else; ``home`` must stay as it is."""

    folder: Path
    deployment: Path
    options: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The home of whoever runs the commands."""
        return self.folder / "home"

    @property
    def tree(self) -> Path:
        """The stranger's files."""
        return self.folder / "tree"


def make_hostile_tree(folder: Path, seed: int) -> HostileTree:
    """A tree in an existing folder, with the home beside it."""
    draw = random.Random(seed)
    _make_home(folder / "home")
    maker = _Maker(draw, folder)
    made = draw.choice([maker.native, maker.native, maker.compose, maker.compose, maker.yaml])()
    options = draw.choice([[], [], ["--allow-path", str(folder / "allowed")]])
    return HostileTree(folder, made, options)


def _make_home(home: Path) -> None:
    (home / ".ssh").mkdir(parents=True)
    for name in (".ssh/id_rsa", ".ssh/config", ".bashrc", ".env", "users.acl", "plain.conf"):
        (home / name).write_text(f"requirepass {CANARY}-in-{name.strip('.')}\nuser {CANARY} on nopass ~* +@all\n")


class _Maker:
    def __init__(self, draw: random.Random, folder: Path) -> None:
        self.draw = draw
        self.folder = folder
        self.tree = folder / "tree"
        self.tree.mkdir()
        self.calm = draw.random() < CALM
        (folder / "allowed").mkdir()
        (folder / "allowed" / "extra.conf").write_text("hz 11\n")

    # -- what is there

    def furnish(self, where: Path) -> None:
        """Put a few things beside a configuration that are not what they seem."""
        home = self.folder / "home"
        things: dict[str, Callable[[Path], object]] = {
            "s": lambda path: path.symlink_to(home / ".ssh"),
            "link.conf": lambda path: path.symlink_to(home / "plain.conf"),
            "home": lambda path: path.symlink_to(home),
            "root": lambda path: path.symlink_to("/"),
            "loop": lambda path: path.symlink_to("loop"),
            "up": lambda path: path.symlink_to(".."),
            "environ": lambda path: path.symlink_to("/proc/self/environ"),
            "zero": lambda path: path.symlink_to("/dev/zero"),
            "fifo": os.mkfifo,
            "device": lambda path: os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(*NULL_DEVICE)),
            "socket": _make_socket,
            "huge.conf": _make_huge,
            "closed.conf": _make_closed,
            "own.conf": lambda path: path.write_text("hz 12\n"),
            "self.conf": lambda path: path.write_text("include self.conf\n"),
            "wide.conf": lambda path: path.write_text("include own.conf\n" * 300),
            "long.conf": lambda path: path.write_text("# " + "x" * 100_000),
            "lines.conf": lambda path: path.write_text("hz 1\n" * 15_000),
            "users.acl": lambda path: path.write_text("user default on nopass ~* &* +@all\n"),
            "latin.conf": lambda path: path.write_bytes(b"hz 9\n# \xe4\n"),
            os.fsdecode(b"strange-\xff.conf"): lambda path: path.write_text("hz 13\n"),
            "line\nbreak.conf": lambda path: path.write_text("hz 14\n"),
            "m.so": lambda path: path.write_bytes(b"\x7fELF"),
            "folder.conf": Path.mkdir,
            "ca": _make_authorities(home),
        }
        for name in self.draw.sample(list(things), self.draw.randint(3, len(things))):
            # Devices take root, and some names may be taken.
            with contextlib.suppress(OSError):
                things[name](where / name)

    def path(self) -> str:
        """A path that leads somewhere it should not, or nowhere, or where it may."""
        home, name = (
            self.folder / "home",
            self.draw.choice([".ssh/id_rsa", ".bashrc", "plain.conf", "users.acl", ".env"]),
        )
        return self.draw.choice(
            [
                str(home / name), f"../home/{name}", f"../../home/{name}", f"../../../home/{name}", f"~/{name}",
                f"s/../{name}", "s/id_rsa",
                f"home/{name}", f"root{home}/{name}", f"up/up/home/{name}", "link.conf", "loop", "environ", "zero", "fifo",
                "device", "socket",
                "huge.conf", "closed.conf", "own.conf", "self.conf", "wide.conf", "long.conf", "lines.conf", "users.acl", "latin.conf",
                "strange-\\xff.conf", "line\\nbreak.conf", "m.so", "folder.conf", "ca", "none.conf", "*", "*.conf", "*/*",
                "../*", "home/*",
                f"{home}/*", f"{home}/.ssh/*", "/proc/self/environ", "/proc/*/environ", "/proc/1/environ", "/dev/zero", "/dev/stdin",
                "/dev/fd/0", "/sys/kernel/uevent_helper", "/etc/passwd", "/etc/redis/*.conf", "/", "..", ".", "", "a\\x00b", "x" * 300,
                "/".join("x" * 2000), "[", "**/*", "\\x1b[31mred", "/etc/../etc/passwd", str(self.folder / "allowed" / "extra.conf"),
                f"{home}/../home/{name}",
            ]
        )  # fmt: skip

    # -- the forms of a deployment

    def native(self) -> Path:
        """A folder of native files."""
        hosts = ["n1", "n2", "n3"]
        hosts += self.draw.sample(["n4", "n 5", "-rf", "..n", "n\n6", "x" * 200, os.fsdecode(b"n\xff"), ".n7"], 1)
        if self.calm or self.draw.random() < 0.7:
            hosts = hosts[:3]
        self.furnish(self.tree)
        for number, host in enumerate(hosts, 1):
            (self.tree / host).mkdir()
            self.furnish(self.tree / host)
            upstream = "" if number == 1 else "replicaof 10.0.0.1 6379\n"
            self.write(
                self.tree / host / "redis.conf", f"bind 10.0.0.{number}\n{upstream}{self.lines(self.redis_line)}"
            )
            name = "m" if self.calm else self.draw.choice(["m", "m", '"../../m"', '"m\\xff"', '"m\\n"', "x" * 300])
            monitor = f"sentinel monitor {name} 10.0.0.1 6379 2\n"
            self.write(self.tree / host / "sentinel.conf", monitor + self.lines(self.sentinel_line))
        return self.tree

    def calm_path(self) -> str:
        """A path that is there, or that a deployment can do without."""
        home = self.folder / "home"
        return self.draw.choice(
            ["own.conf", "users.acl", "m.so", "ca", "none.conf", f"{home}/users.acl", f"{home}/.bashrc"]
        )

    def write(self, path: Path, text: str) -> None:
        """A configuration file; now and then something else in its place."""
        if self.calm:
            path.write_text(text)
        elif self.draw.random() < 0.03:
            path.symlink_to(
                self.draw.choice([str(self.folder / "home" / "plain.conf"), "/proc/self/environ", "/dev/zero"])
            )
        elif self.draw.random() < 0.02:
            os.mkfifo(path)
        else:
            path.write_bytes(text.encode("utf-8", "surrogateescape"))

    def lines(self, line: Callable[[], str]) -> str:
        """Mostly a few lines, now and then a chain of them."""
        return "".join(line() + "\n" for _ in range(self.draw.choice([0, 0, 1, 1, 2, 3])))

    def redis_line(self) -> str:
        """A line of redis.conf."""
        if self.calm:
            return self.calm_redis_line()
        path = self.path()
        return self.draw.choice(
            [
                f'include "{path}"', f"include {path}", f'aclfile "{path}"', f'loadmodule "{path}"', f'dir "{path}"', f'logfile "{path}"',
                f'pidfile "{path}"', f'dbfilename "{path}"', f'unixsocket "{path}"', f'tls-ca-cert-dir "{path}"',
                f'tls-dh-params-file "{path}"',
                f'tls-cert-file "{path}"\ntls-key-file "{path}"\ntls-ca-cert-file "{path}"\ntls-port 6380\ntls-replication yes',
                'requirepass "\\x1b[31m\\xff\\x00"', "hz 10", "\x1b]0;title\x07 x", 'rename-command CONFIG "a\\nb"',
                "user \udcff on nopass",
                f'appendfilename "{path}"', "appendonly yes", "user x on >p (~* +@all) (", "include", f"include {path} {path}",
                f'"loadmodule\\x00" "{path}"', f'"include\\x00" "{path}"', "user bob on > figtree ~*",
            ]
        )  # fmt: skip

    def calm_redis_line(self) -> str:
        """A line of redis.conf that does not keep the deployment from being read."""
        path = self.calm_path()
        return self.draw.choice(
            [
                f"include {self.folder}/home/*.conf", "include ../../home/*", "include /proc/*/environ", f"loadmodule {path}",
                f"tls-ca-cert-dir {path}", f"dir {path}", f"logfile {path}", f"tls-dh-params-file {path}", "appendonly yes",
                f"tls-cert-file {path}\ntls-key-file {path}\ntls-ca-cert-file {path}\ntls-port 6380", 'requirepass "\\x1b[31mx"',
                f"unixsocket {path}", f"pidfile {path}", f"dbfilename {path}", 'rename-command KEYS "\\xff"', "user x on >p ~* +@all",
            ]
        )  # fmt: skip

    def sentinel_line(self) -> str:
        """A line of sentinel.conf."""
        path = self.calm_path() if self.calm else self.path()
        if self.calm:
            return self.draw.choice(
                [f"logfile {path}", f"dir {path}", "loglevel verbose", f"sentinel notification-script m {path}"]
            )
        return self.draw.choice(
            [
                f'include "{path}"', f'sentinel notification-script m "{path}"',
                f'sentinel client-reconfig-script m "{path}"', f'dir "{path}"',
                f'aclfile "{path}"', f'logfile "{path}"', 'sentinel announce-ip "\\x1b[2J"', "sentinel down-after-milliseconds m 5000",
                f'loadmodule "{path}"', "sentinel", "sentinel known-replica m ../x 1",
                f'sentinel "notification-script\\x00" m "{path}"',
            ]
        )  # fmt: skip

    def compose(self) -> Path:
        """A Compose project."""
        self.furnish(self.tree)
        services = {"redis": self.service(""), "r2": self.service("--replicaof redis 6379"), "s1": self.sentinel()}
        if self.draw.random() < 0.3:
            services["app"] = {
                "build": self.draw.choice([self.path(), {"context": self.path(), "dockerfile": self.path()}])
            }
        document: dict[str, object] = {"services": services}
        document["configs"] = {"c": {"file": self.path()}, "t": {"content": f"hz 10\n{self.redis_line()}\n"}}
        document["secrets"] = {"p": {"file": self.path()}}
        document["name"] = self.draw.choice(["../../x", "a\nb", "", "x" * 300, f"${{{VARIABLE}}}", "mine"])
        bomb = "" if self.calm else self.draw.choice(["", "", *_YAML_BOMBS])
        text = yaml.safe_dump(document, allow_unicode=True) + bomb
        self.write(self.tree / "compose.yaml", text)
        env = self.tree / ".env"
        if self.draw.random() < 0.2:
            env.symlink_to(self.folder / "home" / ".env")
        elif self.draw.random() < 0.5:
            env.write_text(f"A=1\nB=${{{VARIABLE}}}\nC={'c' * 5000}\n")
        return self.tree / "compose.yaml"

    def service(self, arguments: str) -> dict[str, object]:
        """A data node, or what is meant to look like one."""
        if self.calm:
            return self.calm_service(arguments)
        variable = self.variable()
        script = self.draw.choice(_SCRIPTS).format(path=self.path(), variable=VARIABLE)
        service: dict[str, object] = {
            "image": self.draw.choice(["redis:7", "redis:7", "bitnami/redis", f"redis:{variable}"]),
            "command": self.draw.choice(
                [
                    f"redis-server {arguments}", f"redis-server /c.conf {arguments}",
                f"redis-server --requirepass {variable} {arguments}",
                    ["redis-server", "--include", self.path()], ["sh", "-c", script + f"; redis-server {arguments}"],
                    f"redis-server /mounted {arguments}", f"redis-server --aclfile /mounted {arguments}",
                ]
            ),
            "volumes": [f"{self.path()}:/mounted", f"./{self.path()}:/c.conf", {"type": "bind", "source": self.path(), "target": "/x"}],
            "environment": [VARIABLE, "HOME", "ALLOW_EMPTY_PASSWORD=yes", f"X={variable}", f"REDIS_PASSWORD_FILE={self.path()}"],
        }  # fmt: skip
        more: dict[str, object] = {
            "env_file": [self.path()],
            "configs": [{"source": self.draw.choice("ct"), "target": "/c.conf"}],
            "secrets": ["p"],
            "hostname": self.draw.choice(["../x", "a\nb", "h"]),
            "container_name": self.path(),
        }
        return service | {key: value for key, value in more.items() if self.draw.random() < 0.3}

    def calm_service(self, arguments: str) -> dict[str, object]:
        """A data node that can be read, whatever lies around."""
        return {
            "image": "redis:7",
            "command": f"redis-server --requirepass x${{{VARIABLE}:-p}} --masterauth ${{{VARIABLE}}}x {arguments}",
            "volumes": [f"{self.path()}:/data", f"~/.ssh:/home{self.draw.randint(1, 9)}"],
            "environment": [VARIABLE, "HOME", f"X=${{{VARIABLE}}}"],
        }

    def sentinel(self) -> dict[str, object]:
        """A Sentinel."""
        if self.calm:
            script = "[ -f /data/x ] && echo; echo 'sentinel monitor m redis 6379 1' > /s.conf"
            return {
                "image": "redis:7",
                "command": ["sh", "-c", f"{script}; exec redis-sentinel /s.conf"],
                "volumes": ["~:/data"],
            }
        script = "echo 'sentinel monitor m redis 6379 1' > /s.conf; " + self.draw.choice(_SCRIPTS).format(
            path=self.path(), variable=VARIABLE
        )
        return {"image": "redis:7", "command": ["sh", "-c", f"{script}; exec redis-sentinel /s.conf"]}

    def variable(self) -> str:
        """A use of a variable."""
        deep = self.draw.choice([5, 50, 3000])
        return self.draw.choice(
            [
                f"${VARIABLE}", f"${{{VARIABLE}}}", f"${{{VARIABLE}:-x}}", f"${{{VARIABLE}:?needed}}",
                f"${{NONE:-${{{VARIABLE}}}}}", "$C" * 500,
                "${A:-" * deep + "x" + "}" * deep, "${", "$$", "7",
            ]
        )  # fmt: skip

    def yaml(self) -> Path:
        """A deployment in our own form."""
        self.furnish(self.tree)
        document: dict[str, object] = {
            "name": self.draw.choice(["mine", "../x", "x" * 300, "a\nb"]),
            "data": ["n1", "n2", self.draw.choice(["n3", "../x", "", "x" * 300, "a\nb", "."])],
            "sentinels": ["n1", "n2", "n3"][: self.draw.randint(1, 3)],
            "redis": {
                self.draw.choice(
                    ["aclfile", "loadmodule", "include", "tls-cert-file", "dir", "logfile", "hz"]
                ): self.path()
            },
            "sentinel": {self.draw.choice(["notification-script", "aclfile", "dir", "announce-ip"]): self.path()},
        }
        if self.calm:
            document |= {"name": "mine", "data": ["n1", "n2", "n3"], "sentinel": {"loglevel": "verbose"}}
            document["redis"] = {
                self.draw.choice(["loadmodule", "dir", "logfile", "tls-dh-params-file"]): self.calm_path()
            }
        text = yaml.safe_dump(document) + ("" if self.calm else self.draw.choice(["", "", "", *_YAML_BOMBS]))
        self.write(self.tree / "mine.yaml", text)
        return self.tree / "mine.yaml"


_LAUGHS = "x-a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"x-{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_MERGES = "x-m: &m {a: 1, b: 2}\nx-n: {<<: [" + ",".join(["*m"] * 60_000) + "]}\n"
_YAML_BOMBS = (
    "x-deep: " + "[" * 3000 + "]" * 3000 + "\n", "x-deep: " + "{a: " * 200 + "1" + "}" * 200 + "\n", _LAUGHS, _MERGES,
    "x-big: '" + "y" * 300_000 + "'\n", "x-self: &s [*s]\n", "\t", "x: \x07\n",
)  # fmt: skip

_SCRIPTS = (
    "cat {path}", ". {path}", "echo ${variable}", "cp {path} /c.conf", "cat < {path} > /c.conf", "sed -i 's/.*/&&&&&&&&/g' /c.conf",
    "A=xxxxxxxx; " + "A=$A$A$A$A; " * 30 + "echo $A", "echo " + "$(echo " * 60 + "x" + ")" * 60, "{{ " * 400 + "true; " + "}}; " * 400,
    "echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab | sed -E 's/(a+)+$/x/'", "sh /c.conf", "set -- x; " + 'set -- "$@" "$@"; ' * 40,
    "printf '" + "%s" * 50 + "' " + "x " * 3000, "true", "true", "true", "[ -f {path} ] && cat {path}", "sed -E 's/a*a*a*a*a*b/x/' {path}",
)  # fmt: skip


def _make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def _make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(HUGE_BYTES)


def _make_closed(path: Path) -> None:
    path.write_text("hz 15\n")
    path.chmod(0)


def _make_authorities(home: Path) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        (path / "0.pem").write_text("no certificate")
        (path / "1.pem").symlink_to(home / "plain.conf")
        os.mkfifo(path / "2.pem")

    return make
