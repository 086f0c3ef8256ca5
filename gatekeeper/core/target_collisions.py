"""Two packages of one workspace whose targets get one name: cargo writes both to the same file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_target_facts import BIN, LIB
from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.membership import Membership
from gatekeeper.core.symbols import Kind
from gatekeeper.core.targets import Targets

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView


class Collision(NamedTuple):
    """Two members with a target of one name; each side did its part for one of them."""

    name: str
    directories: tuple[str, str]
    answer: Answer
    deeds: tuple[Deed, Deed]


def binary_collisions(view: WorkspaceView) -> Iterator[Collision]:
    """Yield binaries of one name, at least one of them new."""
    targets = view.shared(Targets)
    changed: dict[str, set[str]] = {}
    for symbol in view.index.changed(Kind.TARGET):
        directory, kind, name, _ = symbol.name
        if kind == BIN:
            changed.setdefault(name, set()).add(directory)
    for file in targets.changed_files:
        if file.kind == BIN:
            changed.setdefault(file.name, set()).add(file.directory)
    for symbol in view.index.changed(Kind.PACKAGE):
        changed.setdefault(symbol.name[1], set()).add(symbol.name[0])
    for name in sorted(changed):
        yield from _collisions(view, BIN, name, targets.binaries.get(name, set()), changed[name])


def library_collisions(view: WorkspaceView) -> Iterator[Collision]:
    """Yield libraries that are imported under one name, at least one of them new."""
    targets = view.shared(Targets)
    new = {file.directory for file in targets.changed_files if file.kind == LIB}
    new |= {symbol.name[0] for symbol in view.index.changed(Kind.LIBRARY)}
    directories: dict[str, set[str]] = {}
    for symbol in view.index.of_kind(Kind.LIBRARY):
        directories.setdefault(symbol.name[1], set()).add(symbol.name[0])
    for name, places in directories.items():
        yield from _collisions(view, LIB, name, places, new)


def _collisions(view: WorkspaceView, kind: str, name: str, places: set[str], changed: set[str]) -> Iterator[Collision]:
    if len(places) == 1 or changed.isdisjoint(places):
        return
    membership = view.shared(Membership)
    for pair in combinations(sorted(places), 2):
        if not changed.isdisjoint(pair):
            others = membership.roots(pair[1])
            for root in membership.roots(pair[0]):
                if root in others:
                    yield from _collision(view, kind, name, root, pair)


def _collision(view: WorkspaceView, kind: str, name: str, root: str, pair: tuple[str, str]) -> Iterator[Collision]:
    targets, membership = view.shared(Targets), view.shared(Membership)
    question = Question(view.everywhere)
    called = [question.any_of(view.atoms(Kind.LIBRARY, place, name)) if kind == LIB else 0 for place in pair]
    having = [targets.terms(question, place, kind, "" if kind == LIB else name) for place in pair]
    belonging = [membership.terms(question, root, place) for place in pair]
    # Two packages of one name are another matter.
    alike = [
        [question.any_of(view.atoms(Kind.PACKAGE, place, package)) for place in pair]
        for package in sorted({*targets.packages.get(pair[0], ())} & {*targets.packages.get(pair[1], ())})
    ]

    def fault(bits: int) -> bool:
        if kind == LIB and not all(bits & mask for mask in called):
            return False
        if not all(term.present(bits) for term in having) or not all(term.member(bits) for term in belonging):
            return False
        return not any(bits & first and bits & second for first, second in alike)

    first, second = (
        mask | target.deciding | terms.deciding for mask, target, terms in zip(called, having, belonging, strict=True)
    )
    named = union((*called, *(term.deciding for term in having)))
    for answer in question.ask(view.relation, fault, first):
        # Who only brings two old crates into the workspace gives nothing a name.
        if not (answer.left_bits ^ answer.base_bits | answer.right_bits ^ answer.base_bits) & named:
            continue
        sides = question.sides(answer, first, second)
        if sides is not None:
            yield Collision(name, pair, *sides)
