"""A TOML text cut into headers with what stands below them.

The texts of a fleet are alike in most of their blocks: what has been read of one is kept for every text that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.core.key_spellings import canonical_key, key_below
from gatekeeper.core.schema.identity import locked_identity, numbered
from gatekeeper.core.toml_scan import Form, Statement, statements, unquoted

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema.kinds import Value

_HEADER_LINE = re.compile(r"^(?=\[)", re.MULTILINE)
_PIECES_KEPT = 1024
_LARGE_PIECE = 1 << 13
"""A piece takes some forty times its size in memory, and what is kept outlives the scan."""

_PAIR, _DOTTED_PAIR, _ARRAY_HEADER = Form.PAIR, Form.DOTTED_PAIR, Form.ARRAY_HEADER
_QUOTES = ("'", '"')
_IDENTITY_KEYS = frozenset({"name", "version", "source"})


@dataclass(frozen=True, slots=True)
class Block:
    """A header (None: what stands before the first) and the pairs below it, by canonical key, header included.

    ``identity``: what an element of an array of tables could be told apart by. Offsets count from where the piece of
    text begins that it was read of.
    """

    key: KeyPath
    header: Statement | None
    pairs: Mapping[KeyPath, list[Statement]]
    identity: Mapping[str, Value]

    def at(self, key: KeyPath) -> list[Statement]:
        """Return what defines exactly ``key``."""
        if key == self.key and self.header is not None:
            return [self.header]
        return self.pairs.get(key, [])

    def first_inside(self, key: KeyPath) -> Statement | None:
        """Return what comes first of all that lies at ``key`` or below."""
        depth = len(key)
        if self.header is not None and self.key[:depth] == key:
            return self.header
        inside = (found[0] for known, found in self.pairs.items() if known[:depth] == key)
        return min(inside, key=_start, default=None) if self.key == key[: len(self.key)] else None


class Placed(NamedTuple):
    """A block, and the offset in the text from which its own offsets count."""

    block: Block
    offset: int

    def at(self, key: KeyPath) -> Iterator[Statement]:
        """Yield what defines exactly ``key``, with its offsets in the text."""
        return (_moved(one, self.offset) for one in self.block.at(key))

    def first_inside(self, key: KeyPath) -> Statement | None:
        """Return what comes first of all that lies at ``key`` or below, with its offsets in the text."""
        found = self.block.first_inside(key)
        return None if found is None else _moved(found, self.offset)


class Blocks:
    """The blocks of one text, to look keys up in.

    A table of an array of tables is known by the names that the profiles would file it under.
    """

    def __init__(self, text: str) -> None:
        self._plain: dict[KeyPath, list[Placed]] = {}
        self._arrays: dict[KeyPath, list[list[Placed]]] = {}
        for placed in placed_blocks(text):
            key = placed.block.key
            header = placed.block.header
            if header is not None and header.form is _ARRAY_HEADER and self._array_around(key[:-1]) is None:
                self._arrays.setdefault(key, []).append([])
            array = self._array_around(key)
            if array is None:
                self._plain.setdefault(key, []).append(placed)
            else:
                self._arrays[array][-1].append(placed)
        self._named = {array: _by_name(array, elements) for array, elements in self._arrays.items()}

    def at(self, key: KeyPath) -> Iterator[Statement]:
        """Yield what defines exactly ``key``, in no order."""
        for depth in range(len(key) + 1):
            for placed in self._plain.get(key[:depth], ()):
                yield from placed.at(key)
        for element in self._arrays.get(key, ()):
            for placed in element:
                if placed.block.key == key:
                    yield from placed.at(key)
        for spelled, element in self._in_elements(key):
            for placed in element:
                yield from placed.at(spelled)

    def pairs_at(self, key: KeyPath) -> Iterator[Statement]:
        """Yield the pairs that define exactly ``key``, in no order."""
        places = [(key, self._plain.get(key[:depth], ())) for depth in range(len(key))]
        for spelled, some in (*places, *self._in_elements(key)):
            for block, offset in some:
                yield from (_moved(one, offset) for one in block.pairs.get(spelled, ()))

    def first_inside(self, key: KeyPath) -> Statement | None:
        """Return what comes first of all that lies at ``key`` or below; None where nothing does."""
        plain = (placed.first_inside(key) for some in self._plain.values() for placed in some)
        whole = (
            placed.first_inside(key)
            for array, elements in self._arrays.items()
            if array[: len(key)] == key
            for placed in elements[0]
        )
        parts = (placed.first_inside(spelled) for spelled, element in self._in_elements(key) for placed in element)
        return min((one for one in (*plain, *whole, *parts) if one is not None), key=_start, default=None)

    def _array_around(self, key: KeyPath) -> KeyPath | None:
        if not self._arrays:
            return None
        return next((key[:depth] for depth in range(1, len(key) + 1) if key[:depth] in self._arrays), None)

    def _in_elements(self, key: KeyPath) -> Iterator[tuple[KeyPath, list[Placed]]]:
        """Yield the elements that ``key`` leads through, each with the key as it is spelled there, without a name."""
        for depth in range(1, len(key)) if self._named else ():
            array, name, rest = key[:depth], key[depth], key[depth + 1 :]
            for element in self._named.get(array, {}).get(name, ()):
                yield (*array, *rest), element


def _by_name(array: KeyPath, elements: list[list[Placed]]) -> dict[str, list[list[Placed]]]:
    identities: list[dict[str, Value]] = []
    for element in elements:
        identity: dict[str, Value] = {}
        for placed in element:
            if placed.block.key == array:
                identity = {**placed.block.identity, **identity}
        identities.append(identity)
    found: dict[str, list[list[Placed]]] = {}
    for element, names in zip(elements, names_of(identities), strict=True):
        for name in names:
            found.setdefault(name, []).append(element)
    return found


def names_of(identities: Sequence[Mapping[str, Value]]) -> Iterator[tuple[str, ...]]:
    """Yield the names under which the profiles would file each table: its name, and that with version and source."""
    short = numbered(str(identity.get("name", "")) for identity in identities)
    full = numbered(locked_identity(identity) or "" for identity in identities)
    for identity, *names in zip(identities, short, full, strict=True):
        yield tuple(dict.fromkeys(names)) if "name" in identity else ()


def note_identity(identity: dict[str, Value], text: str, pair: Statement) -> None:
    """Put into ``identity`` what ``pair`` says of it, if it does."""
    name = pair.parts[0]
    if len(pair.parts) == 1 and name in _IDENTITY_KEYS and text.startswith(_QUOTES, pair.value):
        identity.setdefault(name, unquoted(text[pair.value : pair.end]))


def placed_blocks(text: str) -> list[Placed]:
    """Return the blocks of ``text`` in order; it need not be valid."""
    cuts = [0, *(found.start() for found in _HEADER_LINE.finditer(text) if found.start()), len(text)]
    found: list[Placed] = []
    for start, end in pairwise(cuts):
        read = _piece_read(text[start:end]) if end - start <= _LARGE_PIECE else _read_piece(text[start:end])
        if read is None or (start and not _begins_with_header(read)):
            # A line that looks like a header and is none, inside a value of several lines for one.
            return [Placed(block, 0) for block in blocks_of(text, statements(text))]
        found += [Placed(block, start) for block in read]
    return found


def _begins_with_header(read: tuple[Block, ...]) -> bool:
    first = read[0] if read else None
    return first is not None and first.header is not None and first.header.start == 0


def _read_piece(piece: str) -> tuple[Block, ...] | None:
    """Return the blocks of a piece of text; None where a value in it may go on in the next one."""
    unclosed: list[Statement] = []
    read = tuple(blocks_of(piece, statements(piece, unclosed)))
    return None if unclosed else read


_piece_read = lru_cache(_PIECES_KEPT)(_read_piece)


def blocks_of(text: str, found: Iterable[Statement]) -> Iterator[Block]:
    """Yield the blocks that the statements of ``text`` make."""
    header: Statement | None = None
    key: KeyPath = ()
    pairs: dict[KeyPath, list[Statement]] = {}
    identity: dict[str, Value] = {}
    for one in found:
        if one.form is _PAIR or one.form is _DOTTED_PAIR:
            note_identity(identity, text, one)
            pairs.setdefault(key_below(key, one.parts), []).append(one)
            continue
        if header is not None or pairs:
            yield Block(key, header, pairs, identity)
        header, key, pairs, identity = one, canonical_key(one.parts), {}, {}
    if header is not None or pairs:
        yield Block(key, header, pairs, identity)


def _moved(one: Statement, by: int) -> Statement:
    return Statement(one.parts, one.form, one.start + by, one.end + by, one.value + by) if by else one


def _start(one: Statement) -> int:
    return one.start
