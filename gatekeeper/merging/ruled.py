"""What people have ruled on contested places, put into a merge: there, and nowhere else in the file.

A ruling says what a place holds for the contents that its author was shown. It counts where both sides have changed the
place and hold one of these, or the ruled one, by now; trunk and branch may have moved everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gatekeeper.core.merge import UnreadableSideError
from gatekeeper.core.names import KeyPath, Oid, TreePath, format_key
from gatekeeper.core.proposals import content_digest, with_ruled
from gatekeeper.core.schema import profile_for
from gatekeeper.repository.objects import ObjectStore
from gatekeeper.repository.whole_merges import merge_bases


@dataclass(frozen=True, slots=True)
class RuledPlace:
    """One ruling. ``content``: the whole file as ruled, None: it goes; ``known``: digests of what was ruled on."""

    case: str
    ruling: str
    path: TreePath
    at: KeyPath
    content: bytes | None
    known: frozenset[str]

    def __str__(self) -> str:
        place = self.path + (f"#{format_key(self.at)}" if self.at else "")
        return f"{place} as ruled in {self.case} ({self.ruling})"


@dataclass(frozen=True, slots=True)
class RuledContents:
    """``contents`` are the merged files with what was ruled in them; ``applied`` are the rulings that they follow.

    ``left`` says, by path, why rulings could not be followed there; that matters where the merge is in conflict.
    """

    contents: Mapping[TreePath, bytes | None] = field(default_factory=dict)
    applied: tuple[RuledPlace, ...] = ()
    left: Mapping[TreePath, tuple[str, ...]] = field(default_factory=dict)


class _Versions(NamedTuple):
    """What the file was, and is on both sides; None: there is none."""

    base: bytes | None
    ours: bytes | None
    theirs: bytes | None

    def digests(self, path: TreePath, at: KeyPath) -> tuple[str, str, str]:
        base, ours, theirs = (content_digest(content, profile_for(path), at) for content in self)
        return base, ours, theirs


def contested_paths(store: ObjectStore, ours: Oid, theirs: Oid, paths: Iterable[TreePath]) -> frozenset[TreePath]:
    """Return which of the paths both sides have changed, and not to the same; raises BadInputError."""
    bases = merge_bases(store, ours, theirs)
    found = set()
    for path in set(paths):
        mine, other = store.entry(ours, path), store.entry(theirs, path)
        if mine != other and all(store.entry(base, path) not in (mine, other) for base in bases):
            found.add(path)
    return frozenset(found)


def ruled_contents(store: ObjectStore, ours: Oid, theirs: Oid, rulings: Sequence[RuledPlace]) -> RuledContents:
    """Return what the contested files hold by the rulings; of several on one place, the first that fits counts.

    Raises BadInputError for histories that share nothing, and for objects that are missing.
    """
    paths = contested_paths(store, ours, theirs, (ruling.path for ruling in rulings))
    bases = merge_bases(store, ours, theirs) if paths else ()
    contents: dict[TreePath, bytes | None] = {}
    applied: list[RuledPlace] = []
    left: dict[TreePath, tuple[str, ...]] = {}
    for path in sorted(paths):
        before = {_content(store, base, path) for base in bases}
        here = [ruling for ruling in rulings if ruling.path == path]
        if len(before) > 1:
            left[path] = tuple(f"{ruling}: the histories cross, and have several merge bases here" for ruling in here)
            continue
        versions = _Versions(before.pop(), _content(store, ours, path), _content(store, theirs, path))
        fitting, reasons = _fitting(here, versions)
        if fitting:
            merged = _merged(path, versions, fitting)
            reasons += merged.clashes
            if not merged.clashes:
                contents[path] = merged.content
                applied += fitting
        if reasons:
            left[path] = tuple(reasons)
    return RuledContents(contents, tuple(applied), left)


def _content(store: ObjectStore, commit: Oid, path: TreePath) -> bytes | None:
    entry = store.entry(commit, path)
    return store.blob(entry.oid) if entry is not None and entry.is_file else None


def _fitting(rulings: Sequence[RuledPlace], versions: _Versions) -> tuple[list[RuledPlace], list[str]]:
    """Return the rulings to follow, one a place, and why there is none for a place that both sides have changed."""
    fitting: list[RuledPlace] = []
    reasons: list[str] = []
    for at in dict.fromkeys(ruling.at for ruling in rulings):
        here = [ruling for ruling in rulings if ruling.at == at]
        before, mine, other = versions.digests(here[0].path, at)
        if before in {mine, other}:
            continue
        found = next((ruling for ruling in here if {mine, other} <= ruling.known), None)
        if found is not None:
            fitting.append(found)
            continue
        reasons += (
            f"{ruling}, but it holds something else by now than what was ruled on: "
            f"gatekeeper escalation show {ruling.case}"
            for ruling in here
        )
    return fitting, reasons


class _Merged(NamedTuple):
    """A file with what was ruled, or why there is none."""

    content: bytes | None
    clashes: tuple[str, ...] = ()


def _merged(path: TreePath, versions: _Versions, rulings: Sequence[RuledPlace]) -> _Merged:
    profile = profile_for(path)
    whole = next((ruling for ruling in rulings if not ruling.at or profile is None), None)
    if whole is not None:
        # Its author was shown both whole files, so that nothing else can be contested in it.
        return _Merged(whole.content)
    texts = [*versions, *(ruling.content for ruling in rulings)]
    if profile is None or any(text is None for text in texts[1:]):
        return _Merged(None, tuple(f"{ruling}: one side has no such file" for ruling in rulings))
    try:
        base, ours, theirs, *ruled = (None if text is None else text.decode("utf-8") for text in texts)
        chosen = [(ruling.at, text or "") for ruling, text in zip(rulings, ruled, strict=True)]
        outcome = with_ruled(base, ours or "", theirs or "", profile, chosen)
    except (UnicodeDecodeError, UnreadableSideError) as error:
        return _Merged(None, tuple(f"{ruling} cannot be followed: {error}" for ruling in rulings))
    if outcome.text is None:
        return _Merged(None, tuple(f"besides {rulings[0]}: {clash}" for clash in outcome.clashes))
    return _Merged(outcome.text.encode("utf-8"))
