"""Manifests that cannot be read: of trunk, and those that agents leave so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gatekeeper.core.document import ParseFailure
from gatekeeper.core.findings import StandingFault
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rules.model import Hit, HitSide
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.schema import profile_for
from gatekeeper.core.spans import Span
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet


class UnreadableFile(NamedTuple):
    """A manifest that some agents (a mask) leave so that it cannot be read, and where the trouble is."""

    hit: Hit
    span: Span
    agents: int


def unreadable_files(fleet: Fleet, documents: Documents) -> Iterator[UnreadableFile]:
    """Yield every manifest that agents leave unreadable and trunk does not have so."""
    holders: dict[tuple[TreePath, Oid], int] = {}
    for agent, change in enumerate(fleet.changes):
        for path, state in change.overlay.items():
            if state is not None and state.is_file and profile_for(path) is not None:
                holders[path, state.oid] = holders.get((path, state.oid), 0) | 1 << agent
    for (path, oid), agents in sorted(holders.items()):
        failure = _failure(documents, path, oid)
        if failure is not None:
            span = Span(failure.line, failure.column, failure.line, failure.column + 1)
            hit = Hit(INVALID_ON_ONE_SIDE.id, (), HitSide(path, ()), None, f"{{left}}: {_said(failure)}")
            yield UnreadableFile(hit, span, agents)


def unreadable_on_trunk(fleet: Fleet, documents: Documents) -> Iterator[StandingFault]:
    """Yield the manifests that trunk itself has unreadable."""
    for path, entry in fleet.listing.items():
        failure = _failure(documents, path, entry.oid) if entry.is_file else None
        if failure is not None:
            yield StandingFault(INVALID_ON_ONE_SIDE.id, path, (), _said(failure))


def _failure(documents: Documents, path: TreePath, oid: Oid) -> ParseFailure | None:
    profile = profile_for(path)
    # What is known to state facts can be read; only of the rest does the text have to be looked at.
    if profile is None or documents.states_facts(path, oid):
        return None
    read = documents.parsed(profile, oid)
    return read if isinstance(read, ParseFailure) else None


def _said(failure: ParseFailure) -> str:
    return f"line {failure.line}, column {failure.column}: {failure.message}"
