"""Targets that only the combination of two changes hides or loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.combination import Answer, Deed, Question
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.targets import KINDS, AutomaticFile, Targets, TargetTerms

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView


class Unread(NamedTuple):
    """A new file (right) that cargo would make a target of, if it were not for what the left side did."""

    file: AutomaticFile
    answer: Answer
    deeds: tuple[Deed, Deed]


def shadowed_files(view: WorkspaceView) -> Iterator[Unread]:
    """Yield files that are not compiled because a target of the same name is spelled out with another path."""
    for file, question, new, used, off in _new_files(view):
        targets = view.shared(Targets)
        others = [one for one in _named_so(targets, file) if one.name[3] not in {"", file.path}]
        elsewhere = question.any_of(targets.atoms(others))
        # Where the other file is gone, that is what is wrong.
        there = question.any_of(targets.file(one.name[3]) for one in others)

        def fault(bits: int, must: tuple[int, int, int] = (elsewhere, there, new), no: int = used | off) -> bool:
            return all(bits & mask for mask in must) and not bits & no

        yield from _unread(view, file, question, fault, (elsewhere, new))


def files_not_looked_for(view: WorkspaceView) -> Iterator[Unread]:
    """Yield files that are not compiled because the search for targets of their kind is off."""
    for file, question, new, used, off in _new_files(view):

        def fault(bits: int, must: tuple[int, int] = (off, new), no: int = used) -> bool:
            return all(bits & mask for mask in must) and not bits & no

        yield from _unread(view, file, question, fault, (off, new))


def _new_files(view: WorkspaceView) -> Iterator[tuple[AutomaticFile, Question, int, int, int]]:
    """Yield each new file that a manifest could hide: itself, what names it, and what turns the search off."""
    targets = view.shared(Targets)
    for file in targets.changed_files:
        atom = targets.file(file.path)
        off, named = targets.off(file.directory, file.kind), _named_so(targets, file)
        if not (off or named) or _had_a_file(view, targets, file):
            continue
        question = Question(view.everywhere)
        at_it = [one for one in named if not one.name[3]]
        at_it += targets.spelled_at(file.directory, file.kind, file.path)
        new, used = question.any_of([atom]), question.any_of(targets.atoms(at_it))
        yield file, question, new, used, question.any_of(off)


def _had_a_file(view: WorkspaceView, targets: Targets, file: AutomaticFile) -> bool:
    """Return whether all trees from which changes start have the file, or one for the same target elsewhere."""
    standings = (targets.file(path).standing for path in targets.paths(file.directory, file.kind, file.name))
    return union(standing.bases for standing in standings) == view.everywhere.bases


def _named_so(targets: Targets, file: AutomaticFile) -> list[Symbol]:
    return targets.named(file.directory, file.kind, file.name)


def _unread(
    view: WorkspaceView, file: AutomaticFile, question: Question, fault: Callable[[int], bool], sides: tuple[int, int]
) -> Iterator[Unread]:
    for answer in question.ask(view.relation, fault, sides[0]) if sides[0] else ():
        deeds = question.deeds(answer, *sides)
        if deeds is not None:
            yield Unread(file, answer, deeds)


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
