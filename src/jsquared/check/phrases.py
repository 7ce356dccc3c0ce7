"""Numbers as verdicts write them, so that every sentence says times and counts in the same way."""


def seconds(at_ms: float) -> str:
    """A moment on the trial's clock: ``4.12 s``."""
    return f"{at_ms / 1000:.2f} s"


def milliseconds(duration_ms: float) -> str:
    """A duration: ``4,812 ms``."""
    return f"{duration_ms:,.0f} ms"


def counted(number: int, noun: str) -> str:
    """``1 write``, ``1,872 writes``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
