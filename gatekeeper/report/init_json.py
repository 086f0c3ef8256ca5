"""What ``gatekeeper init`` has written, as ``gatekeeper.init/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from gatekeeper.config.first_file import Surroundings

SCHEMA: Final = "gatekeeper.init/1"


@dataclass(slots=True)
class InitDocument:
    """``path`` is null where nothing was written; ``left_out`` counts branches that are not declared."""

    schema: str
    path: str | None
    text: str
    trunk: str | None
    agents: list[str]
    left_out: int
    crates: list[str]
    tasks: list[str]


def init_json(path: str | None, written: str, found: Surroundings) -> str:
    """Return what was found and written as JSON."""
    return document_text(
        InitDocument(
            schema=SCHEMA,
            path=None if path is None else text(path),
            text=written,
            trunk=found.trunk,
            agents=[name for name, _ in found.agents],
            left_out=found.left_out,
            crates=list(found.crates),
            tasks=list(found.tasks),
        )
    )
