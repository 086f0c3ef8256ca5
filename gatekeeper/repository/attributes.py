"""How trunk's ``.gitattributes`` want a path merged, custom merge drivers left aside."""

from __future__ import annotations

import enum
import hashlib
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path

from gatekeeper.core.names import TreePath
from gatekeeper.core.tree_state import Entry
from gatekeeper.repository.objects import ObjectStore


class MergeKind(enum.Enum):
    """The merges that git itself knows; an unknown driver is a text merge, as in git."""

    TEXT = "text"
    UNION = "union"
    BINARY = "binary"


_SAID = {b"union": MergeKind.UNION, b"binary": MergeKind.BINARY, b"unset": MergeKind.BINARY}


def lay_attributes(store: ObjectStore, listing: Mapping[TreePath, Entry]) -> None:
    """Lay the attributes of a tree flat in the scratch store, so that git's merges there follow them."""
    files = [path for path in listing if posixpath.basename(path) == ".gitattributes" and listing[path].is_file]
    lines: list[bytes] = []
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        directory = posixpath.dirname(path).encode("utf-8", "surrogateescape")
        for line in store.blob(listing[path].oid).splitlines():
            if line.strip() and not line.lstrip().startswith(b"#"):
                lines.append(_from_root(line.lstrip(), directory))
    if lines:
        flat = b"".join(line + b"\n" for line in lines)
        _flat_file(store).write_bytes(flat)
        store.attributes_id = hashlib.sha256(flat).hexdigest()


def merge_kinds(store: ObjectStore, paths: Iterable[TreePath]) -> dict[TreePath, MergeKind]:
    """Return the kind of merge of each path that is not a plain text merge, by the attributes laid before."""
    wanted = sorted(paths)
    if not wanted or not _flat_file(store).exists():
        return {}
    names = b"\0".join(path.encode("utf-8", "surrogateescape") for path in wanted)
    fields = store.git("check-attr", "--stdin", "-z", "merge", stdin=names + b"\0").split(b"\0")
    kinds = {}
    for path, value in zip(fields[0::3], fields[2::3], strict=False):
        if value in _SAID:
            kinds[TreePath(path.decode("utf-8", "surrogateescape"))] = _SAID[value]
    return kinds


def _flat_file(store: ObjectStore) -> Path:
    return Path(store.directory, "info/attributes")


def _from_root(line: bytes, directory: bytes) -> bytes:
    if not directory or line.startswith((b"[attr]", b'"')):
        return line
    pattern, separator, rest = line.partition(b" ")
    anchored = pattern.lstrip(b"/") if b"/" in pattern else b"**/" + pattern
    return directory + b"/" + anchored + separator + rest
