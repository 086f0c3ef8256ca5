"""Headers with what stands below them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.core.toml_scan import Form

if TYPE_CHECKING:
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.splicing.layout import Item


@dataclass(slots=True)
class Section:
    """A header with the pairs below it; the first section of a text has the key ``()`` and no header."""

    key: KeyPath
    items: list[Item]

    @property
    def is_array(self) -> bool:
        """Whether it is one table of an array of tables."""
        return bool(self.items) and self.items[0].form is Form.ARRAY_HEADER

    def copied(self, newline: str) -> Section:
        """Return the section for another text: set apart from what goes before it."""
        first = self.items[0]
        lead = first.lead if first.lead.startswith(("\n", "\r\n")) else f"\n{first.lead}"
        items = [replace(first, lead=lead), *self.items[1:]]
        return Section(self.key, [item.with_newlines(newline) for item in items])


def sections(items: Iterable[Item]) -> list[Section]:
    """Return ``items`` cut before every header."""
    found = [Section((), [])]
    for item in items:
        if item.is_header:
            found.append(Section(item.key, []))
        found[-1].items.append(item)
    return found
