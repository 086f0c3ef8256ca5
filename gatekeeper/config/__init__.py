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

    [agents.incremental]                 # who works here ...
    depends_on = ["build-config"]

    [phases.build]                       # ... and when
    agents = ["build-config", "incremental"]

A place is more specific than a rule, a rule more than a family. ``docs/configuration.md`` has all of it.

Text becomes plain data that has been checked (``checks``, with pydantic), and plain data becomes settings
(``building``). Between the two it can be kept (``remembered``).
"""

from __future__ import annotations

from gatekeeper.config.building import settings_of
from gatekeeper.config.remembered import load_settings_cached
from gatekeeper.config.settings import (
    AgentGlobs,
    LedgerSettings,
    PlaceOverride,
    Settings,
    SeverityOverrides,
    WorktreeSettings,
)
from gatekeeper.core.names import TreePath

__all__ = [
    "CONFIG_PATH",
    "AgentGlobs",
    "LedgerSettings",
    "PlaceOverride",
    "Settings",
    "SeverityOverrides",
    "WorktreeSettings",
    "load_settings",
    "load_settings_cached",
]

CONFIG_PATH = TreePath("gatekeeper.toml")


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
    from gatekeeper.config.checks import read  # noqa: PLC0415 - pydantic is slow to load

    return settings_of(read(source, where))
