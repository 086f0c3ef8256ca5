"""The text of a ``Cargo.lock``, brought into cargo's order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.splicing.layout import Layout, newline_of
from gatekeeper.core.splicing.sections import Section, sections
from gatekeeper.core.toml_text import inline
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value


def with_packages(text: str, packages: Mapping[str, Value]) -> str:
    """Return ``text`` with its packages in the order of ``packages``, and with the dependencies that they have there.

    What stands before a package is what stood before the one in its place. A text that spells packages in any other
    way than cargo does stays as it is.
    """
    layout, newline = Layout.of(text, CARGO_LOCK), newline_of(text)
    found = sections(layout.items)
    places = [number for number, one in enumerate(found) if one.is_array and one.key[0] == "package"]
    by_key = {found[number].key: found[number] for number in places}
    if by_key.keys() != {("package", key) for key in packages}:
        return text
    leads = [found[number].items[0].lead for number in places]
    for number, lead, (key, package) in zip(places, leads, packages.items(), strict=True):
        found[number] = _with_dependencies(by_key["package", key], lead, table(package).get("dependencies"), newline)
    items = [str(item) for section in found for item in section.items]
    whole = "".join(item if item.endswith("\n") else f"{item}{newline}" for item in items) + layout.closing
    return layout.mark + (whole if text.endswith("\n") else whole.removesuffix(newline))


def _with_dependencies(section: Section, lead: str, wanted: Value | None, newline: str) -> Section:
    items = [replace(section.items[0], lead=lead), *section.items[1:]]
    for number, item in enumerate(items):
        if item.key[2:] == ("dependencies",) and isinstance(wanted, list):
            array = newline.join(["[", *(f" {inline(name)}," for name in wanted), "]"])
            items[number] = replace(item, text=item.text[: item.value_at] + array)
    return Section(section.key, items)
