"""What is told to whom: one notice a channel and look, in which each problem's place stands once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from gatekeeper.core.channels import Channel
from gatekeeper.core.ledger.case_records import CaseId
from gatekeeper.core.ledger.events import NoticeDue
from gatekeeper.core.ledger.records import Check, FindingId, FoundProblem, NoticeId
from gatekeeper.core.names import AgentName
from gatekeeper.core.watch.limits import BLOCKED, CLAIM_TOUCHED

SCHEMA = "gatekeeper.notice/1"
_MOST_TOLD = 50
_OWN_EVENTS = {BLOCKED: "agent-blocked", CLAIM_TOUCHED: "claim-touched"}
"""What is told as an event of its own, once."""

_Place: TypeAlias = tuple[str, str, str]
_Groups: TypeAlias = dict[_Place, list[FoundProblem]]


@dataclass(frozen=True, slots=True)
class News:
    """What a look has brought; what stood ``before`` it and stands ``after`` it, so that nobody is alarmed twice.

    ``opened`` includes those that have become worse, or are no longer expected. ``waived``: findings that nobody has to
    hear of. ``decided``: what follows from it, an item each.
    """

    opened: tuple[FoundProblem, ...] = ()
    closed: tuple[FoundProblem, ...] = ()
    failed_checks: tuple[Check, ...] = ()
    done: tuple[AgentName, ...] = ()
    blocked: tuple[tuple[AgentName, str], ...] = ()
    waived: frozenset[str] = field(default_factory=frozenset)
    before: Collection[FoundProblem] = ()
    after: Collection[FoundProblem] = ()
    decided: tuple[Mapping[str, Any], ...] = ()


def notices(
    news: News, channels: Sequence[Channel], *, at: datetime, trunk: str, new_id: Callable[[], str], teller: str = ""
) -> Iterator[NoticeDue]:
    """Yield a notice for each channel that wants to hear something of the news, to be told by the clone ``teller``."""
    for channel in channels:
        items = [item for item in (*_items(news, channel), *news.decided) if item["event"] in channel.events]
        if not items:
            continue
        notice = NoticeId(new_id())
        document = {
            "schema": SCHEMA,
            "id": notice,
            "at": at.isoformat(),
            "trunk": trunk,
            "items": items[:_MOST_TOLD],
            "left_out": max(0, len(items) - _MOST_TOLD),
        }
        about = tuple(FindingId(finding) for item in items for finding in item.get("findings", ()))
        cases = tuple(CaseId(item["case"]) for item in items if item.get("case"))
        yield NoticeDue(notice, channel.name, _subject(items), json.dumps(document, indent=1), about, teller, cases)


def readable(document: str) -> str:
    """Return what a notice's document says, for a person: a paragraph for each item."""
    told = json.loads(document)
    paragraphs = [_paragraph(item) for item in told["items"]]
    if told["left_out"]:
        paragraphs.append(f"and {told['left_out']} more")
    return "\n\n".join(paragraphs)


def _paragraph(item: Mapping[str, Any]) -> str:
    place = [item.get(name) for name in ("severity", "rule", "path", "key", "phase")]
    head = " ".join(part for part in (item["event"] + ":", *place) if part)
    told = [item.get(name) for name in ("check", "message", "reason", "detail", "proposal", "next_step")]
    agents = ", ".join(item.get("agents", ()))
    work = [f"- {_piece(blocker)}" for blocker in item.get("blockers", ())]
    return "\n".join(line for line in (head, *told, *work, f"agents: {agents}" if agents else None) if line)


def _piece(blocker: Mapping[str, str]) -> str:
    """Return one piece of work: what, where and whose."""
    rest = "; ".join(part for part in (blocker.get("where"), blocker.get("who")) if part)
    return blocker["what"] + (f" ({rest})" if rest else "")


