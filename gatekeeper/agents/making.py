"""Makes an agent's branch, worktree and target directory.

The worktree is made in a place of its own and moved to where it belongs when it is whole. Every step looks at what is
there first, so that a killed attempt is completed by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatekeeper.agents.disk import delete_empty, delete_tree, is_empty, make_directory, write
from gatekeeper.agents.environment_files import environment_notes, write_environment
from gatekeeper.agents.half_made import begun, require_nobody_s_work
from gatekeeper.agents.planning import require_free
from gatekeeper.agents.site import Marker, Own, Site, Stage
from gatekeeper.core.names import Oid, RefName
from gatekeeper.core.workplace import Created, Workplace
from gatekeeper.errors import BadInputError, UnknownRevisionError, UsageError
from gatekeeper.repository import Repository
from gatekeeper.repository.branch_refs import (
    checked_out,
    create_reference,
    move_reference,
    reference_value,
)
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.unsaved_work import unsaved
from gatekeeper.repository.worktree_admin import (
    add_empty,
    branch_of_head,
    head_of,
    lock_for_ourselves,
    unlock,
)

_REASON = "gatekeeper: a workplace for "


def create(repository: Repository, workplace: Workplace, at: Oid, *, existing: bool = False) -> Created:
    """Make all of a planned workplace, or what is missing of it, with a new branch at ``at``.

    ``existing``: the branch is there already, at ``at``. Raises UsageError or BadInputError where something else is in
    the way, and GitCommandError; then, as after ``kill -9``, calling it again goes on.
    """
    site = Site.of(repository, workplace)
    with site.alone() as git:
        return _Making(site, git, workplace).run(at, existing=existing)


@dataclass(frozen=True, slots=True)
class _Making:
    site: Site
    git: QuietGit
    workplace: Workplace

    def run(self, at: Oid, *, existing: bool) -> Created:
        require_free(self.site, self.git)
        own = begun(self.site)
        if own is None or own.marker is None:
            own = self._begin(at, existing=existing)
        marker = _marker(own)
        if marker.stage in {Stage.REMOVING, Stage.DELETING}:
            raise BadInputError(f"the removal of {self.site.name} has begun", "finish it first")
        if not self.site.is_at(own, self.site.worktree):
            own = self._fill(own, at)
        return self._finish(own)

    def _begin(self, at: Oid, *, existing: bool) -> Own:
        """Let git make a worktree without files, and mark it as ours."""
        site = self.site
        found = reference_value(self.git, site.branch)
        if existing != (found is not None):
            raise _wrong_branch(site.branch, exists=found is not None)
        if found is not None and found != at:
            raise UnknownRevisionError(f"{site.branch} is not at {at[:12]} any more, but at {found[:12]}")
        if found is not None:
            self._require_not_checked_out()
        if site.making.exists() and not is_empty(site.making):
            raise BadInputError(f"{site.making} is there, and gatekeeper did not make it", "move it away")
        make_directory(site.making.parent, above=site.base)
        add_empty(self.git, site.making, at, site.purpose)
        own = site.own()
        if own is None:
            raise BadInputError(f"git has made no worktree at {site.making}")
        return own.marked(
            Marker(site.name, site.branch, str(site.worktree), str(site.target), at, found is None, Stage.MAKING)
        )

    def _require_not_checked_out(self) -> None:
        users = checked_out(self.git, self.site.branch)
        if users:
            raise BadInputError(
                f"{self.site.branch[11:]} is checked out in {users[0]}",
                "adopt the agent that works there, or check out something else there",
            )

    def _fill(self, own: Own, at: Oid) -> Own:
        """Make the whole worktree in its place apart, and move it to where it belongs."""
        site = self.site
        lock_for_ourselves(own.administration, site.purpose)
        git = self.git.at(own.administration.directory, site.making)
        if _marker(own).stage is Stage.MAKING:
            self._clear(own, _marker(own).at)
            own = self._restarted(own, at)
            self._attach(git, _marker(own))
        else:
            own, head = self._remade(own)
            self._clear(own, head)
        git("read-tree", "-m", "-u", "HEAD", may_fetch=True)
        make_directory(site.target, above=site.base)
        write_environment(site.making, site.name, site.target, git.names("ls-files", "-z"))
        site.making.rename(site.worktree)
        return own

    def _remade(self, own: Own) -> tuple[Own, Oid]:
        """Begin again with a worktree that was whole, whose directory somebody has deleted; return its commit too."""
        git = self.git.at(own.administration.directory, None)
        branch, head = head_of(git)
        if branch != self.site.branch or head is None:
            raise BadInputError(
                f"{self.site.worktree} is gone, and {self.site.branch[11:]} was not checked out in it",
                "git worktree list tells what was",
            )
        staged = unsaved(git).paths
        if staged:
            raise BadInputError(
                f"{self.site.worktree} is gone, and {staged[0]} was staged in it", "archive and remove the agent first"
            )
        return own.marked(replace(_marker(own), stage=Stage.REMAKING)), head

    def _restarted(self, own: Own, at: Oid) -> Own:
        """Let a branch on which nothing has happened yet start at another commit."""
        marker = _marker(own)
        if marker.at == at:
            return own
        found = reference_value(self.git, marker.branch)
        if marker.branch_made and found not in {None, marker.at, at}:
            return own
        if marker.branch_made and found == marker.at:
            move_reference(self.git, marker.branch, at, marker.at, _REASON + marker.agent)
        return own.marked(replace(marker, at=at))

    def _clear(self, own: Own, at: Oid) -> None:
        """Leave of the worktree only what git needs to fill it. ``at``: what may be in it by now."""
        site, directory = self.site, own.administration.directory
        if site.making.exists():
            require_nobody_s_work(self.git, site.making, at)
            delete_tree(site.making)
        for name in ("index.lock", "index", "HEAD.lock"):
            (directory / name).unlink(missing_ok=True)
        make_directory(site.making, above=site.base)
        write(site.making / ".git", b"gitdir: " + bytes(directory) + b"\n")

    def _attach(self, git: QuietGit, marker: Marker) -> None:
        """Have the branch, and check it out."""
        found = reference_value(self.git, marker.branch)
        if found is None and marker.branch_made:
            made = create_reference(self.git, marker.branch, marker.at, _REASON + marker.agent)
            found = marker.at if made else reference_value(self.git, marker.branch)
        if found != marker.at:
            where = "gone" if found is None else f"at {found[:12]}"
            raise BadInputError(
                f"{marker.branch[11:]} has changed meanwhile: it is {where}, not at {marker.at[:12]}",
                "abandon the start of this agent, and start it on the existing branch",
            )
        if branch_of_head(git) != marker.branch:
            self._require_not_checked_out()
            git("symbolic-ref", "-m", _REASON + marker.agent, "HEAD", marker.branch)

    def _finish(self, own: Own) -> Created:
        """Let git and others know that the worktree is whole."""
        marker, site = _marker(own), self.site
        if marker.stage is not Stage.READY:
            own = own.marked(replace(marker, stage=Stage.READY))
        if own.administration.worktree != site.worktree:
            # Not `git worktree repair`: it sees to everybody else's worktrees too.
            write(own.administration.directory / "gitdir", bytes(site.worktree / ".git") + b"\n")
        unlock(own.administration, site.purpose)
        delete_empty(*site.shelves)
        git = self.git.at(own.administration.directory, site.worktree)
        commit = reference_value(self.git, marker.branch)
        if commit is None:
            raise BadInputError(f"the branch {marker.branch[11:]} is gone", f"git branch {marker.branch[11:]} COMMIT")
        make_directory(site.target, above=site.base)
        tracked = git.names("ls-files", "-z")
        notes = environment_notes(site.name, site.target, tracked)
        if ".gitmodules" in tracked:
            notes += ("its submodules are empty: git submodule update --init",)
        return Created(self.workplace, commit, marker.branch_made, notes)


def _marker(own: Own) -> Marker:
    if own.marker is None:
        raise BadInputError(f"{own.administration.directory} has no marker")
    return own.marker


def _wrong_branch(branch: RefName, *, exists: bool) -> UsageError:
    if exists:
        return UsageError(
            f"there is a branch {branch[11:]} already", "work on it with --existing, or name another with --branch NAME"
        )
    return UsageError(f"there is no branch {branch[11:]}", "leave out --existing, or name one with --branch NAME")
