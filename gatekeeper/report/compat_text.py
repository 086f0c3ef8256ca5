"""What a change takes away from others, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.names import format_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from gatekeeper.core.compat.items import Compatibility, CompatItem, Use
    from gatekeeper.report.page import Page
    from gatekeeper.scanning.compat import ComparedChange

_SHORT_OID = 10
_USES_SHOWN = 6
_ITEMS_SHOWN = 20


def write_compat(change: ComparedChange, waived: Collection[str], page: Page, *, everything: bool = False) -> None:
    """Write the compatibility of a change; without ``everything`` only the first items and uses."""
    found = change.compatibility
    since = f" since {change.base[:_SHORT_OID]}, against {change.against}"
    page.line((change.name, "bold"), f" at {change.head[:_SHORT_OID]}", (since, "dim"))
    page.blank()
    if not found.names:
        page.line("Backward compatible: nothing is removed or altered that others may rely on.")
        return
    write_items(found, waived, page, everything=everything)
    page.blank()
    page.line((verdict(found, waived), "bold"))


def write_items(found: Compatibility, waived: Collection[str], page: Page, *, everything: bool) -> None:
    """Write all items with those who use them, and what could not be told."""
    shown = found.items if everything else found.items[:_ITEMS_SHOWN]
    for item in shown:
        _item(item, page, is_waived=item.name in waived, everything=everything)
    if len(shown) < len(found.items):
        page.line((f"and {len(found.items) - len(shown)} more (--all)", "dim"))
    for one in found.unreadable:
        mark = ("  waived", "dim") if one.name in waived else ""
        page.line((one.name, "bold"), "  cannot be told", mark)
        page.line(f"{one.side} the change: {one.why}", indent=2)


def verdict(found: Compatibility, waived: Collection[str] = ()) -> str:
    """Return in one line whether the change is backward compatible, and by what it is not."""
    if not found.names:
        return "Backward compatible."
    if found.is_backward_compatible(waived):
        return "Backward compatible: all of it is waived."
    counts = {change: sum(item.change == change for item in found.items) for change in ("removed", "altered")}
    parts = [f"{count} {change}" for change, count in counts.items() if count]
    parts += [f"{len(found.unreadable)} cannot be told"] if found.unreadable else []
    given = sum(name in waived for name in found.names)
    parts += [f"{given} waived"] if given else []
    return f"Not backward compatible: {', '.join(parts)}."


def _item(item: CompatItem, page: Page, *, is_waived: bool, everything: bool) -> None:
    mark = ("  waived", "dim") if is_waived else ""
    page.line((item.name, "bold"), f"  {item.change}", mark)
    key = format_key(item.key)
    page.line((item.path + (f"  {key}" if key else ""), "dim"), indent=2)
    if item.change == "altered":
        page.line(f"{item.before or 'nothing'} → {item.after or 'nothing'}", indent=2)
    elif item.after is not None:
        page.line(f"now {item.after}", indent=2)
    shown = item.used_by if everything else item.used_by[:_USES_SHOWN]
    for use in shown:
        page.line(_use(use), indent=2)
    if len(shown) < len(item.used_by):
        page.line((f"and {len(item.used_by) - len(shown)} more uses (--all)", "dim"), indent=2)


def _use(use: Use) -> str:
    place = f"{use.path}  {use.place}" if use.place else use.path
    where = f" ({', '.join(use.trees)})" if use.trees else ""
    return f"used by {place}{where}: {use.what}"
