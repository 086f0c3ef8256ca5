"""What a look at the fleet changes of what was decided: the line of those who meet, cases, integrations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger.case_records import (
    CaseId,
    CaseMatter,
    CaseRecord,
    ClosedCase,
    IntegrationRecord,
    PrecedenceRecord,
    QuarantineRecord,
)
from gatekeeper.core.ledger.records import AgentRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.matters import case_id, counts
from gatekeeper.core.policy.trusted import Trusted
from gatekeeper.core.roster import Roster
from gatekeeper.core.watch.observation import Observation

Inquire: TypeAlias = Callable[[CaseMatter, CaseMatter | None], CaseMatter]
"""From a case as findings make it, and as it is known, to the case with what the branches hold."""


def line_changes(
    problems: Iterable[FoundProblem], state: Records, look: Observation, trusted: Trusted
) -> Iterator[cases.CasePayload]:
    """Yield who leaves the line of those who meet, and who joins it, at its end.

    Of those that join at once, whoever had changed the place at the last look goes first, then the older commit.
    """
    standing = {record.agent: record for _, record in state.each(PrecedenceRecord)}
    counting = [problem for problem in problems if counts(problem, trusted.waived)]
    meeting = {agent for p in counting if len(p.sides) > 1 for side in p.sides for agent in side.agents}
    for agent in sorted(standing.keys() - meeting):
        if is_gone(agent, state, look):
            yield cases.PrecedenceLeft(agent)
    new = meeting - standing.keys()
    last = max((record.position for record in standing.values()), default=0)
    for number, agent in enumerate(sorted(new, key=lambda agent: _first_come(agent, state, look)), start=1):
        yield cases.PrecedenceTaken(agent, last + number)


def _first_come(agent: AgentName, state: Records, look: Observation) -> tuple[bool, float, str]:
    seen = look.agents.get(agent)
    record = state.get(AgentRecord, agent)
    committed = seen.committed_at if seen is not None else record.committed_at if record is not None else None
    return agent not in look.touched_before, (committed or look.at).timestamp(), agent


def is_gone(agent: AgentName, state: Records, look: Observation) -> bool:
    """Return whether an agent has landed, or is there no more."""
    if agent in look.landed:
        return True
    record = state.get(AgentRecord, agent)
    seen = look.agents.get(agent)
    if record is None:
        return agent not in look.tips and agent not in look.unread
    return record.removed_at is not None or (seen is not None and seen.state in {"landed", "missing"})


def case_changes(
    matters: Mapping[CaseId, CaseMatter], state: Records, inquire: Inquire, roster: Roster
) -> Iterator[cases.CaseOpened | cases.CaseChanged | cases.CaseClosed]:
    """Yield which cases open, have become others, and are over.

    That of a phase which keeps failing is over when the phase has passed, which is not seen here; or is asked no more.
    """
    known = {record.id: record.matter for _, record in state.each(CaseRecord)}
    for case, found in sorted(matters.items()):
        before = known.get(case)
        matter = inquire(found, before)
        if before is None:
            yield cases.CaseOpened(matter)
        elif before != matter:
            yield cases.CaseChanged(matter)
    for case, matter in sorted(known.items()):
        if case in matters:
            continue
        if matter.kind != "phase":
            yield cases.CaseClosed(case, "nothing stands any more that it was about", matter.parties)
        elif not any(phase in roster.phases and roster.phases[phase].gates.post for phase in matter.phases):
            yield cases.CaseClosed(case, "trunk declares no such phase with gates any more", matter.parties)


def integration_changes(
    closed: Iterable[FoundProblem], state: Records, look: Observation, trusted: Trusted
) -> Iterator[cases.IntegrationDue | cases.IntegrationEnded]:
    """Yield who has to take in trunk, since somebody whom it had a finding with has landed, and who has done so."""
    for _, record in state.each(IntegrationRecord):
        if record.agent in look.taken_in:
            yield cases.IntegrationEnded(record.agent, "its branch has it")
        elif is_gone(record.agent, state, look):
            yield cases.IntegrationEnded(record.agent, "it has landed, or is gone")
    duties: dict[AgentName, list[tuple[FoundProblem, frozenset[AgentName]]]] = {}
    for problem in closed:
        landed = look.landed.intersection(problem.agents)
        if not landed or not counts(problem, trusted.waived):
            continue
        for side in problem.sides:
            before = landed.difference(side.agents)
            for agent in side.agents if before else ():
                if agent not in look.up_to_date and not is_gone(agent, state, look):
                    duties.setdefault(agent, []).append((problem, before))
    for agent, duty in sorted(duties.items()):
        after = tuple(sorted(frozenset().union(*(landed for _, landed in duty))))
        findings = tuple(sorted({problem.id for problem, _ in duty}))
        asked = sorted({case_id(problem) for problem, _ in duty})
        ruled = tuple(case for case in asked if _is_ruled(case, state))
        yield cases.IntegrationDue(agent, after, findings, look.trunk, ruled)


def _is_ruled(case: CaseId, state: Records) -> bool:
    record = state.get(CaseRecord, case)
    closed = state.get(ClosedCase, case) if record is None else None
    known = record if closed is None else closed.case
    return known is not None and bool(known.rulings)


def ended_quarantines(
    problems: Collection[FoundProblem], state: Records, at: datetime
) -> Iterator[cases.QuarantineEnded]:
    """Yield who need not be set apart any more: nothing stands that concerns them."""
    for _, record in state.each(QuarantineRecord):
        # What was found at this look may be what it was set apart for a moment ago.
        if record.placed and record.at < at and not any(record.agent in problem.agents for problem in problems):
            yield cases.QuarantineEnded(record.agent)
