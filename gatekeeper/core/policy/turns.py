"""Whose turn it is in an open case, and what they do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gatekeeper.core.ledger.case_records import CaseRecord
from gatekeeper.core.ledger.records import FindingRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.owners import NOBODY, Concern, deciders
from gatekeeper.core.policy.plans import incident_subject
from gatekeeper.core.policy.settlements import Settlement, settlement
from gatekeeper.core.policy.trusted import Ruling
from gatekeeper.core.roster import Roster


@dataclass(frozen=True, slots=True)
class Turn:
    """Whom a case waits for, in words, and the command that is theirs; nobody is waited for where it is carried out.

    ``settled``: of each finding of the case that is ruled on as things stand now, the ruling and who has yet to
    acknowledge it. ``is_ruled``: whether that are all of them.
    """

    waits_for: tuple[str, ...]
    message: str
    next_step: str
    settled: tuple[Settlement, ...] = ()
    is_ruled: bool = False

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The rulings that are about the case as it is now, each once."""
        return tuple({each.ruling.id: each.ruling for each in self.settled}.values())

    @property
    def missing(self) -> tuple[AgentName, ...]:
        """Who has yet to acknowledge what was ruled, by name."""
        return tuple(sorted({agent for each in self.settled for agent in each.missing}))


def turn_of(
    case: CaseRecord, rulings: Iterable[Ruling], state: Records, roster: Roster, *, is_resumed: bool = False
) -> Turn:
    """Return whose turn it is; ``rulings`` are those on the case that count."""
    if case.matter.kind == "incident":
        return _of_incident(case, roster, is_resumed=is_resumed)
    if case.matter.kind == "phase":
        return _of_phase(case, roster)
    settled, is_whole = _settlements(case, tuple(rulings), state, roster)
    if not is_whole:
        may = deciders(Concern(case.matter.owner, case.matter.parties), roster)
        if not may:
            return Turn((), f"waits for the {case.matter.owner}: {NOBODY}", "edit gatekeeper.toml on trunk", settled)
        who = f"waits for the {case.matter.owner} ({', '.join(may)})"
        return Turn(may, who, f"gatekeeper escalation show {case.id}", settled)
    turn = Turn((), "is ruled on and acknowledged", "the parties do as was ruled", settled, is_ruled=True)
    if not turn.missing:
        return turn
    step = f"gatekeeper escalation acknowledge {case.id}"
    return replace(turn, waits_for=turn.missing, message="is ruled on and waits to be acknowledged", next_step=step)


def _of_phase(case: CaseRecord, roster: Roster) -> Turn:
    """Nothing is ruled on a phase that keeps failing: it is mended, and judged again."""
    may = deciders(Concern(case.matter.owner, case.matter.parties), roster)
    who = f" ({', '.join(may)})" if may else ""
    step = f"gatekeeper phase status {' '.join(case.matter.phases)}".rstrip()
    return Turn(may, f"waits for the {case.matter.owner}{who}", step)


def _of_incident(case: CaseRecord, roster: Roster, *, is_resumed: bool) -> Turn:
    if is_resumed:
        return Turn((), "is resumed", "the parties carry out the plan")
    may = deciders(Concern(case.matter.owner, case.matter.parties), roster)
    if not case.cause or not case.plan:
        step = f"gatekeeper resume {case.id} --cause ... --plan ..."
        return Turn(may, "waits for a root cause and a plan", step)
    if not may:
        return Turn((), f"waits for approval: {NOBODY}", "edit gatekeeper.toml on trunk")
    step = f"gatekeeper approve {incident_subject(case.id)} --because ..."
    return Turn(may, "has a plan, which waits for approval", step)


def _settlements(
    case: CaseRecord, rulings: tuple[Ruling, ...], state: Records, roster: Roster
) -> tuple[tuple[Settlement, ...], bool]:
    """Return how the findings are settled, and whether all of those that stand are."""
    each = list(_each(case, rulings, state, roster))
    settled = tuple(found for found in each if found is not None)
    return settled, bool(settled) and len(settled) == len(each)


def _each(case: CaseRecord, rulings: tuple[Ruling, ...], state: Records, roster: Roster) -> Iterator[Settlement | None]:
    for finding in case.matter.findings:
        record = state.get(FindingRecord, finding)
        if record is not None:
            yield settlement(record.problem, case.matter, rulings, roster, state)
