"""Where agents meet: the distinct contents that git would have to merge, and the pairs that only git can judge.

For every path the agents' contents are grouped, so that work follows distinct contents and not pairs of agents. What
an ordered pair (a landed, then b merged) does at a path is a *triple*: what the base holds, what landed(a) holds,
what b holds. Pairs in which renames, directories or several merge bases play a part are *doubtful*: git itself is
asked about those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gatekeeper.core.bits import mask_of, members, union
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange, TreeStates
from gatekeeper.core.relation import Relation
from gatekeeper.core.sites import Site, Users, sites_of
from gatekeeper.core.stacks import Stacks
from gatekeeper.core.tree_shape import TreeShapes
from gatekeeper.core.tree_state import EMPTY_BLOB, State


class Triple(NamedTuple):
    """What stands at one path: in the base, with the first agent landed, and in the second one's branch."""

    base: State
    landed: State
    own: State

    @property
    def is_content(self) -> bool:
        """Whether all three are files, so that git merges their lines."""
        return all(state is not None and state.is_file for state in self)

    @property
    def conflicts_by_kind(self) -> bool:
        """Whether git conflicts here whatever the lines say. Content triples do not.

        Two files without a file as their base are merged against an empty one: that fails unless one of them is empty.
        """
        base, landed, own = self
        if landed is None or own is None or not (landed.is_file and own.is_file):
            return True
        if base is not None and base.is_file:
            return False
        return landed.mode != own.mode or EMPTY_BLOB not in {landed.oid, own.oid}


@dataclass(slots=True)
class Meeting:
    """All triples of three different states, by path, and the doubtful ordered pairs (b -> set of a)."""

    triples: dict[TreePath, dict[Triple, Users]] = field(default_factory=dict)
    doubtful: Users = field(default_factory=dict)

    def add(self, path: TreePath, triple: Triple, second: int, first: int) -> None:
        """Note that landing each of ``first`` before ``second`` brings ``triple`` about."""
        users = self.triples.setdefault(path, {}).setdefault(triple, {})
        users[second] = users.get(second, 0) | first

    def doubt(self, second: int, first: int) -> None:
        """Leave it to git to judge ``second`` merged after each of ``first``."""
        first &= ~(1 << second)
        if first:
            self.doubtful[second] = self.doubtful.get(second, 0) | first


def meet(changes: Sequence[AgentChange], relation: Relation, states: TreeStates, shapes: TreeShapes) -> Meeting:
    """Return where the agents meet. The cost follows the contents at each path and the stacked pairs."""
    meeting = Meeting()
    landing = mask_of(agent for agent, change in enumerate(changes) if change.lands)
    _several_bases(meeting, changes, relation, landing)
    sites = sites_of(changes)
    stacks = Stacks.of(changes, relation, states)
    for path, site in sites.items():
        _independent(meeting, path, site, changes, relation, shapes)
    for path in stacks.paths(sites):
        _stacked(meeting, path, sites.get(path) or Site(), stacks, states, shapes)
    shapes.doubt(meeting.doubt, relation)
    meeting.doubtful = {
        second: known
        for second, firsts in meeting.doubtful.items()
        if landing >> second & 1 and (known := firsts & landing & union(relation.text_rows[second].values()))
    }
    return meeting


def _independent(
    meeting: Meeting,
    path: TreePath,
    site: Site,
    changes: Sequence[AgentChange],
    relation: Relation,
    shapes: TreeShapes,
) -> None:
    """Agents that share no commit beyond trunk: the base is the second agent's fork."""
    if not site.landed:
        return
    for second, (base, own) in site.touched.items():
        forks = changes[second].forks
        partners = relation.text_rows[second].get(forks, 0) if len(forks) == 1 else 0
        for landed, agents in site.landed.items():
            if landed == base:
                continue
            first = agents & partners
            if first:
                _note(meeting, forks[0], path, Triple(base, landed, own), second, first, shapes)


def _note(
    meeting: Meeting, base: Oid, path: TreePath, triple: Triple, second: int, first: int, shapes: TreeShapes
) -> None:
    """Record what needs judging; a deletion against a touch may be a rename, which only git can tell."""
    if triple.base is not None and (triple.landed is None or triple.own is None):
        meeting.doubt(second, shapes.may_rename(base, path, triple.landed, triple.own, second, first))
    if triple.landed != triple.own:
        meeting.add(path, triple, second, first)


def _several_bases(meeting: Meeting, changes: Sequence[AgentChange], relation: Relation, landing: int) -> None:
    """Git merges several merge bases into a virtual one first; it is asked whenever the two could touch."""
    overlays: dict[TreePath, int] | None = None
    for second, row in enumerate(relation.text_rows):
        for bases, first in row.items():
            if len(bases) < 2 or not landing >> second & 1:  # noqa: PLR2004 -- several
                continue
            if bases != changes[second].forks:
                meeting.doubt(second, first & landing)
                continue
            if overlays is None:
                overlays = _overlay_index(changes)
            meets = 0
            for path in changes[second].touched:
                meets |= overlays.get(path, 0)
            meeting.doubt(second, first & landing & meets)


def _overlay_index(changes: Sequence[AgentChange]) -> dict[TreePath, int]:
    index: dict[TreePath, int] = {}
    for agent, change in enumerate(changes):
        for path in change.overlay:
            index[path] = index.get(path, 0) | 1 << agent
    return index


def _stacked(
    meeting: Meeting, path: TreePath, site: Site, stacks: Stacks, states: TreeStates, shapes: TreeShapes
) -> None:
    """Agents that share commits: the base is the newest shared one, where trunk's own state may count as a change."""
    touching = stacks.touching(site)
    bases = list(members(stacks.bases_met(path, touching)))
    involved = touching | union(stacks.seconds[base] | stacks.firsts[base] for base in bases)
    landed = {state: agents & involved for state, agents in site.landed.items() if agents & involved}
    unmoved = involved & ~union(landed.values())
    if unmoved:
        trunk = states.trunk(path)
        landed[trunk] = landed.get(trunk, 0) | unmoved
    owners = stacks.owners(path, site, involved, states)
    put_by: dict[int, State] = {}
    for number in bases:
        commit = stacks.bases[number]
        base = states.base(commit, path)
        moved = stacks.firsts[number] & ~landed.get(base, 0)
        if not moved:
            continue
        for mine, holders in owners.items():
            seconds = holders & stacks.seconds[number]
            if not seconds or mine == base:
                continue
            differing = moved if mine is None else moved & ~landed.get(mine, 0)
            if not differing:
                continue
            put_by = put_by or {agent: state for state, agents in landed.items() for agent in members(agents)}
            for second, partners in stacks.meetings(number, differing, seconds):
                for state, first in _split(partners, landed, put_by):
                    _note(meeting, commit, path, Triple(base, state, mine), second, first, shapes)


def _split(agents: int, landed: Mapping[State, int], put_by: Mapping[int, State]) -> Iterable[tuple[State, int]]:
    """Group ``agents`` by what they put at a path."""
    if len(landed) <= agents.bit_count():
        return [(state, agents & holders) for state, holders in landed.items() if agents & holders]
    groups: dict[State, int] = {}
    for agent in members(agents):
        groups[put_by[agent]] = groups.get(put_by[agent], 0) | 1 << agent
    return groups.items()
