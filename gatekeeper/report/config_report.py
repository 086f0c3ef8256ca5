"""What a ``gatekeeper.toml`` says, or what is wrong with it: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.config import Settings
    from gatekeeper.config.mistakes import ToldMistake
    from gatekeeper.core.roster import PhaseName, PhaseSpec
    from gatekeeper.report.page import Page

CHECK_SCHEMA: Final = "gatekeeper.config-check/1"
SHOW_SCHEMA: Final = "gatekeeper.config/1"
_COLUMN = 17
_MOST_LISTED = 40


@dataclass(slots=True)
class MistakeDocument:
    """One thing that is wrong; ``line`` and ``column`` count from 1 and are null where it stands nowhere."""

    line: int | None
    column: int | None
    key: str
    message: str
    hint: str | None


@dataclass(slots=True)
class PhaseDocument:
    """A phase: who works in it, which phases come before it, and its gates before, during and after it."""

    name: str
    agents: list[str]
    needs: list[str]
    pre: list[str]
    checkpoint: list[str]
    post: list[str]


@dataclass(slots=True)
class SummaryDocument:
    """What is declared. ``trunk`` is null where none is named or found; each phase comes after those it needs."""

    trunk: str | None
    fail_on: str
    agents: list[str]
    phases: list[PhaseDocument]
    gates: list[str]
    release: list[str]
    notifications: list[str]


@dataclass(slots=True)
class ConfigCheckDocument:
    """What ``gatekeeper config check --format json`` prints; ``exists`` is false where the defaults hold."""

    schema: str
    file: str
    exists: bool
    valid: bool
    mistakes: list[MistakeDocument]
    summary: SummaryDocument | None


@dataclass(slots=True)
class SettingsDocument:
    """What ``gatekeeper config show --format json`` prints: the settings as ``gatekeeper.toml`` spells them."""

    schema: str
    file: str
    exists: bool
    settings: dict[str, Any]


def summary_of(settings: Settings, trunk: str | None, order: Sequence[PhaseName]) -> SummaryDocument:
    """Return a summary; ``order`` has the phases as they can be gone through."""
    phases = [settings.roster.phases[name] for name in order]
    return SummaryDocument(
        trunk=None if trunk is None else text(trunk),
        fail_on=settings.fail_on.label,
        agents=list(settings.roster.agents),
        phases=[_phase_document(phase) for phase in phases],
        gates=list(settings.roster.gates),
        release=list(settings.roster.release),
        notifications=[channel.name for channel in settings.notifications],
    )


def _phase_document(phase: PhaseSpec) -> PhaseDocument:
    gates = phase.gates
    return PhaseDocument(
        phase.name, list(phase.agents), list(phase.needs), list(gates.pre), list(gates.checkpoint), list(gates.post)
    )


def check_json(where: str, mistakes: Sequence[ToldMistake], summary: SummaryDocument | None, *, exists: bool) -> str:
    """Return what a check has found as JSON."""
    rows = [
        MistakeDocument(one.line, one.column, text(one.key), text(one.message), one.hint and text(one.hint))
        for one in mistakes
    ]
    return document_text(ConfigCheckDocument(CHECK_SCHEMA, text(where), exists, not rows, rows, summary))


def show_json(where: str, settings: dict[str, Any], *, exists: bool) -> str:
    """Return all settings as JSON."""
    return document_text(SettingsDocument(SHOW_SCHEMA, text(where), exists, settings))


def write_summary(summary: SummaryDocument, page: Page) -> None:
    """Write a summary for people."""
    rows = {
        "trunk": summary.trunk or "none is named, and none can be told from here",
        "fails from": f"{summary.fail_on} on",
        "agents": _counted(summary.agents, page),
        "phases": "; ".join(map(_phase, summary.phases)) or "none",
        "gates": _counted(summary.gates, page),
        "release": f"after {' and '.join(summary.release)}" if summary.release else "no gates",
        "notifications": _counted(summary.notifications, page),
    }
    for name, content in rows.items():
        page.row(f"  {name}", content=content, column=_COLUMN)


def _phase(phase: PhaseDocument) -> str:
    after = f", after {' and '.join(phase.needs)}" if phase.needs else ""
    gates = len(phase.pre) + len(phase.checkpoint) + len(phase.post)
    told = f", {gates} gate{'' if gates == 1 else 's'}" if gates else ""
    return f"{phase.name} ({len(phase.agents)} agent{'' if len(phase.agents) == 1 else 's'}{after}{told})"


def _counted(names: Sequence[str], page: Page) -> str:
    return f"{len(names)}: {page.list_of(names, at_most=_MOST_LISTED)}" if names else "none"
