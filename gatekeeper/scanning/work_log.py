"""From a branch to its agent's work log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.core.branch_names import branch_of
from gatekeeper.core.commit_graph import Bases
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.roster import PhaseName, Roster
from gatekeeper.core.tree_state import SUBMODULE, SYMLINK, State
from gatekeeper.core.watch.who import phase_of, spec_of
from gatekeeper.core.watch.work_log import (
    FileEdit,
    FileStatus,
    Subject,
    Verification,
    WorkCommit,
    WorkLog,
    is_about_manifest,
    make_work_log,
)
from gatekeeper.errors import BadInputError, UnknownRevisionError
from gatekeeper.repository import Repository
from gatekeeper.repository.commit_lines import CommitLine, commit_lines
from gatekeeper.repository.discovery import Trunk, find_candidates
from gatekeeper.repository.line_counts import CountedFile, counted_files
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.worktrees import list_worktrees, snapshot, with_uncommitted
from gatekeeper.scanning.compat import Surroundings, compatibility
from gatekeeper.scanning.forks import UNSHALLOW, base_tree, forks

BranchOf = Callable[[str], str | None]
"""Return the branch of an agent, None where the name is not one of an agent's."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Whose work is looked at: the agent, its branch and that branch's tip."""

    agent: AgentName
    ref: RefName
    head: Oid
    phase: PhaseName | None = None


def branch_of_declared(roster: Roster) -> BranchOf:
    """Return how agents that the roster declares are found by their names."""

    def branch(name: str) -> str | None:
        spec = roster.agents.get(AgentName(name))
        return None if spec is None else spec.branch

    return branch


def find_worker(repository: Repository, trunk: Trunk, roster: Roster, name: str, branch_of_agent: BranchOf) -> Worker:
    """Return the agent of that name, or whose branch has it; raises BadInputError where there is none."""
    branch = branch_of_agent(name)
    try:
        found = find_candidates(repository, trunk, globs=(), names=(name if branch is None else branch,))
    except UnknownRevisionError as error:
        if branch is None:
            raise UnknownRevisionError(f"there is no agent and no branch {name!r}", error.hint) from None
        tracking = _on_remotes(repository, branch)
        if not tracking:
            raise UnknownRevisionError(f"the agent {name} has no branch {branch} yet", error.hint) from None
        found = find_candidates(repository, trunk, globs=(), names=tracking)
    if not found:
        raise BadInputError(f"{name} is trunk itself", "name an agent, or a branch that is to land on trunk")
    candidate = found[0]
    if candidate.commit is None:
        raise BadInputError(f"{name} cannot be read: its commit is missing or is not a commit")
    spec = spec_of(roster, candidate.ref)
    agent = candidate.name if spec is None else spec.name
    return Worker(agent, candidate.ref, candidate.commit, phase_of(roster, agent))


def _on_remotes(repository: Repository, branch: str) -> list[RefName]:
    """Return the remote-tracking branches of that name, of any remote."""
    wanted = branch_of(RefName(branch))
    names = (reference.name for reference in repository.references())
    return [name for name in names if name.startswith("refs/remotes/") and branch_of(name) == wanted]


def gather_work_log(
    store: ObjectStore,
    trunk: Oid,
    worker: Worker,
    *,
    uncommitted: Oid | None = None,
    verification: Iterable[Verification] = (),
    evidence: Iterable[str] = (),
    around: Surroundings | None = None,
) -> WorkLog:
    """Return the work log of an agent: what its branch has changed since it left trunk or last took it in.

    ``uncommitted`` is a commit of all that is in its worktree, which is then told apart. With ``around``, its
    compatibility is computed as well. Raises BadInputError where the branch cannot be read,
    or shares no history with trunk.
    """
    bases = _bases(store, trunk, worker)
    base = base_tree(store, bases)
    commits = [_commit(line) for line in commit_lines(store, worker.head, trunk)]
    edits = _edits(store, base, worker.head)
    return make_work_log(
        Subject(worker.agent, worker.ref, bases[0], worker.head, worker.phase),
        commits,
        edits,
        uncommitted=None if uncommitted is None else _edits(store, worker.head, uncommitted),
        verification=verification,
        evidence=evidence,
        compatibility=None if around is None else compatibility(store, base, worker.head, around),
    )


def uncommitted_work(repository: Repository, store: ObjectStore, ref: RefName) -> Oid | None:
    """Return a commit, in the scratch store, of what the worktree of a branch holds; None for a branch without one.

    Raises GitCommandError when it cannot be read.
    """
    own = [worktree for worktree in list_worktrees(repository) if worktree.branch == ref]
    if not own:
        return None
    (first, *_) = with_uncommitted(own)
    return snapshot(store, first) if first.dirty else first.head


def _bases(store: ObjectStore, trunk: Oid, worker: Worker) -> Bases:
    bases = forks(store, trunk, worker.head)
    if not bases:
        raise BadInputError(f"{worker.agent} shares no history with trunk", UNSHALLOW if store.is_shallow else None)
    return bases


def _commit(line: CommitLine) -> WorkCommit:
    return WorkCommit(line.oid, line.time, line.author, line.subject, len(line.parents) > 1)


def _edits(store: ObjectStore, old: Oid, new: Oid) -> Iterator[FileEdit]:
    for file in counted_files(store, old, new):
        texts = note = None
        if is_about_manifest(file.path, file.renamed_from):
            note = _note(file.before) or _note(file.after)
            texts = None if note else (_text(store, file.before), _text(store, file.after))
        yield FileEdit(file.path, _status(file), file.added, file.removed, file.renamed_from, texts, note)


def _status(file: CountedFile) -> FileStatus:
    if file.renamed_from is not None:
        return "renamed"
    if file.before is None or file.after is None:
        return "added" if file.before is None else "removed"
    return "changed"


def _note(state: State) -> str | None:
    """Return why there is no text of a manifest."""
    if state is None or state.is_file:
        return None
    return {SYMLINK: "it is a symbolic link", SUBMODULE: "it is a submodule"}.get(state.mode, "it is no file")


def _text(store: ObjectStore, state: State) -> bytes | None:
    return None if state is None else store.blob(state.oid)
