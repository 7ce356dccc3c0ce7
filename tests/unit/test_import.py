"""Importing the package costs nothing; what it offers is loaded when it is asked for."""

import subprocess
import sys

import pytest

import jsquared


def test_the_package_alone_loads_nothing_of_the_lab() -> None:
    """Plugins of other tools import it whether or not anybody uses it."""
    words = "import sys, jsquared; print(sorted(name for name in sys.modules if name.startswith('jsquared')))"
    shown = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{words}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "['jsquared', 'jsquared._version']\n"


def test_everything_that_it_offers_is_there() -> None:
    """And nothing else."""
    assert all(getattr(jsquared, name) for name in jsquared.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = jsquared.nothing
