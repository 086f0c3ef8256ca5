"""Globs of ``members`` that two changes leave without anything to match: cargo then takes them for a directory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.combination import Answer, Atom, Deed, Place, Question
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import ancestors, glob_matches, is_glob, literal_start

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView


class Emptied(NamedTuple):
    """A glob, and what each side did: the left one takes away what it matches, the right one does too or adds it."""

    glob: Symbol
    answer: Answer
    deeds: tuple[Deed, Deed]

    def matched(self, path: str) -> str:
        """Return what the glob matches of ``path``: the path itself or a directory above it."""
        pattern = self.glob.name[1]
        return next((place for place in (path, *ancestors(path)) if glob_matches(pattern, place)), path)


def emptied_globs(view: WorkspaceView) -> Iterator[Emptied]:
    """Yield the globs that match something on either side and nothing in the merge."""
    everyone = view.everywhere.agents
    lost = {
        place
        for path, standing in view.existence.items()
        if standing.bases and standing.agents != everyone
        for place in (path, *ancestors(path))
    }
    for glob in view.index.of_kind(Kind.MEMBER) if lost else ():
        pattern = glob.name[1]
        start = literal_start(pattern)
        if not is_glob(pattern) or not any(place.startswith(start) and glob_matches(pattern, place) for place in lost):
            continue
        matched = _matched(view, pattern)
        if matched:
            yield from _emptied(view, glob, matched)


def _matched(view: WorkspaceView, pattern: str) -> list[Atom]:
    """Return the files that make the glob match; none where one of them stands everywhere."""
    prefix = literal_start(pattern)
    found: dict[TreePath, Atom] = {}
    for path in chain(view.trunk_paths, view.existence):
        if path.startswith(prefix) and any(glob_matches(pattern, place) for place in (path, *ancestors(path))):
            standing = view.file(path)
            if standing == view.everywhere:
                return []
            found[path] = Atom(standing, Place(path, ()))
    return [found[path] for path in sorted(found)]


def _emptied(view: WorkspaceView, glob: Symbol, matched: list[Atom]) -> Iterator[Emptied]:
    question = Question(view.everywhere)
    listed = question.any_of(view.atoms(Kind.MEMBER, *glob.name))
    there = question.any_of(matched)

    def fault(bits: int) -> bool:
        return bool(bits & listed) and not bits & there

    for answer in question.ask(view.relation, fault, there):
        deeds = question.deeds(answer, there, listed | there)
        if deeds is not None:
            yield Emptied(glob, answer, deeds)
