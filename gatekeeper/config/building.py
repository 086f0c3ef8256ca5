"""Checked plain data to settings: what every run does, so nothing here is slow to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from gatekeeper.config.expectations import Expectation
from gatekeeper.config.gate_specs import gate_spec
from gatekeeper.config.settings import (
    AgentGlobs,
    LedgerSettings,
    PlaceOverride,
    Settings,
    SeverityOverrides,
    WorktreeSettings,
)
from gatekeeper.core.channels import Channel, ChannelKind
from gatekeeper.core.names import AgentName, RefName, RuleId, Severity, TreePath
from gatekeeper.core.patterns import key_glob, path_glob
from gatekeeper.core.place_patterns import parse_place_pattern
from gatekeeper.core.quantities import parse_duration, parse_memory
from gatekeeper.core.roster import (
    AgentSpec,
    Budget,
    GateName,
    Limits,
    PhaseGates,
    PhaseName,
    PhaseSpec,
    Principal,
    RoleName,
    Roster,
)
from gatekeeper.core.rules.model import Family

_HEADS = "refs/heads/"
_FAMILIES = {family.value.casefold(): family for family in Family}
_SEVERITIES = {severity.label: severity for severity in Severity}


def settings_of(plain: Mapping[str, Any]) -> Settings:
    """Return the settings in what ``checks.read`` has returned.

    Raises KeyError, TypeError, ValueError or AttributeError for data that it has not made.
    """
    policy, ledger = plain["policy"], plain["ledger"]
    return Settings(
        trunk=plain.get("trunk"),
        fail_on=_SEVERITIES[plain["fail_on"]],
        agents=AgentGlobs(tuple(plain["branches"]["include"]), tuple(plain["branches"]["exclude"])),
        severity=_overrides(policy["severity"]),
        expected=(*map(_expectation, policy["expected"]), *_declared_conflicts(plain["agents"])),
        roster=_roster(plain, policy),
        ledger=LedgerSettings(
            ledger.get("remote"), TreePath(ledger["allowed_signers"]), parse_duration(ledger["retention"])
        ),
        worktrees=WorktreeSettings(plain["worktrees"]["directory"]),
        notifications=tuple(map(_channel, plain["notifications"])),
    )


def _overrides(plain: Mapping[str, Any]) -> SeverityOverrides:
    return SeverityOverrides(
        MappingProxyType({RuleId(rule): _SEVERITIES[name] for rule, name in plain["rules"].items()}),
        MappingProxyType({_FAMILIES[name.casefold()]: _SEVERITIES[label] for name, label in plain["families"].items()}),
        tuple(
            PlaceOverride(path_glob(row["path"]), key_glob(row["key"]), _SEVERITIES[row["severity"]], _rule(row))
            for row in plain["places"]
        ),
    )


def _rule(row: Mapping[str, Any]) -> RuleId | None:
    return RuleId(row["rule"]) if "rule" in row else None


def _expectation(row: Mapping[str, Any]) -> Expectation:
    family = _FAMILIES[row["family"].casefold()] if "family" in row else None
    return Expectation(
        row["reason"], path_glob(row["path"]), key_glob(row["key"]), _rule(row), family, tuple(row.get("agents", ()))
    )


def _declared_conflicts(agents: Mapping[str, Any]) -> Iterator[Expectation]:
    """Yield what agents declare of each other: no agent's name holds what a glob would take for a wildcard."""
    for name, agent in agents.items():
        for row in agent["conflicts_with"]:
            yield Expectation(row["reason"], path_glob(row["path"]), key_glob(row["key"]), agents=(name, row["agent"]))


def _roster(plain: Mapping[str, Any], policy: Mapping[str, Any]) -> Roster:
    agents, phases, gates = plain["agents"], plain["phases"], plain["gates"]
    roles = {RoleName(role): tuple(map(Principal, names)) for role, names in policy["roles"].items()}
    limits = policy["limits"]
    return Roster(
        agents=MappingProxyType({AgentName(name): _agent(AgentName(name), row) for name, row in agents.items()}),
        phases=MappingProxyType({PhaseName(name): _phase(PhaseName(name), row) for name, row in phases.items()}),
        gates=MappingProxyType({GateName(name): gate_spec(row) for name, row in gates.items()}),
        release=tuple(map(GateName, plain["release"]["gates"])),
        roles=MappingProxyType(roles),
        limits=Limits(parse_duration(limits["stale"]), parse_duration(limits["blocked"])),
        precedence=tuple(policy["precedence"]),
        auto_integrate=policy["auto_integrate"],
    )


def _agent(name: AgentName, row: Mapping[str, Any]) -> AgentSpec:
    budget = row["budget"]
    return AgentSpec(
        name=name,
        branch=RefName(_HEADS + row["branch"]),
        role=row["role"],
        priority=row["priority"],
        depends_on=tuple(map(AgentName, row["depends_on"])),
        scope=tuple(map(parse_place_pattern, row["scope"])),
        budget=Budget(budget.get("cores"), parse_memory(budget["memory"]) if "memory" in budget else None),
        signs_as=Principal(row["signs_as"]) if "signs_as" in row else None,
        contact=row.get("contact"),
    )


def _phase(name: PhaseName, row: Mapping[str, Any]) -> PhaseSpec:
    gates = {kind: tuple(map(GateName, names)) for kind, names in row["gates"].items()}
    return PhaseSpec(
        name=name,
        agents=tuple(map(AgentName, row["agents"])),
        needs=tuple(map(PhaseName, row["needs"])),
        gates=PhaseGates(**gates),
    )


def _channel(row: Mapping[str, Any]) -> Channel:
    kind = next(kind for kind in ChannelKind if kind.value in row)
    target = row[kind.value]
    return Channel(
        name=row["name"],
        kind=kind,
        target=(target,) if isinstance(target, str) else tuple(target),
        events=frozenset(row["on"]),
        least=_SEVERITIES[row["least"]],
        timeout=parse_duration(row["timeout"]),
        secret_env=row.get("secret_env"),
    )
