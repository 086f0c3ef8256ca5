"""What a scan is asked to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gatekeeper.core.names import RefName

Progress = Callable[[str, int, int], None]
"""``progress(what, done, total)``; ``total`` 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One scan.

    ``path`` lies in the repository. ``trunk`` is a revision (None: discovered). ``branches`` are globs over reference
    names, ``branch_list`` exact names; without either, local and remote-tracking branches are the agents.
    ``included`` are globs that choose where nothing else does, and may match nothing; ``excluded`` are globs of
    references that are no agents, whatever chose them. ``staged`` makes the index of the worktree at ``path`` one
    agent's change; ``focus`` (or ``staged``) keeps only the findings that concern this one agent.
    """

    path: str = "."
    trunk: str | None = None
    branches: tuple[str, ...] = ()
    branch_list: tuple[str, ...] | None = None
    worktrees: bool = True
    cache: bool = True
    staged: bool = False
    focus: str | None = None
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    gone: frozenset[RefName] = frozenset()
