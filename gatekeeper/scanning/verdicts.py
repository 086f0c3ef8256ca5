"""Git's verdict on every place where agents meet: from diffs where lines decide, from git itself where trees do."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gatekeeper.cache import Cache
from gatekeeper.core.bits import members
from gatekeeper.core.commit_graph import Bases
from gatekeeper.core.line_merge import Hunk, conflicts, merge_text, split_lines
from gatekeeper.core.meeting import Meeting, Triple
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.overlay import AgentChange
from gatekeeper.core.relation import Relation
from gatekeeper.errors import GitCommandError
from gatekeeper.repository.attributes import MergeKind, merge_kinds
from gatekeeper.repository.git_merges import merge_commits
from gatekeeper.repository.line_diffs import line_diffs
from gatekeeper.repository.objects import ObjectStore

_BINARY_PROBE = 8000
"""Git looks for a NUL byte in this many bytes (``xdiff-interface.c``: FIRST_FEW_BYTES)."""
_TEXTS_KEPT = 1024

Contents = tuple[Oid, Oid, Oid]
"""Blob ids of base, ours and theirs."""


@dataclass(slots=True)
class TextMerges:
    """Three-way merges of blobs as git would do them; n sides on one base cost n diffs."""

    store: ObjectStore
    cache: Cache
    hunks: dict[tuple[Oid, Oid], tuple[Hunk, ...]] = field(default_factory=dict)
    decided: dict[tuple[Contents, MergeKind], bool] = field(default_factory=dict)
    _new: dict[str, tuple[Contents, MergeKind]] = field(default_factory=dict)
    _lines: OrderedDict[Oid, list[bytes]] = field(default_factory=OrderedDict)
    _binary: dict[Oid, bool] = field(default_factory=dict)

    def prepare(self, merges: Iterable[Contents]) -> None:
        """Make all diffs that the merges need, in one go."""
        wanted = {(base, side) for base, ours, theirs in merges for side in (ours, theirs) if base != side}
        missing = sorted(pair for pair in wanted if pair not in self.hunks)
        for pair, hunks in zip(missing, line_diffs(self.store, missing), strict=True):
            self.hunks[pair] = hunks

    def recall(self, wanted: Iterable[tuple[Contents, MergeKind]]) -> None:
        """Take what the cache knows of the conflicts, and make the diffs for the rest."""
        asked = {_key(upright := _upright(contents), kind): (upright, kind) for contents, kind in wanted if _is_merge(contents)}
        for key, said in self.cache.get_many("conflict", asked).items():
            self.decided[asked.pop(key)] = said == b"1"
        self._new = asked
        self.prepare(contents for contents, kind in asked.values() if kind is MergeKind.TEXT)

    def remember(self) -> None:
        """Put into the cache what was decided since ``recall``."""
        told = {key: b"1" if self.decided[case] else b"0" for key, case in self._new.items() if case in self.decided}
        self.cache.put_many("conflict", told)

    def conflict(self, contents: Contents, kind: MergeKind) -> bool:
        """Return whether git conflicts on the contents of one file."""
        contents = _upright(contents)
        known = self.decided.get((contents, kind))
        if known is None:
            known = self.decided[contents, kind] = self._decide(contents, kind)
        return known

    def _decide(self, contents: Contents, kind: MergeKind) -> bool:
        base, ours, theirs = contents
        if ours == theirs or base in {ours, theirs}:
            return False
        if kind is MergeKind.BINARY or any(self._is_binary(oid) for oid in contents):
            return True
        if kind is MergeKind.UNION:
            return False
        return conflicts(self.hunks[base, ours], self.hunks[base, theirs], self.lines(ours), self.lines(theirs))

    def merged(self, contents: Contents) -> bytes | None:
        """Return the text of git's clean merge, None where it conflicts."""
        base, ours, theirs = contents
        if base == ours or ours == theirs:
            return self.store.blob(theirs)
        if base == theirs:
            return self.store.blob(ours)
        self.prepare([contents])
        return merge_text(self.hunks[base, ours], self.hunks[base, theirs], self.lines(ours), self.lines(theirs))

    def lines(self, oid: Oid) -> list[bytes]:
        known = self._lines.get(oid)
        if known is None:
            known = self._lines[oid] = split_lines(self.store.blob(oid))
            if len(self._lines) > _TEXTS_KEPT:
                self._lines.popitem(last=False)
        return known

    def _is_binary(self, oid: Oid) -> bool:
        known = self._binary.get(oid)
        if known is None:
            known = self._binary[oid] = b"\0" in self.store.blob(oid)[:_BINARY_PROBE]
        return known


