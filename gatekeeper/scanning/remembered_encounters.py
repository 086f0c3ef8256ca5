"""Encounters in the cache, beside the report that they led to: where a later scan begins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from gatekeeper.core.bits import mask_of
from gatekeeper.core.findings import Finding, Order
from gatekeeper.core.grouping import View, rows_of
from gatekeeper.core.names import AgentName, Oid, RuleId, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.rules.model import GitVerdict
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.scanning.cases import Case
from gatekeeper.scanning.encounters import Earlier, Encounter, Encounters, Occasion

_MOST_MOVED = 4
"""With more than one in so many agents moved, a scan of everything is as fast."""

Renumber = Callable[[int], int]
"""Return a set of agents in other numbers."""


def comparison_key(trunk: Oid, attributes: str, rules: Sequence[RuleId]) -> str:
    """Return what encounters depend on besides the agents themselves."""
    return hashlib.sha256(json.dumps([trunk, attributes, *rules]).encode()).hexdigest()


def pack_encounters(
    encounters: Encounters, changes: Sequence[AgentChange], report: str, findings: Sequence[Finding]
) -> bytes:
    """Return the encounters as bytes; their findings by their number among those of the report with that key."""
    numbers = {id(finding): number for number, finding in enumerate(findings)}
    paths: dict[TreePath, int] = {}
    entries: dict[State, int] = {}

    def case_row(case: Case | None) -> list[int] | None:
        if case is None:
            return None
        return [*(entries.setdefault(state, len(entries)) for state in case.view), case.git is GitVerdict.CONFLICT]

    rows = [
        [
            paths.setdefault(occasion.path, len(paths)),
            case_row(occasion.left_first),
            case_row(occasion.right_first),
            None if occasion.seen_by_git is None else occasion.seen_by_git.value,
            f"{encounter.left:x}",
            f"{encounter.right:x}",
            _numbers_of(encounter.findings, numbers),
        ]
        for encounter in encounters.all
        for occasion in (encounter.occasion,)
    ]
    document = {
        "report": report,
        "findings": _digest(findings),
        "agents": [[change.name, change.commit] for change in changes],
        "met": [[agent, f"{lower:x}"] for agent, lower in encounters.met.items()],
        "paths": list(paths),
        "entries": [list(state or ()) for state in entries],
        "encounters": rows,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _numbers_of(findings: Sequence[Finding], numbers: Mapping[int, int]) -> list[int] | None:
    """None where one of the findings is not told, because another one says more: then they are made again."""
    known = [numbers.get(id(finding)) for finding in findings]
    return None if None in known else cast("list[int]", known)


def _digest(findings: Sequence[Finding]) -> str:
    """Tells one list of findings from any other: two scans may have put reports under one key."""
    stated = "\n".join(f"{finding.id} {finding.order.value} {finding.message}" for finding in findings)
    return hashlib.sha256(stated.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class RememberedEncounters:
    """What was kept. ``moved`` are the agents that are not as they were then, ``report`` the key of the report."""

    report: str
    moved: int
    _kept: Mapping[int, int]
    _document: Mapping[str, Any]

    def earlier(self, findings: Sequence[Finding]) -> Earlier | None:
        """Return what still holds, with the report's ``findings``; None when the two do not belong together."""
        if self._document.get("findings") != _digest(findings):
            return None
        try:
            return _earlier(self._document, self._kept, findings)
        except (ValueError, KeyError, TypeError, IndexError):
            return None


def unpack_encounters(data: bytes, changes: Sequence[AgentChange]) -> RememberedEncounters | None:
    """Return what ``data`` holds for agents as they are in ``changes``.

    None when it holds no encounters, or so many agents have moved since that they are of no use.
    """
    try:
        document = json.loads(data)
        before = [(AgentName(name), Oid(commit)) for name, commit in document["agents"]]
        kept = same_agents(before, [(change.name, change.commit) for change in changes])
        report = str(document["report"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    moved = ~mask_of(kept.values()) & (1 << len(changes)) - 1
    if moved.bit_count() * _MOST_MOVED > len(changes):
        return None
    return RememberedEncounters(report, moved, kept, document)


def same_agents(before: Sequence[tuple[AgentName, Oid]], now: Sequence[tuple[AgentName, Oid]]) -> dict[int, int]:
    """Return the agents that did not move: number then -> number now. Raises ValueError when their order changed."""
    numbers = {agent: number for number, agent in enumerate(now)}
    if len(numbers) < len(now):
        raise ValueError("two agents are one")
    kept = {then: numbers[agent] for then, agent in enumerate(before) if agent in numbers}
    if sorted(kept.values()) != list(kept.values()):
        raise ValueError("the agents stand in another order")
    return kept


def _earlier(document: Mapping[str, Any], kept: Mapping[int, int], findings: Sequence[Finding]) -> Earlier:
    everybody = mask_of(kept)
    renumber = renumbering(kept)
    earlier = Earlier()
    for agent, lower in document["met"]:
        if agent in kept:
            earlier.met[kept[agent]] = renumber(int(lower, 16) & everybody)
    for occasion, left, right, found in _rows(document):
        if found is None or (left | right) & ~everybody:
            _loosen(earlier, occasion, renumber(left & everybody), renumber(right & everybody))
        else:
            told = tuple(findings[number] for number in found)
            earlier.intact.append(Encounter(occasion, renumber(left), renumber(right), told))
    return earlier


def _loosen(earlier: Earlier, occasion: Occasion, left: int, right: int) -> None:
    if left and right:
        earlier.loosened.setdefault(occasion, {}).update(rows_of([(left, right)]))


def renumbering(kept: Mapping[int, int]) -> Renumber:
    """Return how a set of kept agents is written in their new numbers: whole runs of them move together."""
    runs: dict[int, int] = {}
    for then, now in kept.items():
        runs[now - then] = runs.get(now - then, 0) | 1 << then
    if set(runs) <= {0}:
        return lambda agents: agents

    def renumber(agents: int) -> int:
        moved = 0
        for shift, run in runs.items():
            part = agents & run
            moved |= part << shift if shift >= 0 else part >> -shift
        return moved

    return renumber


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[Occasion, int, int, list[int] | None]]:
    entries: list[State] = [Entry(int(row[0]), Oid(row[1])) if row else None for row in document["entries"]]
    paths = [TreePath(path) for path in document["paths"]]
    orders = {None: None} | {order.value: order for order in Order}

    def case(path: TreePath, row: list[int] | None) -> Case | None:
        if row is None:
            return None
        base, left, right, conflicts = row
        git = GitVerdict.CONFLICT if conflicts else GitVerdict.CLEAN
        return Case(path, View(entries[base], entries[left], entries[right]), git)

    for number, ahead, behind, order, left, right, found in document["encounters"]:
        path = paths[number]
        occasion = Occasion(path, case(path, ahead), case(path, behind), orders[order])
        yield occasion, int(left, 16), int(right, 16), found
