"""Crates whose files one side deletes or creates while the other side works on the same directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import members
from gatekeeper.core.combination import Answer, Deed, Place, Question, Standing, groups_of
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.grouping import Rows, products
from gatekeeper.core.member_flows import MemberFlow, member_flows
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, is_glob, join

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import PathStates, WorkspaceView

_TRUNK = 1


@dataclass(frozen=True, slots=True)
class Encounter:
    """Two sides at work on one file of a crate."""

    directory: str
    path: TreePath
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Relisted:
    """A member that the left side deletes, and the list of members that the right side put into another order."""

    symbol: Symbol
    entry: Place
    order: Place
    left: int
    right: int
    bases: int


def deleted_and_edited(view: WorkspaceView) -> tuple[Encounter, ...]:
    """Return who deletes a crate, without moving it, and who edits its manifest or another file of it."""
    return tuple(_deleted_and_edited(view))


def _deleted_and_edited(view: WorkspaceView) -> Iterator[Encounter]:
    moves = view.shared(CrateMoves)
    gone: dict[str, int] = {}
    for directory, states in _changed_manifests(view):
        away = _agents_of(states, None)
        unmoved = sum(agents for place, agents in moves.split(directory, away) if place is None) if away else 0
        if unmoved and any(oid is not None and standing.bases for oid, standing in states.states):
            gone[directory] = unmoved
    edited: dict[str, list[TreePath]] = {}
    for path in sorted(view.edited) if gone else ():
        for above in ancestors(path):
            if above in gone:
                edited.setdefault(above, []).append(path)
    for directory, away in gone.items():
        yield from _edits(view, directory, away, edited.get(directory, ()))


def _edits(view: WorkspaceView, directory: str, away: int, paths: Sequence[TreePath]) -> Iterator[Encounter]:
    manifest = TreePath(join(directory, "Cargo.toml"))
    carried = {path: movers for path in (manifest, *paths) if (movers := view.moves.movers(path) & away)}
    for bits, some in groups_of(away, carried.values()):
        # Where git has followed a file to its new name, the edits follow as well.
        followed = {path for number, path in enumerate(carried) if bits >> number & 1}
        yield from _edits_against(view, directory, some, [path for path in (manifest, *paths) if path not in followed])


def _edits_against(view: WorkspaceView, directory: str, away: int, paths: Sequence[TreePath]) -> Iterator[Encounter]:
    manifest = TreePath(join(directory, "Cargo.toml"))
    states = view.states[manifest].states if manifest in paths else ()
    seen = 0
    for base_oid, base in states:
        if base_oid is None or not base.bases:
            continue
        editors = sum(s.agents for oid, s in states if oid is not None and oid != base_oid)
        seen |= editors
        for left, right in view.relation.bicliques(away, editors, base.bases):
            yield Encounter(directory, manifest, left, right)
    for path in (path for path in paths if path != manifest):
        # Who has no manifest there has given the crate up too.
        editors = view.edited[path] & view.file(path).agents & view.file(manifest).agents & ~seen
        seen |= editors
        for left, right in view.relation.bicliques(away, editors, _TRUNK):
            yield Encounter(directory, path, left, right)


def made_twice(view: WorkspaceView) -> Iterator[Encounter]:
    """Yield who creates different manifests at the same place."""
    for directory, states in _changed_manifests(view):
        absent = sum(standing.bases for oid, standing in states.states if oid is None)
        if not absent & _TRUNK:
            # Trunk has it: whoever lands has not made it, though an older base that two share may lack it.
            continue
        makers = [standing.agents for oid, standing in states.states if oid is not None]
        while len(makers) > 1:
            some = makers.pop()
            # Contents are a partition of the agents: their sum is their union.
            for mine, others in _unlike_movers(view, states.path, some, sum(makers)):
                for left, right in view.relation.bicliques(mine, others, absent):
                    yield Encounter(directory, states.path, left, right)


def _unlike_movers(view: WorkspaceView, path: TreePath, some: int, others: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs but for those who moved one file to ``path``: git merges what each made of it."""
    for moved in view.moves.to(path):
        if some & moved and others & moved:
            yield some & moved, others & ~moved
            some &= ~moved
    yield some, others


def relisted(view: WorkspaceView) -> Iterator[Relisted]:
    """Yield who deletes a crate with its entry, and who keeps the entry in a list of another order."""
    lists = [_List.of(view, order) for order in view.index.of_kind(Kind.MEMBER_ORDER)]

    @cache
    def rewritten(number: int) -> list[_List]:
        return [after for after in lists if _in_other_order(lists[number], after)]

    for symbol in sorted(view.index.changed(Kind.MEMBER)):
        root, directory = symbol.name
        entry = view.index.standing(symbol)
        manifest = view.index.standing(Symbol(Kind.MANIFEST.value, (directory,)))
        away = view.everywhere.agents & ~entry.agents & ~manifest.agents
        bases = entry.bases & manifest.bases
        for number, before in enumerate(lists if away and bases else ()):
            common = before.standing.bases & bases
            if before.order.name[0] != root or directory not in before.entries or not common:
                continue
            for after in (one for one in rewritten(number) if directory in one.entries):
                for left, right in view.relation.bicliques(away, after.standing.agents, common):
                    place = view.atoms(Kind.MEMBER_ORDER, *after.order.name)[0].place
                    yield Relisted(symbol, view.atoms(Kind.MEMBER, *symbol.name)[0].place, place, left, right, common)


