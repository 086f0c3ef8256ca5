"""How trunk's ``.gitattributes`` want a path merged, custom merge drivers left aside."""

from __future__ import annotations

import enum
import hashlib
import posixpath
import re
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


_BLANK = b" \t\r\n"
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

_SAID = {b"union": MergeKind.UNION, b"binary": MergeKind.BINARY, b"unset": MergeKind.BINARY}


def lay_attributes(store: ObjectStore, listing: Mapping[TreePath, Entry]) -> None:
    """Lay the attributes of a tree flat in the scratch store, so that git's merges there follow them."""
    files = [path for path in listing if posixpath.basename(path) == ".gitattributes" and listing[path].is_file]
    lines: list[bytes] = []
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        directory = posixpath.dirname(path).encode("utf-8", "surrogateescape")
        for line in store.blob(listing[path].oid).split(b"\n"):
            text = line.strip(_BLANK)
            if text and not text.startswith(b"#"):
                lines.append(_from_root(text, directory) if directory else text)
    _flat_file(store).unlink(missing_ok=True)
    store.attributes_id = "none"
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
    """Return a line of the file in ``directory`` as the root's file would say it; a comment where it says nothing."""
    quoted = _QUOTED.match(line)
    if quoted is not None:
        pattern, rest = _ESCAPED.sub(_unescaped, quoted[1]), line[quoted.end() :]
    else:
        pattern = line.split(None, 1)[0]
        rest = line[len(pattern) :]
        if line.startswith((b"[attr]", b"!")):
            # Git takes macros from the root only, and negative patterns nowhere.
            return b"#"
    anchored = pattern.lstrip(b"/") if b"/" in pattern else b"**/" + pattern
    whole = re.sub(rb"[*?\[\\]", rb"\\\g<0>", directory) + b"/" + anchored
    return b'"' + re.sub(rb'[\\"\x00-\x1f]', lambda found: b"\\%03o" % ord(found[0]), whole) + b'"' + rest


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() else _ESCAPES.get(code, code)
