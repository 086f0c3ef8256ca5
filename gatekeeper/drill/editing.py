"""Edits of manifests as their text stands, however they are laid out; one that cannot be made exactly is not made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gatekeeper.core.document import Document, parse, same
from gatekeeper.core.names import KeyPath
from gatekeeper.core.schema import GENERIC

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How tables are made in one kind of tree: in plain values, or in a text. ``table`` is told where it will stand."""

    table: Callable[[Any], Any]
    value: Callable[[Any], Any]


class Edit(Protocol):
    """One edit, the same for values and for texts."""

    @property
    def key(self) -> KeyPath:
        """What is edited."""

    def apply(self, tree: Any, kind: _Kind) -> None:
        """Change ``tree`` in place; raises LookupError or TypeError where the edit does not fit."""


@dataclass(frozen=True, slots=True)
class Put:
    """A key gets a value, be it there already or not; a table is written inline."""

    key: KeyPath
    value: Any

    def apply(self, tree: Any, kind: _Kind) -> None:
        """Change ``tree`` in place; raises TypeError where a value stands in the way."""
        for part in self.key[:-1]:
            if part not in tree:
                tree[part] = kind.table(tree)
            tree = tree[part]
        tree[self.key[-1]] = kind.value(self.value)


@dataclass(frozen=True, slots=True)
class Remove:
    """A key goes, with all below it."""

    key: KeyPath

    def apply(self, tree: Any, kind: _Kind) -> None:
        """Change ``tree`` in place; raises LookupError where it is not there."""
        del kind
        for part in self.key[:-1]:
            tree = tree[part]
        del tree[self.key[-1]]


@dataclass(frozen=True, slots=True)
class Add:
    """A list gets one more entry at its end; a list that is not there begins with it."""

    key: KeyPath
    entry: str

    def apply(self, tree: Any, kind: _Kind) -> None:
        """Change ``tree`` in place; raises LookupError or TypeError where the edit does not fit."""
        del kind
        for part in self.key[:-1]:
            tree = tree[part]
        if self.key[-1] in tree:
            tree[self.key[-1]].append(self.entry)
        else:
            tree[self.key[-1]] = [self.entry]


@dataclass(frozen=True, slots=True)
class Drop:
    """A list loses an entry."""

    key: KeyPath
    entry: str

    def apply(self, tree: Any, kind: _Kind) -> None:
        """Change ``tree`` in place; raises LookupError or ValueError where it is not there."""
        del kind
        for part in self.key:
            tree = tree[part]
        del tree[list(tree).index(self.entry)]


def edited(source: bytes, edits: Sequence[Edit]) -> bytes | None:
    """Return the file with the edits in it and nothing else changed; None where that cannot be done."""
    before = parse(source, GENERIC)
    if not isinstance(before, Document):
        return None
    wanted = copy.deepcopy(before.tree)
    bare = source.removeprefix(_BOM)
    uses_crlf = bare.count(b"\r\n") == bare.count(b"\n") > 0
    text = bare.decode().replace("\r\n", "\n") if uses_crlf else bare.decode()
    try:
        for edit in edits:
            edit.apply(wanted, _Kind(lambda _: {}, copy.deepcopy))
        text = _edited_text(text, edits)
    except Exception:  # noqa: BLE001 - tomlkit has many ways to fail on odd files; the drill then takes another place
        return None
    result = (text.replace("\n", "\r\n") if uses_crlf else text).encode()
    result = _BOM + result if source.startswith(_BOM) else result
    after = parse(result, GENERIC)
    return result if isinstance(after, Document) and same(after.tree, wanted) else None


def _edited_text(text: str, edits: Sequence[Edit]) -> str:
    # Slow to load, and known to the command line before it edits anything.
    import tomlkit  # noqa: PLC0415
    from tomlkit.items import InlineTable  # noqa: PLC0415

    def written(value: Any) -> Any:
        if not isinstance(value, dict):
            return tomlkit.item(value)
        table = tomlkit.inline_table()
        table.update(value)
        return table

    def table(where: Any) -> Any:
        return tomlkit.inline_table() if isinstance(where, InlineTable) else tomlkit.table()

    document = tomlkit.parse(text)
    for edit in edits:
        edit.apply(document, _Kind(table, written))
    return tomlkit.dumps(document)
