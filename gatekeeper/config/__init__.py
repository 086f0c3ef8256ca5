"""``gatekeeper.toml`` as it stands on trunk, to typed settings.

::

    trunk = "main"                       # default: origin/HEAD, else main or master
    fail_on = "major"                    # from where on a scan fails

    [branches]                           # default: every branch that is not yet in trunk
    include = ["agent/*"]
    exclude = ["dependabot/**"]

    [policy.severity.rules]              # by rule ...
    text-conflict = "minor"

    [policy.severity.families]           # ... by family ...
    cargo-make = "minor"

    [[policy.severity.places]]           # ... and by place; the last row that fits wins
    path = "crates/*/Cargo.toml"
    key = "features.**"
    severity = "note"

    [[policy.expected]]                  # conflicts that come as no surprise: told, and never a reason to fail
    path = "Cargo.toml"
    agents = ["build-config", "incremental"]
    reason = "both rework the workspace; the architect unites them"

A place is more specific than a rule, a rule more than a family.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from gatekeeper.core.names import KeyPath, RuleId, Severity, TreePath
from gatekeeper.core.roster import Roster
from gatekeeper.core.rules.model import Family

if TYPE_CHECKING:
    from gatekeeper.config.document import ConfigDocument
    from gatekeeper.config.expectations import Expectation
    from gatekeeper.core.patterns import Glob

__all__ = ["CONFIG_PATH", "AgentGlobs", "PlaceOverride", "Settings", "SeverityOverrides", "load_settings"]

CONFIG_PATH = TreePath("gatekeeper.toml")


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
class Settings:
    """What a repository has decided; the defaults are those of a repository without ``gatekeeper.toml``."""

    trunk: str | None = None
    fail_on: Severity = Severity.MAJOR
    agents: AgentGlobs = AgentGlobs()
    severity: SeverityOverrides = field(default_factory=SeverityOverrides)
    expected: tuple[Expectation, ...] = ()
    roster: Roster = field(default_factory=Roster)

    def severity_for(
        self, rule: RuleId, family: Family, default: Severity, places: Collection[tuple[TreePath, KeyPath]]
    ) -> Severity:
        """Return the severity of a finding: its places' if a row fits, else the rule's, the family's, the default."""
        for row in reversed(self.severity.places):
            if row.fits(rule, places):
                return row.severity
        by_family = self.severity.families.get(family, default)
        return self.severity.rules.get(rule, by_family)


def load_settings(source: bytes | None, *, where: str) -> Settings:
    """Return the settings in the text of ``gatekeeper.toml``; None means that there is no such file.

    Args:
        source: the file as it stands on trunk, never as it stands on a change: a change cannot weaken its own check.
        where: how messages call the file.

    Raises:
        ConfigurationError: the text is not TOML, or says something that means nothing here.
    """
    if source is None:
        return Settings()
    from gatekeeper.config.checks import read  # noqa: PLC0415 - pydantic is slow to load and most repositories need none

    return _settings(*read(source, where))


def _settings(
    document: ConfigDocument, places: tuple[PlaceOverride, ...], expected: tuple[Expectation, ...]
) -> Settings:
    overrides = document.policy.severity
    families = {family.value.casefold(): family for family in Family}
    return Settings(
        trunk=document.trunk,
        fail_on=Severity.from_label(document.fail_on),
        agents=AgentGlobs(tuple(document.branches.include), tuple(document.branches.exclude)),
        severity=SeverityOverrides(
            MappingProxyType({RuleId(rule): Severity.from_label(name) for rule, name in overrides.rules.items()}),
            MappingProxyType(
                {families[family.casefold()]: Severity.from_label(name) for family, name in overrides.families.items()}
            ),
            places,
        ),
        expected=expected,
    )
