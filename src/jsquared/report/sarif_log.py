"""The form of a SARIF 2.1.0 log that everything of JSquared's has: one run of one tool, as plain data."""

from collections.abc import Sequence
from typing import Any

from jsquared._version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LINE_HASH = "primaryLocationLineHash"
"""The only fingerprint that GitHub compares."""

Data = dict[str, Any]


def sarif_log(*, called: str, category: str, rules: Sequence[Data], invocation: Data, results: Sequence[Data]) -> Data:
    """Return a log with one run.

    :param called: the tool's full name.
    :param category: tells runs about other things apart, for GitHub; it ends with ``/``.
    """
    driver = {
        "name": "JSquared",
        "fullName": called,
        "version": __version__,
        "semanticVersion": __version__,
        "rules": list(rules),
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": category},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": list(results),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
