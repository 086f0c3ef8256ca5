"""From hits and sets of agents to findings that people and programs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gatekeeper.core.bits import members
from gatekeeper.core.findings import Finding, Order
from gatekeeper.core.grouping import Rows, products
from gatekeeper.core.names import AgentName, KeyPath, RuleId, TreePath
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide
from gatekeeper.core.rules.text import TEXT_CONFLICT, TEXT_ONLY_CONFLICT
from gatekeeper.core.rules.toml_structure import DIFFERENT_VALUE
from gatekeeper.core.rules.workspace_crates import SAME_NEW_CRATE
from gatekeeper.core.schema import profile_for
from gatekeeper.core.schema.kinds import Value
from gatekeeper.core.spans import Span
from gatekeeper.core.tool_facts import is_script
from gatekeeper.core.tree_state import State
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.scanning.cases import Spotted
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.encounters import Occasion
from gatekeeper.scanning.finding_maker import FindingMaker
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.merged_definitions import MergedDefinitions
from gatekeeper.scanning.path_hits import PathHits, conflict_of_trees
from gatekeeper.scanning.unreadable import UnreadableFile


@dataclass(slots=True)
class Assembler:
    """Makes findings out of hits; ``focus`` keeps only those that concern these agents (a mask)."""

    fleet: Fleet
    documents: Documents
    path_hits: PathHits
    maker: FindingMaker
    merged: MergedDefinitions
    focus: int

    def of_occasion(self, occasion: Occasion, left: int, right: int) -> Iterator[Finding]:
        """Yield what is found when the agents of ``left`` and of ``right`` meet on an occasion."""
        if occasion.seen_by_git is not None:
            if TEXT_CONFLICT.id in self.maker.rules:
                spotted = Spotted(conflict_of_trees(occasion.path), None, None)
                yield self.maker.finding(spotted, left, right, GitVerdict.CONFLICT, occasion.seen_by_git)
            return
        told: dict[tuple[RuleId, KeyPath], tuple[Spotted, Order]] = {}
        for order, case in ((Order.LEFT_FIRST, occasion.left_first), (Order.RIGHT_FIRST, occasion.right_first)):
            for spotted in () if case is None else self.path_hits.find(case):
                place = (spotted.hit.rule, spotted.hit.key)
                known = told.get(place)
                told[place] = (spotted, order) if known is None else (known[0], Order.BOTH)
        for spotted, order in told.values():
            yield self.maker.finding(spotted, left, right, occasion.git, order)

    def of_workspace(self, hits: Iterable[WorkspaceHit], conflicts: Mapping[TreePath, Rows]) -> Iterator[Finding]:
        """Yield the findings of workspace rules, split where git's verdict on their path differs between pairs.

        ``conflicts`` tells path -> agent -> the agents with which git conflicts there.
        """
        for found in hits:
            if found.others:
                yield from self._of_several(found)
                continue
            if not found.right:
                if found.left & self.focus:
                    yield self._of_single_changes(self._spotted(found), found.left)
                continue
            for focused_left, focused_right in self._focused(found.left, found.right):
                disputed = conflicts.get(found.hit.left.path, {})
                for left, right, git in _by_verdict(disputed, focused_left, focused_right):
                    clean = git is GitVerdict.CLEAN
                    for some, others in self.merged.standing(found, left, right) if clean else [(left, right)]:
                        yield self.maker.finding(self._spotted(found), some, others, git, Order.BOTH)

    def _of_several(self, found: WorkspaceHit) -> Iterator[Finding]:
        """With a focus, only what it has a part in, and of the side in which it stands only it."""
        masks = [found.left, found.right, *found.others]
        concerned = next((number for number, mask in enumerate(masks) if mask & self.focus), None)
        if concerned is None or found.hit.right is None:
            return
        masks[concerned] &= self.focus
        parts = (found.hit.left, found.hit.right, *found.hit.others)
        spans = [self._span(part, mask) for part, mask in zip(parts, masks, strict=True)]
        yield self.maker.finding_of_several(found.hit, masks, spans)

    def _focused(self, left: int, right: int) -> Iterator[tuple[int, int]]:
        """Keep the pairs with an agent in focus: those on the left, then the others that are on the right."""
        if left & self.focus:
            yield left & self.focus, right
        if left & ~self.focus and right & self.focus:
            yield left & ~self.focus, right & self.focus

    def of_unreadable(self, files: Iterable[UnreadableFile]) -> Iterator[Finding]:
        """Yield one finding for every manifest that agents leave unreadable."""
        for file in files:
            if file.agents & self.focus:
                yield self._of_single_changes(Spotted(file.hit, file.span, None), file.agents)

    def _of_single_changes(self, spotted: Spotted, agents: int) -> Finding:
        return self.maker.finding(spotted, agents & self.focus, 0, GitVerdict.CLEAN, Order.BOTH)

    def _spotted(self, found: WorkspaceHit) -> Spotted:
        right = None if found.hit.right is None or not found.right else self._span(found.hit.right, found.right)
        return Spotted(self._with_values_before(found), self._span(found.hit.left, found.left), right)

    def _with_values_before(self, found: WorkspaceHit) -> Hit:
        """Return the hit; where a rule knows only that a side takes away a key, with what stood there."""
        hit = found.hit
        if hit.right is None or not found.right:
            return hit
        left, right = (
            self._with_value_before(side, next(members(agents)))
            for side, agents in ((hit.left, found.left), (hit.right, found.right))
        )
        return hit if left is hit.left and right is hit.right else replace(hit, left=left, right=right)

    def _with_value_before(self, side: HitSide, agent: int) -> HitSide:
        if side.before is not None or side.after is not None or not side.key:
            return side
        if self._value(self._landed(1 << agent, side.path), side) is not None:
            return side
        relation = self.fleet.relation
        bases = (relation.meaning_bases[number] for number in relation.meaning_rows[agent])
        values = (self._value(self.fleet.states.base(base, side.path), side) for base in bases)
        return replace(side, before=next((value for value in values if value is not None), None))

    def _value(self, state: State, side: HitSide) -> Value | None:
        return None if state is None or not state.is_file else self.documents.value(side.path, state.oid, side.key)

    def _span(self, side: HitSide, agents: int) -> Span | None:
        state = self._landed(agents, side.path)
        if state is None or not state.is_file:
            return None
        if profile_for(side.path) is not None:
            return self.documents.span(state.oid, side.key) if side.key else None
        if is_script(side.path) and isinstance(side.after, str):
            return self.documents.command_span(side.path, state.oid, side.after)
        return None

    def _landed(self, agents: int, path: TreePath) -> State:
        """Return what stands at ``path`` once the first of ``agents`` has landed."""
        overlay = self.fleet.changes[next(members(agents))].overlay
        return overlay[path] if path in overlay else self.fleet.listing.get(path)


def _by_verdict(disputed: Rows, left: int, right: int) -> Iterator[tuple[int, int, GitVerdict]]:
    if not disputed:
        yield left, right, GitVerdict.CLEAN
        return
    conflicting = {agent: right & disputed.get(agent, 0) for agent in members(left)}
    clean = {agent: right & ~mask for agent, mask in conflicting.items()}
    for rows, git in ((conflicting, GitVerdict.CONFLICT), (clean, GitVerdict.CLEAN)):
        for left_agents, right_agents in products(rows):
            yield left_agents, right_agents, git


def without_bare_conflicts(on_paths: Sequence[Finding], of_workspace: Sequence[Finding]) -> list[Finding]:
    """Return ``on_paths`` without what says no more than that git conflicts, where a workspace rule says why.

    Path rules need no such care: only where none of them speaks is a bare conflict told at all.
    """
    told: dict[tuple[TreePath, RuleId], list[_Sides]] = {}
    for finding in of_workspace:
        if finding.git is GitVerdict.CONFLICT:
            for rule in (*_BARE, *_SAID_BY.get(finding.rule, ())):
                told.setdefault((finding.path, rule), []).append(_sides(finding))
    return [
        finding
        for finding in on_paths
        if (finding.path, finding.rule) not in told
        or not _is_covered(_sides(finding), told[finding.path, finding.rule])
    ]


_BARE = (TEXT_ONLY_CONFLICT.id, TEXT_CONFLICT.id)
_SAID_BY = {SAME_NEW_CRATE.id: (DIFFERENT_VALUE.id,)}
"""A rule -> those that say no more than it does: that two manifests of one crate differ, they do in their keys."""

_Sides = tuple[frozenset[AgentName], ...]


def _sides(finding: Finding) -> _Sides:
    return tuple(frozenset(side.agents) for side in finding.sides)


def _is_covered(sides: _Sides, others: Iterable[_Sides]) -> bool:
    """Return whether every pair of ``sides`` is one of those of any of the ``others``."""
    return any(
        len(other) == len(sides) and any(all(map(frozenset.issubset, sides, turn)) for turn in (other, other[::-1]))
        for other in others
    )
