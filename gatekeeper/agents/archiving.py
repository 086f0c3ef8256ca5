"""All that an agent has, kept under a reference of its own before it is removed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from gatekeeper.agents.disk import told_plainly
from gatekeeper.agents.obstacles import View, look
from gatekeeper.agents.site import Site
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.workplace import ArchiveRef, Workplace, directory_name
from gatekeeper.errors import BadInputError
from gatekeeper.repository import Repository
from gatekeeper.repository.branch_refs import create_reference
from gatekeeper.repository.quiet_git import QuietGit
from gatekeeper.repository.unsaved_work import tree_of_work

PREFIX = "refs/gatekeeper/archive/agents/"
_AUTHOR = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "gatekeeper"), ("EMAIL", "gatekeeper@localhost"))
}


@dataclass(frozen=True, slots=True)
class Content:
    """What an archive has to hold: files, and commits of which each has what no other one has."""

    tree: Oid
    commits: tuple[Oid, ...]


@told_plainly()
def archive(repository: Repository, workplace: Workplace, name: AgentName) -> ArchiveRef:
    """Keep the branch's commit, and a commit with the uncommitted work on top of it, under the next free reference.

    The same content is kept once. Neither worktree nor index nor branch is touched. Raises BadInputError where there is
    nothing to keep, and GitCommandError where a file cannot be read.
    """
    git = QuietGit.on(repository)
    own = None if workplace.target_dir is None else Site.of(repository, workplace).own()
    content = content_of(look(repository, workplace, git, own))
    if content is None:
        raise BadInputError(f"there is nothing of {name} to archive: {workplace.branch} is gone")
    kept = _kept(git, name)
    for ref, commit in kept.items():
        if holds(git, commit, content):
            return ArchiveRef(ref, commit)
    commit = _commit(git, content, workplace, name)
    numbers = [int(number) for ref in kept if (number := ref.rpartition("/")[2]).isdecimal()]
    refs = (RefName(f"{PREFIX}{directory_name(name)}/{free}") for free in count(max(numbers, default=0) + 1))
    reason = f"gatekeeper: archive of {name}"
    return ArchiveRef(next(ref for ref in refs if create_reference(git, ref, commit, reason)), commit)


def content_of(view: View) -> Content | None:
    """Return what an archive of a workplace has to hold now, None where there is no commit."""
    head = view.head[1]
    first = [head] if head is not None else []
    commits = _apart(view.git, tuple(dict.fromkeys((*first, *view.tips))), head)
    if view.has_worktree:
        return Content(tree_of_work(view.git), commits)
    if not commits:
        return None
    return Content(Oid(view.git("rev-parse", f"{commits[0]}^{{tree}}").decode().strip()), commits)


def _apart(git: QuietGit, commits: tuple[Oid, ...], head: Oid | None) -> tuple[Oid, ...]:
    """Return the commits without those that are ancestors of others, but for the one that is checked out."""
    return tuple(
        commit
        for commit in commits
        if commit == head
        or not any(other != commit and git.succeeds("merge-base", "--is-ancestor", commit, other) for other in commits)
    )


def holds(git: QuietGit, commit: Oid, content: Content) -> bool:
    """Return whether a commit holds just that: it is the only one, or has been made of it."""
    if git.commit(commit) is None:
        return False
    head = git("cat-file", "commit", commit).partition(b"\n\n")[0].decode("utf-8", "replace")
    fields = [line.partition(" ")[::2] for line in head.splitlines()]
    tree = next(value for name, value in fields if name == "tree")
    parents = tuple(value for name, value in fields if name == "parent")
    return tree == content.tree and content.commits in {(commit,), parents}


def _commit(git: QuietGit, content: Content, workplace: Workplace, name: AgentName) -> Oid:
    if len(content.commits) == 1 and holds(git, content.commits[0], content):
        return content.commits[0]
    parents = [argument for commit in content.commits for argument in ("-p", commit)]
    message = f"Uncommitted work of {name}\n\nIt was on {workplace.branch}, when the agent was archived.\n"
    said = message.encode("utf-8", "surrogateescape")
    written = git.having(**_AUTHOR)("commit-tree", "-F", "-", *parents, content.tree, stdin=said)
    return Oid(written.decode().strip())


def _kept(git: QuietGit, name: AgentName) -> dict[RefName, Oid]:
    """Return the archives of an agent."""
    listed = git("for-each-ref", "--format=%(objectname) %(refname)", f"{PREFIX}{directory_name(name)}/")
    lines = (line.partition(" ") for line in listed.decode("utf-8", "surrogateescape").splitlines())
    return {RefName(ref): Oid(oid) for oid, _, ref in lines}
