"""JSON Schema, as much of draft 7 as the schema of SARIF uses: the places in a document that a schema does not allow."""

import re
from collections.abc import Iterator
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
KNOWN = set(
    "$ref $schema $id additionalProperties anyOf default definitions description enum format items maximum minItems minimum oneOf "
    "pattern properties required title type uniqueItems".split()
)


def violations(
    document: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "$"
) -> Iterator[str]:
    """Yield a line for each place of the document that the schema refuses; a keyword that is not known here is an error."""
    root = root or schema
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        yield from violations(document, root["definitions"][name], root, at)
        return
    wanted = schema.get("type")
    kinds = [wanted] if isinstance(wanted, str) else wanted or []
    if kinds and not any(_is(document, kind) for kind in kinds):
        yield f"{at}: not of type {wanted}"
        return
    yield from _values(document, schema, at)
    for word in ("anyOf", "oneOf"):
        fitting = [one for one in schema.get(word, ()) if not list(violations(document, one, root, at))]
        if word in schema and (not fitting or (word == "oneOf" and len(fitting) > 1)):
            yield f"{at}: {len(fitting)} of {word} fit"
    if isinstance(document, dict):
        yield from _members(document, schema, root, at)
    if isinstance(document, list):
        for number, item in enumerate(document):
            yield from violations(item, schema.get("items", {}), root, f"{at}[{number}]")


def _is(document: Any, kind: str) -> bool:
    return isinstance(document, TYPES[kind]) and (kind == "boolean" or not isinstance(document, bool))


def _values(document: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if "enum" in schema and document not in schema["enum"]:
        yield f"{at}: {document!r} is not one of {schema['enum']}"
    if isinstance(document, str) and not re.search(schema.get("pattern", ""), document):
        yield f"{at}: {document!r} does not match {schema['pattern']}"
    if isinstance(document, int | float) and not schema.get("minimum", document) <= document <= schema.get(
        "maximum", document
    ):
        yield f"{at}: {document} is out of range"
    if isinstance(document, list):
        if len(document) < schema.get("minItems", 0):
            yield f"{at}: fewer than {schema['minItems']} items"
        if schema.get("uniqueItems") and any(item in document[:number] for number, item in enumerate(document)):
            yield f"{at}: an item is there twice"


def _members(document: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    yield from (f"{at}: no {name}" for name in schema.get("required", ()) if name not in document)
    known = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for name, value in document.items():
        if name in known:
            yield from violations(value, known[name], root, f"{at}.{name}")
        elif others is False:
            yield f"{at}: {name} is not known"
        elif isinstance(others, dict):
            yield from violations(value, others, root, f"{at}.{name}")
