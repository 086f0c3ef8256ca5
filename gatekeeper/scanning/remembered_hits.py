"""Hits in the cache: the same three texts of one path always give the same ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from gatekeeper.core.names import RuleId, Severity, TreePath
from gatekeeper.core.rules.model import Hit, HitSide
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.spans import Span
from gatekeeper.core.tree_state import State
from gatekeeper.scanning.cases import Case, Spotted
from gatekeeper.scanning.values_json import from_json, to_json


def case_keys(cases: Iterable[Case], members: frozenset[str], rules: Sequence[Rule]) -> dict[str, Case]:
    """Return the cases by what their hits depend on."""
    asked = hashlib.sha256("\n".join([*sorted(members), "", *(rule.info.id for rule in rules)]).encode()).hexdigest()
    return {
        f"{asked[:16]} {case.git.value} {' '.join(map(_said, case.view))} {case.path}": case
        for case in cases
        if case.path.isprintable()
    }


def _said(state: State) -> str:
    return "-" if state is None else f"{state.mode:o}:{state.oid}"


def pack_hits(spotted: Iterable[Spotted]) -> bytes:
    """Return the hits as bytes."""
    return to_json([_row(one) for one in spotted])


def unpack_hits(data: bytes) -> tuple[Spotted, ...] | None:
    """Return the hits in ``data``, None when it holds none."""
    try:
        return tuple(_spotted(*row) for row in from_json(data))
    except (ValueError, TypeError, KeyError):
        return None


def _row(one: Spotted) -> list[Any]:
    return [hit_row(one.hit), _span_row(one.left), _span_row(one.right)]


def hit_row(hit: Hit) -> list[Any]:
    """Return a hit as JSON can hold it."""
    return [
        hit.rule,
        hit.key,
        _side_row(hit.left),
        None if hit.right is None else _side_row(hit.right),
        hit.message,
        hit.proposal,
        None if hit.severity is None else int(hit.severity),
        [_side_row(side) for side in hit.others],
    ]


def _side_row(side: HitSide) -> list[Any]:
    return [side.path, side.key, side.before, side.after]


def _span_row(span: Span | None) -> list[int] | None:
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def _spotted(hit: list[Any], left: list[int] | None, right: list[int] | None) -> Spotted:
    return Spotted(read_hit(hit), _span(left), _span(right))


def read_hit(row: list[Any]) -> Hit:
    """Return the hit in what ``hit_row`` gave; raises TypeError or ValueError for anything else."""
    rule, key, left, right, message, proposal, severity, others = row
    return Hit(
        RuleId(rule),
        tuple(key),
        _side(*left),
        None if right is None else _side(*right),
        message,
        proposal,
        None if severity is None else Severity(severity),
        tuple(_side(*side) for side in others),
    )


def _side(path: str, key: list[str], before: Any, after: Any) -> HitSide:
    return HitSide(TreePath(path), tuple(key), before, after)


def _span(row: list[int] | None) -> Span | None:
    return None if row is None else Span(*row)
