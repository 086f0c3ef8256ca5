"""What CI files refer to and a change removes or alters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.compat.items import CompatItem, Use
from gatekeeper.core.names import TreePath
from gatekeeper.core.tool_facts import is_ci_file
from gatekeeper.core.tool_references import DIRECTORY, MANIFEST_FILE, SCRIPT_FILE
from gatekeeper.core.tree_state import EXECUTABLE

if TYPE_CHECKING:
    from gatekeeper.core.compat.trees import Trees
    from gatekeeper.core.compat.users import Users
    from gatekeeper.core.tree_state import Entry

_NAMED = frozenset({"task", "package", "feature", "target", "member"})


def ci_references(trees: Trees, items: Sequence[CompatItem], users: Users) -> Iterator[CompatItem]:
    """Yield what CI files refer to: of ``items``, and files that are gone or have lost something."""
    for item in items:
        uses = _in_ci(item.used_by) if item.kind in _NAMED else ()
        if uses:
            name = f"ci-reference {item.name}"
            yield replace(item, kind="ci-reference", name=name, path=uses[0].path, key=(), used_by=uses)
    yield from _files(trees, users)


def _in_ci(uses: Sequence[Use]) -> tuple[Use, ...]:
    return tuple(use for use in uses if is_ci_file(use.path))


def _files(trees: Trees, users: Users) -> Iterator[CompatItem]:
    found: dict[str, dict[Use, None]] = {}
    for sort in (SCRIPT_FILE, MANIFEST_FILE, DIRECTORY):
        for path, use in users.naming(sort):
            if is_ci_file(use.reference.path):
                found.setdefault(path, {}).update(dict.fromkeys(users.told(use)))
    for path, uses in sorted(found.items()):
        item = _file(trees, path) if uses else None
        if item is not None:
            used_by = tuple(sorted(uses, key=lambda use: (use.trees, use.path, use.place)))
            yield replace(item, path=used_by[0].path, used_by=used_by)


def _file(trees: Trees, path: str) -> CompatItem | None:
    """Return the item of a file or a directory; None where all of it is still there."""
    before, after = trees.base.get(TreePath(path)), trees.head.get(TreePath(path))
    item = CompatItem("ci-reference", f"ci-reference file {path}", "removed", TreePath(path), (), path)
    if before is None:
        inside = f"{path}/"
        was_there = any(one.startswith(inside) for one in trees.base)
        return item if was_there and not any(one.startswith(inside) for one in trees.head) else None
    if after is None:
        return item
    why = None if before == after or path.endswith(".toml") else _lessened(trees, before, after)
    return None if why is None else replace(item, change="altered", before=why[0], after=why[1])


def _lessened(trees: Trees, before: Entry, after: Entry) -> tuple[str, str] | None:
    if before.mode == EXECUTABLE != after.mode:
        return "executable", "not executable"
    missing = Counter(_lines(trees, before)) - Counter(_lines(trees, after))
    if not missing:
        return None
    count = sum(missing.values())
    return f"{count} {'line' if count == 1 else 'lines'} that it no longer has", "other lines"


def _lines(trees: Trees, entry: Entry) -> list[bytes]:
    """Return the lines of a script that do something; how they are indented is a matter of taste."""
    stripped = (line.strip() for line in trees.read.text(entry.oid).splitlines())
    return [line for line in stripped if line and (not line.startswith(b"#") or line.startswith(b"#!"))]
