"""A client process is there soon: one is started for every client of every trial."""

import subprocess
import sys

COSTLY = ("msgspec", "numpy", "pyarrow", "pydantic", "ssl", "typer", "yaml")
"""What takes long to import, and no client needs at its start."""


def test_a_client_imports_nothing_costly() -> None:
    """Beside hiredis it needs the standard library alone."""
    program = f"import sys, jsquared.workload.client; print(*[name for name in {COSTLY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not done.stdout.split()
