"""What a poll has come to, for people and as ``gatekeeper.poll/1``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gatekeeper.core.ledger import case_events as cases
from gatekeeper.core.ledger import events as happened
from gatekeeper.core.ledger.event_types import type_of
from gatekeeper.core.ledger.statement import statement
from gatekeeper.core.ledger.summaries import summary
from gatekeeper.report.decisions import DecisionDocument, decision_document, write_stopped
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.moments import moment_text
from gatekeeper.report.page import severity_style

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gatekeeper.coordinator.poll import Polled
    from gatekeeper.core.ledger.events import Event
    from gatekeeper.core.ledger.records import FoundProblem
    from gatekeeper.report.page import Page

SCHEMA: Final = "gatekeeper.poll/1"

_DECIDED = (
    *(cases.CaseOpened, cases.CaseClosed, cases.QuarantineEnded),
    *(cases.IntegrationDue, cases.IntegrationEnded),
)

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_MOST_SHOWN = 10


@dataclass(slots=True)
class EventDocument:
    """One event that was recorded, or, in a dry run, would be."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    type: str
    at: str
    by: str
    summary: str
    data: Any
    """What the event says, as it stands in the ledger."""


@dataclass(slots=True)
class CheckDocument:
    """One question of the checkpoint."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    holds: bool
    agents: list[str]
    """Whom it concerns if it does not hold."""
    detail: str


@dataclass(slots=True)
class PollDocument:
    """What one poll has come to."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    at: str
    busy: bool
    """Whether another poll was running; then nothing was done."""
    events: list[EventDocument]
    """Empty where nothing has changed."""
    checks: list[CheckDocument]
    standing: list[Any]
    """The findings that stand now, as the ledger has them."""
    waived: list[str]
    """The ids of findings that a waiver lets pass."""
    blocking: int
    """How many findings stand at or above ``fail_on`` that are neither expected nor waived nor ruled on."""
    decisions: list[DecisionDocument]
    """What all agents that are not clear may do, and why."""
    troubles: list[str]
    """What did not work outside: a remote that is gone."""
    restored: bool
    """Whether the ledger had lost events, which are back."""


def poll_json(done: Polled) -> str:
    """Return the result as JSON."""
    from gatekeeper.ledger.codec import plain  # noqa: PLC0415 - only this format needs it

    return document_text(
        PollDocument(
            SCHEMA,
            done.at.isoformat(),
            done.busy is not None,
            [event_document(event) for event in (*done.events, *done.outcomes)],
            [CheckDocument(check.name, check.holds, list(check.agents), check.detail) for check in done.checks],
            [plain(problem) for problem in done.standing],
            sorted(done.waived),
            done.blocking,
            [decision_document(decision) for decision in done.decisions],
            list(done.troubles),
            done.restored,
        )
    )


def event_document(event: Event) -> EventDocument:
    """Return one event as JSON has it."""
    from gatekeeper.ledger.codec import plain  # noqa: PLC0415 - only JSON needs it

    name = type_of(event.payload).name
    return EventDocument(event.id, name, event.at.isoformat(), event.by, summary(event), plain(event.payload))


def write_poll(done: Polled, page: Page, *, dry_run: bool) -> None:
    """Write what is new, the worst first; what stands already is for ``gatekeeper status``."""
    payloads = [event.payload for event in done.events]
    head = f"{done.at:%Y-%m-%d %H:%M} UTC"
    page.line(("poll", "bold"), f" {head}" + (" · dry run: nothing is recorded" if dry_run else ""))
    if done.restored:
        page.line("the ledger had lost events; they are back")
    opened = [said.problem for said in payloads if isinstance(said, happened.FindingOpened)]
    changed = [said.problem for said in payloads if isinstance(said, happened.FindingChanged)]
    _findings("opened", opened, done, page)
    _findings("changed", changed, done, page)
    closed = [said for said in payloads if isinstance(said, happened.FindingClosed)]
    if closed:
        reasons = Counter(said.because for said in closed)
        page.line(f"closed   {', '.join(f'{number} {because}' for because, number in reasons.most_common())}")
    for said in payloads:
        if isinstance(said, happened.CheckpointMade):
            _checkpoint(said, page)
        elif isinstance(said, happened.FleetSeen):
            _seen(said, page)
        elif isinstance(said, (happened.ClaimReleased, happened.WaiverEnded, happened.MonthFolded)):
            page.line(statement(said))
        elif isinstance(said, _DECIDED):
            agent = getattr(said, "agent", None)
            page.line(" ".join(part for part in (agent, statement(said)) if part), hang=9)
    write_stopped(done.stopped, page)
    _told(done, page)
    if done.standing:
        page.line(("Next: ", "bold"), "gatekeeper status")


def _findings(word: str, problems: Sequence[FoundProblem], done: Polled, page: Page) -> None:
    if not problems:
        return
    counts = Counter(problem.rank for problem in problems)
    worst_first = sorted(counts, reverse=True)
    told = ", ".join(f"{counts[severity]} {severity.label}" for severity in worst_first)
    page.line(f"{word:<8} {told}")
    ordered = sorted(problems, key=lambda problem: (-problem.rank, problem.path, problem.key, problem.id))
    for problem in ordered[:_MOST_SHOWN]:
        place = " ".join(part for part in (problem.path, problem.key) if part)
        severity = (f"{problem.severity:<8} ", severity_style(problem.rank))
        page.line(severity, f"{problem.rule}  {place}", indent=2)
        mark = settled_mark(problem, done.waived)
        page.line(f"{page.list_of(problem.agents)} · id {problem.id}{mark}", indent=4)
    if len(ordered) > _MOST_SHOWN:
        page.line(f"… and {len(ordered) - _MOST_SHOWN} more", indent=2)


def settled_mark(problem: FoundProblem, waived: Collection[str], settled: Collection[str] = ()) -> str:
    """Return what to add to a finding that stops nobody any more, or that nobody is surprised by."""
    if problem.id in waived:
        return " · waived"
    if problem.id in settled:
        return " · ruled on"
    return " · expected" if problem.expected_because is not None else ""


def _checkpoint(said: happened.CheckpointMade, page: Page) -> None:
    failed = [check for check in said.checks if not check.holds]
    if not failed:
        page.line("checkpoint: all met")
        return
    page.line(f"checkpoint: {len(failed)} of {len(said.checks)} not met")
    for check in failed:
        page.line(f"{check.name}: {page.list_of(check.agents)}", indent=2)


def _seen(said: happened.FleetSeen, page: Page) -> None:
    if said.rewritten_from is not None:
        page.line(("trunk was rewritten", "yellow"), f": it no longer has {said.rewritten_from[:10]}")
    gone = [seen.agent for seen in said.agents if seen.state == "missing"]
    if gone:
        page.line(f"no branch any more: {page.list_of(gone)}")
    moved = [seen.agent for seen in said.agents if seen.state != "missing"]
    if moved:
        page.line(f"moved    {page.list_of(moved)}")


def _told(done: Polled, page: Page) -> None:
    outcomes = [event.payload for event in done.outcomes]
    told = sum(isinstance(said, happened.NoticeDelivered) for said in outcomes)
    if told:
        page.line(f"told     {told} {'notice' if told == 1 else 'notices'}")
    for said in outcomes:
        if isinstance(said, (cases.IntegrationPublished, cases.IntegrationFailed)):
            page.line(f"{said.agent} {statement(said)}", hang=9)
        if isinstance(said, happened.NoticeFailed):
            rest = f"again from {moment_text(said.again_at, done.at)} on" if said.again_at else "given up"
            page.line(("not told", "yellow"), f" {said.because}; {rest}")
