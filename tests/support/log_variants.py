"""Real logs of servers as collectors export them: the same lines with what each of them puts around a line."""

import datetime
import gzip
import json
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jsquared.logs.server_lines import parse_line

LOGS = Path(__file__).parents[1] / "fixtures" / "logs"
ENGINES = ("redis-6.2", "redis-7.0", "valkey-9.1")
_STAMP = re.compile(r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3}")


def truth(name: str) -> dict[str, Any]:
    """What the trial's own record said of its failover."""
    found: dict[str, Any] = json.loads((LOGS / name / "truth.json").read_text())
    return found


def logs_of(name: str) -> dict[str, list[str]]:
    """The lines of a trial's servers, by their names."""
    return {path.stem: path.read_text().splitlines() for path in sorted((LOGS / name).glob("*.log"))}


def moved(line: str, by_s: float) -> str:
    """A line with its stamp moved."""
    match = _STAMP.search(line)
    if match is None:
        return line
    at = datetime.datetime.strptime(match[0], "%d %b %Y %H:%M:%S.%f") + datetime.timedelta(seconds=by_s)
    return line.replace(match[0], f"{at:%d %b %Y %H:%M:%S}.{at.microsecond // 1000:03d}", 1)


def _at(line: str) -> datetime.datetime:
    parsed = parse_line(line)
    assert parsed is not None
    return datetime.datetime.fromtimestamp(parsed.unix_s, datetime.UTC)


def _lines(logs: dict[str, list[str]]) -> Iterator[tuple[str, str, datetime.datetime]]:
    """Every line with its server and its moment, those of all servers in the order of time."""
    found = [(name, line, _at(line)) for name, lines in logs.items() for line in lines]
    yield from sorted(found, key=lambda one: one[2])


def _rfc3339(at: datetime.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}123Z"


def _bare(line: str) -> str:
    """The text of a line without the server's own stamp, as servers give it to syslog."""
    parsed = parse_line(line)
    assert parsed is not None
    return parsed.text


