"""One side's word at a place, put into the text of the other side with the comments that go with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import Document, parse, same
from gatekeeper.core.slots import put
from gatekeeper.core.splicing.comments import attached, detached
from gatekeeper.core.splicing.layout import Layout, newline_of
from gatekeeper.core.splicing.owned_comments import owned_comments
from gatekeeper.core.splicing.side import Side
from gatekeeper.core.splicing.splice import splice
from gatekeeper.core.splicing.value_text import Spelling, agree

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.owned_comments import Owned


def transplanted(donor: Side, host: Side, at: KeyPath) -> str | None:
    """Return the text of ``host`` with what ``donor`` has at ``at``; None if there is none that can be proven.

    The proof: it parses, says just that, keeps the comments of ``host`` on everything else, and has the donor's there.
    """
    profile, value = host.document.profile, donor.value(at)
    if same(value, host.value(at)):
        return host.text
    wanted = _with_value(host.document.tree, at, value)
    if wanted is None:
        return None
    # As if the host had changed all that differs: then its spelling counts everywhere but at this place.
    text = splice(host, wanted, Spelling(profile, donor, host, donor))
    text = str(_with_surroundings(Layout.of(text, profile), donor.layout, at))
    read = parse(text.encode("utf-8", "surrogatepass"), profile)
    if not isinstance(read, Document) or not agree(profile, (), read.tree, wanted):
        return None
    return text if _due(donor, host, at) <= _comments(Layout.of(text, profile)) else None


def _with_value(tree: dict[str, Value], at: KeyPath, value: Value | Absent) -> dict[str, Value] | None:
    """Return ``tree`` with the value, in tables that are made where they are missing; None if something else is."""
    for depth in range(1, len(at)):
        inner: Value | Absent = tree
        for part in at[:depth]:
            inner = inner.get(part, ABSENT) if isinstance(inner, dict) else ABSENT
        if inner is ABSENT:
            if value is ABSENT:
                return tree
            tree = put(tree, at[:depth], {})
        elif not isinstance(inner, dict):
            return None
    return put(tree, at, value)


def _with_surroundings(text: Layout, donor: Layout, at: KeyPath) -> Layout:
    """Return the layout with the donor's comments at the statements of the place."""
    newline = newline_of(str(text))
    items = []
    for item in text.items:
        own = donor.by_key.get(item.key) if item.key[: len(at)] == at and not item.in_array else None
        if own is not None:
            own = own.with_newlines(newline)
            tail = own.tail if own.tail.endswith("\n") or not item.tail.endswith("\n") else own.tail + newline
            items.append(replace(item, lead=detached(item.lead) + attached(own.lead), tail=tail))
        else:
            items.append(item)
    return Layout(text.mark, tuple(items), text.closing)


def _due(donor: Side, host: Side, at: KeyPath) -> Counter[str]:
    kept = (one for one in owned_comments(host.layout).elements() if not _is_of(one, at))
    taken = (one for one in owned_comments(donor.layout).elements() if _is_of(one, at))
    return Counter(one.comment for one in (*kept, *taken))


def _is_of(owned: Owned, at: KeyPath) -> bool:
    return owned.owner is not None and owned.owner[: len(at)] == at


def _comments(layout: Layout) -> Counter[str]:
    return Counter(one.comment for one in owned_comments(layout).elements())
