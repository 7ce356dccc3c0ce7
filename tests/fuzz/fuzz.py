"""Mutated inputs over every reader: ``python tests/fuzz/fuzz.py [N] [--seed S] [--jobs J] [--only READER] [--input I]``.

Input number I depends on the seed and nothing else. A finding is an exception that is no ``JSquaredError``, more than 2 s of CPU time, or
a process that ends. Each is printed with its number, so that ``--input I`` reads it again and shows where; the exit code is then 1.
"""

import argparse
import faulthandler
import gc
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1]))  # tests/support

from readers import Reader, readers

from jsquared.errors import JSquaredError

MOST_CPU_S = 2.0
HANGS_AFTER_S = 20
MOST_MEMORY_BYTES = 6 << 30


class HangsError(BaseException):
    """It does not end; no reader can catch this."""


@dataclass(frozen=True)
class Finding:
    """An input that a reader did not stand."""

    number: int
    reader: str
    what: str


@dataclass(frozen=True)
class Share:
    """What one process found, with its slowest input."""

    read: int
    refused: int
    findings: list[Finding]
    slowest: tuple[float, int, str]


def chosen(all_readers: list[Reader], number: int, seed: int) -> tuple[Reader, random.Random]:
    """The reader of an input, and the generator that makes it."""
    generator = random.Random(f"{seed}:{number}")
    return generator.choices(all_readers, [reader.share for reader in all_readers])[0], generator


def read_one(reader: Reader, generator: random.Random, folder: Path) -> tuple[float, BaseException | None]:
    """The CPU time that reading took, in s, and what was raised."""
    files = reader.make(generator)
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    signal.setitimer(signal.ITIMER_PROF, HANGS_AFTER_S)
    began_s = time.process_time()
    problem: BaseException | None = None
    try:
        reader.read(folder)
    except (Exception, HangsError) as raised:
        problem = raised
    took_s = time.process_time() - began_s
    signal.setitimer(signal.ITIMER_PROF, 0)
    return took_s, problem


def place_of(problem: BaseException) -> str:
    """Where it was raised, as the nearest line of JSquared's."""
    frames = traceback.extract_tb(problem.__traceback__)
    own = [frame for frame in frames if "/jsquared/" in frame.filename] or frames
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""


def _hangs(*_: Any) -> None:
    raise HangsError


def work(first: int, options: argparse.Namespace, at: Any, answers: Any) -> None:
    """Every ``jobs``-th input from ``first`` on."""
    signal.signal(signal.SIGPROF, _hangs)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    scratch = Path(tempfile.mkdtemp(prefix="jsq-fuzz-", dir=options.scratch))
    all_readers = readers(scratch)
    gc.freeze()
    read, refused, findings, slowest = 0, 0, [], (0.0, 0, "")
    try:
        for number in range(first, options.inputs, options.jobs):
            at.value = number
            reader, generator = chosen(all_readers, number, options.seed)
            if options.only and reader.name != options.only:
                continue
            took_s, problem = read_one(reader, generator, scratch / "input")
            read += 1
            refused += isinstance(problem, JSquaredError)
            slowest = max(slowest, (took_s, number, reader.name))
            if problem is not None and not isinstance(problem, JSquaredError):
                what = f"{type(problem).__name__}: {str(problem)[:160]} ({place_of(problem)})"
                findings.append(Finding(number, reader.name, what))
            elif took_s > MOST_CPU_S:
                findings.append(Finding(number, reader.name, f"{took_s:.1f} s of CPU time"))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    answers.put(Share(read, refused, findings, slowest))


def run(options: argparse.Namespace) -> list[Share]:
    """All inputs, side by side in processes; one that ends is a finding of its own, and its other inputs are not read."""
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    places = [context.Value("q", -1) for _ in range(options.jobs)]
    workers = [context.Process(target=work, args=(n, options, places[n], answers)) for n in range(options.jobs)]
    for worker in workers:
        worker.start()
    shares = []
    while len(shares) < options.jobs and (any(worker.is_alive() for worker in workers) or not answers.empty()):
        try:
            shares.append(answers.get(timeout=0.5))
        except Exception:
            continue
    for worker, place in zip(workers, places, strict=True):
        worker.join()
        if worker.exitcode:
            finding = Finding(place.value, "process", f"ended with {worker.exitcode}")
            shares.append(Share(0, 0, [finding], (0.0, 0, "")))
    return shares


def show(options: argparse.Namespace) -> int:
    """Read one input again, and show what it is and what is raised."""
    scratch = Path(tempfile.mkdtemp(prefix="jsq-fuzz-"))
    signal.signal(signal.SIGPROF, _hangs)
    reader, generator = chosen(readers(scratch), options.input, options.seed)
    took_s, problem = read_one(reader, generator, scratch / "input")
    print(f"input {options.input} of {reader.name} in {scratch / 'input'}: {took_s:.3f} s of CPU time")
    if problem is not None:
        traceback.print_exception(problem)
    return 0


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inputs", nargs="?", type=int, default=100_000, help="how many (100,000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", help="only the inputs of this reader")
    parser.add_argument("--input", type=int, default=-1, help="read this one again and keep its files")
    options = parser.parse_args()
    options.jobs = max(1, min(options.jobs, options.inputs))
    return options


def main() -> int:
    """Run it, and say what was found."""
    faulthandler.enable()
    options = parsed()
    if options.input >= 0:
        return show(options)
    with tempfile.TemporaryDirectory(prefix="jsq-fuzz-") as options.scratch:
        shares = run(options)
    findings = sorted((one for share in shares for one in share.findings), key=lambda one: one.number)
    for finding in findings:
        print(f"#{finding.number} {finding.reader}: {finding.what}")
    slow_s, slowest, reader = max(share.slowest for share in shares)
    read, refused = sum(share.read for share in shares), sum(share.refused for share in shares)
    print(
        f"{read:,} inputs with seed {options.seed}: {refused:,} refused in one line, {len(findings)} findings; "
        f"the slowest took {slow_s:.2f} s of CPU time (#{slowest}, {reader})"
    )
    return 1 if findings or not read else 0


if __name__ == "__main__":
    sys.exit(main())
