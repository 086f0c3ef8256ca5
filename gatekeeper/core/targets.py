"""Which targets the packages of a workspace have, in any tree: spelled out, or found by cargo in its directories."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_target_facts import BIN, DIRECTORIES, LIB, MAIN, automatic_paths
from gatekeeper.core.combination import Atom, Place, Question
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import join

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView

KINDS = (LIB, *DIRECTORIES)

_AUTOMATIC = re.compile(
    r"(?:(?P<at>.*)/)?(?:src/(?P<main>lib|main)\.rs|(?P<place>src/bin|tests|examples|benches)/(?P<name>[^/]+?)(?:\.rs|/main\.rs))"
)
_KIND_OF = {place: kind for kind, place in DIRECTORIES.items()}


class AutomaticFile(NamedTuple):
    """A file that cargo makes a target of by itself."""

    directory: str
    kind: str
    name: str
    path: TreePath


class FoundFile(NamedTuple):
    """Bits of a file that cargo would find: itself, what names it so, and the targets that spell it out elsewhere.

    ``called`` is 0 where the path alone gives the name. What is spelled out takes the file away.
    """

    file: int
    called: int
    used: int

    @property
    def deciding(self) -> int:
        """The bits that decide whether the file makes a target."""
        return self.file | self.called | self.used

    def stands(self, bits: int) -> bool:
        """Return whether the file is there under the target's name."""
        return bool(bits & self.file) and (not self.called or bool(bits & self.called))


@dataclass(frozen=True, slots=True)
class TargetTerms:
    """Bits of one target: each a set of atoms of which any will do."""

    explicit: int
    files: tuple[FoundFile, ...]
    off: int

    @property
    def deciding(self) -> int:
        """The bits that decide whether there is such a target."""
        return self.explicit | self.off | union(file.deciding for file in self.files)

    def present(self, bits: int) -> bool:
        """Return whether the package has the target."""
        if bits & self.explicit:
            return True
        return not bits & self.off and any(file.stands(bits) and not bits & file.used for file in self.files)


