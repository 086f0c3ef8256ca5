"""One look at the fleet, as a poll takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gatekeeper.core.ledger.events import SeenAgent
from gatekeeper.core.ledger.records import ClaimId, FindingId, FoundProblem
from gatekeeper.core.names import AgentName, Oid, RefName


@dataclass(frozen=True, slots=True)
class Observation:
    """Trunk, the registered agents, and all problems of all branches at one moment.

    ``unread``: agents whose work could not be looked at; what is known of them neither opens nor closes.
    ``rewritten_from``: the commit of the last look at trunk, if trunk no longer has it.
    ``fulfilled``: claims whose change is committed. ``clone`` is where the look was taken; ``tips`` are the commits of
    all branches there, and ``uncommitted`` are the agents with work that is not in them. ``too_old_for``: findings that
    another clone saw in states of branches that this one does not have; ``closed_elsewhere``: those that it saw go in
    such. ``trunk_is_behind``: another clone saw a newer one. ``seen_at``: when the agents were seen, as the ledger
    counts time: ``at``, or where this machine's clock has jumped back, not before the look that it had then.
    ``landed``: agents whose work trunk has; ``taken_in``: those whose branch has what they were to take in, and
    ``up_to_date`` those, of agents whose findings have gone, whose branch has all of trunk.
    ``touched_before``: those that had changed, at the last look already, a place where others have joined them since.
    """

    at: datetime
    trunk_ref: RefName
    trunk: Oid
    agents: Mapping[AgentName, SeenAgent]
    problems: tuple[FoundProblem, ...]
    unread: frozenset[AgentName] = frozenset()
    rewritten_from: Oid | None = None
    fulfilled: frozenset[ClaimId] = frozenset()
    clone: str = ""
    tips: Mapping[AgentName, Oid] = field(default_factory=dict)
    uncommitted: frozenset[AgentName] = frozenset()
    too_old_for: frozenset[FindingId] = frozenset()
    closed_elsewhere: frozenset[FindingId] = frozenset()
    trunk_is_behind: bool = False
    seen_at: datetime | None = None
    landed: frozenset[AgentName] = frozenset()
    taken_in: frozenset[AgentName] = frozenset()
    up_to_date: frozenset[AgentName] = frozenset()
    touched_before: frozenset[AgentName] = frozenset()
