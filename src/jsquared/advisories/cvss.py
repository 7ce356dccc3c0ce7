"""The base score of CVSS 3.0 and 3.1 (https://www.first.org/cvss/v3-1/specification-document, section 7.1).

The library for it, ``cvss``, is under the LGPL and brings four versions; this is one formula.
"""

import math

from jsquared.advisories.advisory import Severity

_WEIGHTS = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_RATINGS: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))


def severity_of_vector(vector: str) -> Severity | None:
    """Return the rating of a vector of CVSS 3; None for another version, and for what is not one."""
    score = base_score(vector)
    return None if score is None else next(rating for least, rating in _RATINGS if score >= least)


def base_score(vector: str) -> float | None:
    """Return the score of a vector of CVSS 3, from 0 to 10; None for another version, and for what is not one."""
    if len(vector) > 200 or not vector.startswith(("CVSS:3.0/", "CVSS:3.1/")):
        return None
    metrics = dict(part.partition(":")[::2] for part in vector.split("/")[1:])
    try:
        weights = {name: values[metrics[name]] for name, values in _WEIGHTS.items()}
        is_changed = {"U": False, "C": True}[metrics["S"]]
        privileges = _PRIVILEGES[metrics["S"]][metrics["PR"]]
    except KeyError:
        return None
    loss = 1 - (1 - weights["C"]) * (1 - weights["I"]) * (1 - weights["A"])
    impact = 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 if is_changed else 6.42 * loss
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * weights["AV"] * weights["AC"] * privileges * weights["UI"]
    return _rounded_up(min(10.0, (1.08 if is_changed else 1.0) * (impact + exploitability)))


def _rounded_up(score: float) -> float:
    """Round to one decimal, upwards, without the errors of binary fractions (appendix A)."""
    hundred_thousandths = round(score * 100_000)
    tenths = hundred_thousandths // 10_000
    return math.ceil(hundred_thousandths / 10_000) / 10 if hundred_thousandths % 10_000 else tenths / 10
