"""Git's verdict on every place where agents meet: from diffs where lines decide, from git itself where trees do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatekeeper.cache import Cache
from gatekeeper.core.bits import members
from gatekeeper.core.commit_graph import Bases
from gatekeeper.core.meeting import Meeting, Triple
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.relation import Relation
from gatekeeper.core.renames import follow_renames
from gatekeeper.core.tree_shape import TreeShapes
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.attributes import MergeKind, merge_kinds
from gatekeeper.repository.git_merges import merge_commits
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.scanning.blob_merges import BlobMerges, Contents


@dataclass(slots=True)
class Verdicts:
    """Where git conflicts.

    ``triples`` holds the triples that stand after git has judged the doubtful pairs, ``conflicting`` those of them on
    which git conflicts. ``by_git`` are conflicts that only git's own merge of the pair shows: path -> (b -> set of a).
    """

    triples: Mapping[TreePath, Mapping[Triple, Mapping[int, int]]]
    conflicting: set[tuple[TreePath, Triple]]
    by_git: dict[TreePath, dict[int, int]]


def judge(
    store: ObjectStore,
    texts: BlobMerges,
    trunk: Oid,
    relation: Relation,
    meeting: Meeting,
    shapes: TreeShapes,
) -> Verdicts:
    """Decide every triple and every doubtful pair of ``meeting``."""
    kinds = merge_kinds(store, meeting.triples)
    texts.decide(
        (contents_of(triple), kinds.get(path, MergeKind.TEXT))
        for path, triples in meeting.triples.items()
        for triple in triples
        if triple.is_content
    )
    conflicting = {
        (path, triple)
        for path, triples in meeting.triples.items()
        for triple in triples
        if (
            texts.conflict(contents_of(triple), kinds.get(path, MergeKind.TEXT))
            if triple.is_content
            else triple.conflicts_by_kind
        )
    }
    texts.remember()
    answers = _ask_git(store, texts.cache, trunk, shapes.changes, relation, meeting.doubtful)
    _add_renamed(texts, relation, meeting, shapes, conflicting, answers)
    by_git = _reconcile(meeting, conflicting, answers)
    return Verdicts(meeting.triples, conflicting, by_git)


def _add_renamed(
    texts: BlobMerges,
    relation: Relation,
    meeting: Meeting,
    shapes: TreeShapes,
    conflicting: set[tuple[TreePath, Triple]],
    answers: Answers,
) -> None:
    """Add what is merged under new names, where that is what git says of the new name as well."""
    followed = list(follow_renames(meeting, relation, shapes, answers))
    texts.prepare(contents_of(found.triple) for found in followed)
    for path, triple, first, second in followed:
        conflict = texts.conflict(contents_of(triple), MergeKind.TEXT)
        if conflict == (path in answers[first, second]):
            meeting.add(path, triple, second, 1 << first)
            if conflict:
                conflicting.add((path, triple))


def contents_of(triple: Triple) -> Contents:
    """Return the blob ids of a triple of files."""
    base, landed, own = triple
    if base is None or landed is None or own is None:
        raise ValueError("a side of the triple holds no file")
    return base.oid, landed.oid, own.oid


Answers = dict[tuple[int, int], frozenset[TreePath]]
"""(a landed, then b) -> the paths on which git conflicts."""


class Question(NamedTuple):
    """What git's answer follows from: the merge bases and the trees of both sides, in no order."""

    bases: Bases
    trees: tuple[Oid, ...]


def _ask_git(
    store: ObjectStore,
    cache: Cache,
    trunk: Oid,
    changes: Sequence[AgentChange],
    relation: Relation,
    doubtful: Mapping[int, int],
) -> Answers:
    pairs = [(first, second) for second, mask in doubtful.items() for first in members(mask)]
    if not pairs:
        return {}
    landed = _land(store, trunk, changes, sorted({first for first, _ in pairs}))
    trees = {commit: store.tree_of(commit) for commit in {*landed.values(), *(change.commit for change in changes)}}
    questions: dict[tuple[int, int], Question] = {}
    commits: dict[Question, tuple[Oid, Oid]] = {}
    for first, second in pairs:
        ours, theirs = landed[first], changes[second].commit
        question = Question(relation.text_bases(first, second), tuple(sorted((trees[ours], trees[theirs]))))
        questions[first, second] = question
        commits.setdefault(question, (ours, theirs))
    merged = _conflicts_of(store, cache, commits)
    return {
        pair: _common(changes, *pair) if (conflicts := merged[question]) is None else conflicts
        for pair, question in questions.items()
    }


