"""Names in commands that only the combination of two changes leaves without what they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.cargo_make_core import CORE_TASKS
from gatekeeper.core.combination import Answer, Atom, Deed, Place, Question, Standing
from gatekeeper.core.foreign_packages import ForeignPackages, together
from gatekeeper.core.identity_facts import BUILT_IN_PROFILES
from gatekeeper.core.makefiles import Makefiles
from gatekeeper.core.membership import Membership
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbol_index import NOWHERE, SymbolIndex, Use
from gatekeeper.core.symbols import Definition, Kind, Symbol
from gatekeeper.core.tool_references import (
    BENCH,
    BIN,
    DIRECTORY,
    EXAMPLE,
    FEATURE,
    MANIFEST_FILE,
    PACKAGE,
    PROFILE,
    SCRIPT_FILE,
    TASK,
    TEST,
)
from gatekeeper.core.tree_paths import ancestors, directory_of, join
from gatekeeper.core.workspace_view import Dangling

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView

_FOLDERS = {BIN: "src/bin", TEST: "tests", EXAMPLE: "examples", BENCH: "benches"}
_DISCOVERED = re.compile(
    r"(?:(?P<directory>.*)/)?(?P<folder>src/bin|tests|examples|benches)/(?P<name>[^/]+?)(?:\.rs|/main\.rs)\Z"
)
_SORT_OF = {folder: sort for sort, folder in _FOLDERS.items()}

_Defined = dict[Definition, Standing]


class Lost(NamedTuple):
    """A name in a command (the right side's) and the last definition of it, which the left side takes away.

    ``remains``: what is named is still there, but not for commands (a task that has become private).
    """

    dangling: Dangling
    remains: bool = False


class NamesInCommands:
    """What is lost to commands, sort by sort. Starts from what somebody removes; scripts are read only then."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._index = view.index
        self._named: dict[Kind, dict[str, _Defined]] = {}

    def lost(self, sort: str) -> list[Lost]:
        """Return the names of ``sort`` that pairs of changes leave without what they name."""
        return self._lost.get(sort, [])

    def calling(self, task: str, file: str) -> list[Use]:
        """Return the commands that run ``task`` of the makefile ``file``. Reads the scripts."""
        return self._uses(TASK, task, file)

    @cached_property
    def _lost(self) -> Mapping[str, list[Lost]]:
        found: dict[str, dict[Lost, None]] = {}
        finders = (self._packages, self._features, self._profiles, self._targets, self._files, self._tasks)
        for finder in finders:
            for lost in finder():
                found.setdefault(lost.dangling.reference.symbol.name[0], {})[lost] = None
        return {sort: list(losts) for sort, losts in found.items()}

    @cached_property
    def _scripts(self) -> SymbolIndex:
        return SymbolIndex(self._view.everywhere, self._view.scripts, self._view.facts)

    def _uses(self, *name: str) -> list[Use]:
        symbol = Symbol(Kind.NAMED_BY_COMMAND.value, name)
        return [*self._index.uses.get(symbol, ()), *self._scripts.uses.get(symbol, ())]

    def _removed(self, kind: Kind) -> list[Symbol]:
        """Return the symbols of ``kind`` of which somebody removes a definition."""
        everyone = self._view.everywhere.agents
        return sorted(
            symbol
            for symbol, definitions in self._index.changed(kind).items()
            if any(s.bases and s.agents != everyone for s in definitions.values())
        )

    def _missing(self, name: tuple[str, ...], definitions: _Defined, *needs: Standing) -> Iterator[Lost]:
        for use in self._uses(*name):
            for dangling, _ in self._view.missing(use.reference, (*use.needs, *needs), definitions):
                yield Lost(dangling)

    def _by_name(self, kind: Kind) -> Mapping[str, _Defined]:
        """Return the definitions of all symbols of ``kind`` by the name at the end of theirs."""
        if kind not in self._named:
            found = self._named[kind] = {}
            for symbol in self._index.of_kind(kind):
                found.setdefault(symbol.name[-1], {}).update(self._index.definitions[symbol])
        return self._named[kind]

    # Packages and profiles

    def _packages(self) -> Iterator[Lost]:
        for name in sorted({symbol.name[-1] for symbol in self._removed(Kind.PACKAGE)}):
            if self._uses(PACKAGE, name):
                yield from self._missing(
                    (PACKAGE, name), self._by_name(Kind.PACKAGE)[name] | self._view.shared(ForeignPackages).named(name)
                )

    def _profiles(self) -> Iterator[Lost]:
        for name in sorted({symbol.name[-1] for symbol in self._removed(Kind.PROFILE)} - BUILT_IN_PROFILES):
            definitions = self._by_name(Kind.PROFILE)[name]
            # Cargo ignores those of other members than the root.
            counting = {one: standing for one, standing in definitions.items() if self._counts(one)}
            yield from self._missing((PROFILE, name), counting)

    def _counts(self, profile: Definition) -> bool:
        directory = profile.symbol.name[0]
        return not profile.path.endswith("Cargo.toml") or self._index.root_of(directory) in {directory, None}

    def _package(self, name: str, directory: str | None = None) -> Standing:
        """Return who has the package ``name``, anywhere or in ``directory``."""
        standing = NOWHERE
        for definition, one in self._by_name(Kind.PACKAGE).get(name, {}).items():
            if directory is None or definition.symbol.name[0] == directory:
                standing |= one
        return standing

    @cached_property
    def _names_in(self) -> Mapping[str, list[str]]:
        """The names that the package in a directory has for anybody."""
        found: dict[str, list[str]] = {}
        for symbol in self._index.of_kind(Kind.PACKAGE):
            found.setdefault(symbol.name[0], []).append(symbol.name[1])
        return found

    def _owners(self, directories: Iterable[str]) -> list[str]:
        """Return the names of the packages that lie in ``directories`` for anybody."""
        return sorted({name for directory in directories for name in self._names_in.get(directory, ())})

    def _places(self, owner: str) -> set[str]:
        """Return the directories in which the package ``owner`` lies for anybody."""
        return {definition.symbol.name[0] for definition in self._by_name(Kind.PACKAGE)[owner]}

    @cached_property
    def unlisted(self) -> list[tuple[str, Answer, tuple[Deed, Deed]]]:
        """The packages that commands name and that stand, but no longer belong to the workspace nor are built for it.

        Only names that one directory has are looked at. The left side is the one that leaves the package out.
        """
        found: list[tuple[str, Answer, tuple[Deed, Deed]]] = []
        for directory in dict.fromkeys(one.directory for one in self._view.shared(Membership).touched):
            for name in self._owners((directory,)):
                if self._places(name) == {directory}:
                    for use in self._uses(PACKAGE, name):
                        found += ((name, *part) for part in self._left_out(directory, name, use))
        return found

    def _left_out(self, directory: str, name: str, use: Use) -> Iterator[tuple[Answer, tuple[Deed, Deed]]]:
        membership = self._view.shared(Membership)
        root = membership.root(directory)
        if root is None:
            return
        question = Question(self._view.everywhere)
        terms = membership.terms(question, root, directory)
        place = Place(use.reference.path, use.reference.key, use.reference.value)
        using = question.any_of([Atom(use.standing, place)])
        package = question.any_of(self._view.atoms(Kind.PACKAGE, directory, name))
        elsewhere = self._view.shared(ForeignPackages).named(name)
        foreign = question.any_of(Atom(s, Place(d.path, d.key)) for d, s in elsewhere.items())

        def fault(bits: int) -> bool:
            # What a dependency leads to can be named whether it is a member or not.
            there = bits & using and bits & package
            return bool(there) and not (bits & foreign or terms.reached(bits) or terms.member(bits))

        taking = terms.listing
        for answer in question.ask(self._view.relation, fault, taking):
            deeds = question.deeds(answer, taking, using)
            if deeds is not None:
                yield answer, deeds

    # What a package has

    def _features(self) -> Iterator[Lost]:
        gone: dict[str, set[str]] = {}
        for symbol in self._removed(Kind.FEATURE):
            gone.setdefault(symbol.name[1], set()).add(symbol.name[0])
        for name, directories in gone.items():
            definitions = self._by_name(Kind.FEATURE)[name]
            yield from self._missing((FEATURE, name), definitions)
            for owner in self._owners(directories):
                places = self._places(owner)
                own = {one: standing for one, standing in definitions.items() if one.symbol.name[0] in places}
                yield from self._missing((FEATURE, name, owner), own, self._package(owner))

    # Targets

    def _targets(self) -> Iterator[Lost]:
        gone: dict[tuple[str, str], set[str]] = {}
        for symbol in self._removed(Kind.LISTED_TARGET):
            directory, sort, name = symbol.name
            gone.setdefault((sort, name), set()).add(directory)
        for path in self._removed_files:
            for directory, sort, name in self._discovered(path):
                gone.setdefault((sort, name), set()).add(directory)
        for symbol in self._removed(Kind.PACKAGE):
            gone.setdefault((BIN, symbol.name[1]), set()).add(symbol.name[0])
        for (sort, name), directories in sorted(gone.items()):
            yield from self._missing_target(sort, name, directories)

    def _missing_target(self, sort: str, name: str, directories: set[str]) -> Iterator[Lost]:
        owners = [owner for owner in self._owners(directories) if self._uses(sort, name, owner)]
        if self._uses(sort, name):
            everywhere = {symbol.name[0] for symbol in self._index.of_kind(Kind.MANIFEST)}
            yield from self._missing((sort, name), self._target(sort, name, everywhere))
        for owner in owners:
            definitions = self._target(sort, name, self._places(owner))
            yield from self._missing((sort, name, owner), definitions, self._package(owner))

    def _target(self, sort: str, name: str, directories: Iterable[str]) -> _Defined:
        found: _Defined = {}
        for directory in sorted(directories):
            found.update(self._index.definitions.get(Symbol(Kind.LISTED_TARGET.value, (directory, sort, name)), {}))
            folder = join(directory, _FOLDERS[sort])
            for path in (f"{folder}/{name}.rs", f"{folder}/{name}/main.rs"):
                found.update(self._file(path))
            if sort == BIN:
                package = self._package(name, directory)
                for file, standing in self._file(join(directory, "src/main.rs")).items():
                    both = together(standing, package)
                    found.update({file: both} if both != NOWHERE else {})
        return found

    def _discovered(self, path: TreePath) -> Iterator[tuple[str, str, str]]:
        """Yield the targets that cargo finds by the file at ``path``: the directory of the package, sort, name."""
        match = _DISCOVERED.match(path)
        if match is not None:
            yield match["directory"] or "", _SORT_OF[match["folder"]], match["name"]
        elif path == "src/main.rs" or path.endswith("/src/main.rs"):
            directory = directory_of(directory_of(path))
            for name in self._owners({directory}):
                yield directory, BIN, name

    # Files

    @cached_property
    def _removed_files(self) -> list[TreePath]:
        everyone = self._view.everywhere.agents
        return sorted(path for path, s in self._view.existence.items() if s.bases and s.agents != everyone)

    def _file(self, path: str) -> _Defined:
        standing = self._view.file(TreePath(path))
        symbol = Symbol(Kind.FILE.value, (path,))
        return {Definition(symbol, TreePath(path), ()): standing} if standing != NOWHERE else {}

    def _files(self) -> Iterator[Lost]:
        for path in self._removed_files:
            for sort in (SCRIPT_FILE, MANIFEST_FILE):
                yield from self._missing((sort, path), self._file(path))
        above = {directory for path in self._removed_files for directory in ancestors(path) if directory}
        used = {directory for directory in above if self._uses(DIRECTORY, directory)}
        for directory, atoms in self._view.files_under(used).items():
            definitions = {
                Definition(Symbol(Kind.FILE.value, (atom.place.path,)), atom.place.path, ()): atom.standing
                for atom in atoms
            }
            yield from self._missing((DIRECTORY, directory), definitions)

    # Tasks

    def _tasks(self) -> Iterator[Lost]:
        changed = [*self._removed(Kind.TASK), *sorted(self._index.changed(Kind.PRIVATE_TASK))]
        if not changed:
            return
        makefiles = self._view.shared(Makefiles)
        for makefile in makefiles.all:
            names = {symbol.name[1] for symbol in changed if symbol.name[0] in makefile.files}
            for name in sorted(names):
                uses = [use for file in makefile.files for use in self._uses(TASK, name, file)]
                if uses:
                    yield from self._missing_task(makefile.files, name, uses)

    def _missing_task(self, files: tuple[str, ...], name: str, uses: list[Use]) -> Iterator[Lost]:
        needs = (self._core_tasks_off(files),) if name in CORE_TASKS else ()
        if NOWHERE in needs:
            return
        defined: _Defined = {}
        public: _Defined = {}
        for file in files:
            private = self._index.standing(Symbol(Kind.PRIVATE_TASK.value, (file, name)))
            for one, standing in self._index.definitions.get(Symbol(Kind.TASK.value, (file, name)), {}).items():
                defined[one] = standing
                public[one] = Standing(standing.agents & ~private.agents, standing.bases & ~private.bases)
        observed = tuple(defined.values())
        for file in files:
            # What is taken in from outside the tree may define every task.
            public |= self._index.definitions.get(Symbol(Kind.OPEN_MAKEFILE.value, (file,)), {})
        for use in uses:
            for dangling, remaining in self._view.missing(use.reference, (*use.needs, *needs), public, observed):
                if dangling.definition in defined:
                    yield Lost(dangling, bool(remaining))

    def _core_tasks_off(self, files: tuple[str, ...]) -> Standing:
        """Return who has a makefile of ``files`` in which cargo-make's own tasks are not there by their names."""
        standing = NOWHERE
        for file in files:
            standing |= self._index.standing(Symbol(Kind.NO_CORE_TASKS.value, (file,)))
        return standing
