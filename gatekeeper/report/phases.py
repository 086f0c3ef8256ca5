"""Phases, their gates and the release: for people, and as ``gatekeeper.phase/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.ledger.phase_records import PhaseRecord, ReleaseRecord
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from gatekeeper.coordinator.phase_bench import PhaseStep
    from gatekeeper.core.gates.checklist import ChecklistItem
    from gatekeeper.core.gates.verdict import Blocker
    from gatekeeper.core.ledger.phase_records import JudgedGate
    from gatekeeper.report.page import Page

SCHEMA: Final = "gatekeeper.phase/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}
_STAGES = {"pre": "before the start", "checkpoint": "checkpoint", "post": "at the end", "release": "release"}
_STYLES = {"passed": "green", "failed": "red", "waits": "yellow", "not-run": "yellow"}
_DONE = {
    "started": "started",
    "completed": "completed",
    "waits": "not yet",
    "failed": "failed",
    "reopened": "failed again, and reopened: its requirements have to pass anew",
    "ready": "ready",
}


@dataclass(slots=True)
class BlockerDocument:
    """One piece of work that is left."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    what: str
    where: str
    """``PATH:LINE``, ``PATH#KEY``, what has to be approved, or a command; empty where there is no place."""
    who: str
    """Whose it is, separated by commas; empty where nobody is named."""


@dataclass(slots=True)
class GateDocument:
    """The verdict of one gate."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    stage: str
    """``pre``, ``checkpoint``, ``post`` or ``release``."""
    gate: str
    outcome: str
    """``passed``, ``failed``, ``waits`` (somebody has to approve) or ``not-run``."""
    detail: str
    iteration: int
    """For which iteration of the phase it was judged."""
    tree: str | None
    """What was judged."""
    definition: str
    """A hash of what the gate asks."""
    conditions: list[str]
    """Gates that have to pass before a release, for what was approved to hold."""
    next_step: str | None
    blockers: list[BlockerDocument]


@dataclass(slots=True)
class CheckItemDocument:
    """One line of the checklist."""

    name: str
    holds: bool
    blockers: list[BlockerDocument]


@dataclass(slots=True)
class PhaseStateDocument:
    """One phase; the release has no name."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str | None
    done: str
    """``judged`` (nothing recorded), ``started``, ``completed``, ``waits``, ``failed``, ``reopened`` or ``ready``."""
    progress: str | None
    """``pending``, ``in-progress``, ``blocked`` or ``completed``."""
    iteration: int
    """Counts from 1; what is approved for one is no approval for another."""
    failures: int
    """How many iterations have failed since it was begun, or reopened."""
    started_at: str | None
    completed_at: str | None
    reopened_at: str | None
    agents: list[str]
    waits_for: list[str]
    """Phases that have to be completed first."""
    gates: list[GateDocument]
    checklist: list[CheckItemDocument]
    blockers: list[BlockerDocument]
    """All that is left to do, one piece of work each; empty where nothing is."""


@dataclass(slots=True)
class PhasesDocument:
    """What ``gatekeeper phase`` prints."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    phases: list[PhaseStateDocument]


def phases_json(steps: Iterable[PhaseStep]) -> str:
    """Return phases, or the release, as JSON."""
    return document_text(PhasesDocument(SCHEMA, [_state(step) for step in steps]))


def _state(step: PhaseStep) -> PhaseStateDocument:
    entry, record = step.phase, step.record
    known = record if isinstance(record, PhaseRecord) else None
    completed = entry.finished_at if entry is not None and entry.progress == "completed" else None
    return PhaseStateDocument(
        None if entry is None else entry.name,
        step.done,
        None if entry is None else entry.progress,
        1 if record is None else record.iteration,
        0 if known is None else len(known.failures),
        _moment(None if entry is None else entry.started_at),
        _moment(record.ready_at if isinstance(record, ReleaseRecord) else completed),
        _moment(None if known is None else known.reopened_at),
        [] if entry is None else list(entry.agents),
        [] if entry is None else list(entry.waits_for),
        [_gate(one) for one in step.verdicts],
        [CheckItemDocument(line.name, line.holds, _blockers(line.blockers)) for line in step.checklist],
        _blockers(step.all_blockers),
    )


def _gate(one: JudgedGate) -> GateDocument:
    return GateDocument(
        one.stage,
        one.gate,
        one.outcome,
        text(one.detail),
        one.iteration,
        one.tree,
        one.definition,
        list(one.conditions),
        next_step(one),
        _blockers(one.blockers),
    )


def next_step(one: JudgedGate) -> str | None:
    """Return what has to be done for a gate that only somebody's word, or a runner, is missing for."""
    if one.outcome == "waits" and one.blockers:
        return f"gatekeeper approve {one.blockers[0].where} --because ..."
    if one.outcome == "not-run":
        return "gatekeeper has no runner for commands yet: a phase or release with this gate cannot pass"
    return None


def _blockers(found: Iterable[Blocker]) -> list[BlockerDocument]:
    return [BlockerDocument(text(one.what), text(one.where), text(one.who)) for one in found]


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def write_phases(steps: Sequence[PhaseStep], page: Page) -> None:
    """Write phases, or the release, with what is left to do."""
    if not steps:
        page.line("no phases: declare them in gatekeeper.toml")
    for number, step in enumerate(steps):
        if number:
            page.blank()
        _write(step, page)


def _write(step: PhaseStep, page: Page) -> None:
    _write_head(step, page)
    for one in step.verdicts:
        detail = f" · {one.detail}" if one.detail else ""
        page.line((one.outcome, _STYLES[one.outcome]), f"  {one.gate} ({_STAGES[one.stage]}){detail}", indent=2, hang=4)
        if one.conditions:
            page.line(f"approved only with {page.list_of(one.conditions)}, before a release", indent=4)
    _write_checklist(step.checklist, page)
    left = step.all_blockers
    if left:
        page.line(("left to do", "bold"), indent=2)
    for blocker in left:
        rest = " · ".join(part for part in (blocker.where, blocker.who) if part)
        page.line(f"- {blocker.what}" + (f" ({rest})" if rest else ""), indent=2, hang=4)
    for step_there in dict.fromkeys(said for one in step.verdicts if (said := next_step(one))):
        page.line(("Next: ", "bold"), step_there, indent=2, hang=8)


def _write_head(step: PhaseStep, page: Page) -> None:
    entry, record = step.phase, step.record
    if entry is None:
        page.line(("release", "bold"), f"  {_DONE[step.done]}")
        return
    progress = "in progress" if entry.progress == "in-progress" else entry.progress
    parts = [progress if step.done == "judged" else _DONE[step.done]]
    if entry.agents:
        parts.append(f"{entry.done} of {len(entry.agents)} agents done")
    if isinstance(record, PhaseRecord) and (record.iteration > 1 or record.failures):
        parts.append(f"iteration {record.iteration}, {len(record.failures)} failed")
    page.line((f"phase {entry.name}", "bold"), f"  {' · '.join(parts)}")


def _write_checklist(lines: Iterable[ChecklistItem], page: Page) -> None:
    for line in lines:
        word = ("yes", "green") if line.holds else ("no", "red")
        page.line(word, f"  {line.name}", indent=2, hang=4)
