"""The rules, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from gatekeeper.core.names import Severity
from gatekeeper.report.json_lines import document_text
from gatekeeper.report.page import Page, severity_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.rules.model import RuleInfo
    from gatekeeper.core.rules.unreported import Unreported

SCHEMA = "gatekeeper.rules/1"
_LONGEST_ID = 32


@dataclass(slots=True)
class RuleDocument:
    """One rule."""

    id: str
    family: str
    severity: str
    summary: str
    explanation: str
    tool_says: str
    settles: str
    fixtures: list[str]


@dataclass(slots=True)
class UnreportedDocument:
    """A combination of edits that no rule speaks of, and why."""

    id: str
    is_harmless: bool
    reason: str
    fixtures: list[str]


@dataclass(slots=True)
class RulesDocument:
    """What ``gatekeeper rules --format json`` prints."""

    schema: str
    rules: list[RuleDocument]
    unreported: list[UnreportedDocument]


def write_table(rules: Sequence[RuleInfo], page: Page) -> None:
    """Write one line a rule, under the name of its family."""
    column = min(max((len(rule.id) for rule in rules), default=0), _LONGEST_ID) + 14
    for family, members in groupby(rules, key=lambda rule: rule.family):
        page.line((family.value, "bold"))
        for rule in members:
            severity = (f"{rule.severity.label:<8}", severity_style(rule.severity))
            page.row("  ", severity, f"  {rule.id}", content=rule.summary, column=column)
        page.blank()
    counts = [(s, sum(1 for rule in rules if rule.severity is s)) for s in reversed(Severity)]
    page.line(f"{len(rules)} rules: " + ", ".join(f"{count} {s.label}" for s, count in counts if count))


def rules_json(rules: Sequence[RuleInfo], unreported: Sequence[Unreported] = ()) -> str:
    """Return the rules as JSON, and what no rule speaks of."""
    documents = [
        RuleDocument(
            id=rule.id,
            family=rule.family.value,
            severity=rule.severity.label,
            summary=rule.summary,
            explanation=rule.explanation,
            tool_says=rule.tool_says,
            settles=rule.settles,
            fixtures=list(rule.fixtures),
        )
        for rule in rules
    ]
    others = [UnreportedDocument(one.id, one.is_harmless, one.reason, list(one.fixtures)) for one in unreported]
    return document_text(RulesDocument(SCHEMA, documents, others))


def rules_markdown(rules: Sequence[RuleInfo]) -> str:
    """Return the rules reference as Markdown."""
    origin = "Written by `make docs` from the rules themselves. `gatekeeper explain RULE` shows one."
    parts = ["# Rules", "", origin, ""]
    for family, members in groupby(rules, key=lambda rule: rule.family):
        parts += [f"## {family.value}", ""]
        for rule in members:
            parts += _section(rule)
    return "\n".join(parts)


def _section(rule: RuleInfo) -> list[str]:
    lines = [f"### {rule.id}", "", f"**{rule.severity.label}** · {rule.summary}", "", rule.explanation, ""]
    if rule.tool_says:
        lines += ["What the tool says:", "", "```text", *rule.tool_says.splitlines(), "```", ""]
    return [*lines, f"What settles it: {rule.settles}", ""]
