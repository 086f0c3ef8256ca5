"""Where an agent's worktree and target directory go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from gatekeeper.agents.disk import is_empty, told_plainly
from gatekeeper.agents.site import TARGETS, Site, read_marker
from gatekeeper.core.branch_names import HEADS, REMOTES, branch_of
from gatekeeper.core.names import AgentName, RefName
from gatekeeper.core.workplace import Workplace, directory_name
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.repository import Repository
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.worktree_admin import administrations, listed_worktrees, main_worktree, paths_of

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OUTSIDE = "in [worktrees], set directory to a place outside, such as ../{repository}.agents"


@told_plainly()
def plan(repository: Repository, directory_setting: str, name: str, branch: str, *, trunk: RefName) -> Workplace:
    """Return where an agent will work. Nothing is made.

    ``branch`` may be a short or a full name. Raises UsageError for what cannot be, and BadInputError for what is in
    the way.
    """
    git = QuietGit.on(repository)
    full = full_branch(git, branch)
    if trunk == full or (trunk.startswith(REMOTES) and branch_of(trunk) == branch_of(full)):
        raise UsageError(f"{branch} is trunk", "give the agent a branch of its own")
    if full != HEADS + name:
        # It becomes a part of references as well.
        full_branch(git, name)
    base = _directory(repository, git, directory_setting)
    encoded = directory_name(AgentName(name))
    workplace = Workplace(AgentName(name), full, (base / encoded).as_posix(), (base / TARGETS / encoded).as_posix())
    require_free(Site.of(repository, workplace), git)
    _require_no_branch_around(repository, full)
    return workplace


def full_branch(git: QuietGit, branch: str) -> RefName:
    """Return the full name of a local branch; raises UsageError for what cannot be one."""
    short = branch.removeprefix(HEADS)
    if "\0" in short or short.startswith("-") or short == "HEAD" or not _is_reference(git, HEADS + short):
        raise UsageError(f"{branch!r} cannot be the name of a branch", "git help check-ref-format lists the rules")
    return RefName(HEADS + short)


def _is_reference(git: QuietGit, name: str) -> bool:
    return git.succeeds("check-ref-format", name)


def _require_no_branch_around(repository: Repository, branch: RefName) -> None:
    """Git keeps no branch ``a`` beside one ``a/b``."""
    for reference in repository.references():
        if reference.name.startswith(f"{branch}/") or branch.startswith(f"{reference.name}/"):
            raise UsageError(
                f"git cannot have {branch[11:]} beside the branch {reference.name[11:]}", "use another name"
            )


def _directory(repository: Repository, git: QuietGit, setting: str) -> Path:
    """Return the directory of all agents, links followed."""
    for placeholder in _PLACEHOLDER.findall(setting):
        if placeholder != "repository":
            raise UsageError(f"unknown placeholder {{{placeholder}}} in {setting!r}", "there is only {repository}")
    rest = _PLACEHOLDER.sub("", setting)
    worktrees = listed_worktrees(git)
    if not setting.strip() or {"{", "}", "\0"} & set(rest):
        raise UsageError(f"{setting!r} is no directory", "in [worktrees], set directory")
    if Path(setting).expanduser().is_absolute() and "{" not in setting:
        base = Path(setting).expanduser().resolve()
    else:
        top = main_worktree(repository, git, worktrees) or repository.common_directory.resolve()
        base = Path(top, _PLACEHOLDER.sub(lambda _: _label(top), setting)).expanduser().resolve()
    _require_apart(repository, git, base, paths_of(worktrees))
    return base


def _label(top: Path) -> str:
    """Return the repository's name: that of its directory, ``x`` for ``x.git`` as for ``x/.git`` and ``x/.bare``."""
    name = top.name.removesuffix(".git")
    return name if name and not name.startswith(".") else top.parent.name


def _require_apart(repository: Repository, git: QuietGit, base: Path, worktrees: Iterable[Path]) -> None:
    """Raise UsageError where worktrees would stand among files that git tracks or keeps."""
    common = repository.common_directory.resolve()
    if base == common or common in base.parents:
        raise UsageError(f"{base} is inside the git directory", _OUTSIDE)
    for worktree in worktrees:
        top = worktree.resolve()
        if base == top:
            raise UsageError(f"{base} is a worktree itself", _OUTSIDE)
        if top not in base.parents or not top.is_dir():
            continue
        inside = QuietGit(_git_directory(git, top), top)
        if not inside.succeeds("check-ignore", "-q", "--", f"{base.relative_to(top).as_posix()}/"):
            raise UsageError(
                f"{base} is inside the worktree {top}, which would see it as untracked files",
                f"add it to .gitignore, or {_OUTSIDE}",
            )


def _git_directory(git: QuietGit, worktree: Path) -> Path:
    for administration in administrations(git.git_directory):
        if administration.is_of(worktree):
            return administration.directory
    return git.git_directory


def require_free(site: Site, git: QuietGit) -> None:
    """Raise BadInputError where anything is in the place of the agent that was not made for it."""
    own = site.own()
    if not os.path.lexists(site.worktree):
        _require_unregistered(site, git, None if own is None else own.administration.directory)
    elif own is None or not site.is_at(own, site.worktree):
        raise BadInputError(
            f"{site.worktree} is there already, and {_whose(site)}", "move it away, or use another name"
        )
    if own is None and os.path.lexists(site.target) and not is_empty(site.target):
        raise BadInputError(
            f"{site.target} is there already, and not from this agent", "delete it if nothing in it is needed"
        )


def _whose(site: Site) -> str:
    for administration in administrations(site.common):
        marker = read_marker(administration)
        if marker is not None and administration.is_of(site.worktree):
            return f"belongs to the agent {marker.agent}"
    return "gatekeeper did not make it"


def _require_unregistered(site: Site, git: QuietGit, own: Path | None) -> None:
    for administration in administrations(git.git_directory):
        if administration.directory != own and administration.worktree == site.worktree:
            raise BadInputError(
                f"git knows of another worktree at {site.worktree}, which is gone",
                "git worktree prune makes git forget it",
            )
