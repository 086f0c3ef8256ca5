"""What ``gatekeeper install`` has set up, as ``gatekeeper.install/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.merging.install import Installed

SCHEMA: Final = "gatekeeper.install/1"


@dataclass(slots=True)
class InstallDocument:
    """``notes`` say what a person should know, such as whose lines no longer count."""

    schema: str
    attributes: str
    changed: bool
    notes: list[str]


def install_json(done: Installed) -> str:
    """Return what was done as JSON."""
    notes = list(map(text, done.notes))
    return document_text(InstallDocument(SCHEMA, text(str(done.attributes)), done.changed, notes))
