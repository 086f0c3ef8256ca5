"""What the path rules say of one path in one distinct combination of contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.grouping import View
from gatekeeper.core.line_merge import disputed_regions
from gatekeeper.core.names import Oid, TreePath
from gatekeeper.core.rules.evaluate import path_findings
from gatekeeper.core.rules.model import GitVerdict, Hit, HitSide, PathCase
from gatekeeper.core.rules.registry import Rule
from gatekeeper.core.rules.text import TEXT_CONFLICT
from gatekeeper.core.schema import Profile, profile_for
from gatekeeper.core.spans import SourceMap, Span
from gatekeeper.core.tree_state import State
from gatekeeper.core.value_merge import merge_values
from gatekeeper.scanning.documents import Documents
from gatekeeper.scanning.verdicts import TextMerges


@dataclass(slots=True)
class PathHits:
    """Asks the path rules, each distinct case once. ``members`` are the names of the workspace's packages."""

    documents: Documents
    texts: TextMerges
    rules: Sequence[Rule]
    members: frozenset[str]
    _known: dict[tuple[TreePath, View, GitVerdict], tuple[Hit, ...]] = field(default_factory=dict)

    def find(self, path: TreePath, view: View, git: GitVerdict) -> tuple[Hit, ...]:
        """Return the hits on ``path`` for what the base, the left and the right side hold there."""
        key = (path, view, git)
        known = self._known.get(key)
        if known is None:
            mirrored = self._known.get((path, View(view.base, view.right, view.left), git))
            known = self._ask(path, view, git) if mirrored is None else tuple(map(mirror_hit, mirrored))
            self._known[key] = known
        return known

    def _ask(self, path: TreePath, view: View, git: GitVerdict) -> tuple[Hit, ...]:
        profile = profile_for(path)
        case = None if profile is None else self._case(path, profile, view, git)
        if case is not None:
            return path_findings(case, self.rules)
        if git is GitVerdict.CLEAN or not any(rule.info is TEXT_CONFLICT for rule in self.rules):
            return ()
        return (text_conflict(path, view),)

    def _case(self, path: TreePath, profile: Profile, view: View, git: GitVerdict) -> PathCase | None:
        """Return the case, None where a side is no file or does not parse: then only git's verdict counts."""
        base, left, right = (_file(state) for state in view)
        if left is None or right is None or (base is None and view.base is not None):
            return None
        before = None if base is None else self.documents.parsed(profile, base)
        ours, theirs = self.documents.parsed(profile, left), self.documents.parsed(profile, right)
        if isinstance(before, ParseFailure) or isinstance(ours, ParseFailure) or isinstance(theirs, ParseFailure):
            return None
        merged = self.texts.merged((base, left, right)) if git is GitVerdict.CLEAN and base is not None else None
        return PathCase(
            path=path,
            profile=profile,
            base=before,
            left=ours,
            right=theirs,
            left_changes=self.documents.changes(profile, base, left),
            right_changes=self.documents.changes(profile, base, right),
            merge=merge_values(before, ours, theirs),
            git=git,
            git_result=None if merged is None else parse(merged, profile),
            left_source=self.documents.source(left),
            right_source=self.documents.source(right),
            members=self.members,
            git_source=None if merged is None else SourceMap(merged),
        )

    def spans(self, hit: Hit, view: View) -> tuple[Span | None, Span | None]:
        """Return where the two sides of ``hit`` stand in their texts."""
        if not hit.key:
            return self._disputed_spans(view)
        left, right = _file(view.left), _file(view.right)
        of_left = None if left is None else self.documents.span(left, hit.left.key)
        of_right = None if right is None or hit.right is None else self.documents.span(right, hit.right.key)
        return of_left, of_right

    def _disputed_spans(self, view: View) -> tuple[Span | None, Span | None]:
        """The lines of the first place that git cannot merge."""
        base, left, right = (_file(state) for state in view)
        if base is None or left is None or right is None or len({base, left, right}) < 3:  # noqa: PLR2004 -- all differ
            return None, None
        self.texts.prepare([(base, left, right)])
        hunks = self.texts.hunks
        for region in disputed_regions(
            hunks[base, left], hunks[base, right], self.texts.lines(left), self.texts.lines(right)
        ):
            return _span_of(region.ours_start, region.ours_count), _span_of(region.theirs_start, region.theirs_count)
        return None, None


def text_conflict(path: TreePath, view: View) -> Hit:
    """Return the hit for a path of which nothing is known but that git conflicts on it."""
    left, right = HitSide(path, ()), HitSide(path, ())
    return Hit(TEXT_CONFLICT.id, (), left, right, _said(view))


def _said(view: View) -> str:
    if view.base is None:
        return "{left} and {right} both add this path with different contents"
    if view.left is None:
        return "{left} deletes this path, {right} changes it"
    if view.right is None:
        return "{right} deletes this path, {left} changes it"
    if all(state is not None and state.is_file for state in view):
        return "{left} and {right} change the same lines"
    return "{left} and {right} make different things of this path"


def mirror_hit(hit: Hit) -> Hit:
    """Return ``hit`` with its sides exchanged, in its words as well."""
    if hit.right is None:
        return hit
    message = hit.message.replace("{left}", "{\0}").replace("{right}", "{left}").replace("{\0}", "{right}")
    return replace(hit, left=hit.right, right=hit.left, message=message)


def _file(state: State) -> Oid | None:
    return state.oid if state is not None and state.is_file else None


def _span_of(start: int, count: int) -> Span:
    return Span(start + 1, 1, start + 1 + count, 1)
