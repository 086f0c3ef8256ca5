"""What the path rules say of one path in one distinct combination of contents."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gatekeeper.cache import Cache
from gatekeeper.core.document import ParseFailure
from gatekeeper.core.grouping import View
from gatekeeper.core.line_merge import disputed_regions
from gatekeeper.core.names import KeyPath, Oid, TreePath
from gatekeeper.core.rules.evaluate import path_findings
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide, PathCase
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.text import TEXT_CONFLICT
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.spans import Span
from gatekeeper.core.tree_state import State
from gatekeeper.core.value_merge import merge_values
from gatekeeper.scanning.blob_merges import BlobMerges
from gatekeeper.scanning.cases import Case, Spotted, oid_of
from gatekeeper.scanning.documents import Documents, Place
from gatekeeper.scanning.parallel import in_slices, map_forked
from gatekeeper.scanning.remembered_hits import case_keys, pack_hits, unpack_hits
from gatekeeper.scanning.remembered_spans import keep_spans, remembered_spans

_LEAST_AT_ONCE = 50
_TEXTS_AT_ONCE = 16
"""So many cases to ask about, or texts to look places up in, are worth a process."""


@dataclass(slots=True)
class PathHits:
    """Asks the path rules, each distinct case once. ``members`` are the names of the workspace's packages."""

    documents: Documents
    texts: BlobMerges
    rules: Sequence[Rule]
    members: frozenset[str]
    cache: Cache
    _known: dict[Case, tuple[Spotted, ...]] = field(default_factory=dict)

    def prepare(self, cases: Iterable[Case]) -> None:
        """Ask the rules about all ``cases``, on every processor where that pays."""
        missing = {upright: None for case in cases if (upright := case.upright) not in self._known}
        keys = case_keys(missing, self.members, self.rules) if self.cache.is_on else {}
        for key, data in self.cache.get_many("hits", keys).items():
            remembered = unpack_hits(data)
            if remembered is not None:
                self._known[keys[key]] = remembered
                del missing[keys[key]]
        # Neighbours share documents and diffs: a slice of them keeps each worker to few.
        wanted = sorted(missing, key=lambda case: (case.path, oid_of(case.view.base), oid_of(case.view.left)))
        slices = in_slices(wanted, at_least=_LEAST_AT_ONCE)
        answers = [answer for part in map_forked(self._answers, slices, worth=1) for answer in part]
        found = dict(zip(wanted, answers, strict=True))
        self._find_places(
            place for case, answer in found.items() for hit in answer.hits for place in _places(hit, case.view)
        )
        self._known.update((case, self._spotted(answer, case.view)) for case, answer in found.items())
        self.cache.put_many(
            "hits", {key: pack_hits(self._known[case]) for key, case in keys.items() if case in missing}
        )

    def find(self, case: Case) -> tuple[Spotted, ...]:
        """Return the hits of ``case``, each with its places."""
        upright = case.upright
        known = self._known.get(upright)
        if known is None:
            (answer,) = self._answers([upright])
            known = self._known[upright] = self._spotted(answer, upright.view)
        return known if upright is case else tuple(spotted.mirrored for spotted in known)

    def _spotted(self, answer: _Answer, view: View) -> tuple[Spotted, ...]:
        return tuple(Spotted(hit, *(self._spans(hit, view) if hit.key else answer.disputed)) for hit in answer.hits)

    def _answers(self, cases: Sequence[Case]) -> list[_Answer]:
        """Return what the rules say of ``cases``; the diffs that this takes are made for all of them at once."""
        # The rules read git's clean merges; where git conflicts, only hits without a key ask for the disputed lines.
        self._prepare_texts(case for case in cases if case.git is GitVerdict.CLEAN)
        asked = [self._ask(case) for case in cases]
        on_whole_files = [case for case, hits in zip(cases, asked, strict=True) if any(not hit.key for hit in hits)]
        self._prepare_texts(on_whole_files)
        disputed = {case: self._disputed_spans(case.view) for case in on_whole_files}
        return [_Answer(hits, disputed.get(case, _NOWHERE)) for case, hits in zip(cases, asked, strict=True)]

    def _find_places(self, places: Iterable[Place]) -> None:
        """Look places up text by text, so that each text is scanned once and in one process only."""
        wanted = self.documents.unknown_places(places)
        remembered = remembered_spans(self.cache, wanted)
        self.documents.learn_spans(remembered)
        texts = [(oid, left) for oid, keys in wanted.items() if (left := _without(oid, keys, remembered))]
        spans = map_forked(self.documents.spans_in, texts, worth=_TEXTS_AT_ONCE)
        found = {
            (oid, key): span
            for (oid, keys), part in zip(texts, spans, strict=True)
            for key, span in zip(keys, part, strict=True)
        }
        self.documents.learn_spans(found)
        keep_spans(self.cache, remembered, found)

    def _prepare_texts(self, cases: Iterable[Case]) -> None:
        self.texts.prepare(contents for case in cases if (contents := _contents(case.view)) is not None)

    def _ask(self, case: Case) -> tuple[Hit, ...]:
        profile = profile_for(case.path)
        path_case = None if profile is None else self._path_case(case, profile)
        if path_case is not None:
            return path_findings(path_case, self.rules)
        if case.git is GitVerdict.CONFLICT and any(rule.info is TEXT_CONFLICT for rule in self.rules):
            binary = any(state is not None and state.is_file and self.texts.is_binary(state.oid) for state in case.view)
            return (text_conflict(case.path, case.view, "binary file" if binary else "lines"),)
        return ()

    def _path_case(self, case: Case, profile: Profile) -> PathCase | None:
        """Return what the rules look at, None where a side is no file or does not parse: then git's verdict is all."""
        base, left, right = (_file(state) for state in case.view)
        if left is None or right is None or (base is None and case.view.base is not None):
            return None
        before = None if base is None else self.documents.parsed(profile, base)
        ours, theirs = self.documents.parsed(profile, left), self.documents.parsed(profile, right)
        if isinstance(before, ParseFailure) or isinstance(ours, ParseFailure) or isinstance(theirs, ParseFailure):
            return None
        clean = case.git is GitVerdict.CLEAN and base is not None
        text = self.texts.merged((base, left, right)) if clean and base is not None else None
        git_result, git_source = (None, None) if text is None else self.documents.merged(profile, text)
        return PathCase(
            path=case.path,
            profile=profile,
            base=before,
            left=ours,
            right=theirs,
            left_changes=self.documents.changes(profile, base, left),
            right_changes=self.documents.changes(profile, base, right),
            merge=merge_values(before, ours, theirs),
            git=case.git,
            git_result=git_result,
            left_source=self.documents.source(left),
            right_source=self.documents.source(right),
            members=self.members,
            git_source=git_source,
        )

    def _spans(self, hit: Hit, view: View) -> tuple[Span | None, Span | None]:
        left, right = (None if place is None else self.documents.span(*place) for place in _both_places(hit, view))
        return left, right

    def _disputed_spans(self, view: View) -> tuple[Span | None, Span | None]:
        """The lines of the first place that git cannot merge."""
        contents = _contents(view)
        if contents is None:
            return None, None
        base, left, right = contents
        hunks = self.texts.hunks
        for region in disputed_regions(
            hunks[base, left], hunks[base, right], self.texts.lines(left), self.texts.lines(right)
        ):
            return _span_of(region.ours_start, region.ours_count), _span_of(region.theirs_start, region.theirs_count)
        return None, None


