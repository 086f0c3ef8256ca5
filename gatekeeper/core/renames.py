"""Manifests that one side moved and the other edited: what git merges under the new name.

Git finds the renames; here the pairs that it was asked about get, for a file with just one likely new name, the
triple of texts that git merged there, so that the rules can read it. The caller holds it against git's own answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gatekeeper.core.bits import members
from gatekeeper.core.meeting import Meeting, Triple
from gatekeeper.core.names import TreePath
from gatekeeper.core.relation import Relation
from gatekeeper.core.schema import profile_for
from gatekeeper.core.tree_shape import TreeShapes


class Followed(NamedTuple):
    """What a pair (first landed, then second) brings about at the new name of a file."""

    path: TreePath
    triple: Triple
    first: int
    second: int


def follow_renames(
    meeting: Meeting, relation: Relation, shapes: TreeShapes, pairs: Iterable[tuple[int, int]]
) -> Iterator[Followed]:
    """Yield what the doubtful ``pairs`` merge under new names. Only files that are read as TOML are followed."""
    doubtful = set(pairs)
    for path, triples in meeting.triples.items():
        if profile_for(path) is None:
            continue
        for triple, users in triples.items():
            if triple.base is None or (triple.landed is None) == (triple.own is None):
                continue
            for second, firsts in users.items():
                for first in members(firsts):
                    if (first, second) in doubtful:
                        yield from _followed(path, triple, (first, second), relation, shapes)


def _followed(
    path: TreePath, triple: Triple, pair: tuple[int, int], relation: Relation, shapes: TreeShapes
) -> Iterator[Followed]:
    first, second = pair
    bases = relation.text_bases(first, second)
    mover = first if triple.landed is None else second
    names = shapes.new_names(bases[0], path, mover) if len(bases) == 1 else []
    if len(names) != 1:
        return
    change, name = shapes.changes[mover], names[0]
    if mover == first:
        merged = Triple(triple.base, change.overlay.get(name), triple.own)
    else:
        merged = Triple(triple.base, triple.landed, change.touched.get(name, (None, None))[1])
    if merged.is_content:
        yield Followed(name, merged, first, second)
