"""What both sides did, in a sentence with ``{left}`` and ``{right}``, and what would settle it, as TOML text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.rules.cases import dependency_entry, merged_at, set_edits
from gatekeeper.core.schema import CARGO
from gatekeeper.core.toml_text import listed, named, proposed, shown

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import PathCase


def did(one: Disagreement, side: Value | Absent) -> str:
    """Say what a side did to the key of a disagreement."""
    if side is ABSENT:
        return f"removes {named(one.key)}"
    if one.base is ABSENT:
        return f"adds {named(one.key)} = {shown(side)}"
    return f"sets {named(one.key)} to {shown(side)}"


def both_did(one: Disagreement) -> str:
    """Say what both sides did: ``{left} sets K to 1, {right} sets it to 2``."""
    if _is_text(one.base) and _is_text(one.left) and _is_text(one.right):
        left, right = (_lines_said(one.base, side) for side in (one.left, one.right))
        return f"in {named(one.key)}, {{left}} {left}, {{right}} {right}"
    right = f"sets it to {shown(one.right)}" if one.right is not ABSENT else "removes it"
    return f"{{left}} {did(one, one.left)}, {{right}} {right}"


def settled_text(case: PathCase, one: Disagreement) -> str | None:
    """Return what would settle a disagreement as TOML text; a version stands in its whole dependency."""
    if one.settled is None:
        return None
    entry = dependency_entry(one.key) if case.profile is CARGO else None
    if entry is None or one.key != (*entry, "version"):
        return proposed(case.profile, one.key, one.settled)
    merged = merged_at(case, entry)
    return proposed(case.profile, entry, {**(merged if isinstance(merged, dict) else {}), "version": one.settled})


def both_edited_list(one: Disagreement) -> str:
    """Say what both sides did to a list: what they added and took out, or, of a new one, what it holds."""
    if one.base is ABSENT:
        return f"{{left}} defines {named(one.key)} as {shown(one.left)}, {{right}} as {shown(one.right)}"
    left, right = (_edits_said(one.base, side) for side in (one.left, one.right))
    return f"in {named(one.key)}, {{left}} {left}, {{right}} {right}"


def _is_text(value: Value | Absent) -> bool:
    return isinstance(value, str) and "\n" in value


def _lines_said(base: Value | Absent, side: Value | Absent) -> str:
    before, after = (text.splitlines() if isinstance(text, str) else [] for text in (base, side))
    new: list[Value] = [line for line in after if line not in before]
    return f"writes {listed(new[:2])}" if new else "takes lines out"


def _edits_said(base: Value | Absent, side: Value | Absent) -> str:
    added, removed = set_edits(base, side)
    said = [f"adds {listed(added)}"] if added else []
    said += [f"removes {listed(removed)}"] if removed else []
    return " and ".join(said) or "changes the order"