def _one_file(name: str, lines: Iterator[str]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text("".join(f"{line}\n" for line in lines))

    return write


def plain(logs: dict[str, list[str]], folder: Path) -> None:
    """A file for each server."""
    for name, lines in logs.items():
        (folder / f"{name}.log").write_text("\n".join(lines) + "\n")


def packed(logs: dict[str, list[str]], folder: Path) -> None:
    """A file for each server, packed one by one."""
    for name, lines in logs.items():
        (folder / f"{name}.log.gz").write_bytes(gzip.compress("\n".join(lines).encode()))


def archived(logs: dict[str, list[str]], folder: Path) -> None:
    """One archive with a folder for each host."""
    inside = folder / "inside"
    for name, lines in logs.items():
        kind, _, host = name.partition("-")
        (inside / host).mkdir(parents=True, exist_ok=True)
        (inside / host / f"{kind}.log").write_text("\n".join(lines) + "\n")
    with tarfile.open(folder / "logs.tar.gz", "w:gz") as archive:
        archive.add(inside, "logs")
    shutil.rmtree(inside)


def rotated(logs: dict[str, list[str]], folder: Path) -> None:
    """The first half of each log is an older file, packed."""
    for name, lines in logs.items():
        half = len(lines) // 2
        (folder / f"{name}.log").write_text("\n".join(lines[half:]) + "\n")
        (folder / f"{name}.log.2.gz").write_bytes(gzip.compress("\n".join(lines[: half // 2]).encode()))
        (folder / f"{name}.log.1").write_text("\n".join(lines[half // 2 : half]) + "\n")


def compose(logs: dict[str, list[str]], folder: Path) -> None:
    """``docker compose logs`` with its colours."""
    lines = (f"\x1b[36m{name:<12}  | \x1b[0m{line}" for name, line, _ in _lines(logs))
    _one_file("compose.log", lines)(folder)


def compose_stamped(logs: dict[str, list[str]], folder: Path) -> None:
    """``docker compose logs -t --no-color``."""
    _one_file("compose.log", (f"{name}-1  | {_rfc3339(at)} {line}" for name, line, at in _lines(logs)))(folder)


def docker(logs: dict[str, list[str]], folder: Path) -> None:
    """``docker logs -t``, a file for each container."""
    for name, lines in logs.items():
        (folder / f"{name}.txt").write_text("".join(f"{_rfc3339(_at(line))} {line}\n" for line in lines))


def docker_json(logs: dict[str, list[str]], folder: Path) -> None:
    """Docker's own files."""
    for name, lines in logs.items():
        entries = ({"log": f"{line}\n", "stream": "stdout", "time": _rfc3339(_at(line))} for line in lines)
        (folder / f"{name}-json.log").write_text("".join(json.dumps(entry) + "\n" for entry in entries))


def kubectl(logs: dict[str, list[str]], folder: Path) -> None:
    """``kubectl logs --prefix --timestamps`` of pods with two containers."""
    lines = (
        f"[pod/{name.replace('sentinel', 'redis')}/{name.partition('-')[0]}] {_rfc3339(at)} {line}"
        for name, line, at in _lines(logs)
    )
    _one_file("pods.log", lines)(folder)


def container(logs: dict[str, list[str]], folder: Path) -> None:
    """The files of a node's container runtime."""
    for name, lines in logs.items():
        (folder / f"{name}.log").write_text("".join(f"{_rfc3339(_at(line))} stdout F {line}\n" for line in lines))


def _entries(logs: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for name, line, at in _lines(logs):
        kind, _, host = name.partition("-")
        yield {
            "__CURSOR": "s=1",
            "__REALTIME_TIMESTAMP": str(round(at.timestamp() * 1e6)),
            "_HOSTNAME": host,
            "_SYSTEMD_UNIT": f"{kind}.service",
            "SYSLOG_IDENTIFIER": kind,
            "MESSAGE": line,
        }


def journal_json(logs: dict[str, list[str]], folder: Path) -> None:
    """``journalctl -o json``, with some messages as numbers, as bytes that are no text are."""
    lines = []
    for number, entry in enumerate(_entries(logs)):
        message: Any = entry["MESSAGE"]
        lines.append(json.dumps(entry | {"MESSAGE": list(message.encode()) if number % 7 == 0 else message}))
    _one_file("journal.json", iter(lines))(folder)


def journal_export(logs: dict[str, list[str]], folder: Path) -> None:
    """``journalctl -o export``, with some messages behind their length."""
    out = bytearray()
    for number, entry in enumerate(_entries(logs)):
        for name, value in entry.items():
            if name == "MESSAGE" and number % 5 == 0:
                data = value.encode()
                out += b"MESSAGE\n" + len(data).to_bytes(8, "little") + data + b"\n"
            else:
                out += f"{name}={value}\n".encode()
        out += b"\n"
    (folder / "journal.export").write_bytes(bytes(out))


def journal_short(logs: dict[str, list[str]], folder: Path) -> None:
    """``journalctl`` of each host as it is shown: no year, no zone, whole seconds."""
    for name, lines in logs.items():
        kind, _, host = name.partition("-")
        text = "".join(f"{_at(line):%b %d %H:%M:%S} {host} {kind}[12]: {line}\n" for line in lines)
        (folder / f"{name}.journal").write_text(text)


def journal_iso(logs: dict[str, list[str]], folder: Path) -> None:
    """``journalctl -o short-iso-precise`` of everything."""
    lines = (
        f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}+0000 {name} redis[12]: {line}" for name, line, at in _lines(logs)
    )
    _one_file("journal.txt", lines)(folder)


def syslog(logs: dict[str, list[str]], folder: Path) -> None:
    """``syslog-enabled``: the text alone, and ``journalctl -o short-precise`` around it."""
    for name, lines in logs.items():
        kind, _, host = name.partition("-")
        texts = ((f"{_at(line):%b %d %H:%M:%S}.{_at(line).microsecond:06d}", _bare(line)) for line in lines)
        (folder / f"{name}.syslog").write_text("".join(f"{at} {host} {kind}[12]: {text}\n" for at, text in texts))


def zoned(logs: dict[str, list[str]], folder: Path) -> None:
    """``docker logs -t`` of servers that write times of UTC+2."""
    for name, lines in logs.items():
        text = "".join(f"{_rfc3339(_at(line))} {moved(line, 7200)}\n" for line in lines)
        (folder / f"{name}.log").write_text(text)


def logfmt(logs: dict[str, list[str]], folder: Path) -> None:
    """``log-format logfmt`` with ``log-timestamp-format iso8601`` of Valkey 8.1 and newer."""
    words = {"X": "sentinel", "M": "primary", "S": "replica", "C": "RDB/AOF"}
    for name, lines in logs.items():
        with (folder / f"{name}.log").open("w") as file:
            for line in lines:
                parsed, at = parse_line(line), _at(line)
                assert parsed is not None
                stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+00:00"
                role = words[parsed.role]
                file.write(
                    f'pid={parsed.pid} role={role} timestamp="{stamp}" level={parsed.level} message="{parsed.text}"\n'
                )


VARIANTS = {
    "plain": plain,
    "gz": packed,
    "tar.gz": archived,
    "rotated": rotated,
    "compose": compose,
    "compose -t": compose_stamped,
    "docker -t": docker,
    "json-file": docker_json,
    "kubectl": kubectl,
    "container": container,
    "journal json": journal_json,
    "journal export": journal_export,
    "journal short": journal_short,
    "journal short-iso-precise": journal_iso,
    "syslog": syslog,
    "zoned": zoned,
    "logfmt": logfmt,
}
"""Every way of writing the logs of all servers into a folder."""
