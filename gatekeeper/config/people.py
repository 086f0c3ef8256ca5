"""The tables of ``gatekeeper.toml`` that declare agents and phases."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gatekeeper.config.tables import (
    Branch,
    Component,
    Different,
    KeyGlobText,
    Line,
    Memory,
    PathGlobText,
    PlaceText,
    Principal,
    Table,
)

_HIGHEST_PRIORITY = 1_000_000


class BudgetTable(Table):
    """What an agent may use at a time."""

    cores: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Processor cores; parts of one count, too."""

    memory: Memory | None = None
    """Memory, such as 512MB or 1.5GiB."""


class ConflictRow(Table):
    """A conflict with another agent that comes as no surprise."""

    agent: str
    """The other agent."""

    path: PathGlobText = "**"
    """Where it is expected: a glob of paths, from the top of the tree."""

    key: KeyGlobText = "**"
    """Where it is expected: a glob of keys."""

    reason: Line | None = None
    """Why; findings tell it. Without it, that the two are declared to conflict."""


def _spelled_out(row: Any) -> Any:
    return {"agent": row} if isinstance(row, str) else row


ConflictEntry = Annotated[ConflictRow, BeforeValidator(_spelled_out, json_schema_input_type=str | ConflictRow)]
"""An agent's name, or a row."""


class AgentTable(Table):
    """A worker, human or program, with a branch of its own."""

    role: Line = "agent"
    """What kind of worker it is, in a word."""

    branch: Branch | None = None
    """The short name of its branch; without it, the agent's own name."""

    priority: Annotated[int, Field(ge=-_HIGHEST_PRIORITY, le=_HIGHEST_PRIORITY)] = 0
    """Who goes first where two want the same: the higher one."""

    depends_on: Annotated[list[str], Different] = []
    """Agents that have to be done before this one starts."""

    conflicts_with: list[ConflictEntry] = []
    """Agents with whom conflicts are expected: names, or rows that also say where and why."""

    scope: Annotated[list[PlaceText], Different] = []
    """What it may edit: PATHGLOB or PATHGLOB#KEYGLOB each, such as crates/x/** or Makefile.toml#tasks.**. Without it,
    anything."""

    budget: BudgetTable = Field(default_factory=BudgetTable)
    """What it may use at a time."""

    signs_as: Principal | None = None
    """The principal under which allowed_signers has its key; without it, its own name."""

    contact: Line | None = None
    """Whom to ask about it."""


class GatesTable(Table):
    """The gates of a phase, by name."""

    pre: Annotated[list[Component], Different] = []
    """What has to pass before the phase starts."""

    checkpoint: Annotated[list[Component], Different] = []
    """What has to pass at each checkpoint."""

    post: Annotated[list[Component], Different] = []
    """What has to pass before a phase that needs this one starts."""


class PhaseTable(Table):
    """A stretch of work: who takes part, and what comes before it."""

    agents: Annotated[list[str], Different] = []
    """The agents that work in it."""

    needs: Annotated[list[str], Different] = []
    """The phases that have to be over before it starts."""

    gates: GatesTable = Field(default_factory=GatesTable)
    """What has to pass before, during and after it."""
