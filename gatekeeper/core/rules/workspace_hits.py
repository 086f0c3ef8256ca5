"""Hits made of what a workspace view finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.rules.model import Hit, HitSide, RuleInfo
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

if TYPE_CHECKING:
    from gatekeeper.core.combination import Answer, Deed
    from gatekeeper.core.cycles import Cycle
    from gatekeeper.core.symbol_index import Use
    from gatekeeper.core.wide_cycles import WideCycle


def dangling_hit(
    info: RuleInfo,
    view: WorkspaceView,
    found: Dangling,
    message: str,
    proposal: str | None = None,
) -> WorkspaceHit:
    """Return the hit of a reference (right) whose definition is taken away (left)."""
    definition, reference = found.definition, found.reference
    left = HitSide(definition.path, definition.key, before=view.index.shown(definition))
    right = HitSide(reference.path, reference.key, after=reference.value)
    hit = Hit(info.id, definition.key, left, right, message, proposal)
    return WorkspaceHit(hit, found.left, found.right)


def combined_hit(
    info: RuleInfo, answer: Answer, deeds: tuple[Deed, Deed], message: str, proposal: str | None = None
) -> WorkspaceHit:
    """Return the hit of two changes that are at fault together, each at its own place."""
    left, right = map(_side, deeds)
    return WorkspaceHit(Hit(info.id, left.key, left, right, message, proposal), answer.left, answer.right)


def _side(deed: Deed) -> HitSide:
    path, key, shown = deed.place
    return HitSide(path, key, after=shown) if deed.added else HitSide(path, key, before=shown)


def use_atom(use: Use) -> Atom:
    """Return the atom of a reference."""
    reference = use.reference
    return Atom(use.standing, Place(reference.path, reference.key, reference.value))


def cycle_hit(info: RuleInfo, cycle: Cycle, what: str) -> WorkspaceHit:
    """Return the hit of a cycle that each side closes at its place."""
    chain = " -> ".join(named(node) for node in (*cycle.nodes, cycle.nodes[0]))
    left, right = map(_side, (cycle.left_deed, cycle.right_deed))
    message = f"{what}{chain}. {{left}} and {{right}} each add a part of it."
    return WorkspaceHit(Hit(info.id, left.key, left, right, message), cycle.left, cycle.right)


def wide_cycle_hit(info: RuleInfo, cycle: WideCycle, what: str) -> WorkspaceHit:
    """Return the hit of a cycle that takes three changes or more, each with its place."""
    chain = " -> ".join(named(node) for node in (*cycle.nodes, cycle.nodes[0]))
    left, right, *others = (HitSide(place.path, place.key, after=place.shown) for _, place in cycle.sides)
    message = f"{what}{chain}. {{left}}, {{right}} and {{others}} each add a part of it; no two of them close it."
    masks = [agents for agents, _ in cycle.sides]
    hit = Hit(info.id, left.key, left, right, message, others=tuple(others))
    return WorkspaceHit(hit, masks[0], masks[1], tuple(masks[2:]))


def crate_in(directory: str) -> str:
    """Return how messages speak of the place of a crate."""
    return f"in {named(directory)}" if directory else "at the top of the tree"


def named(text: str) -> str:
    """Return ``text`` as messages quote names."""
    return f"`{text}`"
