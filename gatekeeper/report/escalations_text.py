"""Open cases, for people: in a list, and one by itself with all that decides it."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gatekeeper.report.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gatekeeper.coordinator.case_desk import CaseView
    from gatekeeper.coordinator.intents import Intents
    from gatekeeper.core.ledger.case_records import CaseMatter
    from gatekeeper.report.page import Page

_SHORT_OID = 10


def write_list(views: Sequence[CaseView], page: Page, *, now: datetime) -> None:
    """Write the open cases: what about, since when, and whose turn it is."""
    if not views:
        page.line("no open cases")
        return
    for view in views:
        case, turn = view.case, view.turn
        page.line((case.id, "bold"), f"  {case.matter.kind}  {place_text(case.matter)}  ", (case.matter.rule, "dim"))
        since = f"since {moment_text(case.opened_at, now)}: {', '.join(case.matter.parties)}"
        page.line(f"{since}; {turn.message}", indent=2)
        if turn.waits_for:
            page.line(f"{', '.join(turn.waits_for)}: {turn.next_step}", indent=2)
        else:
            page.line(turn.next_step, indent=2)


def write_case(view: CaseView, found: Intents, page: Page, *, now: datetime) -> None:
    """Write one case: who wants what, what could be done, what was said, and the exact next command."""
    case, matter = view.case, view.case.matter
    page.line((f"{matter.kind} {case.id}", "bold"), f"  {matter.rule}  {place_text(matter)}")
    page.line((f"open since {moment_text(case.opened_at, now)}; {view.turn.message}", "dim"))
    page.blank()
    page.line(matter.question)
    _findings(view, page)
    if matter.kind == "phase":
        page.line((matter.proposal, "dim"))
    else:
        _intents(matter, found, page)
    if matter.kind == "escalation":
        _proposal(matter, found, page)
    _reorganisation(matter, page)
    _plan(view, page)
    _rulings(view, page, now=now)
    page.blank()
    page.line(("next: ", "bold"), *_first(view))
    for step in steps(view):
        page.verbatim(step, indent=2)


def _first(view: CaseView) -> tuple[str]:
    return (", ".join(view.turn.waits_for) or view.turn.next_step,)


def steps(view: CaseView) -> list[str]:
    """Return the commands that carry the case on, ready to be typed."""
    case, matter, turn = view.case, view.case.matter, view.turn
    if matter.kind == "phase":
        return [turn.next_step]
    if matter.kind == "incident" or turn.is_ruled:
        return [turn.next_step] if turn.waits_for else []
    resolve = f"gatekeeper escalation resolve {case.id}"
    if matter.kind == "reorganisation":
        waived = "".join(f" --waive {quote(name)}" for name in matter.broken)
        choices = [f"{resolve} --take-back", f"{resolve} --proceed{waived}"]
    else:
        choices = [f"{resolve} --accept-proposal"] if matter.proposed else []
        choices += [f"{resolve} --take {quote(party)}" for party in matter.parties]
        choices += [f"{resolve} --with FILE"]
    return [f"{choice} --because '...'" for choice in choices]


def _findings(view: CaseView, page: Page) -> None:
    for problem in view.problems:
        if problem.message != view.case.matter.question or len(view.problems) > 1:
            page.line(
                (problem.id, "dim"), f"  {problem.severity}  {', '.join(problem.agents)}: {problem.message}", indent=2
            )


def _intents(matter: CaseMatter, found: Intents, page: Page) -> None:
    for intent in found.parties:
        page.blank()
        role = ", who reorganises," if intent.agent in matter.authors else ""
        head = "its branch is gone" if intent.head is None else f"at {intent.head[:_SHORT_OID]}"
        page.line((intent.agent, "bold"), f"{role} ", (head, "dim"))
        _diff(intent.lines or ("changes nothing here that is committed",), page)


def _diff(lines: Sequence[str], page: Page) -> None:
    for line in lines:
        style = {"-": "red", "+": "green", "@": "dim"}.get(line[:1], "")
        page.verbatim(line, style=style, indent=2)


def _proposal(matter: CaseMatter, found: Intents, page: Page) -> None:
    page.blank()
    if found.union is None:
        page.line(("no proposal can be accepted:", "bold"))
        for clash in found.clashes:
            page.line(clash, indent=2)
        if matter.proposal:
            page.line((matter.proposal, "dim"), indent=2)
        return
    page.line(("proposal: ", "bold"), matter.proposal)
    _diff(found.union, page)


def _reorganisation(matter: CaseMatter, page: Page) -> None:
    if matter.kind != "reorganisation":
        return
    page.blank()
    page.line(("relies on what goes:", "bold"), "" if matter.effect else " nobody")
    for line in matter.effect:
        page.line(line, indent=2)
    page.line(("no longer compatible:", "bold"), "" if matter.broken else " nothing")
    for name in matter.broken:
        page.line(name, indent=2)


def _plan(view: CaseView, page: Page) -> None:
    case = view.case
    if case.matter.kind != "incident":
        return
    page.blank()
    if case.matter.phases:
        page.line(("halts: ", "bold"), f"phase {', '.join(case.matter.phases)}")
    page.line(("root cause: ", "bold"), case.cause or "not recorded")
    page.line(("plan: ", "bold"), case.plan or "not recorded")
    for each in view.approvals:
        counts = "" if each.counts else f"; does not count: {each.objection}"
        page.line(f"approved by {each.said.principal}: {each.said.because}{counts}", indent=2)


def _rulings(view: CaseView, page: Page, *, now: datetime) -> None:
    standing = {ruling.id: ruling for ruling in view.turn.rulings}
    for each in view.rulings:
        said = each.said
        page.blank()
        what = choice_text(said.choice, said.agent)
        page.line((f"{said.principal} ruled: {what}", "bold"), f"  {moment_text(each.event.at, now)}")
        page.line(said.because, indent=2)
        if view.case.matter.kind != "reorganisation":
            page.line("no longer compatible: ", ", ".join(said.broken) or "nothing", indent=2)
        if each.objection is not None:
            page.line(f"does not count: {each.objection}", indent=2)
        elif each.event.id not in standing:
            page.line("no longer about the case as it is", indent=2)
        else:
            page.line(
                "acknowledged by: ", ", ".join(sorted(standing[each.event.id].acknowledged)) or "nobody", indent=2
            )


def choice_text(choice: str, agent: str | None) -> str:
    """Return what was chosen, in words."""
    named = {
        "proposal": "the proposal",
        "take": f"the side of {agent}",
        "file": "a text of its own",
        "proceed": "it may go on",
        "take-back": "it is to be taken back",
    }
    return named[choice]


def place_text(matter: CaseMatter) -> str:
    """Return the contested place."""
    return matter.path + (f"#{matter.key}" if matter.key else "")


def refusal_lines(problems: Sequence[str], hint: str) -> Iterator[str]:
    """Yield why nothing was written, and what to do."""
    yield from (f"refused: {problem}" for problem in problems)
    if hint:
        yield f"  {hint}"
