"""What CI files refer to and a change removes or alters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.compat.items import CompatItem, Use
from gatekeeper.core.compat.users import Users
from gatekeeper.core.names import TreePath
from gatekeeper.core.tool_facts import is_ci_file
from gatekeeper.core.tool_references import MANIFEST_FILE, SCRIPT_FILE
from gatekeeper.core.tree_state import EXECUTABLE

if TYPE_CHECKING:
    from gatekeeper.core.compat.trees import Trees
    from gatekeeper.core.tree_state import Entry

_NAMED = frozenset({"task", "package", "feature", "target", "member"})


def ci_references(trees: Trees, items: Sequence[CompatItem], users: Users) -> Iterator[CompatItem]:
    """Yield what CI files refer to: of ``items``, and files that are gone or have lost something."""
    told: set[Use] = set()
    for item in items:
        uses = _in_ci(item.used_by) if item.kind in _NAMED else ()
        if uses:
            told.update(uses)
            name = f"ci-reference {item.name}"
            yield replace(item, kind="ci-reference", name=name, path=uses[0].path, key=(), used_by=uses)
    for path, uses in _files_named(users).items():
        # A manifest that is gone with its crate is told with the crate.
        found = _file(trees, path) if uses and not told.issuperset(uses) else None
        if found is not None:
            yield replace(found, path=uses[0].path, used_by=uses)


def _in_ci(uses: Sequence[Use]) -> tuple[Use, ...]:
    return tuple(use for use in uses if is_ci_file(use.path))


def _files_named(users: Users) -> dict[str, tuple[Use, ...]]:
    """Return the files that the commands of CI files name, with where they do."""
    found: dict[str, set[Use]] = {}
    for sort in (SCRIPT_FILE, MANIFEST_FILE):
        for path, use in users.naming(sort):
            if is_ci_file(use.reference.path):
                found.setdefault(path, set()).update(users.told(use))
    return {path: tuple(sorted(uses, key=Users.order)) for path, uses in found.items()}


def _file(trees: Trees, path: str) -> CompatItem | None:
    """Return the item of a file; None where all of it is still there, or it never was."""
    before, after = trees.base.get(TreePath(path)), trees.head.get(TreePath(path))
    item = CompatItem("ci-reference", f"ci-reference file {path}", "removed", TreePath(path), (), path)
    if before is None or before == after:
        return None
    if after is None:
        return item
    why = None if path.endswith(".toml") else _lessened(trees, before, after)
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
