"""Branches and worktrees that others have made."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from gatekeeper.agents.planning import full_branch
from gatekeeper.agents.site import read_marker
from gatekeeper.core.branch_names import HEADS, REMOTES, branch_of
from gatekeeper.core.names import AgentName
from gatekeeper.core.workplace import Workplace
from gatekeeper.errors import UnknownRevisionError
from gatekeeper.repository import Repository
from gatekeeper.repository.branch_refs import reference_value
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.worktree_admin import administrations
from gatekeeper.repository.worktrees import list_worktrees


def find_existing(repository: Repository, branch: str) -> Workplace:
    """Return a local branch, by its short or full name, with the worktree that has it checked out; changes nothing.

    The agent is named as the branch; a worktree that gatekeeper made for an agent comes with the name of that one.
    Raises UnknownRevisionError, with the nearest names.
    """
    git = QuietGit.on(repository)
    full = full_branch(git, branch)
    if reference_value(git, full) is None:
        raise UnknownRevisionError(f"there is no branch {full.removeprefix(HEADS)!r}", _hint(repository, full))
    worktree = next((tree for tree in list_worktrees(repository) if tree.branch == full), None)
    if worktree is None:
        return Workplace(AgentName(full.removeprefix(HEADS)), full)
    for administration in administrations(repository.common_directory):
        marker = read_marker(administration)
        if marker is not None and marker.branch == full and administration.is_of(Path(worktree.path)):
            return Workplace(marker.agent, full, marker.worktree, marker.target_dir)
    return Workplace(AgentName(full.removeprefix(HEADS)), full, Path(worktree.path).as_posix())


def _hint(repository: Repository, full: str) -> str:
    short = full.removeprefix(HEADS)
    names = [reference.name for reference in repository.references()]
    remote = next((n for n in names if n.startswith(REMOTES) and branch_of(n) == short), None)
    if remote is not None:
        return f"a remote has it: git branch {short} {remote.removeprefix(REMOTES)}"
    near = get_close_matches(short, [name.removeprefix(HEADS) for name in names if name.startswith(HEADS)], n=3)
    return f"did you mean {', '.join(near)}?" if near else "git branch lists what there is"
