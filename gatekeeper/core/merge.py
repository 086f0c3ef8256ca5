"""Three versions of a TOML document to merged text, or to the keys on which they clash.

The values are merged first (``value_merge``, ``settling``). Then a text is looked for that says just that: the merge of
the lines, as git makes it; else that merge with ours' lines where the sides conflict, or a side's own text, with the
statements changed that have to be (``splicing``). A text counts only with its proof: it parses again, says the merged
values, and holds every comment that its side has kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.document import Document, ParseFailure, parse
from gatekeeper.core.lock_consistency import as_cargo_orders, lock_faults, names_are_short, packages_in_full
from gatekeeper.core.merge_doubts import doubts
from gatekeeper.core.merge_proof import Proof
from gatekeeper.core.names import format_key
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.settling import Settle, Unsettled, left_open, settled, settled_by_version
from gatekeeper.core.slots import put
from gatekeeper.core.splicing.lock_text import with_packages
from gatekeeper.core.splicing.side import Side
from gatekeeper.core.splicing.splice import splice
from gatekeeper.core.splicing.value_text import Spelling
from gatekeeper.core.string_merge import favouring_ours, merged_lines
from gatekeeper.core.toml_text import shown
from gatekeeper.core.value_merge import Clash, ClashReason, ValueMerge, merge_values
from gatekeeper.core.values import table

if TYPE_CHECKING:
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile
    from gatekeeper.core.spans import Span

Versions: TypeAlias = Literal["ask", "max"]
"""What becomes of two versions at one key: a clash, or the higher one."""

_Tree: TypeAlias = "dict[str, Value]"


_SETTLING: Mapping[Versions, Settle] = {"ask": left_open, "max": settled_by_version}


class UnreadableSideError(ValueError):
    """One of the versions is no TOML; ``side`` is ``base``, ``ours`` or ``theirs``."""

    def __init__(self, side: str, failure: ParseFailure) -> None:
        super().__init__(f"{side}, line {failure.line}, column {failure.column}: {failure.message}")
        self.side = side
        self.failure = failure


@dataclass(frozen=True, slots=True)
class MergeClash:
    """One key on which the sides disagree, with what they have there and where; None: nothing.

    ``reason`` is ``both-changed``, ``changed-and-removed``, ``type-clash``, ``exclusive-slot``, ``sequence-order``,
    ``forbidden-set``; of a lock file, ``inconsistent-lock``: together, the sides' changes are nothing that cargo can
    have made; or, for the whole document, ``unproven``: no text could be shown to say what both sides say.
    """

    key: KeyPath
    reason: str
    base: Value | None
    ours: Value | None
    theirs: Value | None
    ours_span: Span | None
    theirs_span: Span | None

    def __str__(self) -> str:
        if self.reason == "unproven":
            return "no text could be proven to hold the changes of both sides"
        said = [shown(ABSENT if value is None else value) for value in (self.ours, self.theirs)]
        lines = [f" (line {span.line})" if span is not None else "" for span in (self.ours_span, self.theirs_span)]
        return f"{format_key(self.key)}: ours {said[0]}{lines[0]}, theirs {said[1]}{lines[1]}"


UNPROVEN = MergeClash((), "unproven", None, None, None, None, None)
"""What a merge clashes on for which no text could be proven."""


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """``text`` is None when the sides clash. ``notes`` say which disagreements were settled, and how."""

    text: str | None
    clashes: tuple[MergeClash, ...] = ()
    notes: tuple[str, ...] = ()


def merge_texts(base: str | None, ours: str, theirs: str, profile: Profile, versions: Versions = "ask") -> MergeOutcome:
    """Return the merge; ``base`` None: both sides have added the file. Raises UnreadableSideError.

    Sides that are the same, or one that has changed nothing, need not be TOML: the other one is the merge.
    """
    return merge_settling(base, ours, theirs, profile, _SETTLING[versions])


def merge_settling(base: str | None, ours: str, theirs: str, profile: Profile, settle: Settle) -> MergeOutcome:
    """Return the merge, in which ``settle`` is asked about every clash that does not settle itself.

    What it answers counts only with the proof that every merge needs. Raises UnreadableSideError.
    """
    if theirs in {ours, base}:
        return MergeOutcome(ours)
    if ours == base:
        return MergeOutcome(theirs)
    before = None if base is None else read_side("base", base, profile)
    mine, other = read_side("ours", ours, profile), read_side("theirs", theirs, profile)
    in_full = (None if before is None else _in_full(before)), _in_full(mine), _in_full(other)
    return _Merge(Spelling(profile, *in_full), Proof(profile, before, mine, other)).outcome(settle)


@dataclass(frozen=True, slots=True)
class _Merge:
    spelling: Spelling
    proof: Proof

    def outcome(self, settle: Settle) -> MergeOutcome:
        """Return the merge, proven; a lock file also has to be one of cargo's."""
        merged = self._merged(settle)
        if merged.text is None or self.spelling.profile is not CARGO_LOCK:
            return merged
        return self._locked(merged, merged.text)

    def _locked(self, merged: MergeOutcome, text: str) -> MergeOutcome:
        read = parse(text.encode("utf-8", "surrogatepass"), CARGO_LOCK)
        tree = read.tree if isinstance(read, Document) else {}
        faults = lock_faults(tree, self.spelling.ours.document.tree, self.spelling.theirs.document.tree)
        if faults:
            return MergeOutcome(None, tuple(self._inconsistent(key) for key in faults))
        ordered = as_cargo_orders(tree)
        text = with_packages(text, table(ordered.get("package")))
        is_proven = self.proof.says(text, ordered) and self.proof.has_comments(text)
        return replace(merged, text=text) if is_proven else MergeOutcome(None, (UNPROVEN,))

    def _inconsistent(self, key: KeyPath) -> MergeClash:
        before = self.spelling.base
        base, ours, theirs = (
            ABSENT if side is None else side.value(key) for side in (before, self.spelling.ours, self.spelling.theirs)
        )
        return replace(
            self._shown(Clash(key, base, ours, theirs, ClashReason.BOTH_CHANGED)), reason="inconsistent-lock"
        )

    def _merged(self, settle: Settle) -> MergeOutcome:
        before, ours, theirs = self.spelling.base, self.spelling.ours.document, self.spelling.theirs.document
        base = None if before is None else before.document
        merge = merge_values(base, ours, theirs)
        tree, left, notes = self._settled(merge, settle)
        if left:
            return MergeOutcome(None, tuple(self._shown(one) for clash in left for one in self._members(clash)))
        wanted = self._written(tree)
        clean = merged_lines(*self._texts())
        if clean is not None and (text := self.proof.proven(clean, wanted)) is not None:
            return MergeOutcome(text, (), notes)
        doubtful = doubts(base, ours, theirs, wanted)
        if doubtful:
            return MergeOutcome(None, tuple(map(self._shown, doubtful)))
        found = self._best(self._spliced(wanted), wanted)
        return MergeOutcome(None, (UNPROVEN,)) if found is None else MergeOutcome(found, (), notes)

    def _best(self, candidates: Iterable[str], wanted: _Tree) -> str | None:
        """Return the first candidate that can be proven; rather one in which no comment came to stand twice."""
        second: str | None = None
        for candidate in candidates:
            text = self.proof.proven(candidate, wanted)
            if text is not None and not self.proof.doubles_comments(text):
                return text
            second = text if second is None else second
        return second

    def _settled(self, merge: ValueMerge, settle: Settle) -> tuple[_Tree, list[Clash], tuple[str, ...]]:
        """Return the merged tree with the clashes settled that can be, the others, and what was decided."""
        profile, tree, left, notes = self.spelling.profile, merge.tree, [], []
        for clash in merge.clashes:
            around = (side.value(clash.key[:-1]) for side in (self.spelling.ours, self.spelling.theirs))
            value = settled(profile, clash, *around)
            if isinstance(value, Unsettled):
                value = settle(profile, clash)
            if isinstance(value, Unsettled):
                left.append(clash)
            else:
                tree = put(tree, clash.key, value)
                sides = f"ours {shown(clash.ours)}, theirs {shown(clash.theirs)}"
                notes.append(f"{format_key(clash.key)}: took {shown(value)} ({sides})")
        return tree, left, tuple(notes)

    def _written(self, merged: _Tree) -> _Tree:
        """Return what can be written of the merge: a table of which only parts were spelled out goes with these."""
        items = [*self.spelling.ours.layout.items, *self.spelling.theirs.layout.items]
        headers = {item.key for item in items if item.is_header}
        values = {item.key for item in items if not item.is_header}

        def pruned(key: KeyPath, table: _Tree) -> _Tree:
            kept: _Tree = {}
            for name, value in table.items():
                inside = (*key, name)
                if not isinstance(value, dict) or inside in values:
                    kept[name] = value
                elif (rest := pruned(inside, value)) or inside in headers:
                    kept[name] = rest
            return kept

        return pruned((), merged)

    def _spliced(self, wanted: _Tree) -> Iterator[str]:
        base, ours, theirs = self._texts()
        for start in dict.fromkeys((favouring_ours(base, ours, theirs), ours, theirs)):
            read = parse(start.encode("utf-8", "surrogatepass"), self.spelling.profile)
            if isinstance(read, Document):
                yield splice(Side(start, read), wanted, self.spelling)

    def _texts(self) -> tuple[str, str, str]:
        before = self.spelling.base
        return "" if before is None else before.text, self.spelling.ours.text, self.spelling.theirs.text

    def _members(self, clash: Clash) -> list[Clash]:
        """Return what clashes where the document as a whole has one of several keys: each of these."""
        if clash.key or not clash.members:
            return [clash]
        sides = (self.spelling.base, self.spelling.ours, self.spelling.theirs)
        values = [[ABSENT if side is None else side.value(key) for side in sides] for key in clash.members]
        return [
            Clash(key, base, ours, theirs, clash.reason)
            for key, (base, ours, theirs) in zip(clash.members, values, strict=True)
        ]

    def _shown(self, clash: Clash) -> MergeClash:
        return MergeClash(
            clash.key,
            clash.reason.value,
            _value(clash.base),
            _value(clash.ours),
            _value(clash.theirs),
            None if clash.ours is ABSENT else self.spelling.ours.span(clash.key),
            None if clash.theirs is ABSENT else self.spelling.theirs.span(clash.key),
        )


def _value(value: Value | Absent) -> Value | None:
    return None if isinstance(value, Absent) else value


def read_side(name: str, text: str, profile: Profile) -> Side:
    """Return one version of a document; raises UnreadableSideError, which calls it ``name``."""
    read = parse(text.encode("utf-8", "surrogatepass"), profile)
    if isinstance(read, ParseFailure):
        raise UnreadableSideError(name, read)
    return Side(text, read)


def _in_full(lock: Side) -> Side:
    """Return a lock file whose dependencies do not have to be named otherwise because of what the other side adds."""
    if lock.document.profile is not CARGO_LOCK or not names_are_short(lock.document.tree):
        return lock
    text = with_packages(lock.text, packages_in_full(lock.document.tree))
    read = parse(text.encode("utf-8", "surrogatepass"), CARGO_LOCK)
    return Side(text, read) if isinstance(read, Document) else lock
