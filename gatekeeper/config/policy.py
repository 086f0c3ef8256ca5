"""The tables of ``gatekeeper.toml`` that say what findings mean, and who decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gatekeeper.config.tables import (
    AtLeastOne,
    Different,
    Duration,
    KeyGlobText,
    Name,
    PathGlobText,
    Principal,
    SeverityName,
    Table,
)

PrecedenceWord = Literal["priority", "first-seen"]


class PlaceRow(Table):
    """The severity of findings at a place: a glob of paths, a glob of keys, or both."""

    severity: SeverityName
    """The severity there."""

    path: PathGlobText = "**"
    """A glob of paths, from the top of the tree."""

    key: KeyGlobText = "**"
    """A glob of keys."""

    rule: Name | None = None
    """Only findings of this rule."""


class SeverityTable(Table):
    """Severities that differ from the rules' own."""

    rules: dict[str, SeverityName] = {}
    """By rule."""

    families: dict[str, SeverityName] = {}
    """By family of rules."""

    places: list[PlaceRow] = []
    """By place; of several rows that fit, the last one counts."""


class ExpectedRow(Table):
    """Findings that come as no surprise: of a rule, of a family, at a place, between agents."""

    reason: Name
    """Why they are expected; findings tell it."""

    rule: Name | None = None
    """Only findings of this rule."""

    family: Name | None = None
    """Only findings of this family of rules."""

    path: PathGlobText = "**"
    """A glob of paths, from the top of the tree."""

    key: KeyGlobText = "**"
    """A glob of keys."""

    agents: Annotated[list[Name], Field(min_length=1, max_length=2)] = []
    """Globs of agents' names: one for one of the two agents, two for one agent each."""


Principals = Annotated[list[Principal], AtLeastOne, Different]


class RolesTable(Table):
    """Who may decide what: principals, as allowed_signers lists them, or agents' names."""

    architect: Principals | None = None
    """Who chooses between edits that are both legal."""

    coordinator: Principals | None = None
    """Who pauses agents, lets them go on, and waives findings."""

    validator: Principals | None = None
    """Who says that a phase is good."""

    runner: Principals | None = None
    """Who runs gates and signs what came of it."""

    security: Principals | None = None
    """Who answers for what concerns security."""

    release: Principals | None = None
    """Who answers for what is published."""


class LimitsTable(Table):
    """How long things may take before somebody is told."""

    stale: Duration = "60m"
    """After so long without a commit an agent is stale."""

    blocked: Duration = "60m"
    """After so long a blocked agent needs help."""


class PolicyTable(Table):
    """What findings mean here, and who decides."""

    precedence: Annotated[list[PrecedenceWord], AtLeastOne, Different] = ["priority", "first-seen"]
    """By what it is decided which of two agents goes first; where one does not tell, the next one does."""

    auto_integrate: bool = True
    """Whether a merge that is proven is offered to the second agent without asking anybody."""

    expected: list[ExpectedRow] = []
    """Conflicts that come as no surprise: told, and never a reason to fail."""

    severity: SeverityTable = Field(default_factory=SeverityTable)
    """Severities that differ from the rules' own."""

    roles: RolesTable = Field(default_factory=RolesTable)
    """Who may decide what."""

    limits: LimitsTable = Field(default_factory=LimitsTable)
    """How long things may take before somebody is told."""
