"""Equal values of many documents as one object: a fleet's manifests differ in a few keys and agree in hundreds."""

from __future__ import annotations

import marshal
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from gatekeeper.core.document import Document, Value
    from gatekeeper.core.names import KeyPath

_Numbers: TypeAlias = "frozenset[tuple[KeyPath, str]] | None"

EXACT_FORMAT = 2
"""The newest format in which the bytes depend on nothing but the value; later ones tell apart who else refers to it."""


class Pool:
    """Every text, table and array seen so far. What two documents have alike is found without looking inside."""

    def __init__(self) -> None:
        self._known: Final[dict[bytes, Value]] = {}
        self._texts: Final[dict[str, str]] = {}
        self._numbers: Final[dict[_Numbers, _Numbers]] = {}

    def shared(self, document: Document) -> Document:
        """Return ``document`` made of what earlier ones had already, as far as it says the same."""
        tree = {name: self._value(value) for name, value in document.tree.items()}
        return replace(document, tree=tree, numbers=self._numbers.setdefault(document.numbers, document.numbers))

    def _value(self, value: Value) -> Value:
        if type(value) is str:
            return self._texts.setdefault(value, value)
        if type(value) is not dict and type(value) is not list:
            return value
        try:
            said = marshal.dumps(value, EXACT_FORMAT)
        except ValueError:
            # Moments have no such form.
            return value
        known = self._known.get(said)
        if known is None:
            inside = type(value) is dict
            known = {n: self._value(v) for n, v in value.items()} if inside else value  # type: ignore[union-attr]
            self._known[said] = known
        return known
