"""What ``gatekeeper.toml`` may hold. Imported only when there is such a file: pydantic is slow to load."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SeverityName = Literal["note", "minor", "major", "critical"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class BranchesTable(_Table):
    """Which refs are agents; globs as git spells them."""

    include: list[Name] = []
    exclude: list[Name] = []


class PlaceRow(_Table):
    """The severity of findings at a place: a glob of paths, a glob of keys, or both."""

    severity: SeverityName
    path: Name = "**"
    key: Name = "**"
    rule: Name | None = None


class SeverityTable(_Table):
    """Severities that differ from the rules' own."""

    rules: dict[str, SeverityName] = {}
    families: dict[str, SeverityName] = {}
    places: list[PlaceRow] = []


class ExpectedRow(_Table):
    """Findings that come as no surprise: of a rule, of a family, at a place, between agents."""

    reason: Name
    rule: Name | None = None
    family: Name | None = None
    path: Name = "**"
    key: Name = "**"
    agents: Annotated[list[Name], Field(min_length=1, max_length=2)] = []


class PolicyTable(_Table):
    """What findings mean here."""

    expected: list[ExpectedRow] = []
    severity: SeverityTable = Field(default_factory=SeverityTable)


class ConfigDocument(_Table):
    """The whole file."""

    trunk: Name | None = None
    fail_on: SeverityName = "major"
    branches: BranchesTable = Field(default_factory=BranchesTable)
    policy: PolicyTable = Field(default_factory=PolicyTable)
