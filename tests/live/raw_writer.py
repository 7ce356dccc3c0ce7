"""A second opinion on the write gap: a plain loop over raw sockets that shares no code with JSquared.

    python raw_writer.py RESULT_FILE SOURCE_ADDRESS MASTER_NAME SENTINEL_ADDRESS…

Writes one key after the other with SET and WAIT 1, asks the Sentinels when anything goes wrong, and appends the time of each
acknowledgement (monotonic ns, 8 bytes, little endian) to the file; a negative number is how long the machine let it oversleep.
"""

import select
import socket
import sys
import threading
import time
from pathlib import Path

OUT = Path(sys.argv[1]).open("ab", buffering=0)  # noqa: SIM115 -- open until it is ended
SOURCE, MASTER = sys.argv[2], sys.argv[3]
SENTINELS = sys.argv[4:]
ANSWERS = {}


def pause(seconds):
    """Let so much time pass between two looks."""
    select.select([], [], [], seconds)


def note(number):
    """Append a number to the result."""
    OUT.write(number.to_bytes(8, "little", signed=True))


def command(*words):
    """A command as the protocol has it."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def connect(address, port, timeout):
    """A connection from the client's own address."""
    return socket.create_connection((address, port), timeout, source_address=(SOURCE, 0))


def named(sentinel):
    """The primary that a Sentinel names, None when it does not answer."""
    try:
        with connect(sentinel, 26379, 0.1) as link:
            link.sendall(command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER))
            lines = link.recv(1024).split(b"\r\n")
            return (lines[2].decode(), int(lines[4]))
    except (OSError, IndexError, ValueError):
        return None


def keep_asking(sentinel, answers):
    """Keep what one Sentinel names in ``answers``."""
    while True:
        answers[sentinel] = named(sentinel)
        pause(0.01)


def primary():
    """The primary that a majority of the Sentinels names, however long that takes."""
    while True:
        answers = list(ANSWERS.values())
        for answer in set(answers) - {None}:
            if answers.count(answer) > len(SENTINELS) // 2:
                return answer
        pause(0.005)


def write_until_it_fails(link, number):
    """Write and note each acknowledgement; give the next number once something goes wrong."""
    link.settimeout(0.5)
    while True:
        link.sendall(command("SET", f"raw:{number}", number) + command("WAIT", 1, 300))
        reply = b""
        while reply.count(b"\r\n") < 2:
            data = link.recv(1024)
            if not data:
                return number
            reply += data
        number += 1
        if reply not in (b"+OK\r\n:1\r\n", b"+OK\r\n:2\r\n"):
            return number
        note(time.monotonic_ns())
        before = time.monotonic_ns()
        pause(0.002)
        late = time.monotonic_ns() - before - 2_000_000
        if late > 10_000_000:
            note(-late)


def main():
    """Write for two minutes at most; whoever started it ends it before."""
    for sentinel in SENTINELS:
        threading.Thread(target=keep_asking, args=(sentinel, ANSWERS), daemon=True).start()
    number = 0
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with connect(*primary(), 0.02) as link:
                number = write_until_it_fails(link, number)
        except OSError:
            continue


main()
