"""What can be put to the person who decides a contested place: the union of both sides, or one side's word there.

Each is a whole text with the proof of every merge; what clashes elsewhere still clashes.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.document import ParseFailure, parse
from gatekeeper.core.merge import UNPROVEN, MergeOutcome, merge_settling, merge_texts, read_side
from gatekeeper.core.names import format_key
from gatekeeper.core.schema.kinds import ArrayKind
from gatekeeper.core.sequences import token
from gatekeeper.core.settling import UNSETTLED
from gatekeeper.core.slots import look_up
from gatekeeper.core.splicing.transplant import transplanted
from gatekeeper.core.splicing.value_text import agree
from gatekeeper.core.toml_text import inline
from gatekeeper.core.value_merge import Clash, ClashReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.schema import Profile
    from gatekeeper.core.settling import Settled
    from gatekeeper.core.splicing.side import Side

NOTHING = "absent"
"""The digest of what is not there."""

_DIGITS = 12


class Choice(enum.Enum):
    """What a person can choose at a contested place."""

    UNION = "union"
    OURS = "ours"
    THEIRS = "theirs"


def proposed(base: str | None, ours: str, theirs: str, profile: Profile, at: KeyPath, choice: Choice) -> MergeOutcome:
    """Return the merge with what ``choice`` makes of the place ``at``; all else is merged as ever.

    The union settles the clashes at and below ``at`` that have one: additions of both sides to a list, the higher
    version, the stricter lint. A side's word puts its value at ``at``, or nothing where it has none, whatever the other
    side has done there; at ``()``, that is its whole text, which need not be TOML then.

    Raises UnreadableSideError.
    """
    if choice is Choice.UNION:
        return merge_settling(base, ours, theirs, profile, _UnionAt(at))
    if not at:
        return MergeOutcome(ours if choice is Choice.OURS else theirs)
    mine, other = read_side("ours", ours, profile), read_side("theirs", theirs, profile)
    chosen, yielding = (mine, other) if choice is Choice.OURS else (other, mine)
    rewritten = transplanted(chosen, yielding, at)
    texts = (ours, rewritten) if choice is Choice.OURS else (rewritten, theirs)
    return _agreed(base, texts, profile, [(at, chosen)]) or _clashing(base, ours, theirs, profile)


def with_ruled(
    base: str | None, ours: str, theirs: str, profile: Profile, ruled: Sequence[tuple[KeyPath, str]]
) -> MergeOutcome:
    """Return the merge with what was ruled: at each key, what the text that goes with it has there, or nothing.

    All else is merged as ever, whatever else those texts say. Raises UnreadableSideError.
    """
    chosen = [(at, read_side("ruling", text, profile)) for at, text in ruled]
    texts: list[str | None] = []
    for name, side in (("ours", ours), ("theirs", theirs)):
        rewritten: str | None = side
        for at, donor in chosen:
            rewritten = None if rewritten is None else transplanted(donor, read_side(name, rewritten, profile), at)
        texts.append(rewritten)
    return _agreed(base, texts, profile, chosen) or _clashing(base, ours, theirs, profile)


def _agreed(
    base: str | None, texts: Sequence[str | None], profile: Profile, chosen: Sequence[tuple[KeyPath, Side]]
) -> MergeOutcome | None:
    """Return the merge of sides that say the same at the chosen places; None where there is no proof of it."""
    ours, theirs = texts
    if ours is None or theirs is None:
        return None
    outcome = merge_texts(base, ours, theirs, profile)
    is_clash = outcome.clashes and outcome.clashes != (UNPROVEN,)
    return outcome if is_clash or all(_says(outcome, profile, at, side) for at, side in chosen) else None


def _clashing(base: str | None, ours: str, theirs: str, profile: Profile) -> MergeOutcome:
    # What the sides clash on around the place says more than that there is no proof.
    return MergeOutcome(None, merge_texts(base, ours, theirs, profile).clashes or (UNPROVEN,))


def _says(outcome: MergeOutcome, profile: Profile, at: KeyPath, chosen: Side) -> bool:
    if outcome.text is None:
        return False
    return agree(profile, at, read_side("merge", outcome.text, profile).value(at), chosen.value(at))


@dataclass(frozen=True, slots=True)
class _UnionAt:
    """Settles clashes at and below a place on what both sides can have there together."""

    at: KeyPath

    def __call__(self, _profile: Profile, clash: Clash) -> Settled:
        if clash.key[: len(self.at)] != self.at:
            return UNSETTLED
        if clash.proposal is not None:
            return clash.proposal
        if clash.reason is not ClashReason.SEQUENCE_ORDER:
            return UNSETTLED
        sides = (clash.base, clash.ours, clash.theirs)
        base, ours, theirs = (side if isinstance(side, list) else [] for side in sides)
        united = both_additions(base, ours, theirs)
        return UNSETTLED if united is None else united


def both_additions(base: Sequence[Value], ours: Sequence[Value], theirs: Sequence[Value]) -> list[Value] | None:
    """Return an ordered list with what both sides have added to it, in an order that no side decides.

    None where one side has done more than add, or an entry stands twice: of arguments that come in pairs
    (``-p one``, ``-p two``) no union by entries would be right.
    """
    mine, other = _gaps(base, ours), _gaps(base, theirs)
    tokens = [token(entry) for entry in (*base, *(e for gaps in (mine, other) for gap in gaps or () for e in gap))]
    if mine is None or other is None or len(set(tokens)) < len(tokens):
        return None
    united: list[Value] = []
    for number, added in enumerate(zip(mine, other, strict=True)):
        first, second = sorted(added, key=inline)
        united += [*first, *second, *base[number : number + 1]]
    return united


def _gaps(base: Sequence[Value], side: Sequence[Value]) -> list[list[Value]] | None:
    """Return what ``side`` has before each entry of the base and behind the last; None if it lacks one."""
    gaps: list[list[Value]] = [[]]
    for entry in side:
        if len(gaps) <= len(base) and token(entry) == token(base[len(gaps) - 1]):
            gaps.append([])
        else:
            gaps[-1].append(entry)
    return gaps if len(gaps) == len(base) + 1 else None


def content_digest(text: bytes | None, profile: Profile | None, at: KeyPath) -> str:
    """Return what tells one content of a place from others: 12 hexadecimal digits, or ``NOTHING`` if it has none.

    However a value is spelled, and however a set is ordered, the digest is the same. Without a key, and of what is no
    manifest or cannot be read, it is that of the whole file, byte by byte.
    """
    if text is None:
        return NOTHING
    read = None if profile is None or not at else parse(text, profile)
    if profile is None or read is None or isinstance(read, ParseFailure):
        return _digest(b"file\0" + text)
    value = look_up(read.tree, at)
    return NOTHING if value is ABSENT else _digest(b"value\0" + _canonical(profile, at, value).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]


def _canonical(profile: Profile, key: KeyPath, value: Value) -> str:
    if isinstance(value, dict):
        pairs = sorted((format_key((name,)), _canonical(profile, (*key, name), inner)) for name, inner in value.items())
        return f"{{{','.join(f'{name}={inner}' for name, inner in pairs)}}}"
    if isinstance(value, list):
        entries = [_canonical(profile, key, entry) for entry in value]
        return f"[{','.join(sorted(entries) if profile.array_kind(key, value) is ArrayKind.SET else entries)}]"
    return inline(value)
