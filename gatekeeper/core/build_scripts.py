"""Build scripts on which one side works while the other side turns them off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import mask_of
from gatekeeper.core.combination import Place, Question
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind, Symbol
from gatekeeper.core.tree_paths import directory_of, join

if TYPE_CHECKING:
    from gatekeeper.core.workspace_view import WorkspaceView

_TRUNK = 1


class UnusedScript(NamedTuple):
    """Who turns the script off (left), and who adds or edits it (right)."""

    off: Place
    script: TreePath
    added: bool
    left: int
    right: int


def unused_scripts(view: WorkspaceView) -> Iterator[UnusedScript]:
    """Yield the scripts that one side adds or edits, and that the other side turns off and keeps."""
    for symbol in sorted(view.index.changed(Kind.BUILD_OFF)):
        script = TreePath(join(symbol.name[0], "build.rs"))
        place = view.atoms(Kind.BUILD_OFF, *symbol.name)[0].place
        yield from _added(view, place, script)
        off, file = view.index.standing(symbol), view.file(script)
        editors = view.edited.get(script, 0) & file.agents & ~off.agents
        if editors and not off.bases & _TRUNK:
            for left, right in view.relation.bicliques(off.agents & file.agents, editors, _TRUNK):
                yield UnusedScript(place, script, added=False, left=left, right=right)


def _added(view: WorkspaceView, place: Place, script: TreePath) -> Iterator[UnusedScript]:
    question = Question(view.everywhere)
    off = question.number(view.index.standing(Symbol(Kind.BUILD_OFF.value, (directory_of(script),))))
    file = question.number(view.file(script))
    both = mask_of((off, file))
    for answer in question.ask(view.relation, lambda bits: bits & both == both, 1 << off):
        yield UnusedScript(place, script, added=True, left=answer.left, right=answer.right)
