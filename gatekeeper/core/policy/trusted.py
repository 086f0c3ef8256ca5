"""What people have decided, as far as their signatures count: what the decision function goes by besides the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gatekeeper.core.ledger.case_events import ApprovalGiven, CaseRuled
from gatekeeper.core.ledger.case_records import CaseId
from gatekeeper.core.ledger.records import EventId, FindingId
from gatekeeper.core.names import AgentName
from gatekeeper.core.roster import Principal


@dataclass(frozen=True, slots=True)
class Ruling:
    """A ruling that counts, and the parties that have acknowledged it."""

    id: EventId
    said: CaseRuled
    acknowledged: frozenset[AgentName] = frozenset()


@dataclass(frozen=True, slots=True)
class Quarantine:
    """An agent that is set apart, by whom, and for which findings."""

    id: EventId
    principal: Principal
    findings: tuple[FindingId, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """All that counts at this moment.

    ``rulings``: of each open case, the rulings that somebody with the right to do so has signed, the oldest first;
    which of them is about the case as it is now, the decision function says. ``resumed``: incidents whose cause and
    plan, as they are recorded, the coordinator has approved. ``approvals``: all others.
    """

    waived: frozenset[str] = frozenset()
    rulings: Mapping[CaseId, tuple[Ruling, ...]] = field(default_factory=lambda: MappingProxyType({}))
    resumed: frozenset[CaseId] = frozenset()
    quarantined: Mapping[AgentName, Quarantine] = field(default_factory=lambda: MappingProxyType({}))
    approvals: tuple[ApprovalGiven, ...] = ()
