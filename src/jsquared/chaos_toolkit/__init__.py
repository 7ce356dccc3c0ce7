"""The extension for Chaos Toolkit: what an experiment can do with a lab, and measure in it (docs/guides/chaos-toolkit.md).

An experiment names ``jsquared.chaos_toolkit.actions``, ``.probes``, ``.tolerances`` and ``.controls``. Nothing else of JSquared imports
this package, and Chaos Toolkit itself is the extra ``chaos``.
"""

import importlib.util

if importlib.util.find_spec("chaoslib") is None:
    raise ImportError("Chaos Toolkit is not installed. Try: pip install 'jsquared[chaos]'")

from jsquared.chaos_toolkit.discovery import discover

__all__ = ["discover"]