def _items(news: News, channel: Channel) -> Iterator[dict[str, Any]]:
    stood, stands = _told(news.before, news, channel), _told(news.after, news, channel)
    own = {rule for rule, event in _OWN_EVENTS.items() if event in channel.events}
    opened = _told((problem for problem in news.opened if problem.rule not in own), news, channel)
    for group in _ordered(opened):
        if _is_alarming(group, stood.get(_place(group[0]), [])):
            yield _group("finding-opened", group)
    for group in _ordered(_told(news.closed, news, channel)):
        if _place(group[0]) not in stands:
            yield _group("finding-closed", group)
    heard = [problem for problem in news.opened if not _is_settled(problem, news)]
    blocked = (problem for problem in heard if problem.rule == BLOCKED)
    yield from (_group("agent-blocked", [problem]) for problem in blocked)
    for check in news.failed_checks:
        yield {
            "event": "checkpoint-failed",
            "check": check.name,
            "agents": list(check.agents),
            "detail": check.detail,
        }
    yield from ({"event": "agent-blocked", "agents": [agent], "reason": reason} for agent, reason in news.blocked)
    yield from ({"event": "agent-done", "agents": [agent]} for agent in news.done)
    touched = [problem for problem in heard if problem.rule == CLAIM_TOUCHED]
    yield from (_group("claim-touched", group) for group in _ordered(_grouped(touched)))


def _is_settled(problem: FoundProblem, news: News) -> bool:
    return problem.expected_because is not None or problem.id in news.waived


def _told(problems: Iterable[FoundProblem], news: News, channel: Channel) -> _Groups:
    """Return those of the problems of which a channel hears."""
    return _grouped(problem for problem in problems if problem.rank >= channel.least and not _is_settled(problem, news))


def _grouped(problems: Iterable[FoundProblem]) -> _Groups:
    """People are alarmed once for a rule at a place, however many agents meet there."""
    groups: _Groups = {}
    for problem in problems:
        groups.setdefault(_place(problem), []).append(problem)
    return groups


def _place(problem: FoundProblem) -> _Place:
    """Return where people are alarmed; what the watch itself finds has no place but the agent."""
    return problem.rule, problem.path, problem.key or ("" if problem.path else ", ".join(problem.agents))


def _ordered(groups: _Groups) -> list[list[FoundProblem]]:
    return sorted(groups.values(), key=lambda group: (-max(p.rank for p in group), *_place(group[0])))


def _is_alarming(group: Sequence[FoundProblem], stood: Sequence[FoundProblem]) -> bool:
    """Return whether there is more to it than an alarm of before has said: somebody new, or a worse severity.

    Agents that go on editing at the same place move from side to side, and every time these are other findings.
    """
    known = {agent for problem in stood for agent in problem.agents}
    worst = max((problem.rank for problem in stood), default=None)
    return any(worst is None or problem.rank > worst or not known.issuperset(problem.agents) for problem in group)


def _group(event: str, group: Sequence[FoundProblem]) -> dict[str, Any]:
    worst = max(group, key=lambda problem: problem.rank)
    return {
        "event": event,
        "rule": worst.rule,
        "severity": worst.severity,
        "path": worst.path,
        "key": worst.key,
        "agents": sorted({agent for problem in group for agent in problem.agents}),
        "message": worst.message,
        "proposal": worst.proposal,
        "findings": [problem.id for problem in group],
    }


_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "finding-opened": ("new finding", "new findings"),
    "finding-closed": ("finding settled", "findings settled"),
    "checkpoint-failed": ("check not met", "checks not met"),
    "agent-blocked": ("agent blocked", "agents blocked"),
    "agent-done": ("agent done", "agents done"),
    "claim-touched": ("claim touched", "claims touched"),
    "escalation-opened": ("new escalation", "new escalations"),
    "escalation-closed": ("escalation closed", "escalations closed"),
    "incident-opened": ("incident", "incidents"),
    "incident-closed": ("incident over", "incidents over"),
    "agent-stopped": ("agent stopped", "agents stopped"),
    "agent-released": ("agent released", "agents released"),
    "integration-due": ("integration due", "integrations due"),
    "phase-started": ("phase started", "phases started"),
    "phase-completed": ("phase completed", "phases completed"),
    "phase-failed": ("phase failed", "phases failed"),
    "phase-reopened": ("phase reopened", "phases reopened"),
    "task-started": ("task started", "tasks started"),
    "task-completed": ("task completed", "tasks completed"),
    "gate-judged": ("gate judged", "gates judged"),
}


def _subject(items: Sequence[Mapping[str, Any]]) -> str:
    counted = {name: sum(item["event"] == name for item in items) for name in _SUBJECTS}
    told = [f"{number} {_SUBJECTS[name][number > 1]}" for name, number in counted.items() if number]
    return "gatekeeper: " + ", ".join(told)
