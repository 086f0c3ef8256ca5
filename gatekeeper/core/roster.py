"""Who works on the repository, as ``gatekeeper.toml`` declares it: agents, their phases, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType

from gatekeeper.core.names import AgentName, KeyPath, RefName, TreePath
from gatekeeper.core.patterns import Glob

if TYPE_CHECKING:
    from gatekeeper.core.gates.spec import GateSpec

PhaseName = NewType("PhaseName", str)
GateName = NewType("GateName", str)

RoleName = NewType("RoleName", str)
"""What a principal may decide: one of ``ROLES``."""

ROLES = ("architect", "coordinator", "validator", "runner", "security", "release")
PRECEDENCE = ("priority", "first-seen")
"""By what it can be decided which of two agents goes first."""

Principal = NewType("Principal", str)
"""Who signs, by the name under which ``allowed_signers`` lists the key."""


@dataclass(frozen=True, slots=True)
class PlacePattern:
    """Places in the tree: all of the paths that fit, or the keys that fit in them. ``text`` is how it was written."""

    text: str
    path: Glob
    key: Glob | None = None

    def covers(self, path: TreePath, key: KeyPath | None) -> bool:
        """Return whether the place is meant; ``key`` None stands for the whole file."""
        if not self.path.matches(path.split("/")):
            return False
        return self.key is None or (key is not None and self.key.matches(key))


@dataclass(frozen=True, slots=True)
class Budget:
    """What an agent may use at a time; None where nothing is declared."""

    cores: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """A declared agent. An empty ``scope`` means that any place may be edited.

    ``signs_as`` is None where nothing is said: the agent signs under its own name.
    """

    name: AgentName
    branch: RefName
    role: str = "agent"
    priority: int = 0
    depends_on: tuple[AgentName, ...] = ()
    scope: tuple[PlacePattern, ...] = ()
    budget: Budget = Budget()
    contact: str | None = None
    signs_as: Principal | None = None

    @property
    def principal(self) -> Principal:
        """The name under which ``allowed_signers`` has its key."""
        return self.signs_as or Principal(self.name)


@dataclass(frozen=True, slots=True)
class PhaseGates:
    """The gates of a phase: before it starts, at its checkpoints, and before the next one starts."""

    pre: tuple[GateName, ...] = ()
    checkpoint: tuple[GateName, ...] = ()
    post: tuple[GateName, ...] = ()


@dataclass(frozen=True, slots=True)
class PhaseSpec:
    """A declared phase: who works in it, and which phases come before it."""

    name: PhaseName
    agents: tuple[AgentName, ...] = ()
    needs: tuple[PhaseName, ...] = ()
    gates: PhaseGates = PhaseGates()


@dataclass(frozen=True, slots=True)
class Limits:
    """After how long without a commit an agent is stale, and after how long a blocked one needs help."""

    stale: timedelta = timedelta(minutes=60)
    blocked: timedelta = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Roster:
    """All that is declared about people, phases and gates, in the order of the file.

    ``release`` are the gates that a release has to pass, besides those of the phases.
    """

    agents: Mapping[AgentName, AgentSpec] = field(default_factory=lambda: MappingProxyType({}))
    phases: Mapping[PhaseName, PhaseSpec] = field(default_factory=lambda: MappingProxyType({}))
    gates: Mapping[GateName, GateSpec] = field(default_factory=lambda: MappingProxyType({}))
    release: tuple[GateName, ...] = ()
    roles: Mapping[RoleName, tuple[Principal, ...]] = field(default_factory=lambda: MappingProxyType({}))
    limits: Limits = Limits()
    precedence: tuple[str, ...] = PRECEDENCE
    auto_integrate: bool = True

    def holders(self) -> Mapping[RoleName, tuple[Principal, ...]]:
        """Return who has each role, as signatures name them: an agent's name stands for what that agent signs as."""
        signing = {str(name): agent.principal for name, agent in self.agents.items()}
        return {role: tuple(signing.get(name, name) for name in names) for role, names in self.roles.items()}

    def phases_in_order(self) -> tuple[PhaseName, ...]:
        """Return the phases, each after those that it needs; none of a roster that was loaded wait in a circle."""
        needs = {name: phase.needs for name, phase in self.phases.items()}
        return tuple(TopologicalSorter(needs).static_order())