def _conflicts_of(
    store: ObjectStore, cache: Cache, commits: Mapping[Question, tuple[Oid, Oid]]
) -> dict[Question, frozenset[TreePath] | None]:
    """Return git's answers, None where it crashes whichever way round it is asked."""
    keys = {" ".join([*question.bases, *question.trees, store.attributes_id]): question for question in commits}
    known: dict[Question, frozenset[TreePath] | None] = {
        keys[key]: frozenset(json.loads(data)) for key, data in cache.get_many("merge", keys).items()
    }
    wanted = [question for question in commits if question not in known]
    asked = [commits[question] for question in wanted]
    merges = dict(zip(wanted, merge_commits(store, asked), strict=True))
    # Where git crashes one way round it may have an answer the other way.
    crashed = [question for question in wanted if merges[question] is None]
    turned = [(theirs, ours) for ours, theirs in (commits[question] for question in crashed)]
    merges |= zip(crashed, merge_commits(store, turned), strict=True)
    found = {question: None if merge is None else merge.conflicts for question, merge in merges.items()}
    told = {key: found.get(question) for key, question in keys.items()}
    cache.put_many(
        "merge", {key: json.dumps(sorted(paths)).encode() for key, paths in told.items() if paths is not None}
    )
    return known | found


def _common(changes: Sequence[AgentChange], first: int, second: int) -> frozenset[TreePath]:
    """Git has no answer for this pair: it crashes. What both touch is taken to conflict, for a person to look at."""
    return frozenset(changes[first].overlay.keys() & changes[second].touched.keys())


def _land(store: ObjectStore, trunk: Oid, changes: Sequence[AgentChange], agents: Sequence[int]) -> dict[int, Oid]:
    """Return the commits that landing each agent would make; one that is up to date is its own."""
    landed = {agent: changes[agent].commit for agent in agents if changes[agent].forks == (trunk,)}
    behind = [agent for agent in agents if agent not in landed]
    merges = merge_commits(store, [(trunk, changes[agent].commit) for agent in behind])
    for agent, merge in zip(behind, merges, strict=True):
        if merge is None:
            raise GitCommandError(
                f"git merged {changes[agent].name} onto trunk before and now fails to", "run git fsck"
            )
        landed[agent] = store.write_commit(merge.tree, (trunk, changes[agent].commit))
    return landed


def _reconcile(
    meeting: Meeting, conflicting: set[tuple[TreePath, Triple]], answers: Answers
) -> dict[TreePath, dict[int, int]]:
    """Let git's answers overrule: drop what it resolves (renames), return what only it sees."""
    judged: dict[int, int] = {}
    for first, second in answers:
        judged[second] = judged.get(second, 0) | 1 << first
    shown: set[tuple[int, int, TreePath]] = set()
    for path, triples in meeting.triples.items():
        for triple, users in triples.items():
            conflict = (path, triple) in conflicting
            for first, second in _judged_pairs(users, judged):
                if conflict == (path in answers[first, second]):
                    shown.add((first, second, path))
                elif conflict or not triple.is_content:
                    users[second] &= ~(1 << first)
    by_git: dict[TreePath, dict[int, int]] = {}
    unseen = ((pair, path) for pair, paths in answers.items() for path in paths if (*pair, path) not in shown)
    for (first, second), path in unseen:
        users = by_git.setdefault(path, {})
        users[second] = users.get(second, 0) | 1 << first
    return by_git


def _judged_pairs(users: Mapping[int, int], judged: Mapping[int, int]) -> list[tuple[int, int]]:
    return [(first, second) for second, firsts in users.items() for first in members(firsts & judged.get(second, 0))]
