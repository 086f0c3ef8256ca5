"""Public tasks of cargo-make that a change takes away, or of which it takes away or exchanges a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.core.cargo_make_core import CORE_TASKS
from gatekeeper.core.compat.found import Found, contrasted, short, symbol
from gatekeeper.core.compat.items import CompatItem
from gatekeeper.core.document import same
from gatekeeper.core.makefiles import Makefile, Makefiles
from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import Kind
from gatekeeper.core.tool_references import TASK
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.compat.trees import Side, Sides
    from gatekeeper.core.document import Value

_TOP = "Makefile.toml"
_ONLY_READ = frozenset({"description", "category", "deprecated"})
_ACTIONS = frozenset({"command", "script", "run_task"})
_MORE = _ONLY_READ | {
    "dependencies",
    "env",
    "env_files",
    "install_crate",
    "install_crate_args",
    "install_script",
    "watch",
}
"""What can be added to a task without it doing anything less."""
_LISTS = frozenset({"dependencies"})
_TABLES = frozenset({"env"})
_OFF: Mapping[str, Value] = {"private": False, "disabled": False, "clear": False, "ignore_errors": False}
"""Values that say what holds without them."""

Task = Mapping[str, "Value"]


def tasks_lost(sides: Sides) -> Iterator[Found]:
    """Yield the tasks that one can run before the change and not, or no longer in the same way, after it."""
    makefiles = sides.view.shared(Makefiles)
    before: dict[str, _Reading] = {
        makefile.path: _Reading(sides.old, makefiles, makefile) for makefile in makefiles.all
    }
    for makefile in makefiles.all:
        if sides.differs(*makefile.files):
            after = _Reading(sides.new, makefiles, makefile)
            yield from _Change(makefile, before, after).lost()


class _Change:
    """What becomes of one makefile, with all that it extends. ``every`` has all makefiles as they were before."""

    def __init__(self, makefile: Makefile, every: Mapping[str, _Reading], after: _Reading) -> None:
        self.makefile = makefile
        self.every = every
        self.before = every[makefile.path]
        self.after = after

    def lost(self) -> Iterator[Found]:
        for name, file in self.before.names.items():
            # What several makefiles take in is told once.
            if self.makefile.path != _teller(self.every, file):
                continue
            task = self.before.task(name)
            if task.get("private") is True or task.get("disabled") is True:
                continue
            item = self._item(name, file, task)
            if item is not None:
                files = dict.fromkeys((*self.makefile.files, file))
                symbols = tuple(symbol(Kind.TASK, one, name) for one in files)
                yield Found(item, symbols, tuple((TASK, name, one) for one in files))

    def _item(self, name: str, file: str, task: Task) -> CompatItem | None:
        path = self.makefile.path
        label = f"task {name}" if path == _TOP else f"task {path}:{name}"
        item = CompatItem("task", label, "removed", TreePath(file), ("tasks", name), short(_shown(task)))
        if name not in self.after.names:
            if self.after.is_open and not self.before.is_open:
                return None
            if name in CORE_TASKS and self.after.has_core_tasks:
                return replace(item, change="altered", after="cargo-make's own task")
            return replace(item, after=self._new_name(task))
        return self._altered(item, task, self.after.task(name))

    def _new_name(self, task: Task) -> str | None:
        """Return the one new task that does just what ``task`` did."""
        new = [name for name in self.after.names if name not in self.before.names]
        alike = [name for name in new if same(_shown(task), _shown(self.after.task(name)))]
        return alike[0] if len(alike) == 1 else None

    def _altered(self, item: CompatItem, old: Task, new: Task) -> CompatItem | None:
        for part in ("private", "disabled"):
            if new.get(part) is True:
                return replace(item, change="altered", after=part)
        parts = sorted(_parts_lost(old, new))
        if not parts:
            return None
        before, after = contrasted(*({part: one[part] for part in parts if part in one} for one in (old, new)))
        key = (*item.key, parts[0]) if len(parts) == 1 and parts[0] in old else item.key
        return replace(item, change="altered", key=key, before=before, after=after)


def _teller(every: Mapping[str, _Reading], file: str) -> str:
    """Return the makefile by which the tasks of ``file`` are called: itself, else the first that takes it in."""
    if file.rpartition("/")[2] == _TOP:
        return file
    including = [path for path, reading in every.items() if file in reading.files]
    named = [path for path in including if path.rpartition("/")[2] == _TOP]
    others = [path for path in including if path != file]
    return min(named or others or [file], key=lambda path: (path != _TOP, path))


class _Reading:
    """A makefile as one side has it."""

    def __init__(self, side: Side, makefiles: Makefiles, makefile: Makefile) -> None:
        self._side = side
        self._extends: dict[str, list[str]] = {}
        for one in makefiles.extending(makefile):
            if side.holds(one.atom.standing):
                self._extends.setdefault(one.by, []).append(one.file)
        self.files = self._files(makefile.path)

    def _files(self, path: str) -> list[str]:
        found: dict[str, None] = {}
        waiting: list[str] = [path]
        while waiting:
            file = waiting.pop()
            if file not in found and TreePath(file) in self._side.listing:
                found[file] = None
                waiting += self._extends.get(file, ())
        return list(found)

    @cached_property
    def _tasks(self) -> list[tuple[str, Mapping[str, Value]]]:
        return [(file, table(self._side.tree(file).get("tasks"))) for file in self.files]

    @cached_property
    def names(self) -> dict[str, str]:
        """Each task, with the nearest file that defines it."""
        found: dict[str, str] = {}
        for file, tasks in self._tasks:
            for name, task in tasks.items():
                if isinstance(task, dict):
                    found.setdefault(name, file)
        return found

    def task(self, name: str) -> Task:
        """Return a task with what its definitions in the files that are extended add to it."""
        found: dict[str, Value] = {}
        for _, tasks in self._tasks:
            task = table(tasks.get(name))
            found = {**task, **found}
            if task.get("clear") is True:
                break
        return found

    @property
    def is_open(self) -> bool:
        """Whether it takes in files that cannot be known from the tree."""
        return any(self._side.has(Kind.OPEN_MAKEFILE, file) for file in self.files)

    @property
    def has_core_tasks(self) -> bool:
        """Whether cargo-make's own tasks are there by their names."""
        return bool(self.files) and not any(self._side.has(Kind.NO_CORE_TASKS, file) for file in self.files)


