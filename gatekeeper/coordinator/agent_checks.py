"""What forbids to do something with an agent, asked before anything is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatekeeper.coordinator.clones import clone_id
from gatekeeper.core.branch_names import HEADS
from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.nearest import did_you_mean
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.registry import registry
from gatekeeper.core.workplace import Obstacle, ObstacleKind, Workplace
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.repository import Repository

_LISTED = "gatekeeper agent list shows them"


def no_such_agent(name: str, known: Iterable[str]) -> BadInputError:
    """Return what is to be raised where a name is nobody's."""
    return BadInputError(f"there is no agent {name}", did_you_mean(name, known, _LISTED))


def refuse_unknown(name: str, repository: Repository, state: Records, roster: Roster) -> None:
    """Raise BadInputError for a name that is neither an agent's, declared or recorded, nor a branch's."""
    known = registry(roster, state).agents
    if name not in known and repository.commit_of(HEADS + name) is None:
        branches = (ref.name.removeprefix(HEADS) for ref in repository.references() if ref.name.startswith(HEADS))
        names = (*known, *branches)
        raise BadInputError(f"there is no agent and no branch {name}", did_you_mean(name, names, _LISTED))


def refuse_known(record: AgentRecord | None, name: str, repository: Repository) -> None:
    """Raise UsageError for an agent that is there: it can be neither started nor adopted."""
    # An agent that was only seen, because it is declared, has no workplace of ours yet.
    if record is None or record.removed_at is not None or record.base is None:
        return
    where = f" in {record.worktree}" if record.worktree else ""
    if is_elsewhere(record, repository):
        where += ", in another clone"
    raise UsageError(f"the agent {name} is there already{where}", "gatekeeper agent list shows all of them")


def refuse_removed(record: AgentRecord | None, name: str) -> None:
    """Raise UsageError for an agent that was removed: nobody works under its name until it is started again."""
    if record is not None and record.removed_at is not None:
        raise UsageError(f"{name} was removed", f"gatekeeper agent start {name}")


def is_elsewhere(record: AgentRecord, repository: Repository) -> bool:
    """Return whether an agent's worktree is one of another clone: what is at that path here is something else."""
    return bool(record.made_in) and record.made_in != clone_id(repository, read_only=True)


def refuse_elsewhere(record: AgentRecord, repository: Repository, hint: str = "run it there") -> None:
    """Raise UsageError for an agent whose worktree can be neither seen nor touched from here."""
    if is_elsewhere(record, repository):
        done = "started" if record.made_here else "adopted"
        raise UsageError(f"{record.name} was {done} in another clone", hint)


def refuse_unwritable(place: Workplace) -> None:
    """Raise BadInputError for paths that the ledger cannot hold."""
    for path in (place.worktree, place.target_dir):
        try:
            (path or "").encode()
        except UnicodeEncodeError:
            raise BadInputError("the path of the worktree is not UTF-8, and cannot be recorded") from None


def refuse_wrong_branch(place: Workplace, found: Oid | None, *, existing: bool) -> None:
    """Raise UsageError unless the branch is there, or is not, as the caller says."""
    branch = place.branch.removeprefix("refs/heads/")
    if existing and found is None:
        raise UsageError(f"there is no branch {branch}", "leave out --existing, and it is made")
    if found is not None and not existing:
        raise UsageError(
            f"there is a branch {branch} already", "say with --existing that it is meant, or use another name"
        )


def open_conditions(roster: Roster, state: Records, agent: AgentName) -> tuple[Obstacle, ...]:
    """Return what an agent has to wait for before it starts: others, and the start of its phase (R-18)."""
    entry = registry(roster, state).agents.get(agent)
    if entry is None:
        return ()
    others = (f"it depends on {other}, which is not completed" for other in entry.waits_for)
    phase = entry.waits_for_phase
    of_phase = () if phase is None else (f"its phase {phase} has not started: gatekeeper phase start {phase}",)
    return tuple(Obstacle(ObstacleKind.WAITS, message) for message in (*others, *of_phase))


def way_out(found: Sequence[Obstacle]) -> str | None:
    """Return what a person can do about obstacles to a removal."""
    if all(obstacle.kind.can_be_archived for obstacle in found):
        return "commit and land it, or keep it under refs/gatekeeper/archive with --archive"
    return None
