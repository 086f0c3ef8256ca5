"""Ruling on a case, for just the findings and the states of branches that the one who rules was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from shlex import quote

from gatekeeper.coordinator.case_desk import CaseDesk
from gatekeeper.coordinator.contested import ContestedPlace, Resolution, resolution
from gatekeeper.coordinator.inquiries import losses
from gatekeeper.coordinator.notary import Notary
from gatekeeper.coordinator.trusting import concern_of
from gatekeeper.core.ledger.case_events import CaseChanged, CaseRuled, Choice
from gatekeeper.core.ledger.case_records import CaseMatter, CaseRecord
from gatekeeper.core.ledger.events import Event
from gatekeeper.core.ledger.records import FindingRecord, FoundProblem
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.policy.rulings import sense_objection, unwaived
from gatekeeper.errors import BadInputError, UsageError
from gatekeeper.ledger.ledger import new_event

_LOOK_AGAIN = "gatekeeper poll, and look again: gatekeeper escalation show {}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to rule. ``named``: how the text of ``file`` is called in messages."""

    choice: Choice
    because: str
    agent: AgentName | None = None
    text: str | None = None
    named: str = ""
    waives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; with ``problems`` nothing was signed, and ``hint`` says what to do."""

    problems: tuple[str, ...] = ()
    hint: str = ""
    events: tuple[Event, ...] = ()


def rule(desk: CaseDesk, case: CaseRecord, wanted: Wanted, notary: Notary) -> Outcome:
    """Rule on a case as it was shown; refused where it has changed since, or is ruled on already.

    Where the branches stand as they were shown, and yet something else comes of them, the case is corrected.

    Raises:
        UsageError, BadInputError: such a case cannot be ruled on so, the text cannot be read, or it would not count.
    """
    said = _said(case.matter, wanted, notary)
    _refuse_nonsense(said, case.matter, wanted)
    refused = _changed(desk, case) or _decided(desk, case, desk.state) or _incompatible(said, case.matter)
    if refused is not None:
        return refused
    found = resolution(desk.repository, case.matter, wanted.choice, wanted.agent, wanted.text, desk.trunk.commit)
    if found.problems:
        return _unresolved(case, wanted, found)
    said = replace(said, text=found.text, result=found.result)
    if case.matter.kind != "reorganisation":
        effect, broken = losses(desk.repository, case.matter, desk.trunk.commit)
        said = replace(said, effect=effect, broken=broken)
    event = notary.signed(said, concern_of(case))
    return _append(desk, case, event)


def _append(desk: CaseDesk, case: CaseRecord, event: Event) -> Outcome:
    """Write the ruling, unless somebody else has been faster: of two at once, the second is told of the first."""
    late: Outcome | None = None

    def decide(state: Records) -> Sequence[Event]:
        nonlocal late
        now = state.get(CaseRecord, case.id)
        if now is None:
            late = Outcome((f"case {case.id} is closed",), "gatekeeper escalation list")
        elif _is_another(now.matter, case.matter):
            late = Outcome((f"case {case.id} has changed",), _LOOK_AGAIN.format(case.id))
        else:
            late = _decided(desk, now, state)
        return [] if late is not None else [event]

    events = desk.append(decide, subject=f"ruling on {case.id}")
    return late or Outcome(events=events)


def _is_another(one: CaseMatter, other: CaseMatter) -> bool:
    return (one.findings, one.parties, one.heads, one.contents, one.proposed) != (
        other.findings,
        other.parties,
        other.heads,
        other.contents,
        other.proposed,
    )


def _said(matter: CaseMatter, wanted: Wanted, notary: Notary) -> CaseRuled:
    return CaseRuled(
        notary.authority.repository_id,
        notary.principal,
        matter.id,
        matter.findings,
        matter.heads,
        matter.contents,
        wanted.choice,
        wanted.because,
        wanted.agent,
        waives=wanted.waives,
        effect=matter.effect,
        broken=matter.broken,
    )


def _refuse_nonsense(said: CaseRuled, matter: CaseMatter, wanted: Wanted) -> None:
    if matter.kind == "incident":
        raise UsageError(
            f"case {matter.id} is an incident: it goes on by a plan, not by a ruling",
            f"gatekeeper resume {matter.id} --cause ... --plan ...",
        )
    if matter.kind == "phase":
        raise UsageError(
            f"case {matter.id} is a phase that keeps failing: it is mended, and nothing is ruled on it",
            f"gatekeeper phase status {' '.join(matter.phases)}".rstrip(),
        )
    for name in wanted.waives:
        if name not in matter.broken:
            near = get_close_matches(name, matter.broken, n=1)
            meant = f"did you mean {near[0]}?" if near else f"gatekeeper escalation show {matter.id} lists what breaks"
            raise UsageError(f"the case breaks nothing that is called {name}", meant)
    # What is not compatible is no mistake of whoever asks.
    objection = sense_objection(replace(said, waives=said.broken), matter)
    if objection is not None:
        raise UsageError(objection, f"gatekeeper escalation show {matter.id} says what can be ruled")


def _changed(desk: CaseDesk, case: CaseRecord) -> Outcome | None:
    """Return why what was shown is not what stands: nobody rules on something that they have not seen."""
    shown, now = case.matter, desk.as_it_stands(case.matter)
    gone = [party for party in shown.parties if party not in now.heads]
    moved = [party for party in shown.parties if party not in gone and now.heads[party] != shown.heads.get(party)]
    problems = [f"the branch of {party} is gone" for party in gone]
    problems += [f"{party} has moved since the last poll" for party in moved]
    if problems:
        return Outcome(tuple(problems), _LOOK_AGAIN.format(case.id))
    if waiting := uncommitted(desk, case.matter):
        return Outcome(
            tuple(f"what {party} does there is not committed" for party in waiting),
            f"{', '.join(waiting)}: commit it; then {_LOOK_AGAIN.format(case.id)}",
        )
    if now == shown:
        return None
    _correct(desk, case, now)
    what = "what it breaks" if (now.proposed, now.contents) == (shown.proposed, shown.contents) else "the proposal"
    return Outcome((f"{what} is another by now than was shown",), f"gatekeeper escalation show {case.id}")


def _correct(desk: CaseDesk, case: CaseRecord, now: CaseMatter) -> None:
    """Write the case as it stands: a poll asks of branches anew only when they have moved, and would leave it so."""
    event = new_event(CaseChanged(now), at=desk.now, by="gatekeeper")

    def decide(state: Records) -> Sequence[Event]:
        known = state.get(CaseRecord, case.id)
        return [event] if known is not None and known.matter == case.matter else []

    desk.ledger.append(decide, subject=f"case {case.id} as it stands", at=desk.now)


def uncommitted(desk: CaseDesk, matter: CaseMatter) -> tuple[AgentName, ...]:
    """Return the parties whose part in the case is in no commit: nothing could be ruled for it."""
    found: dict[AgentName, None] = {}
    for finding in matter.findings:
        record = desk.state.get(FindingRecord, finding)
        for party in () if record is None else record.sight.uncommitted:
            if (
                record is not None
                and party in matter.parties
                and not _is_committed(desk, matter, record.problem, party)
            ):
                found[party] = None
    return tuple(found)


def _is_committed(desk: CaseDesk, matter: CaseMatter, problem: FoundProblem, party: AgentName) -> bool:
    for side in problem.sides:
        if party in side.agents:
            there = replace(matter, path=side.path, key=side.key, parties=(party,))
            place = ContestedPlace(desk.repository, there, matter.heads, desk.trunk.commit)
            version = place.versions.get(party)
            if version is not None and place.is_changed(version):
                return True
    return False


def _decided(desk: CaseDesk, case: CaseRecord, state: Records) -> Outcome | None:
    """Return which ruling stands already; a decision holds until its findings, its branches or the policy change."""
    turn = desk.turn(case, state, desk.judge(state))
    if not turn.is_ruled:
        return None
    ruling = turn.rulings[0]
    done = {"proposal": "the proposal", "take": f"the side of {ruling.said.agent}", "file": "a text"}
    what = done.get(ruling.said.choice, ruling.said.choice)
    return Outcome(
        (f"{ruling.said.principal} has ruled on it already: {what}: {ruling.said.because} ({ruling.id})",),
        f"{', '.join(turn.waits_for) or 'the parties'}: {turn.next_step}",
    )


def _incompatible(said: CaseRuled, matter: CaseMatter) -> Outcome | None:
    if said.choice != "proceed" or not (broken := unwaived(said, matter)):
        return None
    waive = " ".join(f"--waive {quote(name)}" for name in broken)
    return Outcome(
        tuple(f"not backward compatible: {name}" for name in broken),
        f"let it be taken back (--take-back), or waive each by its name: {waive}",
    )


def _unresolved(case: CaseRecord, wanted: Wanted, found: Resolution) -> Outcome:
    if wanted.choice == "file":
        raise BadInputError(f"{wanted.named}:{found.problems[0]}", f"it has to be a whole {case.matter.path}")
    sides = ", ".join(f"--take {quote(party)}" for party in case.matter.parties)
    return Outcome(found.problems, f"take a side ({sides}), or give the whole file (--with FILE)")