@dataclass(frozen=True, slots=True)
class Reordered:
    """Members that the left side put into another order, and tasks that the right side runs in each of them."""

    order: Place
    tasks: tuple[str, ...]
    flow: Place
    left: int
    right: int


def reordered_under_tasks(view: WorkspaceView) -> Iterator[Reordered]:
    """Yield who puts members into another order, and who lets tasks of the root's makefile run in each of them."""
    kinds = (Kind.MEMBER_FLOW, Kind.TASK)
    makefiles = {symbol.name[0] for kind in kinds for symbol in view.index.changed(kind)}
    orders = view.index.of_kind(Kind.MEMBER_ORDER) if makefiles else []
    lists = [_List.of(view, one) for one in orders if join(one.name[0], "Makefile.toml") in makefiles]
    stood = [one for one in lists if one.standing.bases]
    rewritten = [pair for pair in product(stood, lists) if _in_other_order(*pair)]
    roots = dict.fromkeys(before.order.name[0] for before, _ in rewritten)
    flows = {root: member_flows(view, join(root, "Makefile.toml")) for root in roots}
    for before, after in rewritten:
        found: dict[tuple[int, int], list[MemberFlow]] = {}
        for flow in flows[before.order.name[0]]:
            bases = before.standing.bases & ~flow.standing.bases
            left = after.standing.agents & ~flow.standing.agents
            right = flow.standing.agents & before.standing.agents
            for one in view.relation.bicliques(left, right, bases) if left and right and bases else ():
                found.setdefault(one, []).append(flow)
        order = view.atoms(Kind.MEMBER_ORDER, *after.order.name)[0].place
        for (some, others), run in found.items():
            yield Reordered(order, tuple(flow.task for flow in run), run[0].place, some, others)


class _List(NamedTuple):
    """One content of ``members``, and who has it."""

    order: Symbol
    entries: frozenset[str]
    standing: Standing

    @classmethod
    def of(cls, view: WorkspaceView, order: Symbol) -> _List:
        """Return the content that ``order`` stands for."""
        return cls(order, frozenset(order.name[1:]), view.index.standing(order))


def _in_other_order(one: _List, other: _List) -> bool:
    common = one.entries & other.entries
    before, after = ([entry for entry in each.order.name[1:] if entry in common] for each in (one, other))
    return one.order.name[0] == other.order.name[0] and before != after


def left_in_globs(view: WorkspaceView) -> Iterator[tuple[str, Answer, tuple[Deed, Deed]]]:
    """Yield the directories under a glob of ``members`` that two changes leave with files but no manifest."""
    membership = view.shared(Membership)
    moves = view.shared(CrateMoves)
    candidates = _candidates(view, membership)
    quarrels: dict[str, Rows] = {}
    for found in view.shared(deleted_and_edited) if candidates else ():
        rows = quarrels.setdefault(found.directory, {})
        for agent in members(found.left):
            rows[agent] = rows.get(agent, 0) | found.right
    for directory, files in view.files_under(candidates).items():
        root = candidates[directory]
        question = Question(view.everywhere)
        terms = membership.terms(question, root, directory)
        rest = question.any_of(files)

        def fault(bits: int, terms: Terms = terms, rest: int = rest) -> bool:
            residue = bits & terms.globs and bits & rest and terms.around(bits)
            return bool(residue) and not bits & terms.manifest and not terms.excluded(bits)

        taking = terms.manifest | terms.globs | terms.excludes
        for answer in question.ask(view.relation, fault, taking):
            deeds = question.deeds(answer, taking, rest)
            # Where the crate was moved, git sends the new file after it, or reports it.
            left = sum(agents for place, agents in moves.split(directory, answer.left) if place is None)
            if deeds is None or not left:
                continue
            # Who edits the crate as well has its deletion to settle first.
            told = quarrels.get(directory, {})
            for some, others in products({agent: answer.right & ~told.get(agent, 0) for agent in members(left)}):
                yield directory, answer.between(some, others), deeds


def _candidates(view: WorkspaceView, membership: Membership) -> dict[str, str]:
    """Return the directories that may have lost their manifest, or come under a glob without one, with their roots."""
    changed = {symbol.name[0] for symbol in view.index.changed(Kind.MANIFEST) if _deleted(view, symbol)}
    if any(is_glob(symbol.name[1]) for symbol in view.index.changed(Kind.MEMBER)):
        changed.update(above for path in view.existence for above in ancestors(path))
    elif excluded := {symbol.name[1] for symbol in view.index.changed(Kind.EXCLUDE)}:
        changed.update(above for path in view.existence for above in ancestors(path) if above in excluded)
    found: dict[str, str] = {}
    for directory in sorted(changed):
        root = membership.root(directory)
        if root is not None and root != directory and membership.globs(root, directory):
            found[directory] = root
    return found


def _deleted(view: WorkspaceView, symbol: Symbol) -> bool:
    standing = view.index.standing(symbol)
    return bool(standing.bases) and standing.agents != view.everywhere.agents


def _changed_manifests(view: WorkspaceView) -> Iterator[tuple[str, PathStates]]:
    for symbol in sorted(view.index.changed(Kind.MANIFEST)):
        yield symbol.name[0], view.states[TreePath(join(symbol.name[0], "Cargo.toml"))]


def _agents_of(states: PathStates, wanted: str | None) -> int:
    return sum(standing.agents for oid, standing in states.states if oid == wanted)