def _upright(contents: Contents) -> Contents:
    """Whether two texts conflict does not depend on which of them comes first."""
    base, ours, theirs = contents
    return (base, ours, theirs) if ours <= theirs else (base, theirs, ours)


def _is_merge(contents: Contents) -> bool:
    return len(set(contents)) == len(contents)


def _key(contents: Contents, kind: MergeKind) -> str:
    return f"{kind.value} {' '.join(contents)}"


@dataclass(slots=True)
class Verdicts:
    """Where git conflicts.

    ``triples`` holds the triples that stand after git has judged the doubtful pairs, ``conflicting`` those of them on
    which git conflicts. ``by_git`` are conflicts that only git's own merge of the pair shows: path -> (b -> set of a).
    """

    triples: Mapping[TreePath, Mapping[Triple, Mapping[int, int]]]
    conflicting: set[tuple[TreePath, Triple]]
    by_git: dict[TreePath, dict[int, int]]
    asked_git: int


def judge(  # noqa: PLR0913 -- the store, the texts, and the four parts of a fleet
    store: ObjectStore,
    texts: TextMerges,
    trunk: Oid,
    changes: Sequence[AgentChange],
    relation: Relation,
    meeting: Meeting,
) -> Verdicts:
    """Decide every triple and every doubtful pair of ``meeting``."""
    kinds = merge_kinds(store, meeting.triples)
    texts.recall(
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
    answers = _ask_git(store, texts.cache, trunk, changes, relation, meeting.doubtful)
    by_git = _reconcile(meeting, conflicting, answers)
    return Verdicts(meeting.triples, conflicting, by_git, len(answers))


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


def _ask_git(  # noqa: PLR0913 -- see judge
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
    cache.put_many("merge", {key: json.dumps(sorted(paths)).encode() for key, paths in told.items() if paths is not None})
    return known | found


def _common(changes: Sequence[AgentChange], first: int, second: int) -> frozenset[TreePath]:
    """Git has no answer for this pair: it crashes. What both touch is then taken to conflict, for a person to look at."""
    return frozenset(changes[first].overlay.keys() & changes[second].touched.keys())


def _land(store: ObjectStore, trunk: Oid, changes: Sequence[AgentChange], agents: Sequence[int]) -> dict[int, Oid]:
    """Return the commits that landing each agent would make; one that is up to date is its own."""
    landed = {agent: changes[agent].commit for agent in agents if changes[agent].forks == (trunk,)}
    behind = [agent for agent in agents if agent not in landed]
    merges = merge_commits(store, [(trunk, changes[agent].commit) for agent in behind])
    for agent, merge in zip(behind, merges, strict=True):
        if merge is None:
            raise GitCommandError(f"git merged {changes[agent].name} onto trunk before and now fails to", "run git fsck")
        landed[agent] = store.write_commit(merge.tree, (trunk, changes[agent].commit))
    return landed


def _reconcile(
    meeting: Meeting, conflicting: set[tuple[TreePath, Triple]], answers: Answers
) -> dict[TreePath, dict[int, int]]:
    """Let git's answers overrule: drop what it resolves (renames), add what only it sees."""
    judged: dict[int, int] = {}
    for first, second in answers:
        judged[second] = judged.get(second, 0) | 1 << first
    shown: set[tuple[int, int, TreePath]] = set()
    for path, triples in meeting.triples.items():
        for triple, users in triples.items():
            conflict = (path, triple) in conflicting
            for second in list(users):
                for first in members(users[second] & judged.get(second, 0)):
                    if conflict == (path in answers[first, second]):
                        shown.add((first, second, path))
                    elif conflict or not triple.is_content:
                        users[second] &= ~(1 << first)
    by_git: dict[TreePath, dict[int, int]] = {}
    for (first, second), paths in answers.items():
        for path in paths:
            if (first, second, path) not in shown:
                users = by_git.setdefault(path, {})
                users[second] = users.get(second, 0) | 1 << first
    return by_git
