"""From hits and groups of agents to findings that people and programs read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.config import Settings
from gatekeeper.core.bits import members
from gatekeeper.core.document import ParseFailure
from gatekeeper.core.findings import Finding, Order, Side, finding_id
from gatekeeper.core.grouping import Group, Meet, View, group_pairs, products
from gatekeeper.core.meeting import Triple
from gatekeeper.core.names import AgentName, KeyPath, Oid, RuleId, Severity, TreePath
from gatekeeper.core.rules.evaluate import fill_message
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.text import TEXT_CONFLICT, TEXT_ONLY_CONFLICT
from gatekeeper.core.rules.toml_level import INVALID_ON_ONE_SIDE
from gatekeeper.core.schema import profile_for
from gatekeeper.core.spans import Span
from gatekeeper.core.tree_state import State
from gatekeeper.core.workspace_view import WorkspaceHit
from gatekeeper.scanning.cases import Case, Spotted
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.fleet import Fleet
from gatekeeper.scanning.path_hits import PathHits, conflict_of_trees
from gatekeeper.scanning.verdicts import Verdicts

_TURNED = {Order.BOTH: Order.BOTH, Order.LEFT_FIRST: Order.RIGHT_FIRST, Order.RIGHT_FIRST: Order.LEFT_FIRST}

Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Assembler:
    """Makes findings out of hits; ``focus`` keeps only those that concern these agents (a mask)."""

    fleet: Fleet
    verdicts: Verdicts
    documents: Documents
    path_hits: PathHits
    settings: Settings
    rules: Mapping[RuleId, Rule]
    focus: int
    _names: dict[int, tuple[AgentName, ...]] = field(default_factory=dict)
    _conflicts: dict[TreePath, dict[int, int]] = field(default_factory=dict)

    def of_paths(self, progress: Progress) -> Iterator[Finding]:
        """Yield the findings on paths that both sides changed."""
        triples = self.verdicts.triples
        progress("asking the rules", 0, len(triples))
        self.path_hits.prepare(
            self._case(path, View(*triple))
            for path, by_triple in triples.items()
            if profile_for(path) is not None
            for triple, users in by_triple.items()
            if self._concerns(users)
        )
        for number, (path, by_triple) in enumerate(sorted(triples.items())):
            progress("reading findings", number, len(triples))
            wanted = [
                triple for triple, users in by_triple.items() if self._concerns(users) and self._speaks(path, triple)
            ]
            for group in group_pairs(by_triple, wanted):
                for part in self._focused(group):
                    yield from self._of_group(path, part)
        if TEXT_CONFLICT.id in self.rules:
            for path, users in sorted(self.verdicts.by_git.items()):
                yield from self._seen_by_git(path, users)

    def _concerns(self, users: Mapping[int, int]) -> bool:
        """Return whether any pair with this triple has an agent in focus."""
        return any(firsts and (firsts | 1 << second) & self.focus for second, firsts in users.items())

    def _case(self, path: TreePath, view: View) -> Case:
        return Case(path, view, self._git(path, view))

    def _speaks(self, path: TreePath, triple: Triple) -> bool:
        if (path, triple) in self.verdicts.conflicting:
            return True
        return profile_for(path) is not None and bool(self.path_hits.find(self._case(path, View(*triple))))

    def _focused(self, group: Group) -> Iterator[Group]:
        """Keep the pairs with an agent in focus: those on the left, then the others that are on the right."""
        if group.left & self.focus:
            yield Group(group.meet, group.left & self.focus, group.right)
        if group.left & ~self.focus and group.right & self.focus:
            yield Group(group.meet, group.left & ~self.focus, group.right & self.focus)

    def _git(self, path: TreePath, view: View) -> GitVerdict:
        conflicting = self.verdicts.conflicting
        if (path, Triple(*view)) in conflicting or (path, Triple(view.base, view.right, view.left)) in conflicting:
            return GitVerdict.CONFLICT
        return GitVerdict.CLEAN

    def _of_group(self, path: TreePath, group: Group) -> Iterator[Finding]:
        views = [view for view in group.meet if view is not None]
        git = GitVerdict.CLEAN
        if any(self._git(path, view) is GitVerdict.CONFLICT for view in views):
            git = GitVerdict.CONFLICT
        told: dict[tuple[RuleId, KeyPath], tuple[Spotted, Order]] = {}
        for order, view in zip((Order.LEFT_FIRST, Order.RIGHT_FIRST), group.meet, strict=True):
            for spotted in () if view is None else self.path_hits.find(self._case(path, view)):
                place = (spotted.hit.rule, spotted.hit.key)
                known = told.get(place)
                told[place] = (spotted, order) if known is None else (known[0], Order.BOTH)
        for spotted, order in told.values():
            yield self._finding(spotted, group.left, group.right, git, order)

    def _seen_by_git(self, path: TreePath, users: Mapping[int, int]) -> Iterator[Finding]:
        """Conflicts that only git's own merge of two agents shows: renames, directories, several merge bases."""
        pairs: dict[tuple[int, int], set[bool]] = {}
        for second, firsts in users.items():
            for first in members(firsts):
                pairs.setdefault((min(first, second), max(first, second)), set()).add(first < second)
        rows: dict[Order, dict[int, int]] = {}
        for (low, high), orders in pairs.items():
            order = Order.BOTH if len(orders) > 1 else Order.LEFT_FIRST if True in orders else Order.RIGHT_FIRST
            row = rows.setdefault(order, {})
            row[low] = row.get(low, 0) | 1 << high
        for order, row in rows.items():
            for left, right in products(row):
                for part in self._focused(Group(_NO_MEET, left, right)):
                    spotted = Spotted(conflict_of_trees(path), None, None)
                    yield self._finding(spotted, part.left, part.right, GitVerdict.CONFLICT, order)

    def of_workspace(self, hits: Iterable[WorkspaceHit]) -> Iterator[Finding]:
        """Yield the findings of workspace rules, split where git's verdict on their path differs between pairs."""
        for found in hits:
            if not found.right:
                if found.left & self.focus:
                    yield self._finding(self._spotted(found), found.left & self.focus, 0, GitVerdict.CLEAN, Order.BOTH)
                continue
            for part in self._focused(Group(_NO_MEET, found.left, found.right)):
                for left, right, git in self._by_verdict(found.hit.left.path, part.left, part.right):
                    yield self._finding(self._spotted(found), left, right, git, Order.BOTH)

    def _by_verdict(self, path: TreePath, left: int, right: int) -> Iterator[tuple[int, int, GitVerdict]]:
        conflicts = self._conflicts_on(path)
        if not conflicts:
            yield left, right, GitVerdict.CLEAN
            return
        disputed = {agent: right & conflicts.get(agent, 0) for agent in members(left)}
        clean = {agent: right & ~mask for agent, mask in disputed.items()}
        for row, git in ((disputed, GitVerdict.CONFLICT), (clean, GitVerdict.CLEAN)):
            for left_agents, right_agents in products(row):
                if right_agents:
                    yield left_agents, right_agents, git

    def _conflicts_on(self, path: TreePath) -> dict[int, int]:
        """Return agent -> the agents with which git conflicts on ``path`` in either order."""
        known = self._conflicts.get(path)
        if known is None:
            known = self._conflicts[path] = {}
            verdicts = self.verdicts
            users = [
                users
                for triple, users in verdicts.triples.get(path, {}).items()
                if (path, triple) in verdicts.conflicting
            ]
            for second, firsts in (pair for each in (*users, verdicts.by_git.get(path, {})) for pair in each.items()):
                for first in members(firsts):
                    known[first] = known.get(first, 0) | 1 << second
                    known[second] = known.get(second, 0) | 1 << first
        return known

    def of_single_changes(self) -> Iterator[Finding]:
        """Yield one finding for every manifest that an agent leaves unreadable and trunk does not have so."""
        if INVALID_ON_ONE_SIDE.id not in self.rules:
            return
        holders: dict[tuple[TreePath, Oid], int] = {}
        for agent, change in enumerate(self.fleet.changes):
            for path, state in change.overlay.items():
                if state is not None and state.is_file and profile_for(path) is not None:
                    holders[path, state.oid] = holders.get((path, state.oid), 0) | 1 << agent
        for (path, oid), agents in sorted(holders.items()):
            profile = profile_for(path)
            failure = None if profile is None else self.documents.parsed(profile, oid)
            if isinstance(failure, ParseFailure) and agents & self.focus:
                message = f"{{left}}: line {failure.line}, column {failure.column}: {failure.message}"
                span = Span(failure.line, failure.column, failure.line, failure.column + 1)
                hit = Hit(INVALID_ON_ONE_SIDE.id, (), HitSide(path, ()), None, message)
                yield self._finding(Spotted(hit, span, None), agents & self.focus, 0, GitVerdict.CLEAN, Order.BOTH)

    def _spotted(self, found: WorkspaceHit) -> Spotted:
        right = None if found.hit.right is None or not found.right else self._span(found.hit.right, found.right)
        return Spotted(found.hit, self._span(found.hit.left, found.left), right)

    def _span(self, side: HitSide, agents: int) -> Span | None:
        state = self._landed(agents, side.path)
        if state is None or not state.is_file or profile_for(side.path) is None or not side.key:
            return None
        return self.documents.span(state.oid, side.key)

    def _landed(self, agents: int, path: TreePath) -> State:
        """Return what stands at ``path`` once the first of ``agents`` has landed."""
        overlay = self.fleet.changes[next(members(agents))].overlay
        return overlay[path] if path in overlay else self.fleet.listing.get(path)

    def _finding(self, spotted: Spotted, left: int, right: int, git: GitVerdict, order: Order) -> Finding:
        other_path = spotted.hit.right.path if spotted.hit.right is not None else None
        if right and other_path == spotted.hit.left.path and self._agents(right) < self._agents(left):
            # On one path the sides stand in the order of their names: the next edit does not turn them round.
            spotted, left, right, order = spotted.mirrored, right, left, _TURNED[order]
        hit = spotted.hit
        sides = [Side(self._agents(left), hit.left.path, hit.left.key, hit.left.before, hit.left.after, spotted.left)]
        if hit.right is not None and right:
            other = hit.right
            sides.append(Side(self._agents(right), other.path, other.key, other.before, other.after, spotted.right))
        return Finding(
            id=finding_id(hit.rule, ((side.path, side.key, side.agents) for side in sides)),
            rule=hit.rule,
            severity=self._severity(hit),
            path=hit.left.path,
            key=hit.key,
            sides=tuple(sides),
            git=git,
            order=order,
            message=fill_message(hit.message.removesuffix("."), said(sides[0].agents), said(sides[-1].agents)),
            proposal=hit.proposal,
        )

    def _severity(self, hit: Hit) -> Severity:
        info = self.rules[hit.rule].info
        default = info.severity if hit.severity is None else hit.severity
        return self.settings.severity_for(hit.rule, info.family, default, hit.left.path, hit.key)

    def _agents(self, mask: int) -> tuple[AgentName, ...]:
        known = self._names.get(mask)
        if known is None:
            known = tuple(sorted(self.fleet.changes[agent].name for agent in members(mask)))
            self._names[mask] = known
        return known


