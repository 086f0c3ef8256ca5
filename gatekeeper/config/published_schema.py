"""The JSON Schema of ``gatekeeper.toml``, so that editors complete and explain its keys."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from gatekeeper.config.document import ConfigDocument


def schema_text() -> str:
    """Return the schema (draft 2020-12) as JSON."""
    schema = _plainer(ConfigDocument.model_json_schema(mode="validation"))
    head = {"$schema": GenerateJsonSchema.schema_dialect, "title": "gatekeeper.toml"}
    return json.dumps(head | schema, indent=2) + "\n"


def _plainer(node: Any) -> Any:
    """Return a schema without what says nothing: titles made of names, and null, which TOML does not have."""
    if isinstance(node, list):
        return [_plainer(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plainer(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if "description" in plain and isinstance(plain["description"], str):
        plain["description"] = " ".join(plain["description"].split())
    kinds = [kind for kind in plain.get("anyOf", ()) if kind != {"type": "null"}]
    if plain.get("default", ...) is None:
        del plain["default"]
    if "anyOf" in plain and len(kinds) == 1:
        del plain["anyOf"]
        plain = kinds[0] | plain
    return plain
