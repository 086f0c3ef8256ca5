"""References to tasks and plugins that only the combination of two changes leaves without what they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.makefiles import Makefile, Makefiles
from gatekeeper.core.missing_questions import MissingQuestion, Sought
from gatekeeper.core.symbols import Definition, How, Kind, Symbol

if TYPE_CHECKING:
    from gatekeeper.core.combination import Standing
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.symbols import Reference
    from gatekeeper.core.workspace_view import Dangling, WorkspaceView

# Of several references of one task to another that is gone, the first of these stops cargo-make first.
_TOLD = (
    How.ALIAS, How.EXTEND, How.TASK_DEPENDENCY, How.DEPENDENCY_ELSEWHERE, How.RUN_TASK, How.CLEANUP_TASK,
    How.CONFIG_TASK, How.PLUGIN_NAME, How.RUN_TASK_IF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missed:
    """Such a reference, and the platforms on which alone it is missed; none are named where it is on all.

    What is lost with an extended file stands, as a definition, where that file was extended.
    """

    dangling: Dangling
    platforms: tuple[str, ...] = ()

    @property
    def reference(self) -> Reference:
        """Return what refers to the task."""
        return self.dangling.reference

    @property
    def name(self) -> str:
        """Return the name of what is missed."""
        return self.dangling.definition.symbol.name[1]

    @property
    def no_longer_extended(self) -> str | None:
        """Return the file that held it, if it is there but no longer taken in."""
        definition = self.dangling.definition
        return definition.symbol.name[0] if definition.key[0] not in {"tasks", "plugins"} else None

    @property
    def certain(self) -> bool:
        """Return whether it is missed on more than one platform, and whatever conditions come to."""
        return len(self.platforms) != 1 and self.reference.how != How.RUN_TASK_IF

    def narrowed(self, left: int) -> Missed:
        """Return the same for some of the agents on the left."""
        return replace(self, dangling=replace(self.dangling, left=left))


class _Names:
    """The names of tasks and plugins that each file defines for anybody."""

    def __init__(self, view: WorkspaceView) -> None:
        self.of: dict[tuple[str, str], list[str]] = {}
        for symbol in view.index.definitions:
            if symbol.kind in {Kind.TASK, Kind.PLUGIN}:
                self.of.setdefault((symbol.kind, symbol.name[0]), []).append(symbol.name[1])


class MissingTasks:
    """What is missed in any makefile."""

    def __init__(self, view: WorkspaceView) -> None:
        self._view = view
        self._makefiles = view.shared(Makefiles)

    @cached_property
    def tasks(self) -> list[Missed]:
        """The tasks, each once for a task that misses it."""
        first: dict[object, Missed] = {}
        for found in self._missed(Kind.TASK):
            if not self._file_is_missed(found.dangling):
                lost, by = found.dangling, found.reference
                same = (lost.definition, lost.left, lost.right, by.path, by.key[:2])
                if same not in first or _rank(found) < _rank(first[same]):
                    first[same] = found
        return list(first.values())

    @cached_property
    def plugins(self) -> list[Missed]:
        """The plugins."""
        return self._missed(Kind.PLUGIN)

    def _file_is_missed(self, found: Dangling) -> bool:
        """Return whether the task is gone with its whole file, which these sides miss already."""
        return any(
            lost.definition.path == found.definition.path and lost.left & found.left and lost.right & found.right
            for lost in self._makefiles.dangling_files
        )

    def _missed(self, kind: Kind) -> list[Missed]:
        changed: dict[str, set[str]] = {}
        for symbol in self._view.index.changed(kind):
            changed.setdefault(symbol.name[0], set()).add(symbol.name[1])
        found: dict[Missed, None] = {}
        for makefile in self._makefiles.all:
            names = {name for path in makefile.files for name in changed.get(path, ())}
            extending = len(makefile.files) > 1 and self._makefiles.extending_varies(makefile)
            if extending:
                known = self._view.shared(_Names).of
                names |= {name for path in makefile.files[1:] for name in known.get((kind.value, path), ())}
            for name in sorted(names):
                definitions = self._definitions(makefile, kind, name)
                if extending or self._view.removable(definitions):
                    found.update(dict.fromkeys(self._missing(Sought(makefile, kind, name, definitions))))
        return list(found)

    def _definitions(self, makefile: Makefile, kind: Kind, name: str) -> dict[Definition, Standing]:
        found: dict[Definition, Standing] = {}
        for file in makefile.files:
            found.update(self._view.index.definitions.get(Symbol(kind.value, (file, name)), {}))
        return found

    def _missing(self, sought: Sought) -> Iterator[Missed]:
        makefile = sought.makefile
        for file in makefile.files:
            for use in self._view.uses(sought.kind, file, sought.name):
                if use.reference.how in _TOLD and use.reference.how != How.DEPENDENCY_ELSEWHERE:
                    yield from self._asked(sought, use, makefile)
        if sought.kind is Kind.TASK:
            for use in self._makefiles.elsewhere(makefile.path, sought.name):
                for other in self._makefiles.with_file(use.reference.path)[:1]:
                    yield from self._asked(sought, use, other)

    def _asked(self, sought: Sought, use: Use, referring: Makefile) -> Iterator[Missed]:
        """Yield where ``use``, in a file of the makefile ``referring``, is missed, platform by platform."""
        question = MissingQuestion(self._view, sought, use, referring)
        found: dict[Dangling, list[str]] = {}
        for platform in question.platforms:
            for dangling in question.answers(platform):
                found.setdefault(dangling, []).append(platform)
        for dangling, missing in found.items():
            yield Missed(dangling, tuple(missing) if len(missing) < len(question.platforms) else ())


def _rank(found: Missed) -> tuple[bool, int]:
    return not found.certain, _TOLD.index(How(found.reference.how))
