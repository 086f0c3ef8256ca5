"""Git's own merge of three files, with its conflict markers."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from gatekeeper import process
from gatekeeper.errors import BadInputError

MARKER_SIZE = 7
_GAVE_UP = 128
STYLES = ("", "--diff3", "--zdiff3")


class TextMerge(NamedTuple):
    """What git makes of the lines, and whether it conflicts."""

    text: bytes
    conflicts: bool


def merge_file(
    base: bytes, ours: bytes, theirs: bytes, *, marker_size: int = MARKER_SIZE, style: str = ""
) -> TextMerge | None:
    """Return git's merge; None for what git takes for binary, or for a ``style`` that it does not know.

    Conflicts look as the user's configuration wants them, unless ``style`` is an option of ``git merge-file``.
    """
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        paths = [Path(scratch, name) for name in ("ours", "base", "theirs")]
        for path, content in zip(paths, (ours, base, theirs), strict=True):
            path.write_bytes(content)
        labels = [part for path in paths for part in ("-L", path.name)]
        options = [f"--marker-size={marker_size}", *([style] if style else []), *labels]
        arguments = ["git", "merge-file", "-p", *options, *map(str, paths)]
        done = process.run(arguments, env=dict(os.environ))
    return None if done.code >= _GAVE_UP else TextMerge(done.stdout, conflicts=done.code > 0)


def with_markers(base: bytes, ours: bytes, theirs: bytes, *, marker_size: int) -> bytes:
    """Return git's merge with its markers; raises BadInputError for what git cannot merge as text."""
    merged = merge_file(base, ours, theirs, marker_size=marker_size)
    if merged is None:
        raise BadInputError("git cannot merge these files as text")
    return merged.text


_MARKER = re.compile(rb"^(<{7,}|\|{7,}|={7,}|>{7,})(?: [^\r\n]*)?(?=\r?$)", re.MULTILINE)


def without_labels(text: bytes) -> bytes:
    """Return a text with conflict markers that say nothing of whose lines they hold."""
    return _MARKER.sub(rb"\1", text)
