"""A fake ``apt-get`` with ``update``, ``download`` and ``download --print-uris``, for the repository in FAKE_REPOSITORY."""

import hashlib
import os
import sys
from pathlib import Path

REPOSITORY = Path(os.environ["FAKE_REPOSITORY"])


def fail(words: str) -> None:
    """End as apt does."""
    sys.stderr.write(f"E: {words}\n")
    sys.exit(100)


def main() -> None:
    """Do what the words say."""
    given = [word.removeprefix("--option=") for word in sys.argv[1:] if word.startswith("--option=")]
    options = dict(option.split("=", 1) for option in given)
    command, *names = [word for word in sys.argv[1:] if not word.startswith("-")]
    status = int(options["APT::Status-Fd"])
    state = options.get("Dir::State")
    lists = Path(state, "lists", "Packages") if state else REPOSITORY / "system-lists"
    if command == "update":
        if (REPOSITORY / "cut-off").exists():
            sys.stderr.write("W: Failed to fetch fake://repository/InRelease  Could not connect to 127.0.0.1:1\n")
            sys.exit(0)
        os.write(status, b"dlstatus:1:50.0000:Retrieving file 1 of 1\n")
        lists.write_text((REPOSITORY / "Packages").read_text())
        return
    listed = lists.read_text() if lists.exists() else ""
    known = [dict(line.split(": ", 1) for line in entry.splitlines()) for entry in listed.split("\n\n") if entry]
    packages = {entry["Package"]: entry for entry in known}
    for name in names:
        if name not in packages:
            fail(f"Unable to locate package {name}")
    for name in names:
        entry = packages[name]
        file = Path(entry["Filename"]).name
        if "--print-uris" in sys.argv:
            print(f"'fake:///{entry['Filename']}' {file} {entry['Size']} SHA256:{entry['SHA256']}")
            continue
        source = REPOSITORY / "pool" / file
        if not source.exists():
            fail(f"Failed to fetch fake:///{entry['Filename']}  404  Not Found")
        data = source.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry["SHA256"]:
            fail(f"Failed to fetch fake:///{entry['Filename']}  Hash Sum mismatch")
        os.write(status, b"dlstatus:1:50.0000:Retrieving file 1 of 1\n")
        Path(file).write_bytes(data)


main()
