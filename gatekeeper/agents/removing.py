"""Takes away what gatekeeper made for an agent, once nothing in it can be lost.

The worktree is moved aside first and looked at once more there, where nobody finds it by its path; only then is
anything deleted. The marker in git's directory of the worktree says how far that has come, and goes last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatekeeper.agents.archiving import content_of, holds
from gatekeeper.agents.disk import delete_empty, delete_tree, delete_worktree, is_directory, is_empty, make_directory
from gatekeeper.agents.half_made import begun, require_nobody_s_work
from gatekeeper.agents.obstacles import found_obstacles, ignored_by, look
from gatekeeper.agents.site import Marker, Own, Site, Stage
from gatekeeper.core.names import Oid
from gatekeeper.core.workplace import ArchiveRef, Obstacle, ObstacleKind, Removed, Workplace
from gatekeeper.errors import BadInputError
from gatekeeper.repository import Repository
from gatekeeper.repository.branch_refs import checked_out, delete_reference, reference_value
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.worktree_admin import (
    delete,
    lock_for_ourselves,
    unlock,
)

_REASON = "gatekeeper: removal of "


def remove(repository: Repository, workplace: Workplace, *, trunk: Oid, archived: ArchiveRef | None = None) -> Removed:
    """Delete the worktree, branch and target directory that gatekeeper made for an agent; of an adopted one, nothing.

    With ``archived``, what is uncommitted or unmerged may go if that holds all of it. The result has the obstacles if
    there are any: then nothing is deleted. After ``kill -9``, calling it again goes on.
    """
    if workplace.target_dir is None:
        return Removed(notes=("the agent was adopted: its branch and its worktree stay",))
    site = Site.of(repository, workplace)
    with site.alone() as git:
        return _Removal(repository, workplace, site, git).run(trunk, archived)


def abandon(repository: Repository, workplace: Workplace) -> bool:
    """Take back a workplace in which nobody has done anything; return whether nothing of it is left.

    Raises BadInputError where something in a half-made one is not gatekeeper's.
    """
    site = Site.of(repository, workplace)
    with site.alone() as git:
        return _Removal(repository, workplace, site, git).take_back()


@dataclass(frozen=True, slots=True)
class _Removal:
    repository: Repository
    workplace: Workplace
    site: Site
    git: QuietGit

    def run(self, trunk: Oid, archived: ArchiveRef | None) -> Removed:
        own = begun(self.site)
        if own is None or own.marker is None:
            return self._leftovers()
        if own.marker.stage is Stage.DELETING:
            return self._delete(own, own.marker)
        own = self._settled(own, own.marker)
        found = self._obstacles(own, trunk, archived)
        if found:
            return Removed(found)
        marker = self._marker(own)
        if marker.stage is Stage.MAKING:
            return self._delete_half_made(own, marker)
        return self._move_aside_and_delete(own, trunk, archived)

    def take_back(self) -> bool:
        own = begun(self.site)
        if own is None or own.marker is None:
            delete_empty(self.site.making, *self.site.shelves)
            return True
        marker = own.marker
        if marker.stage is Stage.DELETING:
            self._delete(own, marker)
            return True
        own = self._settled(own, marker)
        if self._marker(own).stage is Stage.MAKING:
            require_nobody_s_work(self.git, self.site.making, marker.at)
            self._delete_half_made(own, marker)
            return True
        here = look(self.repository, self.workplace, self.git, own)
        if here.head != (marker.branch, marker.at):
            return False
        if self._obstacles(own, marker.at, None):
            return False
        return not self._move_aside_and_delete(own, marker.at, None).obstacles

    @staticmethod
    def _marker(own: Own) -> Marker:
        if own.marker is None:
            raise BadInputError(f"{own.administration.directory} has no marker")
        return own.marker

    def _leftovers(self) -> Removed:
        """Say what is there of an agent without a worktree of its own: nothing tells any more whose it is."""
        notes = [
            f"{path} stays: gatekeeper did not make it, or git has forgotten that"
            for path in (self.site.worktree, self.site.target)
            if path.exists()
        ]
        if reference_value(self.git, self.site.branch) is not None:
            notes.append(f"the branch {self.site.branch[11:]} stays: nothing says any more that gatekeeper made it")
        delete_empty(*self.site.shelves)
        return Removed(notes=tuple(notes))

    def _settled(self, own: Own, marker: Marker) -> Own:
        """Undo a removal that was killed before anything was approved; see that what was whole counts as whole."""
        site = self.site
        if marker.stage is Stage.READY or (marker.stage is Stage.MAKING and not site.is_at(own, site.worktree)):
            return own
        if marker.stage is Stage.REMAKING and site.making.exists():
            head = self.git.at(own.administration.directory, None).commit("HEAD")
            require_nobody_s_work(self.git, site.making, head or marker.at)
            delete_tree(site.making)
        if site.is_at(own, site.removing) and not site.worktree.exists():
            site.removing.rename(site.worktree)
        own = own.marked(replace(marker, stage=Stage.READY))
        unlock(own.administration, site.purpose)
        delete_empty(*site.shelves)
        return own

    def _obstacles(self, own: Own, trunk: Oid, archived: ArchiveRef | None) -> tuple[Obstacle, ...]:
        found = found_obstacles(self.repository, self.workplace, trunk, self.git, own)
        if archived is None:
            return found
        kept = tuple(obstacle for obstacle in found if not obstacle.kind.can_be_archived)
        if kept or self._is_archived(own, archived):
            return kept
        changed = f"{archived.ref} does not hold what is there now"
        return (Obstacle(ObstacleKind.NOT_ARCHIVED, changed, names=(archived.ref,)),)

    def _is_archived(self, own: Own, archived: ArchiveRef) -> bool:
        content = content_of(look(self.repository, self.workplace, self.git, own))
        if reference_value(self.git, archived.ref) != archived.commit or content is None:
            return False
        return holds(self.git, archived.commit, content)

    def _delete_half_made(self, own: Own, marker: Marker) -> Removed:
        lock_for_ourselves(own.administration, self.site.purpose)
        # A part of it is as much nobody's as all of it.
        delete_tree(self.site.making)
        marker = replace(marker, stage=Stage.DELETING, branch_was=marker.at)
        return self._delete(own.marked(marker), marker)

    def _move_aside_and_delete(self, own: Own, trunk: Oid, archived: ArchiveRef | None) -> Removed:
        site = self.site
        before = look(self.repository, self.workplace, self.git, own)
        marker = replace(
            self._marker(own),
            stage=Stage.REMOVING,
            branch_was=reference_value(self.git, site.branch),
            ignored_files=ignored_by(before).files,
        )
        own = own.marked(marker)
        lock_for_ourselves(own.administration, site.purpose)
        # Submodules note where their worktrees are: git could read them no more.
        if site.is_at(own, site.worktree) and not (own.administration.directory / "modules").exists():
            make_directory(site.removing.parent, above=site.base)
            if site.removing.exists():
                self._settled(own, marker)
                raise BadInputError(f"{site.removing} is in the way", "move it away")
            site.worktree.rename(site.removing)
        try:
            # Whoever still works in it has changed it before this, or has to find it by its new path.
            found = self._obstacles(own, trunk, archived)
            if not found and look(self.repository, self.workplace, self.git, own).tips != before.tips:
                found = (Obstacle(ObstacleKind.UNMERGED, "a commit has come in meanwhile"),)
        except BaseException:
            self._settled(own, marker)
            raise
        if found:
            self._settled(own, marker)
            return Removed(found)
        marker = replace(marker, stage=Stage.DELETING)
        return self._delete(own.marked(marker), marker)

    def _delete(self, own: Own, marker: Marker) -> Removed:
        """Delete all that has been approved, or what is left of it."""
        site = self.site
        for path in (site.removing, site.worktree):
            if site.is_at(own, path) or is_empty(path):
                delete_worktree(path)
        notes = [] if marker.ignored_files == 0 else [f"{marker.ignored_files} files went that git ignores"]
        notes += self._delete_branch(own, marker)
        if is_directory(site.target.parent):
            if site.target.is_symlink():
                notes.append(f"{site.target} was a link: what it led to stays")
            delete_tree(site.target)
        delete(own.administration, site.grave)
        delete_empty(*site.shelves)
        branch_was = marker.branch_was if marker.branch_made else None
        return Removed((), branch_was, marker.ignored_files, tuple(notes))

    def _delete_branch(self, own: Own, marker: Marker) -> list[str]:
        short = marker.branch[11:]
        if reference_value(self.git, marker.branch) is None:
            return []
        if not marker.branch_made:
            return [f"the branch {short} stays: it was there before the agent"]
        site = self.site
        inside = {str(p) for p in (own.administration.directory, site.worktree, site.making, site.removing)}
        others = [path for path in checked_out(self.git, marker.branch) if path not in inside]
        if others:
            return [f"the branch {short} stays: it is checked out in {others[0]}"]
        known = marker.branch_was
        if known is None or not delete_reference(self.git, marker.branch, known, _REASON + marker.agent):
            return [f"the branch {short} stays: it has moved meanwhile"]
        return []
