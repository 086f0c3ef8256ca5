"""One agent's integration as somebody asks for it: made, or refused with what there is to wait for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING, Literal

from gatekeeper.cache import Cache
from gatekeeper.config import Settings
from gatekeeper.coordinator.agent_checks import refuse_removed, refuse_unknown
from gatekeeper.coordinator.integrating import Integration, Integrator, Task
from gatekeeper.coordinator.integrations import branch_of_agent, integrated_ref
from gatekeeper.coordinator.trunks import newest_trunk
from gatekeeper.coordinator.trusting import trusted
from gatekeeper.core.branch_names import REMOTES, branch_of
from gatekeeper.core.ledger.case_records import IntegrationRecord
from gatekeeper.core.ledger.records import AgentRecord, FindingRecord, TrunkRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, RefName
from gatekeeper.core.policy.decide import decide
from gatekeeper.core.policy.precedence import Precedence
from gatekeeper.core.policy.standing import Decision
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.ledger.ledger import Ledger
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk
from gatekeeper.repository.worktrees import list_worktrees, with_uncommitted
from gatekeeper.trunk import read_trunk, trunk_and_settings

if TYPE_CHECKING:
    from gatekeeper.coordinator.packets import Packet

Outcome = Literal["up-to-date", "published", "failed", "waits"]


@dataclass(frozen=True, slots=True)
class Integrated:
    """What came of the command, or would. ``packets``: whom the agent waits for, and then nothing was integrated."""

    task: Task
    decision: Decision
    integration: Integration | None = None
    packets: tuple[Packet, ...] = ()
    remarks: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def outcome(self) -> Outcome:
        """In one word."""
        return "waits" if self.integration is None else self.integration.outcome

    @property
    def ref(self) -> RefName:
        """Where the agent finds the merge."""
        return integrated_ref(self.task.agent)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to know."""
        return (*(() if self.integration is None else self.integration.notes), *self.remarks)

    @property
    def next_step(self) -> str | None:
        """The one command that goes on from here."""
        agent = self.task.agent
        again = f"gatekeeper integrate {quote(agent)}"
        if self.outcome == "waits":
            first = ", ".join(packet.first for packet in self.packets)
            return f"once {first} has landed: {again}"
        if self.outcome == "published":
            return again if self.dry_run else f"git merge --ff-only {quote(self.ref)}"
        if self.outcome == "failed":
            return f"merge it by hand on {agent}'s branch: git merge {quote(branch_of(self.task.trunk.ref))}"
        return None


class IntegrateCommand:
    """Integrates on somebody's word. Raises GatekeeperError where the repository or trunk cannot be read.

    ``dry_run``: nothing at all is written, and what is returned is what would come of it.
    """

    def __init__(
        self, repository: Repository, revision: str | None, *, clock: Callable[[], datetime], dry_run: bool = False
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._dry_run = dry_run
        self.ledger = Ledger(repository)
        self._trunk, self._settings = _trunk(repository, revision, read_only=dry_run)

    def run(self, agent: AgentName) -> Integrated:
        """Integrate for an agent, or say whom it waits for; raises BadInputError for one that is unknown."""
        dry_run = self._dry_run
        state = self.ledger.state()
        refuse_removed(state.get(AgentRecord, agent), agent)
        branch = branch_of_agent(agent, state, self._settings.roster)
        head = self._tip(branch)
        if head is None:
            refuse_unknown(agent, self._repository, state, self._settings.roster)
            raise BadInputError(f"{agent} has no branch {branch_of(branch)} yet", "gatekeeper agent start makes one")
        if branch_of(branch) == branch_of(self._trunk.ref):
            raise UsageError(f"{branch_of(branch)} is trunk itself", "name an agent whose branch lacks it")
        task = Task(agent, head, self._trunk)
        decision = self._decision(agent, state)
        waiting = self._waiting(task, decision, state)
        if waiting:
            return Integrated(task, decision, packets=waiting, dry_run=dry_run)
        integrator = Integrator(self._repository, self._settings, clock=self._clock)
        done = integrator.rehearse(task, state) if dry_run else integrator.integrate(task, self.ledger)
        return Integrated(task, decision, done, remarks=self._remarks(branch, done), dry_run=dry_run)

    def _decision(self, agent: AgentName, state: Records) -> Decision:
        problems = (record.problem for _, record in state.each(FindingRecord))
        counting = trusted(self._repository, state, self._settings, self._trunk.commit, self._clock())
        return decide(problems, state, self._settings.roster, counting).of(agent)

    def _waiting(self, task: Task, decision: Decision, state: Records) -> tuple[Packet, ...]:
        """Return whom to wait for, unless somebody has landed already whose work is to be taken in first."""
        reasons, trunk = decision.follows, task.trunk.commit
        due = state.get(IntegrationRecord, task.agent)
        if not reasons or (due is not None and due.findings):
            return ()
        names = {AgentName(name) for reason in reasons for name in reason.waits_for}
        tips = {name: self._tip(branch_of_agent(name, state, self._settings.roster)) for name in names}
        if any(tip is not None and self._has_landed_since(tip, trunk, state) for tip in tips.values()):
            return ()
        from gatekeeper.coordinator.packets import packets  # noqa: PLC0415 - who waits for nobody needs none

        order = Precedence.of(self._settings.roster, state)
        return packets(self._repository, state, order, decision, {**tips, task.agent: task.head})

    def _has_landed_since(self, tip: Oid, trunk: Oid, state: Records) -> bool:
        """Return whether trunk has got the commits of a branch since the ledger was told of trunk."""
        seen, database = state.get(TrunkRecord), self._repository.database()
        return seen is not None and database.is_ancestor(tip, trunk) and not database.is_ancestor(tip, seen.commit)

    def _tip(self, branch: RefName) -> Oid | None:
        """Return the commit of a branch here, else of the one that a remote has of that name."""
        found = self._repository.commit_of(branch)
        if found is not None:
            return found
        remotes = self._repository.remotes()
        tips = (self._repository.commit_of(f"{REMOTES}{remote}/{branch_of(branch)}") for remote in remotes)
        return next((tip for tip in tips if tip is not None), None)

    def _remarks(self, branch: RefName, done: Integration) -> tuple[str, ...]:
        if done.outcome != "published":
            return ()
        moved = self._tip(branch) != done.task.head
        again = (f"{branch_of(branch)} has moved meanwhile: run it again",) if moved else ()
        trees = [tree for tree in list_worktrees(self._repository) if tree.branch == branch]
        dirty = [tree.path for tree in with_uncommitted(trees) if tree.dirty]
        return (*again, *(f"there is uncommitted work in {path}: git refuses only where it overlaps" for path in dirty))


def _trunk(repository: Repository, revision: str | None, *, read_only: bool) -> tuple[Trunk, Settings]:
    named = revision or newest_trunk(repository, read_only=read_only)
    return trunk_and_settings(repository, Cache(None), named) if read_only else read_trunk(repository, named)
