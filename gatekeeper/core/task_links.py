"""Where tasks of makefiles lead: what a task refers to, and what is reached from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.makefiles import Makefile, atom_of, task_of
from gatekeeper.core.schema.cargo_make import PLATFORMS
from gatekeeper.core.symbols import How, Kind

if TYPE_CHECKING:
    from gatekeeper.core.combination import Atom
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.workspace_view import WorkspaceView


class Link(NamedTuple):
    """A task that is led to, and what leads to it: for each step, the references any of which will do."""

    task: str
    steps: tuple[tuple[Atom, ...], ...]


class TaskLinks:
    """The references of tasks to tasks, by who makes them."""

    def __init__(self, view: WorkspaceView) -> None:
        self._by: dict[str, dict[tuple[str, str], list[tuple[str, Use]]]] = {}
        for symbol, uses in view.index.uses.items():
            if symbol.kind == Kind.TASK:
                for use in uses:
                    if use.reference.key[0] == "tasks":
                        by = self._by.setdefault(use.reference.how, {})
                        maker = (use.reference.path, task_of(use.reference))
                        by.setdefault(maker, []).append((symbol.name[1], use))

    def of(self, makefile: Makefile, task: str, *hows: How) -> list[tuple[str, Use]]:
        """Return what ``task`` refers to in one of these ways, in any file of ``makefile``."""
        tables = [by for how in hows if (by := self._by.get(how))]
        return [found for by in tables for file in makefile.files for found in by.get((file, task), ())]

    def makers(self, *hows: How) -> Iterable[tuple[str, str]]:
        """Return the tasks that refer to others in one of these ways, each with its file."""
        return dict.fromkeys(maker for how in hows for maker in self._by.get(how, ()))

    def led_to(self, makefile: Makefile, task: str, *hows: How) -> Iterator[Link]:
        """Yield what ``task`` leads to in these ways, near or far, each task once and ``task`` itself never."""
        seen = {task}
        waiting = [Link(task, ())]
        while waiting:
            node = waiting.pop(0)
            steps: dict[str, list[Atom]] = {}
            for target, use in self.of(makefile, node.task, *hows):
                steps.setdefault(target, []).append(atom_of(use))
            for target in [name for name in steps if name not in seen]:
                seen.add(target)
                link = Link(target, (*node.steps, tuple(steps[target])))
                waiting.append(link)
                yield link


def platform_of(key: KeyPath) -> str | None:
    """Return the platform for which alone a key of a task counts."""
    if len(key) > 2 and key[2] in PLATFORMS:  # noqa: PLR2004 - "tasks", the task, and what is in it
        return key[2]
    platform, _, rest = key[-1].partition("_")
    return platform if rest == "alias" and platform in PLATFORMS else None


def on_one_platform(one: KeyPath, other: KeyPath) -> bool:
    """Return whether there is a platform for which both keys count."""
    platforms = {platform_of(one), platform_of(other)} - {None}
    return len(platforms) <= 1
