"""How YAML is written for Prometheus, Alertmanager and the rest of the stack: everywhere alike, and by libyaml where PyYAML has it.

PyYAML's own emitter takes seconds for the tests of all alerts.
"""

from typing import Any

import yaml

LINE_WIDTH = 1000
"""Expressions stay on one line."""
BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def to_yaml(document: Any, dumper: Any = BASE) -> str:
    """Return a document as YAML, its keys in the order given.

    :param dumper: a subclass of ``BASE`` that represents something otherwise.
    """
    return str(yaml.dump(document, Dumper=dumper, sort_keys=False, width=LINE_WIDTH, allow_unicode=True))
