"""What a change has touched: files, and keys of manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from gatekeeper.core.names import AgentName, KeyPath, TreePath

ChangedPlaces: TypeAlias = Mapping[TreePath, frozenset[KeyPath] | None]
"""Path -> the keys that differ there; none where only comments or spelling do.

None stands for the whole file: it is no manifest, or cannot be read as one.
"""

ChangesOfAgents: TypeAlias = Mapping[AgentName, ChangedPlaces]
