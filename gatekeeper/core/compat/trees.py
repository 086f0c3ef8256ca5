"""The two trees that are compared, and the changes of others, as one view of symbols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gatekeeper.core.bits import mask_of
from gatekeeper.core.combination import Question, Standing
from gatekeeper.core.compat.items import Unreadable
from gatekeeper.core.document import Document, ParseFailure
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.relation import Relation
from gatekeeper.core.schema import CARGO, CARGO_LOCK, CARGO_MAKE, profile_for
from gatekeeper.core.symbol_index import PathStates
from gatekeeper.core.symbols import FileFacts, Kind, Symbol
from gatekeeper.core.tree_paths import join
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.core.values import table
from gatekeeper.core.workspace_view import WorkspaceView

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.schema import Profile

Listing = Mapping[TreePath, Entry]
"""Every path of a tree."""

_HEAD = 1


class Reader(Protocol):
    """How blobs are read."""

    def facts(self, path: TreePath, oid: Oid) -> FileFacts | None:
        """Return what a file states; None where it cannot be read."""

    def parsed(self, profile: Profile, oid: Oid) -> Document | ParseFailure:
        """Return what a blob holds, or why it cannot be read."""

    def text(self, oid: Oid) -> bytes:
        """Return a blob's bytes."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another branch: what it changes, as (at its fork from trunk, in its own tree)."""

    name: str
    changes: Mapping[TreePath, tuple[State, State]]


@dataclass(frozen=True, slots=True)
class Trees:
    """What is compared, and how to read it."""

    base: Listing
    head: Listing
    read: Reader


class Side:
    """What of the view stands in one of the two trees."""

    def __init__(self, trees: Trees, listing: Listing, view: WorkspaceView, holds: Callable[[Standing], bool]) -> None:
        self._trees = trees
        self.listing = listing
        self.view = view
        self.holds = holds

    def has(self, kind: Kind, *name: str) -> bool:
        """Return whether the symbol is defined here."""
        return self.holds(self.view.index.standing(Symbol(kind.value, name)))

    def of_kind(self, kind: Kind) -> Iterator[Symbol]:
        """Yield the symbols of a kind that are defined here, sorted."""
        index = self.view.index
        return (symbol for symbol in index.of_kind(kind) if self.holds(index.standing(symbol)))

    def tree(self, path: str) -> Mapping[str, Value]:
        """Return what the manifest at ``path`` says; what the other side says where this one cannot be read."""
        place = TreePath(path)
        if place not in self.listing:
            return {}
        for listing in (self.listing, self._trees.base, self._trees.head):
            found = _document(self._trees.read, place, listing.get(place))
            if isinstance(found, Document):
                return found.tree
        return {}

    def root_of(self, directory: str) -> str | None:
        """Return the root of the workspace around ``directory``."""
        for root in self.view.index.roots_of(directory):
            if all(self.holds(atom.standing) for atom in root.atoms):
                return root.directory
        return None

    def shared(self, root: str | None) -> Mapping[str, Value]:
        """Return the ``[workspace.dependencies]`` of a root."""
        if root is None:
            return {}
        return table(table(self.tree(join(root, "Cargo.toml")).get("workspace")).get("dependencies"))

    def bits(self, question: Question) -> int:
        """Return which atoms of ``question`` stand here."""
        return mask_of(number for number, standing in enumerate(question.standings) if self.holds(standing))


class Sides:
    """Both trees."""

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        self.view = view_of(trees)
        self.old = Side(trees, trees.base, self.view, lambda standing: bool(standing.bases))
        self.new = Side(trees, trees.head, self.view, lambda standing: bool(standing.agents & _HEAD))

    def differs(self, *paths: str) -> bool:
        """Return whether one of the files is another one, or there on one side only."""
        return any(self.trees.base.get(TreePath(path)) != self.trees.head.get(TreePath(path)) for path in paths)

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """The manifests of cargo and cargo-make on both sides of which one cannot be read and the other is changed."""
        return tuple(self._unreadable())

    def _unreadable(self) -> Iterator[Unreadable]:
        base, head = self.trees.base, self.trees.head
        for path in sorted(base.keys() & head.keys()):
            if profile_for(path) not in {CARGO, CARGO_MAKE} or base[path] == head[path]:
                continue
            for listing, side in ((base, "before"), (head, "after")):
                found = _document(self.trees.read, path, listing[path])
                if isinstance(found, ParseFailure):
                    where = f"line {found.line}, column {found.column}: " if listing[path].is_file else ""
                    yield Unreadable(path, "before" if side == "before" else "after", where + found.message)
                    break


def view_of(trees: Trees, others: Iterable[Other] = ()) -> WorkspaceView:
    """Return both trees as one view: the base as the only base, the head as the first agent.

    Each of ``others`` follows as an agent that has its own changes on top of the head.
    """
    changes = [other.changes for other in others]
    agents = (1 << (1 + len(changes))) - 1
    paths = {path for listing in (trees.base, trees.head, *changes) for path in listing if is_manifest(path)}
    base, head = trees.base, trees.head
    return WorkspaceView(
        relation=_relation(1 + len(changes)),
        paths=[states_at(trees, changes, path) for path in sorted(paths)],
        facts=trees.read.facts,
        existence={path: Standing(agents * (path in head), int(path in base)) for path in base.keys() ^ head.keys()},
        trunk_paths=base.keys(),
    )


def states_at(trees: Trees, changes: Iterable[Mapping[TreePath, tuple[State, State]]], path: TreePath) -> PathStates:
    """Return what stands at a path for the base, the head and each of the others."""
    found: dict[Oid | None, Standing] = {}

    def put(state: State, standing: Standing) -> None:
        # A link in place of a manifest cannot be read as one, which is not the same as none.
        oid = None if state is None else state.oid
        found[oid] = found.get(oid, Standing(0, 0)) | standing

    put(trees.base.get(path), Standing(0, 1))
    like_head = _HEAD
    for number, changed in enumerate(changes, 1):
        if path in changed:
            put(changed[path][1], Standing(1 << number, 0))
        else:
            like_head |= 1 << number
    put(trees.head.get(path), Standing(like_head, 0))
    return PathStates(path, tuple(found.items()))


def is_manifest(path: TreePath) -> bool:
    """Return whether the file states facts that tie the files of a workspace together."""
    profile = profile_for(path)
    return profile is not None and profile is not CARGO_LOCK


def _document(read: Reader, path: TreePath, entry: Entry | None) -> Document | ParseFailure | None:
    profile = profile_for(path)
    if profile is None or entry is None:
        return None
    if not entry.is_file:
        return ParseFailure("it is no file", 1, 1)
    return read.parsed(profile, entry.oid)


def _relation(agents: int) -> Relation:
    """Return a relation in which nobody meets: what is compared here are trees, not pairs."""
    nowhere = Oid("")
    return Relation(
        forks=((nowhere,),) * agents, meaning_bases=(nowhere,), text_rows=({},) * agents, meaning_rows=({},) * agents
    )
