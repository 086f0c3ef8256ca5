"""From a scan's report to a look at the fleet: everything as plain text, in the words of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gatekeeper.coordinator.reorganisers import with_reorganiser
from gatekeeper.core.branch_names import REMOTES, branch_here, branch_of
from gatekeeper.core.findings import AgentState, AgentStatus, Finding, Report, Side
from gatekeeper.core.ledger.events import SeenAgent
from gatekeeper.core.ledger.records import (
    AgentRecord,
    ClaimId,
    ClosedFinding,
    FindingId,
    FindingRecord,
    FindingSide,
    FoundProblem,
    Sight,
    TrunkRecord,
)
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName, Oid, RefName, RuleId, format_key
from gatekeeper.core.roster import Roster
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.core.watch.observation import Observation
from gatekeeper.repository import Repository

NO_COMMITS = "no-commits"
MISSING = "missing"

_NOT_SEEN = "not-seen"
_EXCLUDE = ("workspace", "exclude")

_DEFERENCE = timedelta(days=1)
"""So long another clone's word stands about work that this one does not have: that clone may be gone for good."""


@dataclass(frozen=True, slots=True)
class Besides:
    """What a look has besides the scan: problems that no rule finds, claims that are fulfilled, and the clone.

    ``seen_at``: the moment of the look as the ledger counts time.
    """

    problems: tuple[FoundProblem, ...] = ()
    fulfilled: frozenset[ClaimId] = frozenset()
    clone: str = ""
    seen_at: datetime | None = None


def observe(
    report: Report, repository: Repository, state: Records, roster: Roster, besides: Besides, *, now: datetime
) -> Observation:
    """Return the look that the report amounts to."""
    view = _View(report, repository, state, besides.clone, now)
    seen = (view.seen(name, branch) for name, branch in registered(roster, state).items())
    found = tuple(with_reorganiser(problem, repository, view.tips) for problem in problems(report, state))
    trunk = state.get(TrunkRecord)
    unread = (status for status in report.agents if status.state is AgentState.UNREADABLE)
    return Observation(
        at=now,
        trunk_ref=_trunk_ref(report),
        trunk=report.trunk_commit,
        agents={agent.agent: agent for agent in seen if agent is not None},
        problems=(*found, *besides.problems),
        unread=frozenset(AgentName(text(status.name)) for status in unread),
        rewritten_from=None if view.trunk_is_behind(trunk) else _rewritten(repository, trunk, report),
        fulfilled=besides.fulfilled,
        clone=view.clone,
        tips=view.tips,
        uncommitted=view.uncommitted,
        too_old_for=view.too_old_for(),
        closed_elsewhere=view.closed_elsewhere(found),
        trunk_is_behind=view.trunk_is_behind(trunk),
        seen_at=besides.seen_at,
    )


def registered(roster: Roster, state: Records) -> dict[AgentName, RefName]:
    """Return the agents that are declared, started or adopted, with their branches; removed ones are none."""
    found = {name: spec.branch for name, spec in roster.agents.items()}
    for key, record in state.each(AgentRecord):
        name = AgentName(key)
        if record.removed_at is not None:
            found.pop(name, None)
        elif name not in found or record.base is not None:
            found[name] = record.branch
    return found


def problems(report: Report, state: Records) -> tuple[FoundProblem, ...]:
    """Return the findings of a report as the ledger keeps them."""
    ids = {record.problem.id for _, record in state.each(FindingRecord)}
    is_known = all(finding.id in ids for finding in report.findings)
    # Families are told of new findings only, and the rules are many modules.
    families = {} if is_known else _families()
    return tuple(problem_of(finding, families.get(finding.rule, "")) for finding in report.findings)


def _families() -> dict[RuleId, str]:
    from gatekeeper.core.rules.registry import listed_rules  # noqa: PLC0415 - see above

    return {rule.info.id: rule.info.family.value for rule in listed_rules()}


def problem_of(finding: Finding, family: str) -> FoundProblem:
    """Return one finding as the ledger keeps it."""
    return FoundProblem(
        FindingId(finding.id),
        finding.rule,
        finding.severity.label,  # type: ignore[arg-type] # the four labels are the four names
        text(finding.path),
        text(format_key(finding.key)),
        tuple(
            FindingSide(
                tuple(AgentName(text(agent)) for agent in side.agents),
                text(side.path),
                text(format_key(side.key)),
                takes_away=_takes_away(side),
            )
            for side in finding.sides
        ),
        text(finding.message),
        None if finding.proposal is None else text(finding.proposal),
        finding.git.value,
        finding.expected_because,
        family,
    )


def _takes_away(side: Side) -> bool:
    """What was there is not any more, or is taken out of the workspace."""
    return side.after is None if side.before is not None else side.after is not None and side.key[:2] == _EXCLUDE


