"""The overview for people: one screen that is short while all is well, with the most urgent at the top of each part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gatekeeper.core.names import Severity
from gatekeeper.core.policy.standing import Standing
from gatekeeper.core.safe_text import safe
from gatekeeper.report.moments import moment_text
from gatekeeper.report.page import severity_style
from gatekeeper.report.poll import settled_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from gatekeeper.core.ledger.case_records import CaseRecord
    from gatekeeper.core.ledger.records import FindingRecord
    from gatekeeper.core.policy.standing import Reason
    from gatekeeper.core.watch.overview import AgentLine, Overview
    from gatekeeper.core.watch.registry import PhaseEntry
    from gatekeeper.report.page import Page
    from gatekeeper.repository.discovery import Trunk

_PLACES_SHOWN = 6
_AGENTS_SHOWN = 20
_IDS_SHOWN = 3
_OTHERS_NAMED = 2
_STEPS_SHOWN = 3
_LONGEST_NAME = 30
_SHORT_OID = 10
_LONG_AGO_HOURS = 2

_WORDS = {"in-progress": "in progress"}
_UNUSUAL = {
    "missing": "no branch",
    "no-commits": "no commits yet",
    "conflicts-with-trunk": "conflicts with trunk",
    "unreadable": "cannot be read",
    "unrelated": "shares no history with trunk",
}
_ORDER = ("blocked", "in-progress", "pending", "completed")


def write_status(
    found: Overview, trunk: Trunk, page: Page, *, now: datetime, polled: datetime | None, everything: bool
) -> None:
    """Write the screen; without ``everything`` only what is most worth a look."""
    _head(found, trunk, page, now, polled)
    _phases(found, page)
    _agents(found.agents, page, now=now, everything=everything)
    _cases(found.cases, page, now=now, everything=everything)
    _findings(found, page, everything=everything)
    _checkpoint(found, page)
    _besides(found, page, now)
    _next(found.next_steps, page)


def _head(found: Overview, trunk: Trunk, page: Page, now: datetime, polled: datetime | None) -> None:
    name = trunk.ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    seen = None if found.trunk is None else found.trunk.seen_at
    looked = max((moment for moment in (polled, seen) if moment is not None), default=None)
    when = "not polled yet" if looked is None else f"polled {_ago(now - looked)}"
    is_late = looked is not None and (now - looked).total_seconds() > _LONG_AGO_HOURS * 3600
    has_moved = found.trunk is not None and found.trunk.commit != trunk.commit
    moved = ", and trunk has moved since" if has_moved else ""
    page.line((name, "bold"), f" at {trunk.commit[:_SHORT_OID]} · ", (when + moved, "yellow" if is_late else ""))


def _phases(found: Overview, page: Page) -> None:
    if not found.phases:
        return
    page.blank()
    page.line(("phases", "bold"))
    column = _column(phase.name for phase in found.phases)
    for phase in found.phases:
        page.row(f"  {phase.name}", content=_about_phase(phase, page), column=column)


def _about_phase(phase: PhaseEntry, page: Page) -> str:
    parts = [_word(phase.progress)]
    if phase.agents and phase.progress != "pending":
        parts.append(f"{phase.done} of {len(phase.agents)} {_agents_word(len(phase.agents))} done")
    if phase.waits_for:
        parts.append(f"waits for {page.list_of(phase.waits_for)}")
    return " · ".join(parts)


def _agents(agents: Sequence[AgentLine], page: Page, *, now: datetime, everything: bool) -> None:
    if not agents:
        return
    page.blank()
    page.line(("agents", "bold"), f"  {_by_progress(agents)}")
    ordered = sorted(agents, key=_urgency)
    shown = ordered if everything or len(ordered) <= _AGENTS_SHOWN + 1 else ordered[:_AGENTS_SHOWN]
    column = _column(safe(agent.name) for agent in shown)
    for agent in shown:
        page.row(f"  {agent.name}", content=_about(agent, page, now), column=column)
    if len(shown) < len(ordered):
        page.line(f"… and {_by_progress(ordered[len(shown) :])} (--all)", indent=2)


def _cases(cases: Sequence[CaseRecord], page: Page, *, now: datetime, everything: bool) -> None:
    if not cases:
        return
    page.blank()
    page.line(("cases", "bold"), f"  {len(cases)} open")
    shown = cases if everything or len(cases) <= _PLACES_SHOWN + 1 else cases[:_PLACES_SHOWN]
    for case in shown:
        matter = case.matter
        place = matter.path + (f"#{matter.key}" if matter.key else "")
        since = f"for the {matter.owner}, opened {_ago(now - case.opened_at)}"
        page.line((matter.kind, "bold"), f" {matter.id}  {place} · {since}", indent=2, hang=4)
        page.line(page.list_of(matter.parties, at_most=4), indent=4)
    if len(shown) < len(cases):
        page.line(f"… and {len(cases) - len(shown)} more (gatekeeper escalation list)", indent=2)


def _column(names: Iterable[str]) -> int:
    # A longer name gets a line of its own, and makes no gap beside all the others.
    return max((len(name) for name in names if len(name) <= _LONGEST_NAME), default=_LONGEST_NAME) + 4


def _by_progress(agents: Sequence[AgentLine]) -> str:
    counts: Counter[str] = Counter(agent.progress for agent in agents)
    return ", ".join(f"{counts[word]} {_word(word)}" for word in _ORDER if counts[word])


def _urgency(agent: AgentLine) -> tuple[int, int, int, int]:
    """Return what puts those first for whom somebody can do something."""
    worst = max(agent.findings, default=Severity.NOTE)
    unusual = agent.state in _UNUSUAL and agent.state != "no-commits" and agent.progress != "completed"
    stopped = agent.decision is not None and agent.decision.standing.stops
    return -int(agent.progress == "blocked"), -int(stopped), -max(worst, Severity.MINOR * unusual), _rank(agent)


def _rank(agent: AgentLine) -> int:
    return 0 if agent.is_ready else 1 + _ORDER.index(agent.progress)


def _about(agent: AgentLine, page: Page, now: datetime) -> str:
    parts = [f"blocked: {agent.reason}" if agent.progress == "blocked" and agent.reason else _word(agent.progress)]
    if agent.is_ready:
        parts = ["can start"]
    if agent.progress != "completed" and agent.state in _UNUSUAL:
        parts.append(_UNUSUAL[agent.state])
    if agent.decision is not None and agent.decision.standing is not Standing.CLEAR:
        parts.append(_standing(agent.decision.reasons[0]))
    if agent.committed_at is not None and agent.progress != "pending":
        parts.append(f"committed {_ago(now - agent.committed_at)}")
    if agent.waits_for:
        parts.append(f"waits for {page.list_of(agent.waits_for, at_most=3)}")
    if agent.findings:
        parts.append(_counted(agent.findings) + _with(agent.meets, page))
    return " · ".join(parts)


def _standing(reason: Reason) -> str:
    """Return what holds an agent, in a word or two: below stands what has to be done about it."""
    if reason.case is not None:
        return f"{reason.standing} by {reason.case}"
    follows = reason.standing is Standing.INTEGRATING and reason.waits_for
    return f"{reason.standing} after {', '.join(reason.waits_for)}" if follows else str(reason.standing)


def _with(others: Sequence[str], page: Page) -> str:
    """Return who else is concerned; of many, the findings below give the names."""
    if not others:
        return ""
    return f" with {page.list_of(others) if len(others) <= _OTHERS_NAMED else f'{len(others)} agents'}"


def _word(progress: str) -> str:
    return _WORDS.get(progress, progress)


def _agents_word(number: int) -> str:
    return "agent" if number == 1 else "agents"


def _counted(counts: Mapping[Severity, int]) -> str:
    return ", ".join(f"{counts[severity]} {severity.label}" for severity in sorted(counts, reverse=True))


def _findings(found: Overview, page: Page, *, everything: bool) -> None:
    if found.trunk is None:
        # Nobody has looked, which is not the same as that there is nothing.
        return
    page.blank()
    if not found.findings:
        page.line(("findings", "bold"), "  none")
        return
    counts = Counter(record.problem.rank for record in found.findings)
    page.line(("findings", "bold"), f"  {_counted(counts)}")
    places: dict[tuple[str, str, str, str], list[FindingRecord]] = {}
    for record in found.findings:
        problem = record.problem
        where = (problem.path, problem.key) if problem.path else (problem.message, "")
        mark = settled_mark(problem, found.waived, found.settled)
        places.setdefault((problem.rule, *where, mark), []).append(record)
    groups = sorted(places.items(), key=lambda item: bool(item[0][3]))
    shown = groups if everything or len(groups) <= _PLACES_SHOWN + 1 else groups[:_PLACES_SHOWN]
    for place, records in shown:
        _place(place, records, page)
    if len(shown) < len(groups):
        rest = sum(len(records) for _, records in groups[len(shown) :])
        page.line(f"… and {rest} more (--all)", indent=2)


def _place(place: tuple[str, str, str, str], records: Sequence[FindingRecord], page: Page) -> None:
    """Write what stands at one place, as one matter: of findings between many agents there are very many."""
    rule, path, key, mark = place
    worst = max(records, key=lambda record: record.problem.rank).problem
    head = (f"{worst.severity:<8} ", severity_style(worst.rank))
    page.line(head, f"{rule}  {' '.join(part for part in (path, key) if part)}", indent=2, hang=4)
    agents = sorted({agent for record in records for agent in record.problem.agents})
    ids = [record.problem.id for record in records]
    named = f"{'id' if len(ids) == 1 else 'ids'} {page.list_of(ids, at_most=_IDS_SHOWN)}"
    page.line(f"{page.list_of(agents)} · {named}{mark}", indent=4)


def _checkpoint(found: Overview, page: Page) -> None:
    if not found.checks:
        return
    failed = [check for check in found.checks if not check.holds]
    page.blank()
    page.line(("checkpoint", "bold"), f"  {f'{len(failed)} of {len(found.checks)} not met' if failed else 'all met'}")
    for check in failed:
        page.line(f"{check.name}: {page.list_of(check.agents, at_most=4)}", indent=2)


def _besides(found: Overview, page: Page, now: datetime) -> None:
    if found.claims or found.failed:
        page.blank()
    for claim in found.claims:
        page.line(f"claimed by {claim.agent} until {moment_text(claim.until, now)}: {claim.place}")
    for notice in found.failed:
        again = f"tried again from {moment_text(notice.due_at, now)} on"
        page.line(("not told yet", "yellow"), f" {notice.channel}: {notice.failure}; {again}")


def _next(steps: Sequence[str], page: Page) -> None:
    if not steps:
        return
    page.blank()
    page.line(("Next: ", "bold"), steps[0], hang=6)
    for step in steps[1:_STEPS_SHOWN]:
        page.line(step, indent=6, hang=8)


def _ago(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds())) // 60
    if minutes < 1:
        return "just now"
    hours, days = minutes // 60, minutes // 1440
    return f"{minutes} min ago" if hours < 1 else f"{hours} h ago" if days < 2 else f"{days} days ago"  # noqa: PLR2004
