"""A small catalogue, so that tests of what is printed do not change with the rules."""

from __future__ import annotations

from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import Rule, StatedRule


def rule(name: str, family: Family, severity: Severity, *fixtures: str, tool_says: str = "") -> Rule:
    info = RuleInfo(
        id=RuleId(name),
        family=family,
        severity=severity,
        summary=f"Summary of {name}.",
        explanation=f"Explanation of {name}.\nIn two lines.",
        settles=f"What settles {name}.",
        fixtures=fixtures,
        tool_says=tool_says,
    )
    return StatedRule(info)


RULES = {
    entry.info.id: entry
    for entry in (
        rule("text-conflict", Family.TEXT, Severity.MAJOR),
        rule("text-only-conflict", Family.TEXT, Severity.NOTE),
        rule(
            "feature-array-both-edited", Family.FEATURES, Severity.MAJOR, "both-edited", tool_says="error: \x1b[31mno"
        ),
        rule("mk-dep-cycle", Family.CARGO_MAKE, Severity.CRITICAL),
    )
}
