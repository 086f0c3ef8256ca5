"""The Rust sources that changes touch, read only where a manifest gives a reason to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from gatekeeper.core.combination import Standing
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rust_declarations import Declared, declared_at_a_glance, declared_in
from gatekeeper.core.symbol_index import NOWHERE, standings_of
from gatekeeper.core.symbols import Definition, How, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors, directory_of, join
from gatekeeper.core.workspace_view import WorkspaceView


class Said(NamedTuple):
    """Something that a source says, and who has it there."""

    path: TreePath
    kind: str
    name: tuple[str, ...]
    standing: Standing

    def reference(self, text: str) -> Reference:
        """Return it as a reference whose value is ``text``."""
        return Reference(Symbol(self.kind, self.name), self.path, (), How.SOURCE.value, text)


class RustSources:
    """The sources that differ between trees, by crate."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._crates = frozenset(symbol.name[0] for symbol in view.index.of_kind(Kind.MANIFEST))
        self._paths: dict[str, list[TreePath]] = {}
        reader = view.sources
        for path in sorted(reader.changed) if reader is not None else ():
            crate = next((above for above in ancestors(path) if above in self._crates), None)
            if crate is not None:
                self._paths.setdefault(crate, []).append(path)
        self._modules: dict[TreePath, dict[str, dict[str, Standing]]] = {}
        self._said: dict[tuple[TreePath, str], list[Said]] = {}

    def said(self, crate: str, kind: Kind, first: str) -> list[Said]:
        """Return what the changed sources of the crate in a directory say of one name."""
        paths = self._paths.get(crate, ())
        return [one for path in paths for one in self.said_at(path, kind, first) if one.name[0] == first]

    def said_at(self, path: TreePath, kind: Kind, word: str) -> list[Said]:
        """Return what is said of one kind at ``path``, changed or not, in contents that hold ``word``.

        Reading a source takes long, and most say nothing of what is asked for.
        """
        if (path, word) not in self._said:
            self._said[path, word] = list(self._read(path, word))
        return [one for one in self._said[path, word] if one.kind == kind]

    def _read(self, path: TreePath, word: str) -> Iterator[Said]:
        reader = self._view.sources
        contents: list[tuple[tuple[Definition, ...], Standing]] = []
        present = NOWHERE
        for oid, standing in self._states(path):
            if reader is not None:
                present |= standing
                facts = reader.facts(path, oid) if word.encode() in reader.text(oid) else None
                contents.append((facts.definitions if facts is not None else (), standing))
        for definition, standing in standings_of(contents, present).items():
            yield Said(path, definition.symbol.kind, definition.symbol.name, standing)

    def modules(self, path: TreePath) -> dict[str, dict[str, Standing]]:
        """Return the modules that the source declares -> the conditions under which it does -> who has that."""
        if path not in self._modules:
            found = self._modules[path] = {}
            for oid, standing in self._states(path):
                for name, condition in self._declared(path, oid):
                    conditions = found.setdefault(name, {})
                    conditions[condition] = conditions.get(condition, NOWHERE) | standing
        return self._modules[path]

    def _declared(self, path: TreePath, oid: Oid) -> Declared:
        reader = self._view.sources
        if reader is None:
            return []
        at_a_glance = declared_at_a_glance(reader.text(oid))
        return declared_in(reader.facts(path, oid)) if at_a_glance is None else at_a_glance

    def _states(self, path: TreePath) -> Iterator[tuple[Oid, Standing]]:
        reader = self._view.sources
        for oid, standing in reader.states(path).states if reader is not None else ():
            if oid is not None:
                yield oid, standing

    def uses(self, crate: str, name: str) -> list[Said]:
        """Return the paths into another crate in the changed sources of the crate in a directory."""
        if self.has_module(crate, name):
            return []
        found = self.said(crate, Kind.CRATE_PATH, name)
        bare = self.said(crate, Kind.BARE_PATH, name)
        return found + bare if bare and not self._brings_in(crate, name) else found

    def everywhere(self, crate: str, kind: Kind, word: str) -> Iterator[Said]:
        """Yield what is said of one kind in all sources of a crate, changed or not, that hold ``word``."""
        for path in self.files.of_crate(crate):
            yield from self.said_at(path, kind, word)

    def has_module(self, crate: str, name: str) -> bool:
        """Return whether somebody's crate has a module of this name at its top: it may be what a path means."""
        files = (f"src/{name}.rs", f"src/{name}/mod.rs")
        return any(self._view.file(TreePath(join(crate, file))) != NOWHERE for file in files)

    def _brings_in(self, crate: str, name: str) -> bool:
        """Return whether somebody's crate declares or imports the name anywhere, where a glob can take it from."""
        kinds = (Kind.MODULE, Kind.IMPORTED_NAME)
        return any(one.name[0] == name for kind in kinds for one in self.everywhere(crate, kind, name))

    @cached_property
    def files(self) -> RustFiles:
        """All sources, changed or not."""
        return RustFiles(self._view, self._crates)


class RustFiles:
    """Where Rust sources stand in any tree."""

    def __init__(self, view: WorkspaceView, crates: frozenset[str]) -> None:
        self._by_directory: dict[str, list[TreePath]] = {}
        self._by_crate: dict[str, list[TreePath]] = {}
        for path in sorted({path for path in (*view.trunk_paths, *view.existence) if path.endswith(".rs")}):
            self._by_directory.setdefault(directory_of(path), []).append(path)
            crate = next((above for above in ancestors(path) if above in crates), None)
            if crate is not None:
                self._by_crate.setdefault(crate, []).append(path)

    def inside(self, directory: str) -> Sequence[TreePath]:
        """Return the sources that stand in a directory itself."""
        return self._by_directory.get(directory, ())

    def of_crate(self, crate: str) -> Sequence[TreePath]:
        """Return the sources of a crate."""
        return self._by_crate.get(crate, ())
