"""Which files a makefile extends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gatekeeper.core.names import TreePath
from gatekeeper.core.symbols import FactCollector, How, Kind
from gatekeeper.core.tree_paths import directory_of, resolve

if TYPE_CHECKING:
    from gatekeeper.core.document import Value


def extended_files(path: TreePath, tree: Mapping[str, Value]) -> Iterator[TreePath]:
    """Yield the files that the makefile at ``path`` extends, as far as its tree tells."""
    collector = FactCollector(path)
    collect_extend(tree.get("extend"), collector)
    for reference in collector.facts().references:
        yield TreePath(reference.symbol.name[0])


def collect_extend(extend: Value | None, collector: FactCollector) -> None:
    """Collect what ``extend`` says: files, or that some cannot be known."""
    for entry in extend if isinstance(extend, list) else [extend]:
        path = entry.get("path") if isinstance(entry, dict) else entry
        if path is None:
            continue
        anchored = isinstance(entry, dict) and entry.get("relative", "makefile") != "makefile"
        place = None
        if isinstance(path, str) and "$" not in path and not anchored:
            place = resolve(directory_of(collector.path), path)
        if place is None:
            collector.define(Kind.OPEN_MAKEFILE, (collector.path,), ("extend",))
        else:
            optional = isinstance(entry, dict) and entry.get("optional") is True
            how = How.OPTIONAL_EXTEND_FILE if optional else How.EXTEND_FILE
            collector.refer(Kind.FILE, (place,), ("extend",), how, place)
