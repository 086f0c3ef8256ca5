"""From a scan's report to a look at the fleet: everything as plain text, in the words of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gatekeeper.core.findings import AgentState, AgentStatus, Finding, Report
from gatekeeper.core.ledger.events import SeenAgent
from gatekeeper.core.ledger.records import (
    AgentRecord,
    ClaimId,
    FindingId,
    FindingRecord,
    FindingSide,
    FoundProblem,
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

_HEADS = "refs/heads/"
_NOT_SEEN = "not-seen"


@dataclass(frozen=True, slots=True)
class Besides:
    """What a look has besides the scan: problems that no rule finds, and claims whose change is committed."""

    problems: tuple[FoundProblem, ...] = ()
    fulfilled: frozenset[ClaimId] = frozenset()


def observe(
    report: Report, repository: Repository, state: Records, roster: Roster, besides: Besides, *, now: datetime
) -> Observation:
    """Return the look that the report amounts to."""
    branches = registered(roster, state)
    seen = {name: _seen(name, branch, report, repository, state) for name, branch in branches.items()}
    unread = (status for status in report.agents if status.state is AgentState.UNREADABLE)
    return Observation(
        at=now,
        trunk_ref=RefName(text(report.trunk_ref)),
        trunk=report.trunk_commit,
        agents=seen,
        problems=(*problems(report, state), *besides.problems),
        unread=frozenset(AgentName(text(status.name)) for status in unread),
        rewritten_from=_rewritten(repository, state.get(TrunkRecord), report),
        fulfilled=besides.fulfilled,
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
                tuple(AgentName(text(agent)) for agent in side.agents), text(side.path), text(format_key(side.key))
            )
            for side in finding.sides
        ),
        text(finding.message),
        None if finding.proposal is None else text(finding.proposal),
        finding.git.value,
        finding.expected_because,
        family,
    )


def _seen(name: AgentName, branch: RefName, report: Report, repository: Repository, state: Records) -> SeenAgent:
    status = _status(branch, report)
    record = state.get(AgentRecord, name)
    head = repository.commit_of(branch)
    if head is None and status is not None:
        # Somebody else's clone has it: what is known of it here is the remote-tracking branch.
        head = repository.commit_of(status.ref)
    if head is None:
        return SeenAgent(name, branch, None, MISSING, None)
    base = record.base if record is not None else None
    if head == base:
        return SeenAgent(name, branch, head, NO_COMMITS, None)
    word = status.state.value if status is not None else _NOT_SEEN
    return SeenAgent(name, branch, head, word, committed_at(repository, head))


def _status(branch: RefName, report: Report) -> AgentStatus | None:
    short = branch.removeprefix(_HEADS)
    found = next((status for status in report.agents if status.ref == branch), None)
    if found is not None:
        return found
    remote = (status for status in report.agents if status.ref.startswith("refs/remotes/"))
    return next((status for status in remote if status.ref.split("/", 3)[-1] == short), None)


def committed_at(repository: Repository, commit: Oid) -> datetime:
    """Return when a commit was made."""
    return datetime.fromtimestamp(repository.commit_time(commit), UTC)


def _rewritten(repository: Repository, last: TrunkRecord | None, report: Report) -> Oid | None:
    """Return the commit of the last look, if trunk is the same branch and no longer has it."""
    if last is None or last.ref != report.trunk_ref or last.commit == report.trunk_commit:
        return None
    return None if repository.database().is_ancestor(last.commit, report.trunk_commit) else last.commit
