"""What forbids to take an agent's workplace away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.agents.disk import is_directory, told_plainly
from gatekeeper.agents.environment_files import OWN_FILES
from gatekeeper.agents.half_made import require_nobody_s_work
from gatekeeper.agents.site import Own, Site, Stage, purpose_of
from gatekeeper.core.names import Oid, RefName
from gatekeeper.core.workplace import Obstacle, ObstacleKind, Workplace
from gatekeeper.errors import BadInputError, GatekeeperError
from gatekeeper.repository import Repository
from gatekeeper.repository.branch_refs import reference_value
from gatekeeper.repository.git_merges import merge_commits
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.unsaved_work import Ignored, ignored_files, unpushed_submodules, unsaved
from gatekeeper.repository.worktree_admin import (
    Administration,
    administrations,
    all_worktrees,
    head_of,
    in_progress,
    lock_reason,
)

_NAMED = 5


@dataclass(frozen=True, slots=True)
class View:
    """A workplace as it is now. ``git`` is on the worktree, or on what all share where the agent has none.

    ``is_ours``: gatekeeper made the worktree; ``tips``: the commits that the branch and the worktree hold.
    """

    git: QuietGit
    head: tuple[RefName | None, Oid | None]
    tips: tuple[Oid, ...]
    has_worktree: bool
    is_ours: bool

    @property
    def worktree(self) -> Path | None:
        """The directory of the worktree, None where it is not there."""
        return self.git.worktree


def look(repository: Repository, workplace: Workplace, git: QuietGit, own: Own | None = None) -> View:
    """Return what is there of a workplace. ``own``: the worktree that gatekeeper made."""
    here = _place(repository, workplace, git, own)
    tip = reference_value(git, workplace.branch)
    if here is None:
        return View(git, (None, None), () if tip is None else (tip,), has_worktree=False, is_ours=False)
    head = head_of(here)
    kept = here("for-each-ref", "--format=%(objectname)", "refs/worktree").decode().split()
    tips = dict.fromkeys(Oid(oid) for oid in (tip, head[1], *kept) if oid is not None)
    return View(here, head, tuple(tips), has_worktree=True, is_ours=own is not None)


def _place(repository: Repository, workplace: Workplace, git: QuietGit, own: Own | None) -> QuietGit | None:
    """Return git on the worktree; on its git directory alone where the worktree is gone, None where there is none."""
    if own is not None:
        site = Site.of(repository, workplace)
        places = (site.worktree, site.removing)
        return git.at(own.administration.directory, next((p for p in places if site.is_at(own, p)), None))
    if workplace.worktree is None:
        return None
    path = Path(workplace.worktree)
    for administration in administrations(git.git_directory):
        if administration.is_of(path):
            return git.at(administration.directory, path)
        if administration.worktree == path and not path.exists():
            return git.at(administration.directory, None)
    # The main worktree: git lists it first.
    if is_directory(path) and all_worktrees(git)[0].resolve() == path.resolve():
        return git.at(git.git_directory, path)
    return None


@told_plainly()
def obstacles(repository: Repository, workplace: Workplace, trunk: Oid) -> tuple[Obstacle, ...]:
    """Return what forbids to remove a workplace.

    For an adopted agent that is what its owner has yet to do, and ``FOREIGN``: nothing of it is deleted in any case.
    """
    git = QuietGit.on(repository)
    own = None if workplace.target_dir is None else Site.of(repository, workplace).own()
    return found_obstacles(repository, workplace, trunk, git, own)


def found_obstacles(
    repository: Repository, workplace: Workplace, trunk: Oid, git: QuietGit, own: Own | None
) -> tuple[Obstacle, ...]:
    """Return the same, with what is known already."""
    if own is not None and (own.marker is None or own.marker.stage is Stage.MAKING):
        return tuple(_half_made(Site.of(repository, workplace), git, own))
    view = look(repository, workplace, git, own)
    found = list(_foreign(workplace, view))
    if view.has_worktree:
        found += _unsaved(view)
        found += _held(workplace, view, own)
    if view.is_ours:
        found += _lost_inside(view)
    found += _unmerged(repository, view, trunk)
    return tuple(found)


def _half_made(site: Site, git: QuietGit, own: Own) -> Iterator[Obstacle]:
    if own.marker is None or not site.making.exists():
        return
    try:
        require_nobody_s_work(git, site.making, own.marker.at)
    except BadInputError as error:
        yield Obstacle(ObstacleKind.UNCOMMITTED, error.message)


def _foreign(workplace: Workplace, view: View) -> Iterator[Obstacle]:
    if view.is_ours or workplace.worktree is None or not (view.has_worktree or Path(workplace.worktree).exists()):
        return
    yield Obstacle(ObstacleKind.FOREIGN, f"gatekeeper did not make {workplace.worktree}")


def _unsaved(view: View) -> Iterator[Obstacle]:
    found = unsaved(view.git)
    paths = [path for path in found.paths if path not in OWN_FILES]
    if paths:
        where = "uncommitted changes" if view.worktree is not None else "changes that are staged, but not committed"
        yield _several(ObstacleKind.UNCOMMITTED, where, paths)
    if found.nested:
        yield _several(ObstacleKind.NESTED, "repositories that this one does not track", found.nested)
    if found.submodules:
        yield _several(ObstacleKind.SUBMODULE, "uncommitted changes in submodules", found.submodules)


def _several(kind: ObstacleKind, what: str, names: Sequence[str]) -> Obstacle:
    listed = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return Obstacle(kind, f"{what}: {listed}", len(names), tuple(names[:_NAMED]))


def _held(workplace: Workplace, view: View, own: Own | None) -> Iterator[Obstacle]:
    what = in_progress(view.git.git_directory)
    if what is not None:
        yield Obstacle(ObstacleKind.IN_PROGRESS, f"a {what} is in progress")
    reason = Administration(view.git.git_directory).lock
    if reason is not None and not (view.is_ours and reason == lock_reason(purpose_of(workplace.name))):
        yield Obstacle(ObstacleKind.LOCKED, f"the worktree is locked: {reason or 'no reason was given'}")
    noted = None if own is None else own.administration.worktree
    if view.worktree is None and noted is not None and str(noted) != workplace.worktree:
        yield Obstacle(ObstacleKind.FOREIGN, f"somebody has moved the worktree to {noted}")


def _lost_inside(view: View) -> Iterator[Obstacle]:
    """Yield what would go with the directory, and is neither the agent's work nor of its branch."""
    modules = unpushed_submodules(view.git.git_directory, view.git)
    if modules:
        yield _several(ObstacleKind.SUBMODULE, "commits that no remote has, in submodules", modules)
    if view.worktree is None:
        return
    here = view.worktree.resolve()
    inner = [path for path in all_worktrees(view.git) if here in path.resolve().parents]
    nested = sorted({*(str(path.relative_to(here)) for path in inner), *ignored_by(view).nested})
    if nested:
        yield _several(ObstacleKind.NESTED, "worktrees or repositories of their own", nested)


