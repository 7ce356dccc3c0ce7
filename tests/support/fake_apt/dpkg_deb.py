"""A fake ``dpkg-deb`` with ``--field`` and ``--extract``, for packages that are plain archives."""

import subprocess
import sys
from pathlib import Path

action, package, *words = sys.argv[1:]


def fail(reason: str) -> None:
    """End as dpkg-deb does."""
    sys.stderr.write(f"dpkg-deb: error: {reason}\n")
    sys.exit(2)


listed = subprocess.run(
    ["tar", "--extract", "--to-stdout", "--file", package, "./DEBIAN/control"], capture_output=True, check=False
)
if listed.returncode:
    fail(f"'{package}' is not a Debian format archive")
if action == "--field":
    fields = dict(line.split(": ", 1) for line in listed.stdout.decode().splitlines())
    print("\n".join(f"{name}: {fields[name]}" for name in words if name in fields))
else:
    Path(words[0]).mkdir(exist_ok=True)
    extract = ["tar", "--extract", "--file", package, "--directory", words[0], "--exclude", "./DEBIAN"]
    sys.exit(subprocess.run(extract, check=False).returncode)