_NO_MEET = Meet(None, None)


def said(agents: Sequence[AgentName]) -> str:
    """Return how a sentence names a side: as one, so that its verb fits one agent and many."""
    first, *like_it = agents
    if not like_it:
        return first
    return f"{first} (with {like_it[0] if len(like_it) == 1 else f'{len(like_it)} more'})"


def without_bare_conflicts(on_paths: Sequence[Finding], of_workspace: Sequence[Finding]) -> list[Finding]:
    """Return ``on_paths`` without what says no more than that git conflicts, where a workspace rule says why.

    Path rules need no such care: only where none of them speaks is a bare conflict told at all.
    """
    bare = {TEXT_ONLY_CONFLICT.id, TEXT_CONFLICT.id}
    told: dict[TreePath, list[Finding]] = {}
    for finding in of_workspace:
        if finding.git is GitVerdict.CONFLICT:
            told.setdefault(finding.path, []).append(finding)
    return [
        finding
        for finding in on_paths
        if finding.rule not in bare or not any(_covers(other, finding) for other in told.get(finding.path, ()))
    ]


def _covers(one: Finding, other: Finding) -> bool:
    """Return whether every pair of ``other`` is one of ``one``'s."""
    if len(one.sides) != len(other.sides):
        return False
    mine, its = ([set(side.agents) for side in finding.sides] for finding in (one, other))
    return any(all(inner <= outer for inner, outer in zip(its, turn, strict=True)) for turn in (mine, mine[::-1]))
