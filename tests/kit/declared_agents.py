"""Reads ``[agents.NAME]`` of ``gatekeeper.toml`` for tests, as long as the configuration does not do so itself.

To be removed, with its fixture in ``conftest.py``, once ``ConfigDocument`` knows ``agents``.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from gatekeeper import config
from gatekeeper.config.document import ConfigDocument
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.place_patterns import parse_place_pattern
from gatekeeper.core.roster import AgentSpec, PhaseName, PhaseSpec, Roster
from gatekeeper.report.json_lines import json_text

_load_settings = config.load_settings


def read_declared_agents(patch: pytest.MonkeyPatch) -> None:
    """Let settings have a roster until the end of the test."""
    if "agents" not in ConfigDocument.model_fields:
        for module in ("gatekeeper.config", "gatekeeper.scanning.trunk"):
            patch.setattr(f"{module}.load_settings", _with_roster)


def _with_roster(source: bytes | None, *, where: str) -> config.Settings:
    if source is None or b"[agents." not in source:
        return _load_settings(source, where=where)
    document = tomllib.loads(source.decode())
    agents, phases = document.pop("agents"), document.pop("phases", {})
    # Tables as inline values are all the TOML that the rest of these files needs.
    rest = "".join(f"{name} = {_inline(value)}\n" for name, value in document.items())
    roster = Roster(
        MappingProxyType({AgentName(name): _agent(name, table) for name, table in agents.items()}),
        MappingProxyType({PhaseName(name): _phase(name, table) for name, table in phases.items()}),
    )
    return replace(_load_settings(rest.encode(), where=where), roster=roster)


def _agent(name: str, table: dict[str, Any]) -> AgentSpec:
    scope = tuple(map(parse_place_pattern, table.get("scope", ())))
    return AgentSpec(AgentName(name), RefName(table.get("branch", name)), scope=scope)


def _phase(name: str, table: dict[str, Any]) -> PhaseSpec:
    return PhaseSpec(PhaseName(name), tuple(map(AgentName, table["agents"])))


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json_text(name)} = {_inline(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json_text(value)