def _parts_lost(old: Task, new: Task) -> Iterator[str]:
    """Yield the keys of a task that are gone, say something else, or come with another meaning of the rest."""
    for part in old.keys() | new.keys():
        before, after = old.get(part), new.get(part)
        if part in _ONLY_READ or same(before, after) or _says_nothing(part, before, after):
            continue
        if part not in old:
            acts = not _ACTIONS.isdisjoint(old)
            if part in _MORE or (part in _ACTIONS | {"args"} and not acts and "alias" not in old):
                continue
        elif part in _LISTS and isinstance(before, list) and isinstance(after, list):
            if not _taken_away(before, after):
                continue
        elif part in _TABLES and isinstance(before, dict) and isinstance(after, dict):
            if all(name in after and same(value, after[name]) for name, value in before.items()):
                continue
        elif part == "script" and _lines(before) == _lines(after):
            continue
        yield part


def _says_nothing(part: str, before: Value | None, after: Value | None) -> bool:
    default = _OFF.get(part)
    return part in _OFF and (before is None or before is default) and (after is None or after is default)


def _taken_away(before: Iterable[Value], after: Iterable[Value]) -> bool:
    kept = [_plain(entry) for entry in after]
    return any(_plain(entry) not in kept for entry in before)


def _plain(entry: Value) -> Value:
    """Return a dependency on a task of the same makefile as its name."""
    return entry["name"] if isinstance(entry, dict) and entry.keys() == {"name"} else entry


def _lines(script: Value | None) -> object:
    """Return a script as its lines, however it is spelled."""
    if isinstance(script, str):
        return script.strip("\n").split("\n")
    if isinstance(script, list) and all(isinstance(line, str) for line in script):
        return "\n".join(str(line) for line in script).strip("\n").split("\n")
    return script


def _shown(task: Task) -> dict[str, Value]:
    return {part: value for part, value in task.items() if part not in _ONLY_READ}
