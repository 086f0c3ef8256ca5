"""Baselines as they were recorded, for people and as ``gatekeeper.baselines/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import safe
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.watch.baselines import Baseline

SCHEMA: Final = "gatekeeper.baselines/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class DayDocument:
    """The figures of one day."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    date: str
    figures: dict[str, str]
    """By name, each as it was given, with its unit."""


@dataclass(slots=True)
class BaselinesDocument:
    """What ``gatekeeper baseline record`` and ``list`` print."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: str
    baselines: list[DayDocument]
    """The oldest first."""


def baselines_text(baselines: Sequence[Baseline], *, output: str) -> str:
    """Return the figures, day by day."""
    days = [(one.day.isoformat(), {name: figure.text for name, figure in one.figures.items()}) for one in baselines]
    if output == "json":
        return document_text(BaselinesDocument(SCHEMA, [DayDocument(day, figures) for day, figures in days]))
    lines = [f"{day}  {'  '.join(f'{name}={text}' for name, text in figures.items())}" for day, figures in days]
    return "".join(f"{safe(line)}\n" for line in lines or ["no baselines"])
