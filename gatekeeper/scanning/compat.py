"""From two commits to what the change between them removes or alters, and who uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

from gatekeeper.cache import Cache
from gatekeeper.config import Settings
from gatekeeper.core.commit_graph import build_graph
from gatekeeper.core.compat.compare import compare, may_matter
from gatekeeper.core.compat.items import Compatibility
from gatekeeper.core.compat.trees import Other, Trees, is_manifest
from gatekeeper.core.names import Oid, RefName, TreePath
from gatekeeper.core.tool_facts import is_script
from gatekeeper.errors import BadInputError
from gatekeeper.repository import Repository
from gatekeeper.repository.discovery import Trunk, short_name
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.raw_diffs import TreeDelta
from gatekeeper.scanning.agents import find_agents
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.forks import UNSHALLOW, base_tree, forks
from gatekeeper.scanning.remembered_facts import RememberedFacts
from gatekeeper.scanning.request import ScanRequest
from gatekeeper.scanning.run import recorded_agent_names

TRUNK = "trunk"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is besides a change. Both are asked for only where something could be taken away.

    ``others`` returns what other branches change, given the commit or tree from which the change counts; ``facts`` what
    scans have read before.
    """

    others: Callable[[Oid], Sequence[Other]] = lambda _: ()
    facts: Callable[[], RememberedFacts] = lambda: RememberedFacts(Cache(None), RefName(""))


_NOTHING = Surroundings()


@dataclass(frozen=True, slots=True)
class ComparedChange:
    """What one change takes away: ``head``, by the name under which it was asked for, since it left ``against``."""

    name: str
    head: Oid
    against: str
    base: Oid
    compatibility: Compatibility


class Branch(NamedTuple):
    """A branch that may rely on what is taken away: how it is told, and its tip."""

    name: str
    commit: Oid


def compatibility(store: ObjectStore, base: Oid, head: Oid, around: Surroundings = _NOTHING) -> Compatibility:
    """Return what ``head`` removes or alters of what ``base`` has (commits or trees), and by whom it is used.

    Uses are looked for in ``head``, and in what the others ``around`` add. Raises BadInputError where an object is
    missing.
    """
    (delta,) = store.tree_deltas([(base, head)])
    if not may_matter({path: after for path, (before, after) in delta.items() if before is not None}):
        return Compatibility()
    before = store.listing(base)
    after = {path: entry for path, entry in before.items() if path not in delta}
    after |= {path: state for path, (_, state) in delta.items() if state is not None}
    return compare(Trees(before, after, Documents(store, around.facts())), lambda: around.others(base))


def compare_change(
    repository: Repository,
    store: ObjectStore,
    trunk: tuple[Trunk, Settings],
    against: tuple[str, Oid],
    change: tuple[str, Oid],
) -> ComparedChange:
    """Return what a change takes away since it left ``against``; names come with their commits.

    Uses of other branches are those that trunk's settings take for agents. Raises BadInputError where the two share no
    history, or where it cannot be read.
    """
    (other, onto), (name, head) = against, change
    bases = forks(store, onto, head)
    if not bases:
        hint = UNSHALLOW if store.is_shallow else "a change counts from where it left what it is compared with"
        raise BadInputError(f"{name} shares no history with {short_name(other)}", hint)
    around = surroundings(repository, store, trunk, head)
    return ComparedChange(
        name, head, short_name(other), bases[0], compatibility(store, base_tree(store, bases), head, around)
    )


def surroundings(repository: Repository, store: ObjectStore, trunk: tuple[Trunk, Settings], head: Oid) -> Surroundings:
    """Return what trunk and all agents change, but for those whose tip is ``head``, and what is known of facts."""
    tip, settings = trunk

    def others(base: Oid) -> Sequence[Other]:
        branches = _branches(repository, store, tip, settings)
        return changes_of_others(store, tip.commit, base, (one for one in branches if one.commit != head))

    return Surroundings(others, lambda: known_facts(repository, tip.ref))


def known_facts(repository: Repository, trunk: RefName) -> RememberedFacts:
    """Return what scans against a trunk have read of manifests."""
    with closing(Cache(repository.common_directory)) as cache:
        return RememberedFacts(cache, trunk)


def _branches(repository: Repository, store: ObjectStore, trunk: Trunk, settings: Settings) -> list[Branch]:
    """Return the tips of all agents, as far as they are committed."""
    request = ScanRequest(worktrees=False, included=settings.agents.include, excluded=settings.agents.exclude)
    agents = find_agents(repository, store, request, trunk, recorded_agent_names(repository, settings))
    return [Branch(agent.name, agent.commit) for agent in agents if agent.problem is None]


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
    bases_of = build_graph(commits, tips, trunk, store.is_ancestor).forks
    pairs = [(TRUNK, base, trunk)] if base != trunk else []
    pairs += [(branch.name, bases[0], branch.commit) for branch, bases in zip(readable, bases_of, strict=True) if bases]
    deltas = store.tree_deltas([(old, new) for _, old, new in pairs])
    found = [Other(name, _that_refer(delta)) for (name, _, _), delta in zip(pairs, deltas, strict=True)]
    return [other for other in found if other.changes]


def _that_refer(delta: TreeDelta) -> TreeDelta:
    """Return the changes of files that can refer to anything that is told here."""
    return {path: states for path, states in delta.items() if is_manifest(TreePath(path)) or is_script(TreePath(path))}
