"""What somebody types of a fault, as the values that it takes."""

from collections.abc import Sequence

from jsquared.errors import BadInputError
from jsquared.faults.catalogue import fault_named
from jsquared.records.lab_messages import ParameterValue
from jsquared.text import whole_number

_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def parameters_in(fault: str, settings: Sequence[str]) -> dict[str, ParameterValue]:
    """The parameters of a fault in texts such as ``links=replication``.

    :raises BadInputError: there is no such fault or parameter, or a value is not of its type.
    """
    known = {parameter.name: parameter.default for parameter in fault_named(fault).parameters}
    values: dict[str, ParameterValue] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or name not in known:
            hint = ", ".join(f"{one}={default}" for one, default in known.items()) or "none: it has no parameters"
            raise BadInputError(f"'{name[:80]}' is not a parameter of it", where=f"fault '{fault}', --set", hint=hint)
        values[name] = _value(fault, name, text, known[name])
    return values


def _value(fault: str, name: str, text: str, default: object) -> ParameterValue:
    where = f"fault '{fault}', --set {name}"
    if isinstance(default, bool):
        if text not in _TRUTHS:
            raise BadInputError(f"'{text[:80]}' is neither yes nor no", where=where, hint="yes")
        return _TRUTHS[text]
    if isinstance(default, int):
        number = whole_number(text)
        if number is None:
            raise BadInputError(f"'{text[:80]}' is not a whole number", where=where, hint=str(default))
        return number
    if isinstance(default, float):
        try:
            return float(text)
        except ValueError as problem:
            raise BadInputError(f"'{text[:80]}' is not a number", where=where, hint=str(default)) from problem
    return text.split(",") if isinstance(default, list | tuple) else text
