"""Findings to JSON, each on one line.

A large fleet has very many of them, and the same names, keys and values in most: each is written once, and a finding is
put together from what is written. What it must look like is said by ``scan_schema.FindingDocument``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gatekeeper.core.names import Severity, format_key
from gatekeeper.core.safe_text import without_surrogates
from gatekeeper.report.documentation import page_of
from gatekeeper.report.json_lines import json_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.core.document import Value
    from gatekeeper.core.findings import Finding, Side
    from gatekeeper.core.names import AgentName, KeyPath, RuleId
    from gatekeeper.core.spans import Span


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """Return the JSON of each finding."""
    line = _Lines()
    return [line.of_finding(finding) for finding in findings]


class _Lines:
    """What has been written is known by the value, and for values of TOML, which may not be hashable, by the object."""

    def __init__(self) -> None:
        self._text = cache(_text)
        self._key = cache(_key)
        self._names = cache(_names)
        self._docs = cache(_docs)
        self._severity = {severity: json_text(severity.label) for severity in Severity}
        self._values: dict[int, str] = {}

    def of_finding(self, finding: Finding) -> str:
        sides = ", ".join([self._side(side) for side in finding.sides])
        return (
            f'{{"id": {json_text(finding.id)}, "rule": {self._text(finding.rule)}, '
            f'"severity": {self._severity[finding.severity]}, "path": {self._text(finding.path)}, '
            f'"key": {self._key(finding.key)}, "sides": [{sides}], "git": "{finding.git.value}", '
            f'"order": "{finding.order.value}", "message": {_text(finding.message)}, '
            f'"proposal": {self._text(finding.proposal)}, "expected": {json_text(finding.expected)}, '
            f'"expected_because": {self._text(finding.expected_because)}, "waived": {json_text(finding.waived)}, '
            f'"waived_because": {self._text(finding.waived_because)}, "docs": {self._docs(finding.rule)}}}'
        )

    def _side(self, side: Side) -> str:
        return (
            f'{{"agents": {self._names(side.agents)}, "path": {self._text(side.path)}, "key": {self._key(side.key)}, '
            f'"before": {self._value(side.before)}, "after": {self._value(side.after)}, "span": {_span(side.span)}}}'
        )

    def _value(self, value: Value | None) -> str:
        known = self._values.get(id(value))
        if known is None:
            known = self._values[id(value)] = json_text(plain(value))
        return known


def _text(text: str | None) -> str:
    return json_text(None if text is None else without_surrogates(text))


def _key(key: KeyPath) -> str:
    return _text(format_key(key))


def _docs(rule: RuleId) -> str:
    return json_text(page_of(rule))


def _names(names: tuple[AgentName, ...]) -> str:
    return f"[{', '.join(map(_text, names))}]"


def _span(span: Span | None) -> str:
    if span is None:
        return "null"
    return (
        f'{{"start": {{"line": {span.line}, "column": {span.column}}}, '
        f'"end": {{"line": {span.end_line}, "column": {span.end_column}}}}}'
    )
