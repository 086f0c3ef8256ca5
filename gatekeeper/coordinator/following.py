"""What a look has to know of git for decisions: who has landed, who has taken in trunk, who was there first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from gatekeeper.core.findings import AgentState, Report
from gatekeeper.core.ledger.case_records import IntegrationRecord, PrecedenceRecord
from gatekeeper.core.ledger.records import AgentRecord, FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.core.watch.observation import Observation
from gatekeeper.errors import GatekeeperError
from gatekeeper.repository import Repository


def landed(look: Observation, report: Report, repository: Repository, state: Records) -> frozenset[AgentName]:
    """Return whose work trunk has: by what git says, or of a branch that is gone, by where it was seen last."""
    found = {AgentName(text(status.name)) for status in report.agents if status.state is AgentState.LANDED}
    database = repository.database()
    for name, seen in look.agents.items():
        record = state.get(AgentRecord, name)
        if seen.state == "landed":
            found.add(name)
        if seen.head is not None or record is None or record.head is None or record.head == record.base:
            continue
        if database.has(record.head) and database.is_ancestor(record.head, look.trunk):
            found.add(name)
    return frozenset(found)


def taken_in(look: Observation, report: Report, repository: Repository, state: Records) -> frozenset[AgentName]:
    """Return who has the commit of trunk that it was to take in.

    Not whoever conflicts with trunk: more has landed meanwhile, and of that no finding speaks any more.
    """
    database = repository.database()
    conflicting = {
        AgentName(text(status.name)) for status in report.agents if status.state is AgentState.CONFLICTS_WITH_TRUNK
    }
    due = (record for _, record in state.each(IntegrationRecord))
    return frozenset(
        record.agent
        for record in due
        if record.agent not in conflicting
        and (tip := look.tips.get(record.agent)) is not None
        and database.is_ancestor(record.trunk, tip)
    )


def up_to_date(look: Observation, repository: Repository, state: Records) -> frozenset[AgentName]:
    """Return whose branch has all of trunk, of those whom a finding concerned that is not found any more."""
    database = repository.database()
    found = {problem.id for problem in look.problems}
    gone = (record.problem for _, record in state.each(FindingRecord) if record.problem.id not in found)
    concerned = {agent for problem in gone for agent in problem.agents}
    return frozenset(
        agent
        for agent in concerned
        if (tip := look.tips.get(agent)) is not None and database.is_ancestor(look.trunk, tip)
    )


def touched_before(look: Observation, repository: Repository, state: Records) -> frozenset[AgentName]:
    """Return who had changed a place at the last look already, of those who now meet somebody for the first time."""
    return frozenset(agent for problem in _new(look, state) for agent in _earlier(problem, look, repository, state))


def _new(look: Observation, state: Records) -> Iterator[FoundProblem]:
    for problem in look.problems:
        if len(problem.sides) > 1 and state.get(FindingRecord, problem.id) is None:
            yield problem


def _earlier(problem: FoundProblem, look: Observation, repository: Repository, state: Records) -> Iterator[AgentName]:
    for side in problem.sides:
        for agent in side.agents:
            record = state.get(AgentRecord, agent)
            if record is None or record.head is None or state.get(PrecedenceRecord, agent) is not None:
                continue
            with suppress(GatekeeperError):
                base = repository.database().merge_base(record.head, look.trunk)
                if base and repository.blob_id(record.head, side.path) != repository.blob_id(base, side.path):
                    yield agent
