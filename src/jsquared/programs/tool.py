"""The tools that JSquared knows: their programs, what these say of themselves, and the packages of Debian and Ubuntu that bring them.

A tool is one thing to fetch, and has the name of its main program. Nothing heavy may be imported here: completion in the shell reads it.
"""

import re
from dataclasses import dataclass

SERVER_LIBRARIES = ("liblzf1", "libjemalloc2")
"""What Debian's servers need and few other programs do. Whatever else is missing on a machine is found when the tool is fetched."""


@dataclass(frozen=True)
class KnownProgram:
    """A program of a tool: ``files`` are the names that it may have on PATH, and ``version`` finds the version in its answer."""

    name: str
    files: tuple[str, ...]
    version: re.Pattern[str]


@dataclass(frozen=True)
class Tool:
    """Programs that are fetched together; the first one has the tool's name, and the first package its version."""

    name: str
    purpose: str
    packages: tuple[str, ...]
    programs: tuple[KnownProgram, ...]


def _program(name: str, *files: str, says: str) -> KnownProgram:
    return KnownProgram(name, files or (name,), re.compile(rf"^{says}([^\s,]+)", re.MULTILINE | re.IGNORECASE))


TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            "redis",
            "The engine of --engine redis, with redis-cli.",
            ("redis-server", "redis-tools", *SERVER_LIBRARIES),
            (
                _program("redis", "redis-server", says=r"(?:Redis|Valkey) server v="),
                _program("redis-cli", says=r"(?:redis|valkey)-cli "),
            ),
        ),
        Tool(
            "valkey",
            "The engine of --engine valkey, with valkey-cli; from Debian 13 and Ubuntu 24.04 on.",
            ("valkey-server", "valkey-tools", *SERVER_LIBRARIES),
            (
                _program("valkey", "valkey-server", says=r"Valkey server v="),
                _program("valkey-cli", says=r"valkey-cli "),
            ),
        ),
        Tool(
            "prometheus",
            "Scrapes metrics and evaluates alert rules; with promtool, which checks rules.",
            ("prometheus",),
            (
                _program("prometheus", says="prometheus, version "),
                _program("promtool", says="promtool, version "),
            ),
        ),
        Tool(
            "alertmanager",
            "Groups alerts and delivers them; with amtool, which checks its configuration.",
            ("prometheus-alertmanager",),
            (
                _program("alertmanager", "alertmanager", "prometheus-alertmanager", says="alertmanager, version "),
                _program("amtool", says="amtool, version "),
            ),
        ),
        Tool(
            "redis-exporter",
            "Turns what servers and Sentinels say into metrics for Prometheus.",
            ("prometheus-redis-exporter",),
            (
                _program(
                    "redis-exporter",
                    "redis_exporter",
                    "prometheus-redis-exporter",
                    says=r".*Redis Metrics Exporter v?",
                ),
            ),
        ),
    )
}
"""By name, in the order of lists."""

PROGRAMS = {program.name: (tool, program) for tool in TOOLS.values() for program in tool.programs}
"""Each program by its name, with the tool that brings it."""
