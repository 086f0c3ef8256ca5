"""What ``gatekeeper.toml`` may hold. Imported only to read such a file anew: pydantic is slow to load."""

from __future__ import annotations

from pydantic import Field

from gatekeeper.config.gates import GateTable, ReleaseTable
from gatekeeper.config.outside import LedgerTable, NotificationRow, WorktreesTable
from gatekeeper.config.people import AgentTable, PhaseTable
from gatekeeper.config.policy import PolicyTable
from gatekeeper.config.tables import Component, Name, SeverityName, Table


class BranchesTable(Table):
    """Which refs are agents; globs as git spells them."""

    include: list[Name] = []
    """Globs of refs that are agents, by full or short name; without it, all branches."""

    exclude: list[Name] = []
    """Globs of refs that are no agents."""


class ConfigDocument(Table):
    """The configuration of Gatekeeper, read from trunk: gatekeeper.toml."""

    trunk: Name | None = None
    """The branch that everything lands on; without it, origin/HEAD, else main or master."""

    fail_on: SeverityName = "major"
    """The severity from which on scan and check exit with 1."""

    branches: BranchesTable = Field(default_factory=BranchesTable)
    """Which refs are agents."""

    agents: dict[Component, AgentTable] = {}
    """The agents, by name."""

    phases: dict[Component, PhaseTable] = {}
    """The phases of the work, by name."""

    gates: dict[Component, GateTable] = {}
    """The gates, by name."""

    release: ReleaseTable = Field(default_factory=ReleaseTable)
    """What a release has to pass."""

    policy: PolicyTable = Field(default_factory=PolicyTable)
    """What findings mean here, and who decides."""

    ledger: LedgerTable = Field(default_factory=LedgerTable)
    """Where the ledger is kept besides here, who may sign, and how long closed matters stay in it."""

    worktrees: WorktreesTable = Field(default_factory=WorktreesTable)
    """Where worktrees of agents are made."""

    notifications: list[NotificationRow] = []
    """Whom to tell of events."""
