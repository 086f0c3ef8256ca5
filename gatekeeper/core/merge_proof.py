"""The proof of a merge: that a text says the merged values, and that no comment was lost or put to something else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import rtoml

from gatekeeper.core.document import Document, parse
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.splicing.comments import comments, due_comments, most_comments
from gatekeeper.core.splicing.layout import Layout
from gatekeeper.core.splicing.owned_comments import (
    due_by_owner,
    is_placed_as_on_a_side,
    owned_comments,
    owners,
    with_comments,
)
from gatekeeper.core.splicing.value_text import agree

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile
    from gatekeeper.core.splicing.owned_comments import Owned
    from gatekeeper.core.splicing.side import Side


@dataclass(frozen=True)
class Proof:
    """What a merge of three versions has to be. ``base`` None: both sides have added the file."""

    profile: Profile
    base: Side | None
    ours: Side
    theirs: Side

    def proven(self, candidate: str, wanted: dict[str, Value]) -> str | None:
        """Return the candidate, with comments that it lacks, if it can be proven to be the merge."""
        if not self.says(candidate, wanted):
            return None
        missing = self.due_comments - comments(candidate)
        if missing:
            candidate = with_comments(Layout.of(candidate, self.profile), missing, self._layouts)
            if not self.says(candidate, wanted) or not self.has_comments(candidate):
                return None
        return candidate if self._places_comments(candidate) else None

    def _places_comments(self, text: str) -> bool:
        # Cargo writes no comments into a lock file but the one above it all.
        if self.profile is CARGO_LOCK or "#" not in text:
            return True
        return is_placed_as_on_a_side(Layout.of(text, self.profile), self._known)

    def says(self, text: str, wanted: dict[str, Value]) -> bool:
        """Return whether the text says ``wanted``, in arrays where the sides have arrays."""
        read = parse(text.encode("utf-8", "surrogatepass"), self.profile)
        if not isinstance(read, Document) or not agree(self.profile, (), read.tree, wanted):
            return False
        # Arrays whose entries have names are tables to whoever compares values.
        named = {name for name in wanted if self.profile.identity_array((name,))}
        return not named or named & _arrays(text) >= named & self._arrays

    def has_comments(self, text: str) -> bool:
        """Return whether every comment is in ``text`` that has to be."""
        return self.due_comments <= comments(text)

    def doubles_comments(self, text: str) -> bool:
        """Return whether a comment came to stand more often than both sides together have it."""
        return not comments(text) <= self._most

    @cached_property
    def due_comments(self) -> Counter[str]:
        """The comments that must be there."""
        of_text = due_comments(*self._comments)
        if self.profile is CARGO_LOCK:
            return of_text
        return of_text | (due_by_owner(self._owned_before, *self._owned) & self._most)

    @cached_property
    def _arrays(self) -> set[str]:
        return _arrays(self.ours.text) | _arrays(self.theirs.text)

    @cached_property
    def _most(self) -> Counter[str]:
        return most_comments(*self._comments)

    @cached_property
    def _comments(self) -> tuple[Counter[str], Counter[str], Counter[str]]:
        before = comments("" if self.base is None else self.base.text)
        return before, comments(self.ours.text), comments(self.theirs.text)

    @cached_property
    def _owned_before(self) -> Counter[Owned]:
        return Counter() if self.base is None else owned_comments(self.base.layout)

    @cached_property
    def _owned(self) -> tuple[Counter[Owned], Counter[Owned]]:
        ours, theirs = (owned_comments(layout) for layout in self._layouts)
        return ours, theirs

    @cached_property
    def _known(self) -> Mapping[str, Collection[KeyPath | None]]:
        return owners(self._owned)

    @property
    def _layouts(self) -> tuple[Layout, Layout]:
        return self.ours.layout, self.theirs.layout


def _arrays(text: str) -> set[str]:
    return {name for name, value in rtoml.loads(text.removeprefix("\ufeff")).items() if isinstance(value, list)}
