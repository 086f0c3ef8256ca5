"""Which pairs of agents are compared on which base, without a table of all pairs.

Two kinds of base are kept apart. The *text base* of (a landed, b merged after it) is what git uses; it can differ
with the order. The *meaning base* of an unordered pair is trunk for agents that share no commit beyond it, and the
newest shared commit for stacked ones: what both changes are changes of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gatekeeper.core.bits import mask_of, members
from gatekeeper.core.commit_graph import Bases, CommitGraph
from gatekeeper.core.names import Oid

B = TypeVar("B")

TRUNK_BASE = 0
"""The number of trunk among the meaning bases."""


@dataclass(slots=True)
class Relation:
    """Pairs and their bases. Agents and meaning bases are numbered; sets of either are bit masks.

    ``forks[b]`` are the merge bases of b and trunk.
    ``text_rows[b]`` maps the merge bases of b to the agents that, landed before b, give these bases.
    ``meaning_rows[b]`` maps a meaning base's number to the agents that b meets on it (never b itself).
    """

    forks: tuple[Bases, ...]
    meaning_bases: tuple[Oid, ...]
    text_rows: tuple[dict[Bases, int], ...]
    meaning_rows: tuple[dict[int, int], ...]
    _row_bases: tuple[int, ...] = field(init=False)
    _stacked_pairs: dict[Oid, dict[int, int]] | None = field(init=False, default=None)
    _on_base: dict[int, int] = field(init=False, default_factory=dict)
    _on_bases: dict[int, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._row_bases = tuple(mask_of(row) for row in self.meaning_rows)

    @property
    def agent_count(self) -> int:
        """Return how many agents there are."""
        return len(self.forks)

    @property
    def base_count(self) -> int:
        """Return how many meaning bases there are, trunk included."""
        return len(self.meaning_bases)

    @property
    def everyone(self) -> int:
        """Return the set of all agents."""
        return (1 << self.agent_count) - 1

    def bicliques(self, left: int, right: int, bases: int) -> tuple[tuple[int, int], ...]:
        """Return the pairs {a in left, b in right} whose meaning base is in ``bases``.

        They come as (left mask, right mask) products; every unordered pair is in exactly one, in one direction.
        """
        meeting = self.meeting_on(bases)
        if not (left & meeting and right & meeting):
            return ()
        if left.bit_count() < right.bit_count():
            return tuple((mine, other) for other, mine in self._products(right, left, bases))
        return self._products(left, right, bases)

    def _products(self, left: int, right: int, bases: int) -> tuple[tuple[int, int], ...]:
        both = left & right
        rows: dict[int, int] = {}
        for b in members(right & self.meeting_on(bases)):
            mask = left & self._partners(b, bases)
            if both >> b & 1:
                # A pair that could be read either way is read with the lower number on the left.
                mask &= ~(both >> b << b)
            if mask:
                rows[mask] = rows.get(mask, 0) | 1 << b
        return tuple(rows.items())

    def meeting_on(self, bases: int) -> int:
        """Return the agents that meet any other on one of ``bases``."""
        known = self._on_bases.get(bases)
        if known is None:
            known = _united(self._meeting_on_each(), bases & (1 << self.base_count) - 1)
            self._on_bases[bases] = known
        return known

    def _meeting_on_each(self) -> Mapping[int, int]:
        if not self._on_base:
            self._on_base = dict.fromkeys(range(self.base_count), 0)
            for agent, row in enumerate(self.meaning_rows):
                for base in row:
                    self._on_base[base] |= 1 << agent
        return self._on_base

    def _partners(self, agent: int, bases: int) -> int:
        """Return the agents that ``agent`` meets on one of ``bases``."""
        row = self.meaning_rows[agent]
        wanted = bases & self._row_bases[agent]
        other = self._row_bases[agent] & ~bases
        if other.bit_count() < wanted.bit_count():
            return self.everyone & ~(1 << agent) & ~_united(row, other)
        return _united(row, wanted)

    def only(self, agents: int) -> Relation:
        """Return the relation of the pairs that have at least one of ``agents``."""

        def kept(rows: tuple[dict[B, int], ...]) -> tuple[dict[B, int], ...]:
            return tuple(
                row if agents >> b & 1 else {base: mask & agents for base, mask in row.items() if mask & agents}
                for b, row in enumerate(rows)
            )

        return Relation(self.forks, self.meaning_bases, kept(self.text_rows), kept(self.meaning_rows))

    def text_bases(self, first: int, second: int) -> Bases:
        """Return git's merge bases when ``second`` is merged after ``first`` has landed."""
        return next(bases for bases, agents in self.text_rows[second].items() if agents >> first & 1)

    def stacked_pairs(self) -> dict[Oid, dict[int, int]]:
        """Return shared commit -> (b -> the agents that, landed before b, have just this commit as base with b)."""
        if self._stacked_pairs is None:
            pairs: dict[Oid, dict[int, int]] = {}
            for second, row in enumerate(self.text_rows):
                for bases, first in row.items():
                    if len(bases) == 1 and bases != self.forks[second]:
                        pairs.setdefault(bases[0], {})[second] = first
            self._stacked_pairs = pairs
        return self._stacked_pairs


