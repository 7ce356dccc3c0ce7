"""One unit of systemd as text: a service that sees and does nothing but what its work needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.monitor.render.stack import NAME

HARDENING = {
    "DynamicUser": "yes",
    "UMask": "0077",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "NoNewPrivileges": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "SystemCallFilter": "@system-service",
}
"""AF_NETLINK is how programs in Go ask for the machine's own addresses."""
PREFIX = f"{NAME}-"


def unit_name(part: str) -> str:
    """Return the name of a part's unit."""
    return f"{PREFIX}{part}.service"


def state_folder(part: str) -> str:
    """Return where a unit keeps its data."""
    return f"/var/lib/{PREFIX}{part}"


def credentials_folder(part: str) -> str:
    """Return where a unit finds its credentials while it runs; no other user can read them there."""
    return f"/run/credentials/{unit_name(part)}"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What is special about one service: ``credentials`` are files of root's, by the names that the service knows them by."""

    part: str
    description: str
    command: Sequence[str]
    credentials: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """In the place of, or beside, those of ``HARDENING``."""
    keeps_state: bool = True
    instead_of: str = ""
    """The unit that the distribution's package starts by itself, on the same port."""

    @property
    def text(self) -> str:
        """The file."""
        conflict = [("Conflicts", f"{self.instead_of}.service")] * bool(self.instead_of)
        return "\n".join(
            [
                f"# {self.description}. Written by JSquared.",
                *_section(
                    "Unit",
                    ("Description", self.description),
                    ("After", "network-online.target"),
                    ("Wants", "network-online.target"),
                    ("PartOf", f"{NAME}.target"),
                    *conflict,
                ),
                *_section("Service", *self._service()),
                *_section("Install", ("WantedBy", f"{NAME}.target")),
            ]
        )

    def _service(self) -> list[tuple[str, str]]:
        state = {"StateDirectory": f"{PREFIX}{self.part}", "StateDirectoryMode": "0700"} if self.keeps_state else {}
        return [
            ("ExecStart", " \\\n  ".join(self.command)),
            ("Restart", "on-failure"),
            ("RestartSec", "5s"),
            *(("LoadCredential", f"{name}:{path}") for name, path in self.credentials.items()),
            *(("Environment", f"{name}={value}") for name, value in self.environment.items()),
            *{**state, **HARDENING, **self.settings}.items(),
        ]


def target_text(parts: Sequence[str]) -> str:
    """Return the target that starts and stops all units together."""
    return "\n".join(
        [
            "# The monitoring of Redis behind Sentinel, all of it. Written by JSquared.",
            *_section(
                "Unit",
                ("Description", "Monitoring of Redis behind Sentinel"),
                ("Wants", " ".join(map(unit_name, parts))),
            ),
            *_section("Install", ("WantedBy", "multi-user.target")),
        ]
    )


def _section(name: str, *settings: tuple[str, str]) -> list[str]:
    return [f"[{name}]", *(f"{key}={value}" for key, value in settings), ""]
