"""A report to ``gatekeeper.scan/1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatekeeper.core.names import format_key
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report import scan_schema as shape
from gatekeeper.report.decisions import decision_document
from gatekeeper.report.finding_lines import finding_lines
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.core.findings import AgentStatus, Remark, Report, StandingFault


def scan_json(report: Report) -> str:
    """Return the report as JSON."""
    stats = report.stats
    document = shape.ScanDocument(
        schema=shape.SCHEMA,
        trunk=shape.TrunkDocument(text(report.trunk_ref), report.trunk_commit),
        agents=[_agent(agent) for agent in report.agents],
        findings=[],
        standing=[_standing(fault) for fault in report.standing],
        notes=[_note(remark) for remark in report.notes],
        claims=[
            shape.ClaimTouchDocument(text(c.claimed_by), text(c.place), c.until.isoformat(), text(c.touched_by))
            for c in report.claims
        ],
        decision=None if report.decision is None else decision_document(report.decision),
        stats=shape.StatsDocument(
            agents=stats.agents,
            pairs_possible=stats.pairs_possible,
            pairs_compared=stats.pairs_compared,
            blob_merges=stats.blob_merges,
            cache_hits=stats.cache_hits,
            seconds=round(stats.seconds, 6),
        ),
    )
    return document_text(document, written={"findings": finding_lines(report.findings)})


def scan_schema() -> dict[str, Any]:
    """Return the JSON Schema of what ``scan_json`` writes."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to load, and only the schema needs it

    schema = TypeAdapter(shape.ScanDocument).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": shape.SCHEMA, **schema}


def _agent(agent: AgentStatus) -> shape.AgentDocument:
    return shape.AgentDocument(
        name=text(agent.name),
        ref=text(agent.ref),
        commit=agent.commit,
        state=agent.state.value,
        paths=[text(path) for path in agent.paths],
        worktree=None if agent.worktree is None else text(agent.worktree),
        uncommitted=agent.uncommitted,
        detail=None if agent.detail is None else text(agent.detail),
    )


def _standing(fault: StandingFault) -> shape.StandingDocument:
    return shape.StandingDocument(fault.rule, text(fault.path), text(format_key(fault.key)), text(fault.message))


def _note(remark: Remark) -> shape.NoteDocument:
    return shape.NoteDocument(text(remark.path), text(format_key(remark.key)), text(remark.message))