class _View:
    """What one clone can see. Other clones may have newer states of branches, which this one must not take back."""

    def __init__(self, report: Report, repository: Repository, state: Records, clone: str, now: datetime) -> None:
        self._now = now
        self._report = report
        self._repository = repository
        self._objects = repository.database()
        self._state = state
        self.clone = clone
        self.tips = {
            AgentName(text(status.name)): head
            for status in report.agents
            if (head := repository.commit_of(status.ref)) is not None
        }
        self.uncommitted = frozenset(AgentName(text(status.name)) for status in report.agents if status.uncommitted)

    def seen(self, name: AgentName, branch: RefName) -> SeenAgent | None:
        """Return how an agent stands; None where another clone knows better."""
        record = self._state.get(AgentRecord, name)
        status = _status(branch, self._report)
        head = (self._repository.commit_of(status.ref) if status is not None else None) or self._repository.commit_of(
            branch
        )
        if record is not None and not self._is_news(record, head):
            return None
        if head is None and record is not None and record.made_in not in {"", self.clone}:
            # Its branch is where it was made, and was never pushed.
            return None
        if head is None:
            return SeenAgent(name, branch, None, MISSING, record.committed_at if record is not None else None)
        if record is not None and head == record.base:
            return SeenAgent(name, branch, head, NO_COMMITS, None)
        word = status.state.value if status is not None else _NOT_SEEN
        return SeenAgent(name, branch, head, word, committed_at(self._repository, head))

    def _is_news(self, record: AgentRecord, head: Oid | None) -> bool:
        if record.head is None or self._is_free(record.seen_in, record.seen_at):
            return True
        return head is not None and head != record.head and self._objects.is_ancestor(record.head, head)

    def _is_free(self, clone: str, at: datetime | None) -> bool:
        """Return whether no other clone's word stands against this one's; it may be gone, so its word ages."""
        return clone in {"", self.clone} or at is None or self._now - at > _DEFERENCE

    def trunk_is_behind(self, last: TrunkRecord | None) -> bool:
        """Return whether another clone has seen a newer trunk."""
        here = self._report.trunk_commit
        if last is None or last.commit == here or self._is_free(last.seen_in, last.seen_at):
            return False
        return self._objects.is_ancestor(here, last.commit)

    def too_old_for(self) -> frozenset[FindingId]:
        """Return the findings of other clones of whose branches this one lacks a part."""
        return frozenset(
            record.problem.id
            for _, record in self._state.each(FindingRecord)
            if not self._is_free(record.sight.clone, record.changed_at or record.opened_at)
            and not self._can_judge(record.sight)
        )

    def closed_elsewhere(self, found: Iterable[FoundProblem]) -> frozenset[FindingId]:
        """Return the findings here that another clone has seen go, in states of branches that are no older."""
        standing: set[FindingId] = set()
        for problem in found:
            closed = None if self._stands(problem.id) else self._state.get(ClosedFinding, problem.id)
            if closed is None or self._is_free(closed.sight.clone, closed.closed_at):
                continue
            if not any(self._is_newer(agent, closed.sight) for agent in problem.agents):
                standing.add(problem.id)
        return frozenset(standing)

    def _stands(self, finding: FindingId) -> bool:
        return self._state.get(FindingRecord, finding) is not None

    def _is_newer(self, agent: AgentName, sight: Sight) -> bool:
        """Return whether this clone has work of an agent that was not looked at there."""
        here, there = self.tips.get(agent), sight.tips.get(agent)
        if agent in self.uncommitted or here is None or there is None:
            return agent in self.uncommitted
        # A commit that is not here is work that this clone does not have.
        return self._objects.has(there) and not self._objects.is_ancestor(here, there)

    def _can_judge(self, sight: Sight) -> bool:
        """Work of agents that are done, or were removed, is what is committed: nobody edits it elsewhere any more."""
        at_work = [agent for agent in sight.uncommitted if not self._is_done(agent)]
        known = (self._has(agent, tip) or self._is_done(agent) for agent, tip in sight.tips.items())
        return not at_work and all(known)

    def _is_done(self, agent: AgentName) -> bool:
        record = self._state.get(AgentRecord, agent)
        return record is not None and (record.removed_at is not None or record.progress == "completed")

    def _has(self, agent: AgentName, tip: Oid) -> bool:
        head = self.tips.get(agent, self._report.trunk_commit)
        return self._objects.is_ancestor(tip, head) or self._objects.is_ancestor(tip, self._report.trunk_commit)


def _status(branch: RefName, report: Report) -> AgentStatus | None:
    found = next((status for status in report.agents if status.ref == branch), None)
    if found is not None:
        return found
    remote = (status for status in report.agents if status.ref.startswith(REMOTES))
    return next((status for status in remote if branch_of(status.ref) == branch_of(branch)), None)


def committed_at(repository: Repository, commit: Oid) -> datetime:
    """Return when a commit was made."""
    return datetime.fromtimestamp(repository.commit_time(commit), UTC)


def _trunk_ref(report: Report) -> RefName:
    """Return trunk's name, whether it is looked at here or as a remote has it: clones differ in that."""
    return branch_here(RefName(text(report.trunk_ref)))


def _rewritten(repository: Repository, last: TrunkRecord | None, report: Report) -> Oid | None:
    """Return the commit of the last look, if trunk is the same branch and no longer has it."""
    if last is None or last.ref != _trunk_ref(report) or last.commit == report.trunk_commit:
        return None
    return None if repository.database().is_ancestor(last.commit, report.trunk_commit) else last.commit
