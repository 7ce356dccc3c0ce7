"""JSquared, the resilience lab for Redis Sentinel.

It stands up a real deployment, breaks it on purpose and proves from the recorded history what happened.
Command line: ``jsquared --help``. How the parts fit: ARCHITECTURE.md.
"""

from jsquared._version import __version__

__all__ = ["__version__"]
