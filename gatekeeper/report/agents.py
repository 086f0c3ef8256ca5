"""Agents and phases, as text and ``gatekeeper.agents/1``; what was done for one, as ``gatekeeper.agent/1``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gatekeeper.core.ledger.records import AgentRecord
from gatekeeper.core.names import RefName
from gatekeeper.core.safe_text import safe
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.coordinator.agents import Change
    from gatekeeper.core.watch.registry import AgentEntry, PhaseEntry, Registry
    from gatekeeper.core.workplace import Obstacle
    from gatekeeper.report.page import Page

LIST_SCHEMA: Final = "gatekeeper.agents/1"
CHANGE_SCHEMA: Final = "gatekeeper.agent/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_NAMES_SHOWN = 5
_NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class AgentEntryDocument:
    """One agent of the registry."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    role: str | None
    """As declared; null for an agent that is not."""
    progress: str
    """``pending``, ``in-progress``, ``blocked`` or ``completed``."""
    ready: bool
    """Whether it may start: nothing that it waits for is open, and its phase has started."""
    depends_on: list[str]
    waits_for: list[str]
    waits_for_phase: str | None
    """The phase in which it works, while that has not started."""
    branch: str | None
    worktree: str | None
    target_dir: str | None
    started_at: str | None
    finished_at: str | None
    blocked_at: str | None
    reason: str | None
    """Why it is blocked, in its own words."""
    outputs: list[str]
    head: str | None
    """Its branch's commit at the last poll."""
    committed_at: str | None
    removed: bool


