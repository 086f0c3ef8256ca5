"""Who uses what a change takes away: in the changed tree, and in what other branches add."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.bits import members
from gatekeeper.core.compat.items import Use
from gatekeeper.core.compat.trees import states_at, view_of
from gatekeeper.core.names import TreePath, format_key
from gatekeeper.core.symbol_index import SymbolIndex
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.tool_facts import command_span, is_script

if TYPE_CHECKING:
    from gatekeeper.core import symbol_index
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.compat.found import Found, Named
    from gatekeeper.core.compat.trees import Other, Trees
    from gatekeeper.core.symbols import Reference
    from gatekeeper.core.tree_state import State

_HEAD = 1

_WHAT = {
    How.ENTRY: "is a member entry",
    How.PATH: "depends on it",
    How.DEV_PATH: "depends on it for development",
    How.SHARED_PATH: "offers it to the workspace",
    How.INHERITED: "inherits it",
    How.DEV_INHERITED: "inherits it for development",
    How.INHERITED_FEATURE: "asks for it",
    How.REQUESTED: "asks for it",
    How.SHARED_REQUEST: "asks for it for the workspace",
    How.NAME: "turns it on",
    How.DEP: "turns it on",
    How.SLASH: "turns a feature of it on",
    How.WEAK: "turns a feature of it on",
    How.REQUIRED_FEATURE: "requires it",
    How.TASK_DEPENDENCY: "depends on it",
    How.DEPENDENCY_ELSEWHERE: "depends on it",
    How.ALIAS: "is an alias of it",
    How.EXTEND: "extends it",
    How.EXTEND_DEPENDENCIES: "takes over its dependencies",
    How.RUN_TASK: "runs it",
    How.RUN_TASK_IF: "runs it on a condition",
    How.CLEANUP_TASK: "cleans up with it",
    How.CONFIG_TASK: "runs it",
    How.CALLED: "calls it",
    How.PATCH: "patches with it",
    How.RUN: "runs it by default",
}
_UNTOLD = frozenset({How.EXTEND_DEPENDENCIES.value, How.CALLED.value})
"""What another reference at the same key tells already."""


class Users:
    """The uses in the head and in what others change. Reads the scripts of the tree once."""

    def __init__(self, trees: Trees, others: Sequence[Other]) -> None:
        self._trees = trees
        self._others = others
        self._changes = [other.changes for other in others]
        self._view = view_of(trees, others)

    @cached_property
    def _scripts(self) -> SymbolIndex:
        listings = (self._trees.base, self._trees.head, *self._changes)
        paths = sorted({path for listing in listings for path in listing if is_script(path)})
        states = [states_at(self._trees, self._changes, path) for path in paths]
        return SymbolIndex(self._view.everywhere, states, self._trees.read.facts)

    def of(self, found: Found) -> tuple[Use, ...]:
        """Return who uses an item: what stands in the head first, each by path and place."""
        uses: dict[Use, None] = {}
        for one in found.symbols:
            for use in self._view.index.uses.get(one, ()):
                if (found.hows is None or use.reference.how in found.hows) and use.reference.how not in _UNTOLD:
                    uses.update(dict.fromkeys(self._told(use)))
        for name in found.named:
            for use in self._commands(name):
                uses.update(dict.fromkeys(self._told(use)))
        return tuple(sorted(uses, key=self.order))

    @staticmethod
    def order(use: Use) -> tuple[object, ...]:
        """Return what uses are sorted by: those of the head come first."""
        return use.trees, use.path, use.place, use.what

    def naming(self, sort: str) -> Iterator[tuple[str, symbol_index.Use]]:
        """Yield what the commands of scripts and CI files name of one sort, with the use."""
        for one, uses in self._scripts.uses.items():
            if one.kind == Kind.NAMED_BY_COMMAND and one.name[0] == sort:
                yield from ((one.name[1], use) for use in uses)

    def told(self, use: symbol_index.Use) -> tuple[Use, ...]:
        """Return a use as it is told; nothing where it stands in the base alone."""
        return tuple(self._told(use))

    def _commands(self, name: Named) -> Iterator[symbol_index.Use]:
        wanted = Symbol(Kind.NAMED_BY_COMMAND.value, name)
        yield from self._view.index.uses.get(wanted, ())
        yield from self._scripts.uses.get(wanted, ())

    def _told(self, use: symbol_index.Use) -> Iterator[Use]:
        standing, reference = use.standing, use.reference
        trees = self._new_in(standing, reference)
        if not standing.agents & _HEAD and not trees:
            return
        named = reference.symbol.kind == Kind.NAMED_BY_COMMAND
        what = f"names it: {reference.value}" if named else _WHAT.get(How(reference.how), "refers to it")
        if standing.agents & _HEAD:
            yield Use(reference.path, self._place(reference, self._trees.head.get(reference.path)), what)
        else:
            (_, state), names = self._changes[trees[0] - 1][reference.path], (self._others[n - 1].name for n in trees)
            yield Use(reference.path, self._place(reference, state), what, tuple(names))

    def _new_in(self, standing: Standing, reference: Reference) -> list[int]:
        """Return the others that have the reference of their own: it was not there where they left trunk."""
        found = []
        for number in members(standing.agents & ~_HEAD):
            change = self._changes[number - 1].get(reference.path)
            if change is not None and reference not in self._references(reference.path, change[0]):
                found.append(number)
        return found

    def _references(self, path: TreePath, state: State) -> frozenset[Reference]:
        facts = None if state is None else self._trees.read.facts(path, state.oid)
        return frozenset() if facts is None else frozenset(facts.references)

    def _place(self, reference: Reference, state: State) -> str:
        if reference.key or state is None:
            return format_key(reference.key)
        span = command_span(reference.path, self._trees.read.text(state.oid), reference.value)
        return "" if span is None else f"line {span.line}"