def ignored_by(view: View) -> Ignored:
    """Return what git ignores in the worktree, beside gatekeeper's own files."""
    return Ignored() if view.worktree is None else ignored_files(view.git, view.worktree, OWN_FILES)


def _unmerged(repository: Repository, view: View, trunk: Oid) -> Iterator[Obstacle]:
    ahead = [tip for tip in view.tips if not _is_in(view.git, tip, trunk)]
    left = _not_landed(repository, ahead, trunk)
    if not left:
        return
    asked = ("rev-list", "--format=%h %s", "--no-commit-header", "--end-of-options", *left, f"^{trunk}")
    listed = view.git(*asked).decode("utf-8", "replace")
    yield _several(ObstacleKind.UNMERGED, "commits that trunk does not have", listed.splitlines())


def _is_in(git: QuietGit, commit: Oid, trunk: Oid) -> bool:
    return git.succeeds("merge-base", "--is-ancestor", commit, trunk)


def _not_landed(repository: Repository, commits: Sequence[Oid], trunk: Oid) -> list[Oid]:
    """Return the commits that would still change trunk; one that came in as other commits would not."""
    if not commits:
        return []
    store = repository.object_store()
    try:
        merges = merge_commits(store, [(trunk, commit) for commit in commits])
        tree = store.tree_of(trunk)
    except GatekeeperError:
        # What cannot be merged here, such as the end of a shallow history, has not landed as far as we know.
        return list(commits)
    finally:
        store.close()
    return [
        commit
        for commit, merge in zip(commits, merges, strict=True)
        if merge is None or merge.conflicts or merge.tree != tree
    ]
