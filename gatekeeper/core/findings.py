"""What a scan says: findings, the agents they are about, and the order in which a person should read them."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gatekeeper.core.names import AgentName, KeyPath, Oid, RefName, RuleId, Severity, TreePath, format_key

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.policy.standing import Decision
    from gatekeeper.core.rules.model import GitVerdict
    from gatekeeper.core.spans import Span


class AgentState(enum.Enum):
    """Where an agent's change stands towards trunk; the value is what JSON and people read."""

    MERGEABLE = "mergeable"
    CONFLICTS_WITH_TRUNK = "conflicts-with-trunk"
    LANDED = "landed"
    UNRELATED = "unrelated-history"
    UNREADABLE = "unreadable"


class Order(enum.StrEnum):
    """Which landing orders bring the finding about: the left side first, the right side first, or both."""

    BOTH = "both"
    LEFT_FIRST = "left-first"
    RIGHT_FIRST = "right-first"


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """One agent as the scan saw it. ``paths`` are those that conflict with trunk; ``detail``: why it is unreadable."""

    name: AgentName
    ref: RefName
    commit: Oid
    state: AgentState
    paths: tuple[TreePath, ...] = ()
    worktree: str | None = None
    uncommitted: bool = False
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """Agents whose content is the same at one place, and what they do there. Values are None where absent."""

    agents: tuple[AgentName, ...]
    path: TreePath
    key: KeyPath
    before: Value | None
    after: Value | None
    span: Span | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One detected problem. Any agent of one side clashes with any agent of the other.

    ``expected_because``: why the repository expects it; None where it does not. ``waived_because``: why it may pass,
    who says so, and until when.
    """

    id: str
    rule: RuleId
    severity: Severity
    path: TreePath
    key: KeyPath
    sides: tuple[Side, ...]
    git: GitVerdict
    order: Order
    message: str
    proposal: str | None
    expected_because: str | None = None
    waived_because: str | None = None

    @property
    def waived(self) -> bool:
        """Whether somebody who has the right to do so lets it pass for a while."""
        return self.waived_because is not None

    @property
    def decides(self) -> bool:
        """Whether it can keep anything from landing: nobody expects it, and nobody lets it pass."""
        return not self.expected and not self.waived

    @property
    def expected(self) -> bool:
        """Whether the repository has declared that this comes as no surprise."""
        return self.expected_because is not None

    @property
    def agents(self) -> frozenset[AgentName]:
        """Return all agents of all sides."""
        return frozenset(name for side in self.sides for name in side.agents)


@dataclass(frozen=True, slots=True)
class StandingFault:
    """A fault that trunk already has: listed once, apart from the conflicts."""

    rule: RuleId
    path: TreePath
    key: KeyPath
    message: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person may want to know about a setting that is no fault."""

    path: TreePath
    key: KeyPath
    message: str


@dataclass(frozen=True, slots=True)
class ClaimTouch:
    """An agent changes what another one has announced to change: advice for both."""

    claimed_by: AgentName
    place: str
    until: datetime
    touched_by: AgentName


@dataclass(frozen=True, slots=True)
class ScanStats:
    """Counts of one scan; ``seconds`` is wall time."""

    agents: int
    pairs_possible: int
    pairs_compared: int
    blob_merges: int
    cache_hits: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one scan found. Findings stand in reading order (``reading_order``).

    ``decision``: what the agent that the report is about may do, by the ledger; None where it is about all of them.
    """

    trunk_ref: RefName
    trunk_commit: Oid
    agents: tuple[AgentStatus, ...]
    findings: tuple[Finding, ...]
    standing: tuple[StandingFault, ...]
    stats: ScanStats
    notes: tuple[Remark, ...] = ()
    claims: tuple[ClaimTouch, ...] = ()
    decision: Decision | None = None

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings at or above ``severity`` that nobody expects or lets pass: those that decide."""
        return tuple(f for f in self.findings if f.severity >= severity and f.decides)


def finding_id(rule: RuleId, sides: Iterable[tuple[TreePath, KeyPath, Iterable[AgentName]]]) -> str:
    """Return the identity of a finding: 12 hexadecimal digits of its rule, its sides' locations and their agents.

    Values, spans and trunk are not part of it, nor is the order of the sides: the same cause keeps its id while
    agents go on editing and trunk moves.
    """
    digest = hashlib.sha256(rule.encode())
    described = sorted("\0".join((path, format_key(key), *sorted(agents))) for path, key, agents in sides)
    for side in described:
        digest.update(b"\1" + side.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12]


def reading_order(finding: Finding) -> tuple[int, int, str, KeyPath, str, str, str]:
    """Sort key: the worst first, then what concerns most agents, then by place."""
    concerned = len(set().union(*(side.agents for side in finding.sides)))
    place = (finding.path, finding.key, finding.id)
    return (-finding.severity, -concerned, *place, finding.order.value, finding.message)
