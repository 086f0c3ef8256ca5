"""The Rust sources that changes touch, read only where a manifest gives a reason to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gatekeeper.core.combination import Standing
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbol_index import NOWHERE, standings_of
from gatekeeper.core.symbols import Definition, How, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors, join
from gatekeeper.core.workspace_view import WorkspaceView

_DEV_FOLDERS = ("tests", "benches", "examples")


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
        crates = {symbol.name[0] for symbol in view.index.of_kind(Kind.MANIFEST)}
        self._paths: dict[str, list[TreePath]] = {}
        reader = view.sources
        for path in sorted(reader.changed) if reader is not None else ():
            crate = next((above for above in ancestors(path) if above in crates), None)
            if crate is not None:
                self._paths.setdefault(crate, []).append(path)
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
        states = reader.states(path).states if reader is not None else ()
        contents: list[tuple[tuple[Definition, ...], Standing]] = []
        present = NOWHERE
        for oid, standing in states:
            if oid is not None and reader is not None:
                present |= standing
                facts = reader.facts(path, oid) if reader.holds(oid, word) else None
                contents.append((facts.definitions if facts is not None else (), standing))
        for definition, standing in standings_of(contents, present).items():
            yield Said(path, definition.symbol.kind, definition.symbol.name, standing)

    def is_conditional(self, crate: str, path: TreePath) -> bool:
        """Return whether the file is a module that somebody compiles on a condition only."""
        inside = path[len(crate) + 1 if crate else 0 :].removesuffix(".rs").removesuffix("/mod").split("/")
        if inside[0] != "src":
            return False
        for depth in range(1, len(inside)):
            above = inside[:depth]
            names = ("lib.rs", "main.rs") if depth == 1 else ("mod.rs",)
            files = [join("/".join(above), name) for name in names]
            files += [f"{'/'.join(above)}.rs"] if depth > 1 else []
            for file in files:
                said = self.said_at(TreePath(join(crate, file)), Kind.CONDITIONAL_MODULE, inside[depth])
                if any(one.name[0] == inside[depth] for one in said):
                    return True
        return False

    def has_module(self, crate: str, name: str) -> bool:
        """Return whether somebody's crate has a module of this name at its top: it may be what a path means."""
        files = (f"src/{name}.rs", f"src/{name}/mod.rs")
        return any(self._view.file(TreePath(join(crate, file))) != NOWHERE for file in files)


def sees_dev(crate: str, path: TreePath) -> bool:
    """Return whether the source is part of a test, benchmark or example."""
    return path[len(crate) + 1 if crate else 0 :].startswith(tuple(f"{folder}/" for folder in _DEV_FOLDERS))


def is_build_script(crate: str, path: TreePath) -> bool:
    """Return whether the source is the crate's build script."""
    return path == join(crate, "build.rs")
