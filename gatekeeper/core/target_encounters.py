"""Targets that only the combination of two changes hides or loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        elsewhere = question.any_of(
            targets.atoms([one for one in _named_so(targets, file) if one.name[3] not in {"", file.path}])
        )

        def fault(bits: int, must: tuple[int, int] = (elsewhere, new), no: int = used | off) -> bool:
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
        if atom.standing.bases == view.everywhere.bases or not (off or named):
            continue
        question = Question(view.everywhere)
        at_it = [one for one in named if not one.name[3]]
        at_it += targets.spelled_at(file.directory, file.kind, file.path)
        new, used = question.any_of([atom]), question.any_of(targets.atoms(at_it))
        yield file, question, new, used, question.any_of(off)


def _named_so(targets: Targets, file: AutomaticFile) -> list[Symbol]:
    return targets.named(file.directory, file.kind, file.name)


def _unread(
    view: WorkspaceView, file: AutomaticFile, question: Question, fault: Callable[[int], bool], sides: tuple[int, int]
) -> Iterator[Unread]:
    for answer in question.ask(view.relation, fault, sides[0]) if sides[0] else ():
        deeds = question.deeds(answer, *sides)
        if deeds is not None:
            yield Unread(file, answer, deeds)


def packages_without_targets(view: WorkspaceView) -> Iterator[tuple[str, Answer, tuple[Deed, Deed]]]:
    """Yield the packages that lose their last targets to two changes, one a side."""
    targets = view.shared(Targets)
    changed: dict[str, dict[str, list[str]]] = {}
    for file in targets.changed_files:
        changed.setdefault(file.directory, {}).setdefault(file.kind, []).append(file.path)
    found = []
    for directory, files in changed.items():
        question = Question(view.everywhere)
        package = question.any_of(view.atoms(Kind.MANIFEST, directory))
        terms = [targets.terms_of_kind(question, directory, kind, files.get(kind, [])) for kind in KINDS]

        def fault(bits: int, package: int = package, terms: list[TargetTerms] = terms) -> bool:
            return bool(bits & package) and not any(term.present(bits) for term in terms)

        deciding = union(term.deciding for term in terms)
        # The library, if it is among what goes, is told first.
        for answer in question.ask(view.relation, fault, terms[0].deciding):
            deeds = question.deeds(answer, deciding, deciding)
            if deeds is not None:
                found.append((directory, answer, deeds))
    # Targets that everybody has were not asked about: trunk's paths are read only where it comes to that.
    kept = (path for path in view.trunk_paths if path not in view.existence) if found else ()
    alive = {file.directory for path in kept for file in targets.automatic(path)}
    yield from (one for one in found if one[0] not in alive)
