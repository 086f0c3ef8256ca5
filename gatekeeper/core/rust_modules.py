"""Which Rust sources are compiled at all, as part of what, and on which condition.

Cargo names the sources of targets; every other source is compiled because one of these declares it, by however many
steps. What nobody declares (data of tests, a file that was left behind) the compiler never reads.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from gatekeeper.core.cargo_target_facts import BIN, LIB
from gatekeeper.core.cfg_conditions import ALWAYS, together
from gatekeeper.core.combination import Standing
from gatekeeper.core.names import TreePath
from gatekeeper.core.rust_sources import RustSources, Said
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import How, Kind, Symbol
from gatekeeper.core.targets import KINDS, Targets
from gatekeeper.core.tree_paths import join
from gatekeeper.core.workspace_view import WorkspaceView

_MOST_WAYS = 8
"""A source that more than so many targets share is compiled anyway."""


class Code(enum.Enum):
    """What sees other dependencies than the rest."""

    NORMAL = enum.auto()
    DEV = enum.auto()
    BUILD = enum.auto()


class Way(NamedTuple):
    """How a source comes to be compiled: what has to stand for that, on which condition, and as what."""

    needs: tuple[Standing, ...]
    condition: str
    code: Code

    def narrowed(self, standing: Standing) -> Standing:
        """Return who has what stands as ``standing`` says, and all that is needed: exact where one atom varies."""
        agents, bases = standing
        for need in self.needs:
            agents, bases = agents & need.agents, bases & need.bases
        return Standing(agents, bases)


class RustModules:
    """The modules of a view."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._sources = view.shared(RustSources)
        self._targets = view.shared(Targets)
        self._ways: dict[tuple[str, TreePath], tuple[Way, ...]] = {}
        self._roots: dict[tuple[str, TreePath], Code | None] = {}
        self._owning: dict[tuple[str, str], list[TreePath]] = {}
        self._included: dict[str, list[Said]] = {}

    def ways(self, crate: str, path: TreePath) -> tuple[Way, ...]:
        """Return how the source becomes part of the crate in a directory; nothing where no tree compiles it."""
        if (crate, path) not in self._ways:
            # A source that declares itself is not compiled for that.
            self._ways[crate, path] = ()
            self._ways[crate, path] = tuple(islice(dict.fromkeys(self._found(crate, path)), _MOST_WAYS))
        return self._ways[crate, path]

    def _found(self, crate: str, path: TreePath) -> Iterator[Way]:
        root = self._root(crate, path)
        if root is not None:
            yield Way((), ALWAYS, root)
            return
        declared = False
        for owner, condition, standing in self._declarations(crate, path):
            for way in self.ways(crate, owner):
                declared = True
                yield self._on(way, condition, standing)
        if not declared:
            yield from self._taken_in(crate, path)

    def _on(self, way: Way, condition: str, standing: Standing) -> Way:
        """Return the way on from a source through what it says on a condition."""
        varies = standing != self._view.everywhere and standing not in way.needs
        needs = (*way.needs, standing) if varies else way.needs
        return Way(needs, together((way.condition, condition)), way.code)

    def _declarations(self, crate: str, path: TreePath) -> Iterator[tuple[TreePath, str, Standing]]:
        """Yield what declares the source as a module, on which condition, and who has that.

        It is in the nearest source above, maybe in modules in there.
        """
        place = path.removesuffix(".rs").removesuffix("/mod")
        directory, _, name = place.rpartition("/")
        between: list[str] = []
        while directory == crate or directory.startswith(join(crate, "")):
            owners = [owner for owner in self._owners(crate, directory) if owner != path]
            for owner in owners:
                modules = self._sources.modules(owner)
                if modules.keys() >= {name, *between}:
                    yield from ((owner, condition, standing) for condition, standing in modules[name].items())
            if owners or directory == crate:
                return
            directory, _, inline = directory.rpartition("/")
            between.append(inline)

    def _owners(self, crate: str, directory: str) -> list[TreePath]:
        """Return the sources that can declare modules in a directory."""
        if (crate, directory) not in self._owning:
            self._owning[crate, directory] = list(self._found_owners(crate, directory))
        return self._owning[crate, directory]

    def _found_owners(self, crate: str, directory: str) -> Iterator[TreePath]:
        for path in (f"{directory}.rs", join(directory, "mod.rs")):
            if directory != crate and self._view.file(TreePath(path)) != NOWHERE:
                yield TreePath(path)
        for file in self._sources.files.inside(directory):
            if self._root(crate, file) is not None:
                yield file

    def _root(self, crate: str, path: TreePath) -> Code | None:
        """Return as what cargo itself has the source compiled; None where it does not."""
        if (crate, path) not in self._roots:
            self._roots[crate, path] = self._code_of_root(crate, path)
        return self._roots[crate, path]

    def _code_of_root(self, crate: str, path: TreePath) -> Code | None:
        targets = self._targets
        for kind in KINDS:
            if targets.spelled_at(crate, kind, path):
                return _code_of(kind)
        for file in targets.automatic(path):
            off = any(atom.standing == self._view.everywhere for atom in targets.off(crate, file.kind))
            if file.directory == crate and (not off or targets.named(crate, file.kind, file.name)):
                return _code_of(file.kind)
        needed = self._view.uses(Kind.NEEDED_FILE, path)
        if path == join(crate, "build.rs") or any(use.reference.how == How.BUILD_SCRIPT for use in needed):
            return Code.BUILD
        elsewhere = self._view.index.standing(Symbol(Kind.TARGET_PATH.value, (path,)))
        return Code.NORMAL if elsewhere != NOWHERE else None

    def _taken_in(self, crate: str, path: TreePath) -> Iterator[Way]:
        """Yield how sources of the crate take in the source by the name of its file."""
        if crate not in self._included:
            self._included[crate] = list(self._sources.everywhere(crate, Kind.MODULE_FILE, '.rs"'))
        for said in self._included[crate]:
            # Where the name starts from depends on the modules around it.
            name = said.name[0].replace("\\", "/").rpartition("./")[2]
            if said.path != path and (path == name or path.endswith(f"/{name}")):
                for way in self.ways(crate, said.path):
                    yield self._on(way, said.name[1], said.standing)


def _code_of(kind: str) -> Code:
    return Code.NORMAL if kind in {LIB, BIN} else Code.DEV
