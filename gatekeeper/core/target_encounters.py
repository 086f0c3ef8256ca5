"""Targets that only the combination of two changes hides or loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_target_facts import BIN, LIB
from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.symbol_index import NOWHERE
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.targets import KINDS, AutomaticFile, FoundFile, Targets, TargetTerms

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView


class _New(NamedTuple):
    """A new file and the bits of it, of what names it, and of what turns the search off."""

    file: AutomaticFile
    question: Question
    found: FoundFile
    off: int

    def unread(self, bits: int, hiding: int) -> bool:
        """Return whether the file is there, and what hides it, and nothing names it."""
        return self.found.stands(bits) and bool(bits & hiding) and not bits & self.found.used


class Unread(NamedTuple):
    """A new file (right) that cargo would make a target of, if it were not for what the left side did."""

    file: AutomaticFile
    answer: Answer
    deeds: tuple[Deed, Deed]


def shadowed_files(view: WorkspaceView) -> Iterator[Unread]:
    """Yield files that are not compiled because a target of the same name is spelled out with another path."""
    for new in _new_files(view):
        targets = view.shared(Targets)
        others = [one for one in _named_so(targets, new.file) if one.name[3] not in {"", new.file.path}]
        elsewhere = new.question.any_of(targets.atoms(others))
        # Where the other file is gone, that is what is wrong.
        there = new.question.any_of(targets.file(one.name[3]) for one in others)

        def fault(bits: int, new: _New = new, elsewhere: int = elsewhere, there: int = there) -> bool:
            return new.unread(bits, elsewhere) and bool(bits & there) and not bits & new.off

        yield from _unread(view, new, fault, elsewhere)


def files_not_looked_for(view: WorkspaceView) -> Iterator[Unread]:
    """Yield files that are not compiled because the search for targets of their kind is off."""
    for new in _new_files(view):

        def fault(bits: int, new: _New = new) -> bool:
            return new.unread(bits, new.off)

        yield from _unread(view, new, fault, new.off)


def _new_files(view: WorkspaceView) -> Iterator[_New]:
    """Yield each new file that a manifest could hide."""
    targets = view.shared(Targets)
    for file in targets.changed_files:
        atom = targets.file(file.path)
        off, named = targets.off(file.directory, file.kind), _named_so(targets, file)
        if not (off or named) or _had_a_file(view, targets, file):
            continue
        question = Question(view.everywhere)
        at_it = [one for one in named if not one.name[3]]
        at_it += targets.spelled_at(file.directory, file.kind, file.path)
        called = question.any_of(targets.called(file.directory, file.name, file.path))
        found = FoundFile(question.any_of([atom]), called, question.any_of(targets.atoms(at_it)))
        yield _New(file, question, found, question.any_of(off))


def _had_a_file(view: WorkspaceView, targets: Targets, file: AutomaticFile) -> bool:
    """Return whether all trees from which changes start have the file, or one for the same target elsewhere."""
    standings = (targets.file(path).standing for path in targets.paths(file.directory, file.kind, file.name))
    return union(standing.bases for standing in standings) == view.everywhere.bases


def _named_so(targets: Targets, file: AutomaticFile) -> list[Symbol]:
    return targets.named(file.directory, file.kind, file.name)


def _unread(view: WorkspaceView, new: _New, fault: Callable[[int], bool], hiding: int) -> Iterator[Unread]:
    for answer in new.question.ask(view.relation, fault, hiding) if hiding else ():
        deeds = new.question.deeds(answer, hiding, new.found.file)
        if deeds is not None:
            yield Unread(new.file, answer, deeds)


class Doubled(NamedTuple):
    """A target that cargo finds in two files of one package; each side did its part for one of them."""

    directory: str
    kind: str
    name: str
    paths: tuple[str, str]
    answer: Answer
    deeds: tuple[Deed, Deed]


def found_twice(view: WorkspaceView) -> Iterator[Doubled]:
    """Yield targets that the directories of a package hold twice, one of the files or of the names being new."""
    targets = view.shared(Targets)
    changed: set[tuple[str, ...]] = {
        (file.directory, file.kind, file.name) for file in targets.changed_files if file.kind != LIB
    }
    changed |= {symbol.name[:3] for symbol in view.index.changed(Kind.TARGET) if symbol.name[1] != LIB}
    changed |= {(symbol.name[0], BIN, symbol.name[1]) for symbol in view.index.changed(Kind.PACKAGE)}
    for directory, kind, name in sorted(changed):
        there = [path for path in targets.paths(directory, kind, name) if targets.file(path).standing != NOWHERE]
        for paths in combinations(there, 2):
            yield from _doubled(view, directory, kind, name, paths)


def _doubled(view: WorkspaceView, directory: str, kind: str, name: str, paths: tuple[str, str]) -> Iterator[Doubled]:
    targets, question = view.shared(Targets), Question(view.everywhere)
    files = targets.found(question, directory, kind, [(path, targets.called(directory, name, path)) for path in paths])
    named = targets.named(directory, kind, name)
    spelled = question.any_of(targets.atoms([one for one in named if one.name[3]]))
    open_path = question.any_of(targets.atoms([one for one in named if not one.name[3]]))
    off = question.any_of(targets.off(directory, kind))

    def fault(bits: int) -> bool:
        if bits & spelled or not all(file.stands(bits) for file in files):
            return False
        # A target without a path needs one file, whether cargo would look for targets or not.
        return bool(bits & open_path) or not (bits & off or any(bits & file.used for file in files))

    first, second = (file.deciding | open_path | off for file in files)
    for answer in question.ask(view.relation, fault, first):
        sides = question.sides(answer, first, second)
        if sides is not None:
            yield Doubled(directory, kind, name, paths, *sides)


class Emptied(NamedTuple):
    """A package that loses its last targets to two changes, one a side."""

    directory: str
    answer: Answer
    deeds: tuple[Deed, Deed]


def packages_without_targets(view: WorkspaceView) -> list[Emptied]:
    """Return the packages without a target; trunk's paths are read only where it comes to that."""
    targets = view.shared(Targets)
    directories = {file.directory for file in targets.changed_files}
    directories |= {symbol.name[0] for kind in (Kind.TARGET, Kind.AUTO_OFF) for symbol in view.index.changed(kind)}
    suspected = {one.directory for one in _emptied(view, sorted(directories), targets.changed_files)}
    if not suspected:
        return []
    kept = (file for path in view.trunk_paths for file in targets.automatic(path) if file.directory in suspected)
    return list(_emptied(view, sorted(suspected), [*targets.changed_files, *kept]))


def _emptied(view: WorkspaceView, directories: Sequence[str], files: Sequence[AutomaticFile]) -> Iterator[Emptied]:
    """Yield the packages in which nothing is left of ``files`` and of what is spelled out."""
    targets = view.shared(Targets)
    paths: dict[tuple[str, str], list[str]] = {}
    for file in files:
        paths.setdefault((file.directory, file.kind), []).append(file.path)
    for directory in directories:
        question = Question(view.everywhere)
        package = question.any_of(view.atoms(Kind.MANIFEST, directory))
        terms = [targets.terms_of_kind(question, directory, kind, paths.get((directory, kind), [])) for kind in KINDS]

        def fault(bits: int, package: int = package, terms: list[TargetTerms] = terms) -> bool:
            return bool(bits & package) and not any(term.present(bits) for term in terms)

        deciding = union(term.deciding for term in terms)
        # The library, if it is among what goes, is told first.
        for answer in question.ask(view.relation, fault, terms[0].deciding):
            deeds = question.deeds(answer, deciding, deciding)
            if deeds is not None:
                yield Emptied(directory, answer, deeds)
