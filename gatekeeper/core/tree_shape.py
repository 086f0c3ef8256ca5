"""Which pairs could bring a rename, a renamed directory or a file-against-directory clash into play.

Git looks for a rename only where one side lost a file that the other side touched, for a renamed directory only where
one side emptied a directory into which the other side adds; and either needs a new file that resembles a lost one.
The tests here are wider than git's own, never narrower: what they let through is certain, what they catch is handed
to git.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper.core.bits import members, union
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange, TreeStates
from gatekeeper.core.relation import Relation
from gatekeeper.core.similarity import KnownResemblance, Resemblance
from gatekeeper.core.tree_state import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry, State, parents


@dataclass(frozen=True, slots=True)
class TrunkSince:
    """The files and directories that trunk has lost since a fork."""

    lost: frozenset[TreePath]
    emptied: frozenset[TreePath]


NOTHING_SINCE = TrunkSince(frozenset(), frozenset())

Doubt = Callable[[int, int], None]
"""``doubt(b, mask)``: git is to judge the landing of each agent in the mask followed by b."""


@dataclass(frozen=True, slots=True)
class TreeQuestions:
    """What the shell answers about trees and contents.

    ``has_directory(commit, path)``; ``trunk_files(directory)``: trunk's files below it; ``read(oid)``: a file's bytes.
    """

    has_directory: Callable[[Oid, TreePath], bool]
    trunk_files: Callable[[TreePath], Iterable[TreePath]]
    read: Callable[[Oid], bytes]


@dataclass(slots=True)
class TreeShapes:
    """Per agent: where it adds and removes files; "first" is the one that has landed, "second" the one merged after."""

    changes: Sequence[AgentChange]
    states: TreeStates
    trunk_since: Mapping[Oid, TrunkSince]
    ask: TreeQuestions
    resembling_before: KnownResemblance
    _new: dict[TreePath, dict[Entry, int]] = field(default_factory=dict)
    _changing: dict[TreePath, int] = field(default_factory=dict)
    _adds_under: dict[TreePath, int] = field(default_factory=dict)
    _lacking: dict[tuple[int, TreePath], bool] = field(default_factory=dict)
    _places: dict[Entry, list[tuple[TreePath, int]]] = field(default_factory=dict)
    _resembling: dict[Entry, list[tuple[TreePath, int]]] = field(default_factory=dict)
    _resemblance: Resemblance = field(init=False)
    _below: dict[TreePath, list[TreePath]] = field(default_factory=dict)
    _movers: dict[tuple[Oid, TreePath], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for agent, change in enumerate(self.changes):
            bit = 1 << agent
            for path in change.overlay:
                self._changing[path] = self._changing.get(path, 0) | bit
            for path, state in _held(change):
                holders = self._new.setdefault(path, {})
                holders[state] = holders.get(state, 0) | bit
                if self.states.trunk(path) is None:
                    for directory in parents(path):
                        self._adds_under[directory] = self._adds_under.get(directory, 0) | bit
        deltas = self.states.deltas.values()
        somewhere_missing = {path for delta in deltas for path, state in delta.items() if state is None}
        for path, holders in self._new.items():
            # Only a file that some base lacks can be the new name of another one.
            if path in somewhere_missing or self.states.trunk(path) is None:
                for entry, agents in holders.items():
                    self._places.setdefault(entry, []).append((path, agents))
        files = [*self._places]
        files += [there for path in somewhere_missing if (there := self.states.trunk(path)) is not None]
        oids = frozenset(file.oid for file in files if file.is_file)
        self._resemblance = Resemblance(self.ask.read, oids, self.resembling_before)

    @property
    def resembling(self) -> KnownResemblance:
        """Return which files could be other names of which, as far as anybody asked."""
        return self._resemblance.known

    def movers(self, base: Oid, path: TreePath) -> int:
        """Return the agents with a file, new since ``base``, that resembles what ``base`` holds at ``path``.

        Only these can be seen by git as having renamed it.
        """
        known = self._movers.get((base, path))
        if known is None:
            lost = self.states.base(base, path)
            known = 0
            if lost is not None:
                for place, agents in self._resembling_to(lost):
                    if agents & ~known and self.states.base(base, place) is None:
                        known |= agents
                if self._trunk_names(base, path):
                    known = (1 << len(self.changes)) - 1
            self._movers[base, path] = known
        return known

    def new_names(self, base: Oid, path: TreePath, agent: int) -> list[TreePath]:
        """Return the files, new since ``base``, under which the agent may have put what ``base`` holds at ``path``."""
        lost = self.states.base(base, path)
        if lost is None:
            return []
        places = self._resembling_to(lost)
        found = {place for place, agents in places if agents >> agent & 1 and self.states.base(base, place) is None}
        return sorted(found)

    def _resembling_to(self, lost: Entry) -> list[tuple[TreePath, int]]:
        """Return the places of files that resemble ``lost``, each with the agents who put them there."""
        known = self._resembling.get(lost)
        if known is None:
            # Links and submodules are only ever followed unchanged.
            alike = self._resemblance.to(lost.oid) if lost.is_file else frozenset((lost.oid,))
            known = self._resembling[lost] = [
                place for entry in self._entries_of(alike) for place in self._places[entry]
            ]
        return known

    def _entries_of(self, oids: Iterable[Oid]) -> list[Entry]:
        modes = (REGULAR, EXECUTABLE, SYMLINK, SUBMODULE)
        return [entry for oid in oids for mode in modes if (entry := Entry(mode, oid)) in self._places]

    def may_rename(self, base: Oid, path: TreePath, landed: State, own: State, second: int, first: int) -> int:
        """Return the agents of ``first`` with which a file lost on either side could have been renamed."""
        doubtful = 0
        movers = self.movers(base, path)
        if landed is None:
            doubtful |= first & movers
        if own is None and movers >> second & 1:
            doubtful |= first
        return doubtful

    def doubt(self, doubt: Doubt, relation: Relation) -> None:
        """Name every ordered pair in which directories or trunk's own losses could matter."""
        emptied: dict[TreePath, int] = {}
        for agent, change in enumerate(self.changes):
            removed = [path for path, state in change.overlay.items() if state is None]
            for directory in self._emptied_by(agent, removed):
                emptied[directory] = emptied.get(directory, 0) | 1 << agent
        for second, change in enumerate(self.changes):
            added = {path for path, (base, own) in change.touched.items() if base is None and own is not None}
            removed = [path for path, (base, own) in change.touched.items() if own is None and base is not None]
            mask = self._trunk_losses(second, added, removed) | self._followed(second)
            for directory in _all_parents(added):
                mask |= emptied.get(directory, 0)
            for directory in self._emptied_by(second, removed):
                mask |= self._adds_under.get(directory, 0)
            if mask:
                doubt(second, mask)
        self._doubt_stacked(doubt, relation)
        self._doubt_files_as_directories(doubt)

    def _since(self, agent: int) -> list[tuple[Oid, TrunkSince]]:
        return [(fork, self.trunk_since.get(fork, NOTHING_SINCE)) for fork in self.changes[agent].forks]

    def _trunk_losses(self, agent: int, added: set[TreePath], removed: Sequence[TreePath]) -> int:
        """Trunk's own losses since the fork are the first side's as well, whoever lands first."""
        mask = 0
        directories = _all_parents(added)
        for fork, since in self._since(agent):
            again = since.lost.intersection(removed)
            if not since.emptied.isdisjoint(directories):
                again |= {path for path in since.lost if not directories.isdisjoint(parents(path))}
            for path in again:
                mask |= self.movers(fork, path)
        return mask

    def _followed(self, agent: int) -> int:
        """Return the agents that change a path to which git, landing ``agent``, followed a rename of trunk's own.

        Where the agent and trunk made the same edit, landing shows nothing at the new name: what trunk may have called
        the file since then counts as well.
        """
        change = self.changes[agent]
        names = change.overlay.keys() - change.touched.keys()
        for fork, since in self._since(agent):
            for path in since.lost.intersection(change.touched):
                names |= self._trunk_names(fork, path)
        return union(self._changing.get(path, 0) for path in names)

    def _trunk_names(self, base: Oid, path: TreePath) -> set[TreePath]:
        """Return trunk's files, new since ``base``, that resemble what ``base`` holds at ``path``."""
        lost = self.states.base(base, path)
        if lost is None:
            return set()
        alike = self._resemblance.to(lost.oid) if lost.is_file else frozenset((lost.oid,))
        gained = (name for name, state in self.states.deltas[base].items() if state is None)
        return {name for name in gained if (entry := self.states.trunk(name)) is not None and entry.oid in alike}

    def _emptied_by(self, agent: int, removed: Iterable[TreePath]) -> set[TreePath]:
        """Return the directories from which the agent took the last file, if it may have moved one elsewhere."""
        moved = [
            path for path in removed if any(self.movers(fork, path) >> agent & 1 for fork in self.changes[agent].forks)
        ]
        return {directory for directory in _all_parents(moved) if self._lacks(agent, directory)}

    def _lacks(self, agent: int, directory: TreePath) -> bool:
        known = self._lacking.get((agent, directory))
        if known is None:
            known = not self.ask.has_directory(self.changes[agent].commit, directory) or self._halved(agent, directory)
            self._lacking[agent, directory] = known
        return known

    def _halved(self, agent: int, directory: TreePath) -> bool:
        """Return whether trunk and the agent each removed a part of the directory, and together all of it."""
        prefix = f"{directory}/"
        if not any(path.startswith(prefix) for _, since in self._since(agent) for path in since.lost):
            return False
        overlay = self.changes[agent].overlay
        return all(path in overlay and overlay[path] is None for path in self.ask.trunk_files(directory))

    def _doubt_stacked(self, doubt: Doubt, relation: Relation) -> None:
        """For stacked agents a shared commit is the base: files that only it has can be lost as well."""
        for base, users in relation.stacked_pairs().items():
            for directory, losses in self._lost_from(base, users).items():
                adding = self._adding_since(base, directory)
                if not adding:
                    continue
                losers = union(agents & self.movers(base, path) for path, agents in losses)
                for second, first in users.items():
                    if losers >> second & 1:
                        doubt(second, adding & first)
                    if adding >> second & 1:
                        doubt(second, losers & first)

    def _lost_from(self, base: Oid, users: Mapping[int, int]) -> dict[TreePath, list[tuple[TreePath, int]]]:
        """Return directory -> (path in it, agents that lost the path and emptied the directory since ``base``)."""
        involved = union(users.values()) | sum(1 << second for second in users)
        lost: dict[TreePath, list[tuple[TreePath, int]]] = {}
        for path, state in self.states.deltas[base].items():
            if state is None or self.states.trunk(path) is not None:
                continue
            without = involved & ~union(self._new.get(path, {}).values())
            for directory in parents(path) if without else ():
                agents = without & ~self._adds_under.get(directory, 0)
                if agents:
                    lost.setdefault(directory, []).append((path, agents))
        return lost

    def _adding_since(self, base: Oid, directory: TreePath) -> int:
        mask = 0
        if self._adds_under.get(directory):
            for path in self._under(directory):
                if self.states.base(base, path) is None:
                    mask |= union(self._new[path].values())
        return mask

    def _under(self, directory: TreePath) -> Sequence[TreePath]:
        if not self._below:
            for path in self._new:
                for parent in parents(path):
                    self._below.setdefault(parent, []).append(path)
        return self._below.get(directory, ())

    def _doubt_files_as_directories(self, doubt: Doubt) -> None:
        files = {path: union(holders.values()) for path, holders in self._new.items()}
        below: dict[TreePath, int] = {}
        for path, agents in files.items():
            for directory in parents(path):
                below[directory] = below.get(directory, 0) | agents
        for path in files.keys() & below.keys():
            for second in members(below[path]):
                doubt(second, files[path])
            for second in members(files[path]):
                doubt(second, below[path])


def _held(change: AgentChange) -> set[tuple[TreePath, Entry]]:
    """Return what the change puts anywhere, on its branch or landed."""
    held = {(path, state) for path, state in change.overlay.items() if state is not None}
    held.update((path, own) for path, (_, own) in change.touched.items() if own is not None)
    return held


def _all_parents(paths: Iterable[TreePath]) -> set[TreePath]:
    found: set[TreePath] = set()
    for path in paths:
        found.update(parents(path))
    return found
