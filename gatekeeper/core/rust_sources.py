"""The Rust sources that changes touch, read only where a manifest gives a reason to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gatekeeper.core.combination import Standing
from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_source_facts import is_rust
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import How, Kind, Reference, Symbol
from gatekeeper.core.tree_paths import ancestors, join
from gatekeeper.core.workspace_view import WorkspaceView

_DEV_FOLDERS = ("tests", "benches", "examples")


class Said(NamedTuple):
    """Something that a source says, and who has it there."""

    path: TreePath
    name: tuple[str, ...]
    standing: Standing

    def reference(self, text: str) -> Reference:
        """Return it as a reference whose value is ``text``."""
        return Reference(Symbol("source", self.name), self.path, (), How.SOURCE.value, text)


class RustSources:
    """The sources that differ between trees, by crate."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        crates = {symbol.name[0] for symbol in view.index.of_kind(Kind.MANIFEST)}
        self._paths: dict[str, list[TreePath]] = {}
        for path in sorted(path for path in {*view.existence, *view.edited} if is_rust(path)):
            crate = next((above for above in ancestors(path) if above in crates), None)
            if crate is not None:
                self._paths.setdefault(crate, []).append(path)
        self._said: dict[TreePath, dict[tuple[str, str], list[Said]]] = {}

    def said(self, crate: str, kind: Kind, first: str) -> Iterator[Said]:
        """Yield what the changed sources of the crate in a directory say of one name."""
        for path in self._paths.get(crate, ()):
            yield from self.said_in(path).get((kind.value, first), ())

    def said_in(self, path: TreePath) -> dict[tuple[str, str], list[Said]]:
        """Return what stands at ``path``, changed or not: (kind, first name) -> all that is said."""
        if path not in self._said:
            said = self._said[path] = {}
            if self._view.source is not None:
                for definition, standing in self._view.index.atoms_in(self._view.source(path)).items():
                    symbol = definition.symbol
                    said.setdefault((symbol.kind, symbol.name[0]), []).append(Said(path, symbol.name, standing))
        return self._said[path]

    def of_kind(self, path: TreePath, kind: Kind) -> list[Said]:
        """Return all of one kind that stands at ``path``."""
        return [one for (found, _), said in self.said_in(path).items() if found == kind for one in said]

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
                if (Kind.CONDITIONAL_MODULE.value, inside[depth]) in self.said_in(TreePath(join(crate, file))):
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
