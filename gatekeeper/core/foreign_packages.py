"""Packages that lie outside the tree, and on which a manifest of the tree depends: commands can name these as well."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from gatekeeper.core.combination import Standing
from gatekeeper.core.identity_facts import INHERITED
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import Definition, Kind, Symbol
from gatekeeper.core.workspace_view import WorkspaceView


class ForeignPackages:
    """Those of a view, by their names."""

    def __init__(self, view: WorkspaceView) -> None:
        self._index = view.index

    def named(self, name: str) -> dict[Definition, Standing]:
        """Return the dependencies on a foreign package of this name, each with who has it."""
        return dict(self._by_name.get(name, {}))

    @cached_property
    def _by_name(self) -> Mapping[str, dict[Definition, Standing]]:
        found: dict[str, dict[Definition, Standing]] = {}
        inherited: dict[tuple[str | None, str], Standing] = {}
        for symbol in self._index.of_kind(Kind.NEED):
            directory, key, package, _, _, source, _ = symbol.name
            if source == INHERITED:
                place = (self._index.root_of(directory), key)
                inherited[place] = inherited.get(place, NOWHERE) | self._index.standing(symbol)
            elif self._is_foreign(source):
                found.setdefault(package, {}).update(self._index.definitions[symbol])
        for symbol in self._index.of_kind(Kind.SHARED_NEED):
            root, key, package, source, _ = symbol.name
            using = inherited.get((root, key), NOWHERE)
            if using != NOWHERE and self._is_foreign(source):
                definitions = self._index.definitions[symbol].items()
                found.setdefault(package, {}).update((one, together(standing, using)) for one, standing in definitions)
        return found

    def _is_foreign(self, source: str) -> bool:
        kind, _, place = source.partition(" ")
        # Where nobody has a manifest, there is a submodule or nothing; what leads out of the tree has none either.
        return kind != "path" or Symbol(Kind.MANIFEST.value, (place,)) not in self._index.definitions


def together(one: Standing, other: Standing) -> Standing:
    """Return who has both."""
    return Standing(one.agents & other.agents, one.bases & other.bases)
