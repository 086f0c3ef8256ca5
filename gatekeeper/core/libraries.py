"""What a dependency links: libraries that one side takes away from under the other side's new dependency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_target_facts import LIB
from gatekeeper.core.combination import Answer, Atom, Deed, Place, Question, Standing
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Definition, How, Kind, Symbol
from gatekeeper.core.targets import Targets
from gatekeeper.core.tree_paths import directory_of, join

if TYPE_CHECKING:
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import Dangling, WorkspaceView

_DEPENDS = frozenset({How.PATH, How.DEV_PATH, How.INHERITED, How.DEV_INHERITED})


def dependencies_on(view: WorkspaceView, directory: str) -> Iterator[Use]:
    """Yield the dependencies that lead to the package in ``directory``."""
    return (use for use in view.uses(Kind.MANIFEST, directory) if use.reference.how in _DEPENDS)


class LibraryNames:
    """Under which names the dependencies of a view are imported: that of the library, if nothing renames it."""

    def __init__(self, view: WorkspaceView) -> None:
        self._unlike: dict[tuple[str, str], set[str]] = {}
        packages = view.shared(Targets).packages
        names: dict[str, set[str]] = {}
        for symbol in view.index.of_kind(Kind.LIBRARY):
            names.setdefault(symbol.name[0], set()).add(symbol.name[1])
        for directory, called in names.items():
            unlike = {package for package in packages.get(directory, ()) if called != {imported_as(package)}}
            for use in dependencies_on(view, directory) if unlike else ():
                key = use.reference.key[-1]
                if key in unlike:
                    self._unlike.setdefault((directory_of(use.reference.path), key), set()).update(called)

    def of(self, directory: str, key: str) -> list[str]:
        """Return the names by which the package in a directory can import the dependency ``key``."""
        return sorted(self._unlike.get((directory, key), {imported_as(key)}))


def imported_as(key: str) -> str:
    """Return the name by which a package is imported where no library is named otherwise."""
    return key.replace("-", "_")


def without_library(view: WorkspaceView) -> Iterator[Dangling]:
    """Yield dependencies on packages that keep their manifest and lose their library."""
    targets = view.shared(Targets)
    directories = {file.directory for file in targets.changed_files if file.kind == LIB}
    directories |= {symbol.name[0] for symbol in view.index.changed(Kind.TARGET) if symbol.name[1] == LIB}
    for directory in sorted(directories):
        path = TreePath(join(directory, "src/lib.rs"))
        definitions = {Definition(Symbol(Kind.FILE.value, (path,)), path, ()): view.file(path)}
        for symbol in targets.of_kind(directory, LIB):
            definitions.update(view.index.definitions[symbol])
        yield from _lost(view, directory, definitions)


def libraries_by_directory(view: WorkspaceView) -> dict[str, list[str]]:
    """Return the names that the library of each package has in any tree."""
    names: dict[str, list[str]] = {}
    for symbol in view.index.of_kind(Kind.LIBRARY):
        names.setdefault(symbol.name[0], []).append(symbol.name[1])
    return names


def renamed(view: WorkspaceView) -> Iterator[tuple[Dangling, str, Place]]:
    """Yield dependencies on libraries that are no longer imported by that name, and the new name with its place.

    A dependent that renames the package does not care what its library is called.
    """
    targets = view.shared(Targets)
    names = view.shared(libraries_by_directory)
    for symbol, definitions in sorted(view.index.changed(Kind.LIBRARY).items()):
        directory, name = symbol.name
        for package in targets.packages.get(directory, ()):
            kept = view.index.standing(Symbol(Kind.PACKAGE.value, (directory, package)))
            for found in _lost(view, directory, definitions, (kept,)):
                others = (other for other in names[directory] if other != name and _have(view, directory, other, found))
                new = next(others, None)
                if found.reference.key[-1] == package and new is not None:
                    yield found, new, view.atoms(Kind.LIBRARY, directory, new)[0].place


def _have(view: WorkspaceView, directory: str, name: str, found: Dangling) -> bool:
    """Return whether all on the left side of ``found`` call the library in ``directory`` so."""
    return not found.left & ~view.index.standing(Symbol(Kind.LIBRARY.value, (directory, name))).agents


def _lost(
    view: WorkspaceView,
    directory: str,
    definitions: Mapping[Definition, Standing],
    needs: tuple[Standing, ...] = (),
) -> Iterator[Dangling]:
    manifest = view.index.standing(Symbol(Kind.MANIFEST.value, (directory,)))
    for use in dependencies_on(view, directory):
        for found, _ in view.missing(use.reference, (*use.needs, manifest, *needs), definitions):
            yield found


def not_linkable(view: WorkspaceView) -> Iterator[tuple[Answer, tuple[Deed, Deed], str]]:
    """Yield dependencies (right) on libraries of which no crate type can be linked (left), with their directories."""
    for symbol in sorted(view.index.changed(Kind.UNLINKABLE)):
        [directory] = symbol.name
        for use in dependencies_on(view, directory):
            question = Question(view.everywhere)
            closed = question.any_of(view.atoms(Kind.UNLINKABLE, directory))
            place = Place(use.reference.path, use.reference.key, use.reference.value)
            needed = [question.any_of([Atom(standing, place)]) for standing in (*use.needs, view.file(place.path))]
            using = union(needed)

            def fault(bits: int, closed: int = closed, using: int = using) -> bool:
                return bool(bits & closed) and bits & using == using

            for answer in question.ask(view.relation, fault, closed):
                deeds = question.deeds(answer, closed, using)
                if deeds is not None:
                    yield answer, deeds, directory
