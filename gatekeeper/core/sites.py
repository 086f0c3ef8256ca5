"""What the agents put at each path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gatekeeper.core.names import TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.tree_state import State

Users = dict[int, int]
"""Agent b -> the set of agents that, landed before b, bring the same triple about."""


@dataclass(slots=True)
class Site:
    """One path: content -> agents whose landing puts it there, and agent -> (at its fork, on its branch)."""

    landed: dict[State, int] = field(default_factory=dict)
    touched: dict[int, tuple[State, State]] = field(default_factory=dict)


def sites_of(changes: Sequence[AgentChange]) -> dict[TreePath, Site]:
    """Return what stands at every path that any agent changes."""
    sites: dict[TreePath, Site] = {}
    for agent, change in enumerate(changes):
        bit = 1 << agent
        for path, state in change.overlay.items():
            landed = sites.setdefault(path, Site()).landed
            landed[state] = landed.get(state, 0) | bit
        for path, pair in change.touched.items():
            sites.setdefault(path, Site()).touched[agent] = pair
    return sites
