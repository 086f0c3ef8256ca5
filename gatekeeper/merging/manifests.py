"""Merges of manifests that somebody hands over as texts."""

from __future__ import annotations

from gatekeeper.core.document import Document, parse
from gatekeeper.core.merge import MergeOutcome, UnreadableSideError, Versions, merge_texts
from gatekeeper.core.names import TreePath
from gatekeeper.core.schema import GENERIC, profile_for
from gatekeeper.errors import BadInputError

_SIDES = ("base", "ours", "theirs")


def merge_manifest(
    base: bytes | str | None, ours: bytes | str, theirs: bytes | str, *, path: str, versions: Versions = "ask"
) -> MergeOutcome:
    """Return the merge of three versions of the manifest at ``path``.

    Raises BadInputError for a version that is not UTF-8 or, where it matters, not TOML.
    """
    texts = [_text(side, name) for side, name in zip((base, ours, theirs), _SIDES, strict=True)]
    before, mine, other = texts
    try:
        return merge_texts(before, mine or "", other or "", profile_for(TreePath(path)) or GENERIC, versions)
    except UnreadableSideError as error:
        failure = error.failure
        raise BadInputError(
            f"{error.side} is not valid TOML: {failure.message} (line {failure.line}, column {failure.column})"
        ) from error


def is_toml(content: bytes, *, path: str) -> bool:
    """Return whether the content can be read as the manifest at ``path``."""
    return isinstance(parse(content, profile_for(TreePath(path)) or GENERIC), Document)


def _text(side: bytes | str | None, name: str) -> str | None:
    if not isinstance(side, bytes):
        return side
    try:
        return side.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{name} is not UTF-8: byte 0x{side[error.start]:02x} at offset {error.start}") from error
