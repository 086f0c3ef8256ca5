"""The question who leaves one reference to a task or plugin without what it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import mask_of, union
from gatekeeper.core.cargo_make_core import CORE_TASKS, KEPT_WITHOUT_CORE_TASKS
from gatekeeper.core.combination import Question
from gatekeeper.core.makefile_readings import Course, Reading
from gatekeeper.core.makefiles import task_of
from gatekeeper.core.symbols import Definition, Kind, Symbol
from gatekeeper.core.workspace_view import Dangling

if TYPE_CHECKING:
    from gatekeeper.core.combination import Answer, Standing
    from gatekeeper.core.makefiles import Makefile
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView


class Sought(NamedTuple):
    """A name, and what defines it in the files of a makefile."""

    makefile: Makefile
    kind: Kind
    name: str
    definitions: dict[Definition, Standing]


class MissingQuestion:
    """One reference, and all on which it depends that cargo-make comes to it and that what it names is there.

    ``referring``: the makefile that the reference belongs to.
    """

    def __init__(self, view: WorkspaceView, sought: Sought, use: Use, referring: Makefile) -> None:
        self._view, self._sought, self._use = view, sought, use
        self._question = question = Question(view.everywhere)
        self._there = there = Reading(view, sought.makefile, question)
        here = there if referring == sought.makefile else Reading(view, referring, question)
        self._course = Course(here, use.reference)
        self.platforms = here.platforms([task_of(use.reference)])
        self._open = there.masks(Kind.OPEN_MAKEFILE)
        self._core_tasks_off = self._switches() if sought.kind is Kind.TASK and sought.name in CORE_TASKS else None
        switches = (mask for _, mask in (*self._open, *(self._core_tasks_off or ())))
        self._hedges = self._course.deciding | there.extending | union(switches)
        self._needs = mask_of(question.number(need) for need in (*use.needs, view.file(use.reference.path)))
        self._defining = [
            (one, there.layers[one.symbol.name[0]], 1 << question.number(standing))
            for one, standing in sought.definitions.items()
        ]

    def answers(self, platform: str) -> Iterator[Dangling]:
        """Yield who misses it on ``platform``: the left side takes the definition away."""
        if self._there.varies(self._hedges):
            taking = self._there.extending | union(mask for _, _, mask in self._defining)
            for answer in self._question.ask(self._view.relation, lambda bits: self._missed(bits, platform), taking):
                dangling = self._dangling(answer)
                if dangling is not None:
                    yield dangling
        elif self._wanted(self._there.constant, platform):
            use = self._use
            for dangling, _ in self._view.missing(use.reference, use.needs, self._sought.definitions):
                yield dangling

    def _switches(self) -> list[tuple[int, int]]:
        """Return the bits by which the core task of this name is not there, with the numbers of the files."""
        found: list[tuple[int, int]] = []
        for file, layer in self._there.layers.items():
            atoms = self._view.atoms(Kind.NO_CORE_TASKS, file)
            kept = self._sought.name in KEPT_WITHOUT_CORE_TASKS
            losing = [atom for atom in atoms if atom.place.key[-1] == "namespace" or not kept]
            if losing:
                found.append((layer, self._question.any_of(losing)))
        return found

    def _missed(self, bits: int, platform: str) -> bool:
        return bits & self._needs == self._needs and not self._defined(bits) and self._wanted(bits, platform)

    def _wanted(self, bits: int, platform: str) -> bool:
        """Return whether the reference is come to, and only a definition in the makefile can serve it."""
        there = self._there
        if there.any_taken(bits, self._open):
            return False
        if self._core_tasks_off is not None and not there.any_taken(bits, self._core_tasks_off):
            return False
        return self._course.comes(platform, bits)

    def _defined(self, bits: int) -> Definition | None:
        taken = self._there.taken(bits)
        return next((one for one, layer, mask in self._defining if bits & mask and layer in taken), None)

    def _dangling(self, answer: Answer) -> Dangling | None:
        base = answer.base_bits
        definition = self._defined(base)
        if definition is None:
            return None
        losing = [turned for turned in (answer, answer.mirrored()) if self._defined(turned.left_bits) is None]
        # Where both take it away, the one that cannot hold the reference is on the left.
        losing.sort(key=lambda turned: turned.right_bits & self._needs != self._needs)
        for turned in losing:
            gone = base & ~turned.left_bits
            removed = next((one for one, _, mask in self._defining if gone & mask), None)
            lost = removed or self._left_out(definition, gone)
            if lost is not None:
                return Dangling(lost, self._use.reference, turned.left, turned.right)
        return None

    def _left_out(self, definition: Definition, gone: int) -> Definition | None:
        """Return ``definition`` as lost where its file, or what led to it, is no longer extended."""
        place = self._question.place(gone & self._there.extending)
        if place is None:
            return None
        symbol = Symbol(self._sought.kind.value, definition.symbol.name)
        return Definition(symbol, place.path, place.key)
