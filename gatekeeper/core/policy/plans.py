"""What an approval of an incident's plan is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from gatekeeper.core.ledger.case_effects import INCIDENT
from gatekeeper.core.ledger.case_records import CaseId, CaseRecord


def incident_subject(case: CaseId) -> str:
    """Return the subject of an approval of the plan of an incident."""
    return INCIDENT + case


def plan_digest(case: CaseRecord) -> str:
    """Return what an approval has to name: 12 hexadecimal digits of the cause, the plan, and what it is for."""
    return digest_of((case.cause, case.plan, *sorted(case.planned_for)))


def digest_of(parts: Iterable[str]) -> str:
    """Return 12 hexadecimal digits of several texts, none of which holds a NUL."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:12]
