"""Open cases as ``gatekeeper.escalations/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.coordinator.case_desk import CaseView
    from gatekeeper.coordinator.intents import Intents
    from gatekeeper.coordinator.trusting import Judged
    from gatekeeper.core.ledger.case_events import ApprovalGiven, CaseRuled

SCHEMA: Final = "gatekeeper.escalations/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CaseRulingDocument:
    """What somebody has ruled."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    principal: str
    """Who has signed it."""
    at: str
    choice: str
    """``proposal``, ``take``, ``file``, ``proceed`` or ``take-back``."""
    agent: str | None
    """Whose side was taken."""
    because: str
    waives: list[str]
    """What need not stay compatible, by its names."""
    effect: list[str]
    """Who relies on what the parties take away (of a reorganisation: its author), as it was ruled."""
    broken: list[str]
    """What is no longer compatible by it, by names."""
    counts: bool
    objection: str | None
    """Why it does not count."""
    stands: bool
    """Whether it counts and is about the case as it is now."""
    acknowledged: list[str]
    """The parties that have acknowledged it."""


@dataclass(slots=True)
class CaseApprovalDocument:
    """An approval of the plan of an incident."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    principal: str
    at: str
    because: str
    counts: bool
    objection: str | None
    """Why it does not count."""


@dataclass(slots=True)
class PartyDocument:
    """Whom a case concerns."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    agent: str
    head: str | None
    """The commit of its branch that the case is about."""
    change: list[str]
    """What it does at the place, as lines of a diff; only of a case that is shown by itself."""


@dataclass(slots=True)
class CaseDocument:
    """A question that a person has to answer."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    kind: str
    """``escalation``, ``reorganisation``, ``incident`` or ``phase``."""
    owner: str
    """The role that answers."""
    deciders: list[str]
    """Who may: those of the role that are no party, else such coordinators."""
    question: str
    rule: str
    path: str
    key: str
    findings: list[str]
    parties: list[PartyDocument]
    author: str | None
    """Who reorganises."""
    phases: list[str]
    """Those that an incident halts."""
    opened_at: str
    changed_at: str | None
    state: str
    """What the case waits for, in words."""
    waits_for: list[str]
    next_step: str
    proposal: str
    has_union: bool
    """Whether the proposal can be accepted: all sides can stand together at the place."""
    union: list[str]
    """What the proposal does at the place, as lines of a diff; only of a case that is shown by itself."""
    effect: list[str]
    """Who relies on what a reorganisation takes away."""
    broken: list[str]
    """What would no longer be compatible, by the names with which it can be waived."""
    rulings: list[CaseRulingDocument]
    cause: str
    plan: str
    planned_by: str
    approvals: list[CaseApprovalDocument]


@dataclass(slots=True)
class EscalationsDocument:
    """What ``gatekeeper escalation`` and ``gatekeeper resume`` print."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    problems: list[str]
    """Why nothing was written."""
    hint: str | None
    """What to do about it, or next."""
    cases: list[CaseDocument]


def escalations_json(
    cases: Sequence[tuple[CaseView, Intents | None]], problems: Sequence[str] = (), hint: str | None = None
) -> str:
    """Return cases as JSON."""
    told = [case_document(view, found) for view, found in cases]
    return document_text(
        EscalationsDocument(
            SCHEMA, list(map(without_surrogates, problems)), None if not hint else without_surrogates(hint), told
        )
    )


def case_document(view: CaseView, found: Intents | None) -> CaseDocument:
    """Return one case as JSON has it; ``found`` is there where it is shown by itself."""
    case, matter, turn = view.case, view.case.matter, view.turn
    changes = {} if found is None else {intent.agent: intent.lines for intent in found.parties}
    standing = {ruling.id for ruling in turn.rulings}
    union = found.union if found is not None and found.union is not None else ()
    return CaseDocument(
        id=case.id,
        kind=matter.kind,
        owner=matter.owner,
        deciders=[str(name) for name in view.deciders],
        question=matter.question,
        rule=matter.rule,
        path=matter.path,
        key=matter.key,
        findings=[str(finding) for finding in matter.findings],
        parties=[
            PartyDocument(party, matter.heads.get(party), list(map(without_surrogates, changes.get(party, ()))))
            for party in matter.parties
        ],
        author=matter.author,
        phases=[str(phase) for phase in matter.phases],
        opened_at=case.opened_at.isoformat(),
        changed_at=None if case.changed_at is None else case.changed_at.isoformat(),
        state=turn.message,
        waits_for=list(turn.waits_for),
        next_step=turn.next_step,
        proposal=matter.proposal,
        has_union=bool(matter.proposed),
        union=list(map(without_surrogates, union)),
        effect=list(matter.effect),
        broken=list(matter.broken),
        rulings=[_ruling(each, view, stands=each.event.id in standing) for each in view.rulings],
        cause=case.cause,
        plan=case.plan,
        planned_by=case.planned_by,
        approvals=[approval_document(each) for each in view.approvals],
    )


def _ruling(judged: Judged[CaseRuled], view: CaseView, *, stands: bool) -> CaseRulingDocument:
    said = judged.said
    seen = [each.said.agent for each in view.acknowledgements if each.counts and each.said.ruling == judged.event.id]
    return CaseRulingDocument(
        judged.event.id,
        said.principal,
        judged.event.at.isoformat(),
        said.choice,
        said.agent,
        said.because,
        list(said.waives),
        list(said.effect),
        list(said.broken),
        judged.counts,
        judged.objection,
        stands,
        sorted({str(agent) for agent in seen}),
    )


def approval_document(judged: Judged[ApprovalGiven]) -> CaseApprovalDocument:
    """Return an approval of a plan as JSON has it."""
    said = judged.said
    return CaseApprovalDocument(
        judged.event.id, said.principal, judged.event.at.isoformat(), said.because, judged.counts, judged.objection
    )