def _united(row: Mapping[int, int], bases: int) -> int:
    """Return the agents that ``row`` has on any of ``bases``. Asked too often for an iterator over the bits."""
    found = 0
    while bases:
        low = bases & -bases
        found |= row[low.bit_length() - 1]
        bases ^= low
    return found


def relate(graph: CommitGraph, trunk: Oid) -> Relation:
    """Return the relation of all agents of ``graph``; cost grows with the stacked pairs, not with all pairs."""
    count = len(graph.shared)
    everyone = (1 << count) - 1
    holders: dict[int, int] = {}
    for agent, bits in enumerate(graph.shared):
        for junction in members(bits):
            holders[junction] = holders.get(junction, 0) | 1 << agent
    base_number: dict[Oid, int] = {trunk: TRUNK_BASE}
    # Merge bases follow from what two agents share and where the second one forked: many pairs have both in common.
    bases_of: dict[tuple[int, Bases], Bases] = {}
    newest_of: dict[int, int] = {}
    text_rows: list[dict[Bases, int]] = []
    meaning_rows: list[dict[int, int]] = []
    for agent, bits in enumerate(graph.shared):
        others = everyone ^ 1 << agent
        text: dict[Bases, int] = {}
        meaning: dict[int, int] = {}
        forks = graph.forks[agent]
        for common, mask in _stacked_on(agent, bits, graph.shared, holders):
            others &= ~mask
            merge_bases = bases_of.get((common, forks))
            if merge_bases is None:
                merge_bases = bases_of[common, forks] = graph.merge_bases(common, agent)
            text[merge_bases] = text.get(merge_bases, 0) | mask
            number = newest_of.get(common)
            if number is None:
                newest = graph.junctions[graph.newest_shared(common)[0]]
                number = newest_of[common] = base_number.setdefault(newest, len(base_number))
            meaning[number] = meaning.get(number, 0) | mask
        if others:
            text[forks] = text.get(forks, 0) | others
            meaning[TRUNK_BASE] = others
        text_rows.append(text)
        meaning_rows.append(meaning)
    return Relation(graph.forks, tuple(base_number), tuple(text_rows), tuple(meaning_rows))


def _stacked_on(agent: int, bits: int, shared: Sequence[int], holders: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield (common junctions, agents) for the agents that share a commit beyond trunk with ``agent``."""
    related = 0
    for junction in members(bits):
        related |= holders[junction]
    by_common: dict[int, int] = {}
    for other in members(related & ~(1 << agent)):
        common = bits & shared[other]
        by_common[common] = by_common.get(common, 0) | 1 << other
    yield from by_common.items()
