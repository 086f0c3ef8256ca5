"""What the ledger and the signatures in it come to for each agent: the decision function, asked of a repository."""

from __future__ import annotations

from datetime import datetime

from gatekeeper.config import Settings
from gatekeeper.coordinator.trusting import trusted
from gatekeeper.core.ledger.records import FindingRecord
from gatekeeper.core.ledger.state import Records
from gatekeeper.core.names import Oid
from gatekeeper.core.policy.decide import Verdict, decide
from gatekeeper.repository import Repository


def verdict_of(repository: Repository, state: Records, settings: Settings, trunk: Oid, now: datetime) -> Verdict:
    """Return what each agent may do, by the findings that stand in the ledger."""
    problems = (record.problem for _, record in state.each(FindingRecord))
    return decide(problems, state, settings.roster, trusted(repository, state, settings, trunk, now))
