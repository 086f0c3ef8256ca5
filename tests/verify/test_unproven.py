from __future__ import annotations

from gatekeeper.core.rules.registry import all_rules
from tests.e2e.golden_cases import KNOWN_GAPS
from tests.verify.proofs import CASES_WITH_STATEMENTS, statements_of
from tests.verify.unproven import UNPROVEN


def test_each_rule_is_shown_by_a_command_or_says_why_not() -> None:
    rules = {*map(str, all_rules()), *(rule for gap in KNOWN_GAPS for rule in gap.rules)}
    shown = {
        case.name.partition("--")[0]
        for case in CASES_WITH_STATEMENTS
        if not all(statement.only_succeeds for statement in statements_of(case))
    }
    assert rules - shown == UNPROVEN.keys()
