"""As much of JSON Schema as our own schemas use; an unknown keyword fails."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_IGNORED = {"title", "description", "$schema", "$id", "$defs", "default", "required", "items"}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "minLength": lambda text, least: len(text) >= least,
    "maxLength": lambda text, most: len(text) <= most,
    "minItems": lambda values, least: len(values) >= least,
    "maxItems": lambda values, most: len(values) <= most,
    "pattern": lambda text, pattern: re.search(pattern, text) is not None,
}


def check(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, where: str = "$") -> None:
    """Fail with the place where a value does not fit a schema."""
    root = root or schema
    for keyword, wanted in schema.items():
        if keyword == "$ref":
            check(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, where)
        elif keyword == "anyOf":
            assert any(_fits(value, one, root, where) for one in wanted), where
        elif keyword == "type":
            assert isinstance(value, _TYPES[wanted]), f"{where}: {value!r} is no {wanted}"
            assert isinstance(value, bool) <= (wanted == "boolean"), where
        elif keyword in {"enum", "const"}:
            assert value in (wanted if keyword == "enum" else [wanted]), f"{where}: {value!r} is not in {wanted}"
        elif keyword in _BOUNDS:
            assert _BOUNDS[keyword](value, wanted), f"{where}: {value!r} against {keyword} {wanted}"
        elif keyword in {"properties", "additionalProperties", "oneOf", "dependentRequired"}:
            _check_object(value, schema, root, where)
        else:
            assert keyword in _IGNORED, f"{where}: keyword {keyword}"
    for number, entry in enumerate(value if "items" in schema else ()):
        check(entry, schema["items"], root, f"{where}[{number}]")


def _check_object(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> None:
    assert isinstance(value, dict), f"{where}: {value!r} is no object"
    missing = set(schema.get("required", ())) - set(value)
    assert not missing, f"{where}: {missing} missing"
    if "oneOf" in schema:
        assert sum(_has_keys(value, one) for one in schema["oneOf"]) == 1, where
    for name, needed in schema.get("dependentRequired", {}).items():
        assert name not in value or set(needed) <= set(value), f"{where}: {name} without {needed}"
    known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
    for name, inner in value.items():
        assert name in known or others is not False, f"{where}: {name} is not in the schema"
        check(inner, known.get(name, others), root, f"{where}.{name}")


def _has_keys(value: dict[str, Any], condition: dict[str, Any]) -> bool:
    """Return whether a condition on the keys of an object holds."""
    assert condition.keys() <= {"required", "not", "anyOf"}, condition
    return (
        set(condition.get("required", ())) <= set(value)
        and not ("not" in condition and _has_keys(value, condition["not"]))
        and ("anyOf" not in condition or any(_has_keys(value, one) for one in condition["anyOf"]))
    )


def _fits(value: Any, schema: dict[str, Any], root: dict[str, Any], where: str) -> bool:
    try:
        check(value, schema, root, where)
    except AssertionError:
        return False
    return True
