from __future__ import annotations

import json

from tests.verify.proofs import CASES_WITH_STATEMENTS, label, statements_of
from tests.verify.record import PAGE, RECORD


def test_what_was_verified_is_what_the_fixtures_state() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    verified = [(proof["fixture"], proof["command"]) for proof in record["proofs"]]
    stated = [(label(case), proof.command) for case in CASES_WITH_STATEMENTS for proof in statements_of(case)]
    assert verified == stated, "run make verify-rules"


def test_nothing_is_otherwise_than_stated() -> None:
    proofs = json.loads(RECORD.read_text(encoding="utf-8"))["proofs"]
    assert [proof["fixture"] for proof in proofs if proof["verdict"].startswith("not so")] == []
    text = PAGE.read_text(encoding="utf-8")
    assert [proof["fixture"] for proof in proofs if f"| {proof['fixture']} |" not in text] == []
