"""Problems that time makes: an agent that has not committed for long, one that nobody helps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from gatekeeper.core.ledger.records import AgentRecord, FindingId, FindingSide, FoundProblem, SeverityName
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import AgentName
from gatekeeper.core.quantities import spoken_duration
from gatekeeper.core.roster import Limits

STALE = "agent-stale"
BLOCKED = "agent-blocked"
CLAIM_TOUCHED = "claim-touched"
FAMILY = "Watch"


def overdue(state: Records, limits: Limits, now: datetime) -> Iterator[FoundProblem]:
    """Yield a problem for each agent that is over a limit."""
    for name, record in state.each(AgentRecord):
        if record.removed_at is not None or record.pending_step is not None:
            continue
        since = _last_sign(record)
        if record.progress == "in-progress" and since is not None and now - since > limits.stale:
            yield _problem(
                STALE,
                "minor",
                AgentName(name),
                f"{name} has not committed anything for {spoken_duration(limits.stale)}",
                "Commit what holds together, or report what holds you up: gatekeeper agent report blocked --reason ...",
            )
        if record.progress == "blocked" and record.blocked_at is not None and now - record.blocked_at > limits.blocked:
            reason = f": {record.reason}" if record.reason else ""
            yield _problem(
                BLOCKED,
                "major",
                AgentName(name),
                f"{name} has been blocked for over {spoken_duration(limits.blocked)}{reason}",
                "The coordinator decides: help, hand the work to somebody else, or change the plan.",
            )


def _last_sign(record: AgentRecord) -> datetime | None:
    """When the agent last showed that it works: its newest commit, or its start where that is later.

    A commit is not younger than the look that first saw it, whatever its date says.
    """
    committed = record.committed_at
    if committed is not None and record.seen_at is not None:
        committed = min(committed, record.seen_at)
    signs = [moment for moment in (committed, record.started_at) if moment is not None]
    return max(signs, default=None)


def _problem(rule: str, severity: SeverityName, agent: AgentName, message: str, proposal: str) -> FoundProblem:
    digest = hashlib.sha256(f"{rule}\0{agent}".encode("utf-8", "surrogateescape")).hexdigest()[:12]
    side = FindingSide((agent,), "", "")
    return FoundProblem(FindingId(digest), rule, severity, "", "", (side,), message, proposal, family=FAMILY)
