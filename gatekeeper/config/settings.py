"""What a repository has decided, typed: what ``gatekeeper.toml`` comes to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from gatekeeper.core.names import AgentName, KeyPath, RefName, RuleId, Severity, TreePath
from gatekeeper.core.roster import Roster
from gatekeeper.core.rules.model import Family

if TYPE_CHECKING:
    from gatekeeper.config.expectations import Expectation
    from gatekeeper.core.channels import Channel
    from gatekeeper.core.patterns import Glob

_ALLOWED_SIGNERS = TreePath("allowed_signers")


@dataclass(frozen=True, slots=True)
class AgentGlobs:
    """Which refs are agents; no ``include`` means every branch."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceOverride:
    """The severity of findings at the places that both globs fit, of one rule or of all."""

    path: Glob
    key: Glob
    severity: Severity
    rule: RuleId | None = None

    def fits(self, rule: RuleId, places: Iterable[tuple[TreePath, KeyPath]]) -> bool:
        """Return whether a finding of ``rule`` at any of ``places`` is meant."""
        return self.rule in {None, rule} and any(
            self.path.matches(path.split("/")) and self.key.matches(key) for path, key in places
        )


@dataclass(frozen=True, slots=True)
class SeverityOverrides:
    """Severities that differ from the rules' own."""

    rules: Mapping[RuleId, Severity] = field(default_factory=lambda: MappingProxyType({}))
    families: Mapping[Family, Severity] = field(default_factory=lambda: MappingProxyType({}))
    places: tuple[PlaceOverride, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The remote that the ledger is exchanged with, who may sign, and how long closed matters stay in it."""

    remote: str | None = None
    allowed_signers: TreePath = _ALLOWED_SIGNERS
    retention: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class WorktreeSettings:
    """Where agents' worktrees are made: relative to the top of the main worktree, ``{repository}`` being its name."""

    directory: str = "../{repository}.agents"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a repository has decided; the defaults are those of a repository without ``gatekeeper.toml``."""

    trunk: str | None = None
    fail_on: Severity = Severity.MAJOR
    agents: AgentGlobs = AgentGlobs()
    severity: SeverityOverrides = field(default_factory=SeverityOverrides)
    expected: tuple[Expectation, ...] = ()
    roster: Roster = field(default_factory=Roster)
    ledger: LedgerSettings = LedgerSettings()
    worktrees: WorktreeSettings = WorktreeSettings()
    notifications: tuple[Channel, ...] = ()

    def severity_for(
        self, rule: RuleId, family: Family, default: Severity, places: Collection[tuple[TreePath, KeyPath]]
    ) -> Severity:
        """Return the severity of a finding: its places' if a row fits, else the rule's, the family's, the default."""
        for row in reversed(self.severity.places):
            if row.fits(rule, places):
                return row.severity
        by_family = self.severity.families.get(family, default)
        return self.severity.rules.get(rule, by_family)

    def agent_names(self) -> Mapping[RefName, AgentName]:
        """Return branch -> the agent whose it is, for the agents that are declared."""
        return {agent.branch: name for name, agent in self.roster.agents.items()}
