"""What counts of a makefile in a tree: the files that it takes in, and whether cargo-make comes to a reference.

Cargo-make blends a task key by key: the nearest file that sets a key decides, ``clear`` keeps out what lies further,
and on its platform a table like ``[tasks.x.linux]`` goes before the task itself. Each of these settings may stand in
one tree and not in another, so they are atoms of the question, as the references are of which they decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.bits import union
from gatekeeper.core.cargo_make_part_facts import (
    ALIAS,
    CLEAR,
    CONDITION_PARTS,
    DEPENDENCIES,
    DISABLED,
    EVERYWHERE,
    ON,
    PARTS,
    PLATFORM_ALIASES,
    WHOLE_TABLE,
)
from gatekeeper.core.cycles import Way
from gatekeeper.core.makefiles import Makefile, Makefiles, atom_of, task_of
from gatekeeper.core.symbols import How, Kind

if TYPE_CHECKING:
    from gatekeeper.core.combination import Question
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.symbols import Reference
    from gatekeeper.core.workspace_view import WorkspaceView

PLATFORMS = tuple(PLATFORM_ALIASES)
_ALIASES = frozenset({ALIAS, *PLATFORM_ALIASES.values()})
_ALWAYS = -1


class Reading:
    """The files of a makefile in the tree that has some bits of a question."""

    def __init__(self, view: WorkspaceView, makefile: Makefile, question: Question) -> None:
        self.makefile, self.question = makefile, question
        self.makefiles = view.shared(Makefiles)
        self.layers = {file: number for number, file in enumerate(makefile.files)}
        self._view = view
        self.constant = 1 << question.number(view.everywhere)
        self._extends = [
            (self.layers[one.by], self.layers[one.file], question.any_of([one.atom]))
            for one in self.makefiles.extending(makefile)
        ]
        self.extending = union(mask for _, _, mask in self._extends)
        self._taken: dict[int, tuple[int, ...]] = {}

    def taken(self, bits: int) -> tuple[int, ...]:
        """Return the numbers of the files that are taken in, nearest first."""
        found = self._taken.get(bits)
        if found is None:
            reached, growing = {0}, bool(self._extends)
            while growing:
                more = {to for source, to, mask in self._extends if bits & mask and source in reached} - reached
                reached |= more
                growing = bool(more)
            found = self._taken[bits] = tuple(sorted(reached))
        return found

    def any_taken(self, bits: int, masks: Iterable[tuple[int, int]]) -> bool:
        """Return whether one of ``masks``, each with the number of its file, stands in a file that is taken in."""
        return any(bits & mask and layer in self.taken(bits) for layer, mask in masks)

    def masks(self, kind: Kind, *name: str) -> list[tuple[int, int]]:
        """Return the bits of a symbol in each file that defines it for anybody, with the number of the file."""
        found = ((layer, self._view.atoms(kind, file, *name)) for file, layer in self.layers.items())
        return [(layer, self.question.any_of(atoms)) for layer, atoms in found if atoms]

    def platforms(self, tasks: Iterable[str]) -> tuple[str, ...]:
        """Return the platforms to tell apart for ``tasks``; one without a name, where they are the same to them."""
        symbols = (one for task in tasks for file in self.layers for one in self.makefiles.parts(file, task))
        # A table that sets none of the keys changes nothing.
        set_by = ((table, part) for _, _, table, part, _ in (one.name for one in symbols) if part != WHOLE_TABLE)
        special = any(table != EVERYWHERE or part in PLATFORM_ALIASES.values() for table, part in set_by)
        return PLATFORMS if special else (EVERYWHERE,)

    def varies(self, deciding: int) -> bool:
        """Return whether some of these bits differ between the trees."""
        return bool(deciding & ~self.constant)

    def way(self, use: Use, platform: str) -> Way | None:
        """Return the way from task to task that ``use`` makes on ``platform``; None if nobody can go it."""
        course = Course(self, use.reference)
        atom, place = self.question.any_of([atom_of(use)]), atom_of(use).place
        if self.varies(course.deciding):
            return Way(atom, place, course.deciding, partial(course.always, platform))
        return Way(atom, place) if course.always(platform, self.constant) else None


class _Setting(NamedTuple):
    """A key in one file: the file's number, nearest first, and the bits by which it is set, and switched on."""

    layer: int
    given: int
    on: int


