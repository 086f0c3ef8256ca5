"""Keys that git's clean merge defines twice, and how each side spells them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.rules.cases import is_broken, remembered, starts_with, value_at
from gatekeeper.core.spans import Form
from gatekeeper.core.toml_scan import key_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.changes import Change
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import PathCase
    from gatekeeper.core.spans import Site, SourceMap


class Spelling(enum.Enum):
    """How a text defines a key, as far as it matters to what may stand beside it."""

    HEADER = "under a header"
    ARRAY = "as an array of tables"
    PAIR = "as one pair"
    DOTTED = "with dotted keys"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that git's result defines twice. ``spelled``: as each side writes it, without the header above it."""

    key: KeyPath
    left: Spelling
    right: Spelling
    left_spelled: str
    right_spelled: str

    @property
    def spellings(self) -> frozenset[Spelling]:
        """The spellings of both sides."""
        return frozenset((self.left, self.right))


@remembered
def duplicates(case: PathCase) -> list[Duplicate]:
    """Return the keys that git's clean result defines twice, the outermost only, sorted."""
    if not is_broken(case):
        return []
    # Where both sides made something is where nearly all duplicates are; moved lines can make one anywhere.
    made = _made(case.left_changes) & _made(case.right_changes)
    return _twice(case, made) or _twice(case, {*_keys(case.left.tree), *_keys(case.right.tree)})


def _made(changes: Mapping[KeyPath, Change]) -> set[KeyPath]:
    """Return the keys that a side has put something at or below."""
    return {
        key[:depth] for key, change in changes.items() if change.kind != "removed" for depth in range(1, len(key) + 1)
    }


def _twice(case: PathCase, keys: set[KeyPath]) -> list[Duplicate]:
    found: list[Duplicate] = []
    for key in sorted(keys):
        if found and starts_with(key, found[-1].key):
            continue
        if _stands_twice(case, key):
            found.append(_described(case, key))
    return found


def spelling(source: SourceMap, key: KeyPath, below: Iterator[KeyPath]) -> tuple[Spelling, str]:
    """Return how ``source`` defines ``key``, given the keys of its document that lie inside."""
    sites = source.sites(key)
    if sites:
        site = sites[0]
        return _of_form(site.form), site.spelled
    for inner in below:
        for site in source.sites(inner):
            if _is_dotted_through(site, key):
                return Spelling.DOTTED, site.spelled
    return Spelling.NONE, ""


def inner_keys(tree: dict[str, Value], prefix: KeyPath) -> Iterator[KeyPath]:
    """Yield the keys inside ``prefix``, however deep."""
    value: Value = tree
    for part in prefix:
        if not isinstance(value, dict) or part not in value:
            return
        value = value[part]
    if isinstance(value, dict):
        yield from _keys(value, prefix)


def _keys(tree: dict[str, Value], prefix: KeyPath = ()) -> Iterator[KeyPath]:
    for name, value in tree.items():
        key = (*prefix, name)
        yield key
        if isinstance(value, dict):
            yield from _keys(value, key)


def _stands_twice(case: PathCase, key: KeyPath) -> bool:
    if case.git_source is None:
        # Without git's text: what is new on both sides may stand there twice.
        sides = (value_at(document, key) for document in (case.left, case.right))
        return value_at(case.base, key) is ABSENT and all(side is not ABSENT for side in sides)
    sites = case.git_source.sites(key)
    if len(sites) > 1:
        return not all(site.form is Form.ARRAY_HEADER for site in sites)
    if not sites or sites[0].form is Form.ARRAY_HEADER:
        return False
    inside = dict.fromkeys((*inner_keys(case.left.tree, key), *inner_keys(case.right.tree, key)))
    placed = (site for inner in inside for site in case.git_source.sites(inner))
    if sites[0].form is Form.HEADER:
        return any(_is_dotted_through(site, key) for site in placed)
    return any(_stands_apart(site, sites[0]) for site in placed)


def _is_dotted_through(site: Site, key: KeyPath) -> bool:
    """Return whether ``site`` is a dotted pair that defines the table ``key`` on its way."""
    if site.form is not Form.DOTTED_PAIR:
        return False
    above = len(site.key) - len(key_parts(site.spelled))
    return above < len(key) < len(site.key) and starts_with(site.key, key)


def _stands_apart(inner: Site, outer: Site) -> bool:
    """Return whether ``inner`` is written elsewhere than inside the value of ``outer``."""
    start, end = (outer.span.line, outer.span.column), (outer.span.end_line, outer.span.end_column)
    return inner.form is not Form.INLINE and not start <= (inner.span.line, inner.span.column) < end


def _described(case: PathCase, key: KeyPath) -> Duplicate:
    left, left_spelled = spelling(case.left_source, key, inner_keys(case.left.tree, key))
    right, right_spelled = spelling(case.right_source, key, inner_keys(case.right.tree, key))
    return Duplicate(key, left, right, left_spelled, right_spelled)


def _of_form(form: Form) -> Spelling:
    if form is Form.HEADER:
        return Spelling.HEADER
    if form is Form.ARRAY_HEADER:
        return Spelling.ARRAY
    return Spelling.DOTTED if form is Form.DOTTED_PAIR else Spelling.PAIR
