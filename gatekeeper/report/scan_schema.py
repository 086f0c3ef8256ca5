"""The shape of ``gatekeeper.scan/1``: what ``gatekeeper scan --format json`` prints, and its JSON Schema.

The serialiser builds these classes, so that mypy holds the two together; the schema is generated from them. Within
version 1 fields are only added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from gatekeeper.report.decisions import DecisionDocument

SCHEMA: Final = "gatekeeper.scan/1"

SeverityName = Literal["note", "minor", "major", "critical"]
AgentStateName = Literal["mergeable", "conflicts-with-trunk", "landed", "unrelated-history", "unreadable"]
GitVerdictName = Literal["clean", "conflict"]
OrderName = Literal["both", "left-first", "right-first"]

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class PositionDocument:
    """A place in a file, counted from 1; columns count characters."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    line: int
    column: int


@dataclass(slots=True)
class SpanDocument:
    """Where something stands in a file; the end is the place after its last character."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    start: PositionDocument
    end: PositionDocument


@dataclass(slots=True)
class TrunkDocument:
    """What everything lands on."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    ref: str
    commit: str


@dataclass(slots=True)
class AgentDocument:
    """One branch, as the scan saw it."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    ref: str
    commit: str
    state: AgentStateName
    """Only a ``mergeable`` agent, and what does merge of one that ``conflicts-with-trunk``, is compared."""
    paths: list[str]
    """The paths that conflict with trunk."""
    worktree: str | None
    uncommitted: bool
    """Whether uncommitted work of the worktree was counted in."""
    detail: str | None
    """Why the agent is unreadable."""


@dataclass(slots=True)
class SideDocument:
    """Agents whose content is the same at one place, and what they do there."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    agents: list[str]
    path: str
    key: str
    before: Any
    """The value before; null where there is none. Dates and times, inf and nan are strings."""
    after: Any
    """The value after; null where there is none."""
    span: SpanDocument | None


@dataclass(slots=True)
class FindingDocument:
    """One detected problem. Any agent of one side clashes with any agent of the other."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    id: str
    """The same cause has the same id in every scan."""
    rule: str
    severity: SeverityName
    path: str
    key: str
    """A dotted key, as TOML spells it; empty for a finding about a whole file."""
    sides: list[SideDocument]
    """Two or more; one for a finding about a single change."""
    git: GitVerdictName
    """What git says of ``path`` when the second side lands after the first."""
    order: OrderName
    """Which landing orders bring the problem about."""
    message: str
    proposal: str | None
    expected: bool
    """Whether ``gatekeeper.toml`` declares it as expected; then it never decides the exit code."""
    expected_because: str | None
    """The reason that is declared there."""
    waived: bool
    """Whether a waiver that counts lets it pass; then it does not decide the exit code."""
    waived_because: str | None
    """Why, by whom, and until when."""
    docs: str
    """The page of the rule, as a path in Gatekeeper's own source tree."""


@dataclass(slots=True)
class StandingDocument:
    """A fault that trunk already has."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    rule: str
    path: str
    key: str
    message: str


@dataclass(slots=True)
class NoteDocument:
    """A remark on a setting that is no fault: why a target directory clashes with nobody's."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    path: str
    key: str
    message: str


@dataclass(slots=True)
class ClaimTouchDocument:
    """An agent changes what another one has claimed: advice, nothing else."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    claimed_by: str
    place: str
    until: str
    touched_by: str


@dataclass(slots=True)
class StatsDocument:
    """Counts of the scan; ``seconds`` is wall time."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    agents: int
    pairs_possible: int
    pairs_compared: int
    blob_merges: int
    cache_hits: int
    seconds: float


@dataclass(slots=True)
class ScanDocument:
    r"""The result of one scan. In names and paths a byte that is not UTF-8 is written as ``\xNN``."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: Literal["gatekeeper.scan/1"]
    trunk: TrunkDocument
    agents: list[AgentDocument]
    findings: list[FindingDocument]
    """The worst first."""
    standing: list[StandingDocument]
    notes: list[NoteDocument]
    claims: list[ClaimTouchDocument]
    decision: DecisionDocument | None
    """Of a check: what the agent may do by the ledger, and why."""
    stats: StatsDocument