class Course:
    """Whether cargo-make comes to one reference of a makefile that stands there."""

    def __init__(self, reading: Reading, reference: Reference) -> None:
        self._reading, self._reference = reading, reference
        self._layer = reading.layers[reference.path]
        key = reference.key
        self._part = key[-1]
        self._table = key[2] if len(key) == _OF_A_PLATFORM else EVERYWHERE
        self._nearer: list[tuple[int, int]] = []
        self._settings: dict[tuple[str, str], list[_Setting]] = {}
        if key[0] == "tasks":
            self._number_settings()
        else:
            self._nearer = list(self._entries_before())
        given = (one.given for settings in self._settings.values() for one in settings if one.given != _ALWAYS)
        self.deciding = reading.extending | union(given) | union(mask for _, mask in self._nearer)

    def comes(self, platform: str, bits: int) -> bool:
        """Return whether it is come to on ``platform``."""
        taken = self._reading.taken(bits)
        if self._layer not in taken or self._reading.any_taken(bits, self._nearer):
            return False
        return self._reference.key[0] != "tasks" or (self._wins(bits, platform) and self._used(bits, platform))

    def _used(self, bits: int, platform: str) -> bool:
        """Return whether the task gets to its key: an alias hides all others, a disabled task only resolves extend."""
        alias = self._alias(bits, platform)
        if self._reference.how == How.ALIAS:
            return self._part == alias
        if self._reference.how == How.EXTEND or alias is not None:
            return alias is None
        if self._reference.how == How.EXTEND_DEPENDENCIES and self._setting(bits, DEPENDENCIES, platform) is not None:
            return False
        return not self._is_on(bits, DISABLED, platform)

    def always(self, platform: str, bits: int) -> bool:
        """Return whether it is come to whatever the conditions of the task come to."""
        return self.comes(platform, bits) and not any(self._is_on(bits, part, platform) for part in CONDITION_PARTS)

    def _number_settings(self) -> None:
        """Make atoms of the settings that bear on the reference.

        That its own key is set goes without saying, and most references depend on no other.
        """
        reading, wanted = self._reading, self._relevant()
        for file, layer in reading.layers.items():
            found: dict[tuple[str, str], list[int]] = {}
            for symbol in reading.makefiles.parts(file, task_of(self._reference)):
                _, _, table, part, state = symbol.name
                if part in wanted:
                    own = (layer, table) == (self._layer, self._table) and part in {self._part, WHOLE_TABLE}
                    mask = _ALWAYS if own else reading.question.any_of(reading.makefiles.standing(symbol))
                    masks = found.setdefault((table, part), [0, 0])
                    masks[0] |= mask
                    masks[1] |= mask if state == ON else 0
            for key, (given, on) in found.items():
                self._settings.setdefault(key, []).append(_Setting(layer, given, on))

    def _relevant(self) -> set[str]:
        how = self._reference.how
        relevant = {self._part, WHOLE_TABLE, CLEAR, *_ALIASES}
        if how not in {How.ALIAS, How.EXTEND}:
            relevant.add(DISABLED)
        if how == How.EXTEND_DEPENDENCIES:
            relevant.add(DEPENDENCIES)
        if how == How.RUN_TASK:
            relevant.update(CONDITION_PARTS)
        return relevant

    def _wins(self, bits: int, platform: str) -> bool:
        """Return whether no other setting of the key goes before this one."""
        if self._table not in {EVERYWHERE, platform}:
            return False
        if self._part not in PARTS:
            return True
        found = self._setting(bits, self._part, platform)
        return found is not None and (found[1].layer, found[0]) == (self._layer, self._table)

    def _alias(self, bits: int, platform: str) -> str | None:
        """Return the key that makes the task an alias on ``platform``."""
        parts = (PLATFORM_ALIASES.get(platform, ALIAS), ALIAS)
        return next((part for part in parts if self._setting(bits, part, platform) is not None), None)

    def _is_on(self, bits: int, part: str, platform: str) -> bool:
        found = self._setting(bits, part, platform)
        return found is not None and bool(bits & found[1].on)

    def _setting(self, bits: int, part: str, platform: str) -> tuple[str, _Setting] | None:
        """Return the setting of a key that decides on ``platform``, with the table that it stands in."""
        if (EVERYWHERE, part) not in self._settings and (platform, part) not in self._settings:
            return None
        visible = self._visible(bits)
        table = self._nearest(bits, (platform, WHOLE_TABLE), visible) if platform and part not in _ALIASES else None
        if table is not None:
            found = self._nearest(bits, (platform, part), (table.layer,))
            if found is not None:
                return platform, found
            if self._clears(bits, platform, table.layer):
                return None
        found = self._nearest(bits, (EVERYWHERE, part), visible)
        return None if found is None else (EVERYWHERE, found)

    def _nearest(self, bits: int, key: tuple[str, str], layers: tuple[int, ...]) -> _Setting | None:
        settings = self._settings.get(key, ())
        return next((one for one in settings if one.layer in layers and bits & one.given), None)

    def _visible(self, bits: int) -> tuple[int, ...]:
        """Return the files of which anything is left in the task."""
        taken = self._reading.taken(bits)
        cleared = next((number for number, layer in enumerate(taken) if self._clears(bits, EVERYWHERE, layer)), None)
        return taken if cleared is None else taken[: cleared + 1]

    def _clears(self, bits: int, table: str, layer: int) -> bool:
        return any(one.layer == layer and bits & one.on for one in self._settings.get((table, CLEAR), ()))

    def _entries_before(self) -> Iterator[tuple[int, int]]:
        """Yield the bits of the entries of [config] that go before this one, with the numbers of their files."""
        reading = self._reading
        for _, use in reading.makefiles.uses(reading.makefile, How.CONFIG_TASK) if self._layer else ():
            layer = reading.layers[use.reference.path]
            if use.reference.key == self._reference.key and layer < self._layer:
                yield layer, reading.question.any_of([atom_of(use)])


_OF_A_PLATFORM = 4
