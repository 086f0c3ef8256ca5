"""Crates that two changes leave beside the workspace, between two workspaces, or in two places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.membership import Membership, Terms
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tree_paths import ancestors, directory_of, join

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView

_TRUNK = 1


class Misplaced(NamedTuple):
    """The directory of a crate, and what each side did to bring it there."""

    directory: str
    answer: Answer
    deeds: tuple[Deed, Deed]


class NestedRoot(NamedTuple):
    """A root inside of a workspace, and whether ``members`` names it: then no exclusion keeps it out."""

    found: Misplaced
    is_named: bool


class LeftBehind(NamedTuple):
    """A new file (right) in the directory of a crate that the left side has moved."""

    path: TreePath
    directory: str
    new_directory: str
    left: int
    right: int


def unlisted(view: WorkspaceView) -> Iterator[Misplaced]:
    """Yield new crates (right) that nothing makes members once a glob is gone (left)."""
    for _, directory, question, terms in view.shared(Membership).touched:

        def fault(bits: int, terms: Terms = terms) -> bool:
            there = bits & terms.manifest and terms.around(bits)
            return bool(there) and not bits & terms.excludes and not terms.member(bits)

        yield from _misplaced(view, directory, question, fault, terms.globs, terms.manifest)


def included_in_vain(view: WorkspaceView) -> Iterator[Misplaced]:
    """Yield crates whose exclusion (right) has no effect because a member above is spelled out (left)."""
    for _, directory, question, terms in view.shared(Membership).touched:
        above = terms.explicit_above & ~terms.explicit

        def fault(bits: int, terms: Terms = terms, above: int = above) -> bool:
            both = bits & terms.excludes and bits & above and bits & terms.manifest
            return bool(both) and terms.around(bits) and not terms.member(bits)

        yield from _misplaced(view, directory, question, fault, above, terms.excludes | terms.manifest)


def nested_roots(view: WorkspaceView) -> Iterator[NestedRoot]:
    """Yield crates that are roots (left) and that the workspace around them takes for members (right)."""
    membership = view.shared(Membership)
    for symbol in view.index.of_kind(Kind.WORKSPACE):
        [directory] = symbol.name
        for outer in membership.roots(directory_of(directory)) if directory else ():
            question = Question(view.everywhere)
            own = question.any_of(view.atoms(Kind.WORKSPACE, directory))
            terms = membership.terms(question, outer, directory)
            around = membership.inside(question, outer, directory_of(directory))

            def fault(bits: int, own: int = own, around: int = around, terms: Terms = terms) -> bool:
                return bool(bits & own) and bits & around == around and terms.listed(bits)

            for found in _misplaced(view, directory, question, fault, own, terms.listing):
                yield NestedRoot(found, bool(found.answer.merged & terms.explicit))


def _misplaced(
    view: WorkspaceView, directory: str, question: Question, fault: Callable[[int], bool], taking: int, using: int
) -> Iterator[Misplaced]:
    for answer in question.ask(view.relation, fault, taking) if taking else ():
        deeds = question.deeds(answer, taking, using)
        if deeds is not None:
            yield Misplaced(directory, answer, deeds)


def left_behind(view: WorkspaceView) -> Iterator[LeftBehind]:
    """Yield files that one side adds to a crate that the other side has moved."""
    moves = view.shared(CrateMoves)
    moved: dict[str, list[tuple[str, int]]] = {}
    for symbol in view.index.changed(Kind.MANIFEST):
        standing = view.index.standing(symbol)
        away = view.everywhere.agents & ~standing.agents if standing.bases & _TRUNK else 0
        split = moves.split(symbol.name[0], away) if away else []
        # Into a directory of its own, git moves files and no directory: what is added stays where it is.
        places = [(place, who) for place, who in split if place is not None and symbol.name[0] not in ancestors(place)]
        if places:
            moved[symbol.name[0]] = places
    for path in sorted(view.existence) if moved else ():
        standing = view.existence[path]
        for directory in ancestors(path):
            if standing.bases & _TRUNK or directory not in moved:
                continue
            for place, agents in moved[directory]:
                adders = standing.agents & view.file(TreePath(join(directory, "Cargo.toml"))).agents
                for left, right in view.relation.bicliques(agents & ~standing.agents, adders, _TRUNK):
                    yield LeftBehind(path, directory, place, left, right)
