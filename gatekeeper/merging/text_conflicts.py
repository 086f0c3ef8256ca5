"""Git's own merge of three files, with its conflict markers."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gatekeeper import process
from gatekeeper.core.merge import MergeClash
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import GENERIC, profile_for
from gatekeeper.errors import BadInputError
from gatekeeper.merging.clash_marking import Marking
from gatekeeper.merging.marked_text import Look, read_marked, unused_marker_size, written

MARKER_SIZE = Look().marker_size
LABELS = Look().labels
STYLES = ("", "--diff3", "--zdiff3")
_GAVE_UP = 128
_SHOWING_BASE = frozenset({"diff3", "zdiff3"})


class TextMerge(NamedTuple):
    """What git makes of the lines, and whether it conflicts."""

    text: bytes
    conflicts: bool


def merge_file(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    marker_size: int = MARKER_SIZE,
    style: str = "",
    labels: tuple[str, str, str] = LABELS,
) -> TextMerge | None:
    """Return git's merge; None for what git takes for binary, or for a ``style`` that it does not know.

    Conflicts look as the user's configuration wants them, unless ``style`` is an option of ``git merge-file``.
    """
    return _merged(base, ours, theirs, Look(marker_size, labels, style))


def with_markers(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    marker_size: int,
    clashes: Sequence[MergeClash] = (),
    path: str = "",
    labels: tuple[str, str, str] = LABELS,
) -> bytes:
    """Return git's merge with its markers, and with others around the clashes that git has merged.

    Raises BadInputError for what git cannot merge as text.
    """
    return marked(base, ours, theirs, look=Look(marker_size, labels), clashes=clashes, path=path)


def marked(
    base: bytes, ours: bytes, theirs: bytes, *, look: Look, clashes: Sequence[MergeClash] = (), path: str = ""
) -> bytes:
    """Return what ``with_markers`` does, with markers that look so."""
    text = _text(base, ours, theirs, look)
    if not clashes:
        return text
    wide = look._replace(marker_size=unused_marker_size(base, ours, theirs))
    pieces = read_marked(_text(base, ours, theirs, wide), wide.marker_size)
    profile = profile_for(TreePath(path)) or GENERIC
    found = Marking(profile, base, ours, theirs, pieces, _shows_base(look.style)).marked(clashes)
    return text if found is pieces else written(found, look)


def _text(base: bytes, ours: bytes, theirs: bytes, look: Look) -> bytes:
    merged = _merged(base, ours, theirs, look)
    if merged is None:
        raise BadInputError("git cannot merge these files as text")
    return merged.text


def _merged(base: bytes, ours: bytes, theirs: bytes, look: Look) -> TextMerge | None:
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        paths = [Path(scratch, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(content)
        labels = [part for label in look.labels for part in ("-L", label)]
        options = [f"--marker-size={look.marker_size}", *([look.style] if look.style else []), *labels]
        arguments = ["git", "merge-file", "-p", *options, *map(str, paths)]
        done = process.run(arguments, env=dict(os.environ))
    return None if done.code >= _GAVE_UP else TextMerge(done.stdout, conflicts=done.code > 0)


def _shows_base(style: str) -> bool:
    if style:
        return style.removeprefix("--") in _SHOWING_BASE
    done = process.run(["git", "config", "--get", "merge.conflictStyle"], env=dict(os.environ))
    return done.stdout.decode("utf-8", "replace").strip() in _SHOWING_BASE


def without_labels(text: bytes, marker_size: int = MARKER_SIZE) -> bytes:
    """Return a text with conflict markers that say nothing of whose lines they hold."""
    return _opening(marker_size).sub(rb"\1", text)


def labels_of(text: bytes, marker_size: int) -> tuple[str, str, str]:
    """Return what the first markers of a text say of whose lines they hold."""
    said = {found[1][:1]: found[2] for found in reversed(list(_opening(marker_size).finditer(text)))}
    ours, base, theirs = (said.get(mark) for mark in (b"<", b"|", b">"))
    shown = zip((ours, base, theirs), LABELS, strict=True)
    first, second, third = (own if label is None else label.decode("utf-8", "surrogateescape") for label, own in shown)
    return first, second, third


def _opening(marker_size: int) -> re.Pattern[bytes]:
    size = b"{%d}" % marker_size
    return re.compile(rb"^(<%b|\|%b|>%b)(?: ([^\r\n]*))?(?=\r?$)" % (size, size, size), re.MULTILINE)
