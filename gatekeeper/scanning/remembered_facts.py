"""The facts of manifests in the cache: the same content at the same path always states the same ones."""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from gatekeeper.cache import Cache
from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.core.sharing import EXACT_FORMAT
from gatekeeper.core.symbols import Definition, FileFacts, Reference, Symbol
from gatekeeper.scanning.values_json import from_json, to_json

_MANY_NEW = 4
"""When a quarter as many are new as are kept, all are kept anew, without those that have gone out of use."""

Content = tuple[TreePath, Oid]
FactsByContent = dict[Content, FileFacts]


class RememberedFacts:
    """The facts that scans of one trunk have read: most of them in one entry, what is new since in another.

    ``said`` tells contents with different facts apart (see ``said``), and is there without reading all facts.
    """

    KIND = "facts"

    def __init__(self, cache: Cache, trunk: RefName) -> None:
        self._most, self._recent, self._said = f"most {trunk}", f"recent {trunk}", f"said {trunk}"
        self._entries = cache.get_many(self.KIND, [self._most, self._recent, self._said])
        # Entries are dropped one by one where the cache grows too large; without the facts this is of no use.
        whole = self._most in self._entries
        self.said: dict[Content, str] = _unpack_said(self._entries.get(self._said, b"")) if whole else {}

    @cached_property
    def facts(self) -> FactsByContent:
        """Return all facts that were kept."""
        return self._read(self._most) | self._added

    @cached_property
    def _added(self) -> FactsByContent:
        return self._read(self._recent)

    def _read(self, key: str) -> FactsByContent:
        return unpack_facts(self._entries.get(key, b"")) or {}

    def to_keep(self, used: Mapping[Content, FileFacts | None], known: Mapping[Content, str]) -> dict[str, bytes]:
        """Return the entries to keep after a scan that used these facts: none where it read nothing new.

        ``known`` is what is known of ``said`` now. What does not parse, or was not there, is read again.
        """
        found = {content: facts for content, facts in used.items() if facts is not None}
        new = {content: facts for content, facts in found.items() if content not in self.said}
        if not new:
            return {}
        recent = self._added | new
        if len(recent) * _MANY_NEW <= len(self.said) - len(self._added):
            kept = {self._recent: pack_facts(recent)}
            contents = self.said.keys() | new.keys()
        else:
            used_before = {content: self.facts[content] for content in known if content in self.facts}
            kept = {self._most: pack_facts(used_before | found), self._recent: pack_facts({})}
            contents = used_before.keys() | found.keys()
        told = {**self.said, **known}
        return kept | {self._said: _pack_said({content: told[content] for content in contents})}


def said(facts: FileFacts) -> str:
    """Return what is the same for contents that say the same to rules over the whole workspace."""
    defined = [(symbol.kind, symbol.name, path, key) for symbol, path, key in facts.definitions]
    referred = [(symbol.kind, symbol.name, path, key, how, text) for symbol, path, key, how, text in facts.references]
    stated: Any = (defined, facts.shown, referred)
    try:
        data = marshal.dumps(stated, EXACT_FORMAT)
    except ValueError:
        # Moments have no such form.
        data = repr(stated).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:24]


def _pack_said(known: Mapping[Content, str]) -> bytes:
    return json.dumps([[path, oid, told] for (path, oid), told in known.items()], separators=(",", ":")).encode()


def _unpack_said(data: bytes) -> dict[Content, str]:
    try:
        return {(TreePath(path), Oid(oid)): told for path, oid, told in json.loads(data)}
    except (ValueError, TypeError, RecursionError):
        return {}


class _Numbers(dict[Any, int]):
    """Things, each with the number of its first mention."""

    def __missing__(self, thing: Any) -> int:
        number = self[thing] = len(self)
        return number


def pack_facts(facts: FactsByContent) -> bytes:
    """Return the facts as bytes: each distinct definition, reference and value once, as columns."""
    definitions, references, values = _Numbers(), _Numbers(), _Numbers()
    shown: dict[str, Any] = {}
    rows = []
    for (path, oid), found in facts.items():
        # The text of a value tells 1 from true and 1.0, which are equal.
        texts = list(map(repr, found.shown))
        shown.update(zip(texts, found.shown, strict=True))
        rows.append(
            (
                path,
                oid,
                list(map(definitions.__getitem__, found.definitions)),
                list(map(values.__getitem__, texts)),
                list(map(references.__getitem__, found.references)),
            )
        )
    paths, kinds, names, keys = _Numbers(), _Numbers(), _Numbers(), _Numbers()
    atoms = [
        [
            [kinds[one.symbol.kind] for one in some],
            [names[one.symbol.name] for one in some],
            [paths[one.path] for one in some],
            [keys[one.key] for one in some],
        ]
        for some in (definitions, references)
    ]
    said = [[one.how for one in references], [one.value for one in references]]
    tables = [list(table) for table in (paths, kinds, names, keys)]
    document = [*tables, atoms, said, [shown[text] for text in values], rows]
    return to_json(document)


def unpack_facts(data: bytes) -> FactsByContent | None:
    """Return the facts in ``data``, None when it holds none."""
    try:
        return _facts(*from_json(data))
    except (ValueError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def _facts(  # noqa: PLR0913, PLR0917 -- the parts as they are kept
    paths: list[str],
    kinds: list[str],
    names: list[list[str]],
    keys: list[list[str]],
    atoms: list[list[list[Any]]],
    said: list[list[str]],
    values: list[Any],
    rows: list[list[Any]],
) -> FactsByContent:
    name_tuples, key_tuples = list(map(tuple, names)), list(map(tuple, keys))

    def columns(kind: list[int], named: list[int], placed: list[int], keyed: list[int]) -> list[Iterable[Any]]:
        symbols = map(_symbol, zip(map(kinds.__getitem__, kind), map(name_tuples.__getitem__, named), strict=True))
        return [symbols, map(paths.__getitem__, placed), map(key_tuples.__getitem__, keyed)]

    in_definitions, in_references = atoms
    definitions = list(map(_definition, zip(*columns(*in_definitions), strict=True)))
    references = list(map(_reference, zip(*columns(*in_references), *said, strict=True)))
    return {
        (TreePath(path), Oid(oid)): FileFacts(
            tuple(map(definitions.__getitem__, defining)),
            tuple(map(values.__getitem__, shown)),
            tuple(map(references.__getitem__, referring)),
        )
        for path, oid, defining, shown, referring in rows
    }


_symbol = partial(tuple.__new__, Symbol)
_definition = partial(tuple.__new__, Definition)
_reference = partial(tuple.__new__, Reference)
