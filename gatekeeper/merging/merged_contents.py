"""One manifest that both sides of a merge have changed: our merge of it where that is proven, else git's or none."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.merging.driver import Merge, outcome_of
from gatekeeper.merging.manifests import is_toml

_CONFLICTED_BASE = "the base that git merges on is itself a merge with conflicts"
_NOT_TOML = "the lines merge, but what comes out is not TOML"


@dataclass(frozen=True, slots=True)
class MergedContent:
    """``text`` None: it is in conflict, and ``reasons`` say on what. ``notes`` say what was decided."""

    text: bytes | None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def merged_content(merge: Merge, by_git: bytes | None) -> MergedContent:
    """Return the merge as the merge driver makes it. ``by_git``: git's merge of the lines, None if it conflicts."""
    outcome, complaint = outcome_of(merge)
    told = (complaint,) if complaint else ()
    if outcome is None:
        # What is no TOML on a side is git's to merge, if it is TOML then.
        if by_git is not None and is_toml(by_git, path=merge.path):
            return MergedContent(by_git, notes=(*told, "merged as text"))
        return MergedContent(None, (*told, *((_NOT_TOML,) if by_git is not None else ())))
    if outcome.text is None:
        return MergedContent(None, (*told, *(map(str, outcome.clashes) if outcome.clashes else (_CONFLICTED_BASE,))))
    return MergedContent(outcome.text.encode("utf-8"), notes=(*told, *outcome.notes))
