"""Until when a ruling is about a case: while the parties do as it says, or leave the place alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.core.ledger.case_events import CaseRuled
from gatekeeper.core.ledger.case_records import CaseId, CaseMatter
from gatekeeper.core.ledger.records import FindingId
from gatekeeper.core.names import AgentName, Oid
from gatekeeper.core.policy.rulings import age_objection
from gatekeeper.core.roster import Principal, RoleName

ONE, TWO = AgentName("one"), AgentName("two")
MATTER = CaseMatter(
    CaseId("c"),
    "escalation",
    RoleName("architect"),
    "which?",
    findings=(FindingId("f"),),
    parties=(ONE, TWO),
    heads={ONE: Oid("1" * 40), TWO: Oid("2" * 40)},
    contents={ONE: "1", TWO: "2"},
)
RULED = CaseRuled(
    "r", Principal("p"), MATTER.id, MATTER.findings, MATTER.heads, MATTER.contents, "take", "b", ONE, result="1"
)
MOVED = {**MATTER.heads, TWO: Oid("3" * 40)}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"findings": ()}, None),
        ({"findings": (FindingId("f"), FindingId("g"))}, "there are findings"),
        ({"parties": (ONE, TWO, AgentName("three"))}, "does not know three"),
        ({"heads": MOVED}, None),
        ({"heads": MOVED, "contents": {ONE: "1", TWO: "1"}}, None),
        ({"heads": MOVED, "contents": {ONE: "1", TWO: "3"}}, "two has moved since"),
        ({"heads": MOVED, "contents": {ONE: "1"}}, "two has moved since"),
    ],
)
def test_about_the_case_as_it_is(changed: dict[str, object], reason: str | None) -> None:
    objection = age_objection(RULED, replace(MATTER, **changed))  # type: ignore[arg-type] # fields by name
    assert (objection is None) if reason is None else (reason in (objection or ""))
