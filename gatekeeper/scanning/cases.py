"""What path rules are asked about, and what they answer, with the places in the text."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from gatekeeper.core.grouping import View
from gatekeeper.core.names import TreePath
from gatekeeper.core.rules.model import GitVerdict, Hit
from gatekeeper.core.spans import Span
from gatekeeper.core.tree_state import State


class Case(NamedTuple):
    """A path, what the base and the two sides hold there, and git's verdict."""

    path: TreePath
    view: View
    git: GitVerdict

    @property
    def upright(self) -> Case:
        """The one of this case and its mirror image that the rules are asked about: what they say is then one thing."""
        base, left, right = self.view
        return self if oid_of(left) <= oid_of(right) else Case(self.path, View(base, right, left), self.git)


class Spotted(NamedTuple):
    """A hit, and where its two sides stand in their texts."""

    hit: Hit
    left: Span | None
    right: Span | None

    @property
    def mirrored(self) -> Spotted:
        """The same hit with its sides exchanged."""
        return Spotted(mirror_hit(self.hit), self.right, self.left)


def mirror_hit(hit: Hit) -> Hit:
    """Return ``hit`` with its sides exchanged, in its words as well."""
    if hit.right is None:
        return hit
    message = hit.message.replace("{left}", "{\0}").replace("{right}", "{left}").replace("{\0}", "{right}")
    return replace(hit, left=hit.right, right=hit.left, message=message)


def oid_of(state: State) -> str:
    """Return the object id, empty where there is nothing."""
    return "" if state is None else state.oid
