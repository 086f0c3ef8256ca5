"""All kinds of records that the ledger's state consists of."""

from __future__ import annotations

from typing import TypeVar

from gatekeeper.core.ledger.case_records import (
    ApprovalRecord,
    CaseRecord,
    ClosedCase,
    IntegrationRecord,
    PrecedenceRecord,
    QuarantineRecord,
)
from gatekeeper.core.ledger.phase_records import PhaseRecord, ReleaseRecord
from gatekeeper.core.ledger.records import (
    AgentRecord,
    BaselineRecord,
    CheckpointRecord,
    ClaimRecord,
    ClosedFinding,
    FindingRecord,
    LedgerRecord,
    MemoryRecord,
    MonthSummary,
    NoticeRecord,
    TrunkRecord,
    WaiverRecord,
    WorkRecord,
)

FORMAT = 1
"""Of the ledger as a whole: which records there are, and where they stand."""

Record = (
    AgentRecord
    | FindingRecord
    | ClosedFinding
    | MonthSummary
    | ClaimRecord
    | WaiverRecord
    | MemoryRecord
    | WorkRecord
    | BaselineRecord
    | CheckpointRecord
    | NoticeRecord
    | TrunkRecord
    | LedgerRecord
    | ApprovalRecord
    | CaseRecord
    | ClosedCase
    | IntegrationRecord
    | PrecedenceRecord
    | QuarantineRecord
    | PhaseRecord
    | ReleaseRecord
)
R = TypeVar(
    "R",
    AgentRecord,
    FindingRecord,
    ClosedFinding,
    MonthSummary,
    ClaimRecord,
    WaiverRecord,
    MemoryRecord,
    WorkRecord,
    BaselineRecord,
    CheckpointRecord,
    NoticeRecord,
    TrunkRecord,
    LedgerRecord,
    ApprovalRecord,
    CaseRecord,
    ClosedCase,
    IntegrationRecord,
    PrecedenceRecord,
    QuarantineRecord,
    PhaseRecord,
    ReleaseRecord,
)
