"""What a change takes away from others, as ``gatekeeper.compat/1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gatekeeper.core.names import format_key
from gatekeeper.core.safe_text import without_surrogates as text
from gatekeeper.report.json_lines import document_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from gatekeeper.core.compat.items import Compatibility, CompatItem, Unreadable
    from gatekeeper.scanning.compat import ComparedChange

SCHEMA: Final = "gatekeeper.compat/1"

_ATTRIBUTE_DOCSTRINGS = {"use_attribute_docstrings": True}


@dataclass(slots=True)
class CompatUseDocument:
    """Something that refers to an item."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    path: str
    place: str
    """A key of a manifest, or a line of a script or a CI file."""
    what: str
    trees: list[str]
    """The other branches that have it of their own, `trunk` for trunk; empty for what stands in the changed tree."""


@dataclass(slots=True)
class CompatItemDocument:
    """Something that the change removes or alters."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    """Tells the item from all others; `--waive` takes it."""
    kind: Literal["task", "feature", "member", "dependency", "package", "target", "ci-reference"]
    change: Literal["removed", "altered"]
    path: str
    key: str
    before: str | None
    after: str | None
    """What took its place, where that is plain."""
    waived: bool
    used_by: list[CompatUseDocument]


@dataclass(slots=True)
class CompatUnreadableDocument:
    """A manifest that one side cannot read: what it takes away cannot be told."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    name: str
    path: str
    side: Literal["before", "after"]
    why: str
    waived: bool


@dataclass(slots=True)
class CompatDocument:
    """What `gatekeeper compat` prints: what a change removes or alters of what others may rely on."""

    __pydantic_config__ = _ATTRIBUTE_DOCSTRINGS

    schema: Literal["gatekeeper.compat/1"]
    against: str
    """What it is compared with, as it was named; else the reference of trunk."""
    base: str
    """The commit from which the change counts."""
    change: str
    head: str
    backward_compatible: bool
    items: list[CompatItemDocument]
    unreadable: list[CompatUnreadableDocument]


def compat_json(change: ComparedChange, waived: Collection[str]) -> str:
    """Return the compatibility of a change as JSON."""
    found = change.compatibility
    return document_text(
        CompatDocument(
            schema=SCHEMA,
            against=text(change.against),
            base=change.base,
            change=text(change.name),
            head=change.head,
            backward_compatible=found.is_backward_compatible(waived),
            items=item_documents(found, waived),
            unreadable=unreadable_documents(found, waived),
        )
    )


def item_documents(found: Compatibility, waived: Collection[str] = ()) -> list[CompatItemDocument]:
    """Return the items as JSON has them."""
    return [_item(item, waived) for item in found.items]


def unreadable_documents(found: Compatibility, waived: Collection[str] = ()) -> list[CompatUnreadableDocument]:
    """Return what could not be told as JSON has it."""
    return [_unreadable(one, waived) for one in found.unreadable]


def _item(item: CompatItem, waived: Collection[str]) -> CompatItemDocument:
    return CompatItemDocument(
        name=text(item.name),
        kind=item.kind,
        change=item.change,
        path=text(item.path),
        key=text(format_key(item.key)),
        before=None if item.before is None else text(item.before),
        after=None if item.after is None else text(item.after),
        waived=item.name in waived,
        used_by=[
            CompatUseDocument(text(use.path), text(use.place), text(use.what), [text(tree) for tree in use.trees])
            for use in item.used_by
        ],
    )


def _unreadable(one: Unreadable, waived: Collection[str]) -> CompatUnreadableDocument:
    return CompatUnreadableDocument(text(one.name), text(one.path), one.side, text(one.why), one.name in waived)