class _Answer(NamedTuple):
    """What the rules say of a case; ``disputed``: where in the two sides' texts git cannot merge, for a whole file."""

    hits: tuple[Hit, ...]
    disputed: tuple[Span | None, Span | None]


_NOWHERE = (None, None)


def _without(oid: Oid, keys: Iterable[KeyPath], known: Container[Place]) -> tuple[KeyPath, ...]:
    return tuple(key for key in keys if (oid, key) not in known)


def _both_places(hit: Hit, view: View) -> tuple[Place | None, Place | None]:
    left, right = _file(view.left), _file(view.right)
    of_left = None if left is None else (left, hit.left.key)
    return of_left, None if right is None or hit.right is None else (right, hit.right.key)


def _places(hit: Hit, view: View) -> Iterator[Place]:
    return (place for place in _both_places(hit, view) if place is not None) if hit.key else iter(())


def text_conflict(path: TreePath, view: View, what: str) -> Hit:
    """Return the hit for a path of which nothing is known but that git conflicts on it; ``what`` both sides change."""
    left, right = HitSide(path, ()), HitSide(path, ())
    return Hit(TEXT_CONFLICT.id, (), left, right, _said(view, what))


def conflict_of_trees(path: TreePath) -> Hit:
    """Return the hit for a path on which only git's merge of the whole trees conflicts."""
    message = "git cannot merge {left} and {right} here: a rename, a directory or a shared history is in the way"
    return Hit(TEXT_CONFLICT.id, (), HitSide(path, ()), HitSide(path, ()), message)


def _said(view: View, what: str) -> str:
    if view.base is None:
        return "{left} and {right} both add this path with different contents"
    if view.left is None:
        return "{left} deletes this path, {right} changes it"
    if view.right is None:
        return "{right} deletes this path, {left} changes it"
    if all(state is not None and state.is_file for state in view):
        return f"{{left}} and {{right}} change the same {what}"
    return "{left} and {right} make different things of this path"


def _contents(view: View) -> tuple[Oid, Oid, Oid] | None:
    """Return the three texts, None where a side is no file or two of them are one text."""
    base, left, right = (_file(state) for state in view)
    if base is None or left is None or right is None or len({base, left, right}) < 3:  # noqa: PLR2004 -- all differ
        return None
    return base, left, right


def _file(state: State) -> Oid | None:
    return state.oid if state is not None and state.is_file else None


def _span_of(start: int, count: int) -> Span:
    return Span(start + 1, 1, start + 1 + count, 1)
