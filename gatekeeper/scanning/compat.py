"""From two commits to what the change between them removes or alters, and who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gatekeeper.cache import Cache
from gatekeeper.core.commit_graph import build_graph
from gatekeeper.core.compat.compare import compare, may_matter
from gatekeeper.core.compat.items import Compatibility
from gatekeeper.core.compat.trees import Other, Trees, is_manifest
from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.core.tool_facts import is_script
from gatekeeper.errors import BadInputError
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.remembered_facts import RememberedFacts

TRUNK = "trunk"

OtherBranches = Callable[[], Sequence[Other]]


class Branch(NamedTuple):
    """A branch that may rely on what is taken away: how it is told, and its tip."""

    name: str
    commit: Oid


def compatibility(
    store: ObjectStore, base: Oid, head: Oid, *, others: OtherBranches = tuple, documents: Documents | None = None
) -> Compatibility:
    """Return what ``head`` removes or alters of what ``base`` has (commits or trees), and by whom it is used.

    Uses are looked for in ``head``, and in what ``others`` add, who are asked for only where it can matter. Raises
    BadInputError where an object is missing.
    """
    (delta,) = store.tree_deltas([(base, head)])
    if not may_matter({path: after for path, (before, after) in delta.items() if before is not None}):
        return Compatibility()
    before = store.listing(base)
    after = {path: entry for path, entry in before.items() if path not in delta}
    after |= {path: state for path, (_, state) in delta.items() if state is not None}
    reader = documents or Documents(store, RememberedFacts(Cache(None), RefName("")))
    return compare(Trees(before, after, reader), others)


def changes_of_others(store: ObjectStore, trunk: Oid, base: Oid, branches: Iterable[Branch]) -> list[Other]:
    """Return what trunk has changed since ``base``, and what each of ``branches`` has since it left trunk.

    A branch that cannot be read, or shares no history with trunk, is left out.
    """
    readable = [branch for branch in branches if store.has(branch.commit)]
    try:
        commits = list(store.commits_beyond(trunk, [branch.commit for branch in readable]))
    except BadInputError:
        return []
    tips = [branch.commit for branch in readable]
    forks = build_graph(commits, tips, trunk, store.is_ancestor).forks
    pairs = [(TRUNK, base, trunk)] if base != trunk else []
    pairs += [(branch.name, bases[0], branch.commit) for branch, bases in zip(readable, forks, strict=True) if bases]
    deltas = store.tree_deltas([(old, new) for _, old, new in pairs])
    found = [Other(name, _that_refer(delta)) for (name, _, _), delta in zip(pairs, deltas, strict=True)]
    return [other for other in found if other.changes]


def _that_refer(delta: TreeDelta) -> TreeDelta:
    """Return the changes of files that can refer to anything that is told here."""
    return {path: states for path, states in delta.items() if is_manifest(TreePath(path)) or is_script(TreePath(path))}
