"""Checked plain data to the definitions of gates: what every run does, so nothing here is slow to load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatekeeper.core.gates.spec import ApprovalGate, CommandGate, FilesGate, GateSpec, ManifestGate
from gatekeeper.core.quantities import parse_duration
from gatekeeper.core.roster import RoleName

_TIMEOUT = parse_duration("30m")


def gate_spec(row: Mapping[str, Any]) -> GateSpec:
    """Return the gate that a table of ``gates`` defines; it holds the keys of one kind only."""
    description = row.get("description", "")
    if "command" in row:
        timeout = parse_duration(row["timeout"]) if "timeout" in row else _TIMEOUT
        return CommandGate(tuple(row["command"]), timeout, _texts(row, "fail_on_output"), description)
    if "approval" in row:
        return ApprovalGate(RoleName(row["approval"]), _texts(row, "files"), description)
    if "files" in row:
        return FilesGate(
            _texts(row, "files"), row.get("min_lines", 0), _texts(row, "contains"), _texts(row, "forbids"), description
        )
    return ManifestGate(_texts(row, "keys"), _texts(row, "absent"), _texts(row, "rules"), description)


def _texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(row.get(key, ()))
