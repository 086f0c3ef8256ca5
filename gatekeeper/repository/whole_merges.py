"""Git's own merge of two commits, with all that it says of it (``git merge-tree --stdin``, git >= 2.39)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.tree_state import Entry, State
from gatekeeper.errors import BadInputError, GitCommandError
from gatekeeper.repository.objects import FETCH, ObjectStore

_CONFLICT = "CONFLICT"
_UNRELATED = "unrelated histories"
_MISSING = "unable to read"


class Stages(NamedTuple):
    """What base, ours and theirs have at a path in conflict."""

    base: State
    ours: State
    theirs: State


@dataclass(frozen=True, slots=True)
class Said:
    """A conflict as git words it: the path it is about first, git's name for the kind, and the sentence."""

    paths: tuple[TreePath, ...]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class WholeMerge:
    """The tree that git makes (with markers where it conflicts), and what it conflicts on.

    ``stages`` have the names that git gives to files that it moves aside.
    """

    tree: Oid
    stages: Mapping[TreePath, Stages]
    conflicts: tuple[Said, ...]


def merge_bases(store: ObjectStore, ours: Oid, theirs: Oid) -> tuple[Oid, ...]:
    """Return every best common ancestor; raises BadInputError where histories share nothing or are cut off."""
    # A best one is the first that both have on some way down from each side.
    borders = [_border(store, theirs, ours), _border(store, ours, theirs)]
    shared = sorted(borders[0] & borders[1])
    if not shared:
        raise BadInputError(
            f"{ours[:12]} and {theirs[:12]} share no history here",
            "fetch it, if the clone is shallow; else there is nothing to merge on",
        )
    if len(shared) == 1:
        return tuple(shared)
    return tuple(map(Oid, store.git("merge-base", "--all", "--end-of-options", ours, theirs).decode().split()))


def _border(store: ObjectStore, without: Oid, tip: Oid) -> set[Oid]:
    """Return the first commits that ``without`` has as well, on each way down from ``tip``."""
    own = {commit.id: commit.parents for commit in store.commits_beyond(without, [tip])}
    return {parent for parents in own.values() for parent in parents if parent not in own} if own else {tip}


def merge_whole(store: ObjectStore, ours: Oid, theirs: Oid) -> WholeMerge:
    """Merge two commits in the scratch store. Raises BadInputError, or GitCommandError where git itself fails."""
    try:
        output = store.git("merge-tree", "--stdin", stdin=f"{ours} {theirs}\n".encode())
    except GitCommandError as error:
        if _UNRELATED in (error.hint or ""):
            raise BadInputError(f"{ours[:12]} and {theirs[:12]} share no history") from error
        if _MISSING in (error.hint or ""):
            raise BadInputError(f"git cannot merge {ours[:12]} and {theirs[:12]}: {error.hint}", FETCH) from error
        raise
    fields = iter(output.split(b"\0"))
    is_clean = next(fields) == b"1"
    tree = Oid(next(fields).decode())
    stages = _stages(fields)
    return WholeMerge(tree, {} if is_clean else stages, () if is_clean else tuple(_conflicts(fields)))


def _stages(fields: Iterator[bytes]) -> dict[TreePath, Stages]:
    """Each is ``mode id stage TAB path``; an empty field ends them."""
    found: dict[TreePath, list[State]] = {}
    for field in iter(lambda: next(fields, b""), b""):
        head, _, name = field.partition(b"\t")
        mode, oid, stage = head.decode().split(" ")
        found.setdefault(_path(name), [None, None, None])[int(stage) - 1] = Entry(int(mode, 8), Oid(oid))
    return {path: Stages(*states) for path, states in found.items()}


def _conflicts(fields: Iterator[bytes]) -> Iterator[Said]:
    """Each is the number of its paths, these, its kind, and a text.

    An empty field ends them, or advice on submodules, which git 2.39 writes in between for people.
    """
    while (count := next(fields, b"").strip()).isdigit():
        paths = tuple(_path(name) for name in islice(fields, int(count)))
        kind, text = (next(fields).decode("utf-8", "replace") for _ in range(2))
        if kind.startswith(_CONFLICT):
            yield Said(paths, kind, " ".join(text.split()))


def _path(name: bytes) -> TreePath:
    return TreePath(name.decode("utf-8", "surrogateescape"))
