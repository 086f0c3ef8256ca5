"""What became of the conflicts of a merge, as ``gatekeeper.resolve/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.merging.resolve import Resolved

SCHEMA: Final = "gatekeeper.resolve/1"


@dataclass(slots=True)
class FileDocument:
    """One path; ``left`` says why it is still in conflict."""

    path: str
    resolved: bool
    left: list[str]


@dataclass(slots=True)
class ResolveDocument:
    """All manifests that were in conflict."""

    schema: str
    files: list[FileDocument]


def resolve_json(found: Iterable[Resolved]) -> str:
    """Return what was found as JSON."""
    files = [FileDocument(text(one.path), one.is_resolved, list(map(text, one.left))) for one in found]
    return document_text(ResolveDocument(SCHEMA, files))