class Targets:
    """The targets of a view."""

    def __init__(self, view: WorkspaceView) -> None:
        self.view = view
        self.packages: dict[str, list[str]] = {}
        for symbol in view.index.of_kind(Kind.PACKAGE):
            self.packages.setdefault(symbol.name[0], []).append(symbol.name[1])
        self._named: dict[tuple[str, str, str], list[Symbol]] = {}
        self._of_kind: dict[tuple[str, str], list[Symbol]] = {}
        self._at: dict[tuple[str, str, str], list[Symbol]] = {}
        for symbol in view.index.of_kind(Kind.TARGET):
            directory, kind, name, path = symbol.name
            self._named.setdefault((directory, kind, name), []).append(symbol)
            self._of_kind.setdefault((directory, kind), []).append(symbol)
            if path:
                self._at.setdefault((directory, kind, path), []).append(symbol)

    @cached_property
    def changed_files(self) -> list[AutomaticFile]:
        """The files that cargo would find, and that not every tree has."""
        return [found for path in sorted(self.view.existence) for found in self.automatic(path)]

    def automatic(self, path: str) -> Iterator[AutomaticFile]:
        """Yield the targets that cargo makes of ``path`` if it is in a directory of a package."""
        match = _AUTOMATIC.fullmatch(path) if path.endswith(".rs") else None
        if match is None:
            return
        directory, main, place = match["at"] or "", match["main"], match["place"]
        names = self.packages.get(directory, ())
        if not names:
            return
        if main == "main":
            yield from (AutomaticFile(directory, BIN, name, TreePath(path)) for name in names)
        elif main:
            yield AutomaticFile(directory, LIB, "", TreePath(path))
        else:
            yield AutomaticFile(directory, _KIND_OF[place], match["name"], TreePath(path))

    @cached_property
    def binaries(self) -> dict[str, set[str]]:
        """The directories of the packages that have a binary of some name in some tree."""
        found: dict[str, set[str]] = {}
        for directory, kind, name in self._named:
            if kind == BIN:
                found.setdefault(name, set()).add(directory)
        for path in chain(self.view.trunk_paths, self.view.existence):
            if "src/bin/" in path or path.endswith("src/main.rs"):
                for file in self.automatic(path):
                    found.setdefault(file.name, set()).add(file.directory)
        return found

    def named(self, directory: str, kind: str, name: str) -> list[Symbol]:
        """Return the targets of that name that some manifest spells out."""
        return self._named.get((directory, kind, name), [])

    def of_kind(self, directory: str, kind: str) -> list[Symbol]:
        """Return the targets of that kind that some manifest spells out."""
        return self._of_kind.get((directory, kind), [])

    def spelled_at(self, directory: str, kind: str, path: str) -> list[Symbol]:
        """Return the targets of that kind that spell ``path`` out."""
        return self._at.get((directory, kind, path), [])

    def atoms(self, symbols: list[Symbol]) -> list[Atom]:
        """Return the definitions of ``symbols``."""
        return [atom for symbol in symbols for atom in self.view.atoms(Kind.TARGET, *symbol.name)]

    def off(self, directory: str, kind: str) -> list[Atom]:
        """Return what turns the search for targets of that kind off."""
        found = self.view.atoms(Kind.AUTO_OFF, directory, kind)
        for listing in self.view.atoms(Kind.AUTO_OFF_IN_2015, directory, kind):
            for root in self.view.index.roots_of(directory):
                editions = self.view.index.standing(
                    Symbol(Kind.SHARED_FIELD.value, (root.directory, "edition", "2015"))
                )
                # Exact where one of the two stays as it is.
                found.append(Atom(listing.standing & editions, listing.place))
        return [atom for atom in found if atom.standing != NOWHERE]

    def file(self, path: str) -> Atom:
        """Return the file at ``path``."""
        return Atom(self.view.file(TreePath(path)), Place(TreePath(path), ()))

    def paths(self, directory: str, kind: str, name: str) -> tuple[str, ...]:
        """Return where cargo looks for a target of that name."""
        package = name if name in self.packages.get(directory, ()) else None
        return automatic_paths(directory, kind, name, package)

    def called(self, directory: str, name: str, path: str) -> list[Atom]:
        """Return what makes the file at ``path`` a target ``name``; nothing where the path alone does."""
        return self.view.atoms(Kind.PACKAGE, directory, name) if path == join(directory, MAIN) else []

    def terms(self, question: Question, directory: str, kind: str, name: str) -> TargetTerms:
        """Put the atoms that decide about one target into ``question``."""
        explicit = question.any_of(self.atoms(self.named(directory, kind, name)))
        files = ((path, self.called(directory, name, path)) for path in self.paths(directory, kind, name))
        return TargetTerms(explicit, self.found(question, directory, kind, files), self._off(question, directory, kind))

    def terms_of_kind(self, question: Question, directory: str, kind: str, extra: list[str]) -> TargetTerms:
        """Put the atoms of all targets of one kind into ``question``; ``extra`` are the files to look at."""
        explicit = question.any_of(self.atoms(self.of_kind(directory, kind)))
        fixed = {LIB: ("src/lib.rs",), BIN: (MAIN,)}.get(kind, ())
        # Whatever name the package gives its main file, it is a target.
        files: dict[str, list[Atom]] = {path: [] for path in (*(join(directory, path) for path in fixed), *extra)}
        return TargetTerms(
            explicit, self.found(question, directory, kind, files.items()), self._off(question, directory, kind)
        )

    def found(
        self, question: Question, directory: str, kind: str, files: Iterable[tuple[str, list[Atom]]]
    ) -> tuple[FoundFile, ...]:
        """Put ``files``, each with what calls it so, into ``question``, those that there are."""
        there = ((self.file(path), called, self.spelled_at(directory, kind, path)) for path, called in files)
        return tuple(
            FoundFile(question.any_of([file]), question.any_of(called), question.any_of(self.atoms(used)))
            for file, called, used in there
            if file.standing != NOWHERE
        )

    def _off(self, question: Question, directory: str, kind: str) -> int:
        return question.any_of(self.off(directory, kind))