@dataclass(slots=True)
class PhaseEntryDocument:
    """One phase of the registry."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    progress: str
    ready: bool
    agents: list[str]
    needs: list[str]
    waits_for: list[str]
    started: bool
    """Whether its agents may start."""
    started_at: str | None
    finished_at: str | None
    done: int
    """How many of its agents are completed."""


@dataclass(slots=True)
class AgentsDocument:
    """What ``gatekeeper agent list`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    agents: list[AgentEntryDocument]
    phases: list[PhaseEntryDocument]
    """Those that others need first."""
    ready: list[str]


@dataclass(slots=True)
class ObstacleDocument:
    """What forbids a change."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    kind: str
    message: str
    count: int
    names: list[str]


@dataclass(slots=True)
class ChangeDocument:
    """What ``gatekeeper agent start``, ``adopt``, ``report``, ``finish`` and ``remove`` print."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    agent: str
    done: str
    branch: str | None
    worktree: str | None
    target_dir: str | None
    archived: str | None
    """The reference that keeps what was not committed or merged."""
    notes: list[str]
    obstacles: list[ObstacleDocument]
    """Not empty: nothing was done."""
    hint: str | None


def registry_json(found: Registry) -> str:
    """Return the registry as JSON."""
    return document_text(
        AgentsDocument(
            LIST_SCHEMA,
            [_agent(entry) for entry in found.agents.values()],
            [_phase(entry) for entry in found.phases.values()],
            [text(name) for name in found.ready],
        )
    )


def _agent(entry: AgentEntry) -> AgentEntryDocument:
    spec = entry.spec
    record = entry.record or AgentRecord(entry.name, RefName(""), entry.progress, _NEVER)
    return AgentEntryDocument(
        name=text(entry.name),
        role=None if spec is None else spec.role,
        progress=entry.progress,
        ready=entry.is_ready,
        depends_on=list(entry.depends_on),
        waits_for=list(entry.waits_for),
        waits_for_phase=entry.waits_for_phase,
        branch=record.branch or (None if spec is None else spec.branch),
        worktree=record.worktree,
        target_dir=record.target_dir,
        started_at=_moment(record.started_at),
        finished_at=_moment(record.finished_at),
        blocked_at=_moment(record.blocked_at),
        reason=record.reason,
        outputs=list(record.outputs),
        head=record.head,
        committed_at=_moment(record.committed_at),
        removed=record.removed_at is not None,
    )


def _phase(entry: PhaseEntry) -> PhaseEntryDocument:
    return PhaseEntryDocument(
        entry.name,
        entry.progress,
        entry.is_ready,
        list(entry.agents),
        list(entry.needs),
        list(entry.waits_for),
        entry.is_started,
        _moment(entry.started_at),
        _moment(entry.finished_at),
        entry.done,
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def write_registry(found: Registry, page: Page) -> None:
    """Write a line for each agent, phase by phase."""
    if not found.agents:
        page.line("no agents: declare them in gatekeeper.toml, or start one: gatekeeper agent start NAME")
        return
    column = min(max(len(name) for name in found.agents), 40)
    listed: set[str] = set()
    for phase in found.phases.values():
        waits = f", waits for {page.list_of(phase.waits_for)}" if phase.waits_for else ""
        page.line((f"phase {phase.name}", "bold"), f"  {_word(phase.progress)}{waits}")
        for name in (name for name in phase.agents if name in found.agents and name not in listed):
            listed.add(name)
            _write_agent(found.agents[name], page, column)
    others = [entry for name, entry in found.agents.items() if name not in listed]
    if others and found.phases:
        page.line(("in no phase", "bold"))
    for entry in others:
        _write_agent(entry, page, column)


def _write_agent(entry: AgentEntry, page: Page, column: int) -> None:
    page.row(f"  {entry.name}", content=_about(entry, page), column=column + 4)


def _about(entry: AgentEntry, page: Page) -> str:
    record = entry.record
    if record is not None and record.removed_at is not None:
        gone = "completed, removed" if entry.progress == "completed" else "removed"
        return f"{gone}{', kept as ' + record.archived_as if record.archived_as else ''}"
    if entry.waits_for:
        return f"{_word(entry.progress)}, waits for {page.list_of(entry.waits_for)}"
    if entry.progress == "pending" and entry.waits_for_phase is not None:
        return f"pending, waits for phase {entry.waits_for_phase} to start"
    if entry.progress == "blocked" and record is not None:
        return f"blocked: {record.reason or 'no reason given'}"
    if entry.is_ready:
        return "ready to start"
    where = f" · {record.worktree}" if record is not None and record.worktree else ""
    return f"{_word(entry.progress)}{where}"


def _word(progress: str) -> str:
    return "in progress" if progress == "in-progress" else progress


def change_text(done: Change, *, output: str) -> str:
    """Return what was done, or what forbids it."""
    place = done.workplace
    if output == "json":
        return document_text(
            ChangeDocument(
                CHANGE_SCHEMA,
                text(done.agent),
                done.done,
                None if place is None else text(place.branch),
                None if place is None or place.worktree is None else text(place.worktree),
                None if place is None or place.target_dir is None else text(place.target_dir),
                done.archived,
                [text(note) for note in done.notes],
                [_obstacle(obstacle) for obstacle in done.obstacles],
                done.hint,
            )
        )
    lines = [f"{done.agent}: {done.done}"]
    if place is not None and done.done in {"started", "adopted"}:
        lines += [f"  branch      {place.branch.removeprefix('refs/heads/')}"]
        lines += [f"  worktree    {place.worktree}"] if place.worktree else []
        lines += [f"  target dir  {place.target_dir}"] if place.target_dir else []
    lines += [f"  kept as {done.archived}"] if done.archived else []
    lines += [f"  {note}" for note in done.notes]
    lines += [f"  {_told(obstacle)}" for obstacle in done.obstacles]
    lines += [f"  hint: {done.hint}"] if done.hint else []
    return "".join(f"{safe(line)}\n" for line in lines)


def _told(obstacle: Obstacle) -> str:
    shown = ", ".join(obstacle.names[:_NAMES_SHOWN])
    return obstacle.message + (f": {shown}" if shown and shown not in obstacle.message else "")


def _obstacle(obstacle: Obstacle) -> ObstacleDocument:
    return ObstacleDocument(
        obstacle.kind.value, text(obstacle.message), obstacle.count, [text(name) for name in obstacle.names]
    )
