"""Where the documentation speaks of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.core.names import RuleId


def page_of(rule: RuleId) -> str:
    """Return the page of a rule, as a path in the project."""
    return f"docs/rules/{rule}.md"
