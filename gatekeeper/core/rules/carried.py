"""Edits that git, going by lines, has carried over to where the other side has moved what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent, Change, changes
from gatekeeper.core.document import Document, comparable, same
from gatekeeper.core.rules.cases import is_set, remembered, same_set, value_at
from gatekeeper.core.sequences import token
from gatekeeper.core.value_merge import merge_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import PathCase


@dataclass(frozen=True, slots=True)
class Carried:
    """The edit of ``old`` by the other side, which git's result has in ``new``, where ``mover`` has put it."""

    mover: Document
    old: KeyPath
    new: KeyPath

    def editor(self, case: PathCase) -> Document:
        """Return the other side."""
        return case.right if self.mover is case.left else case.left

    @property
    def deed(self) -> str:
        """Say what the mover does."""
        return "renames" if self.old[:-1] == self.new[:-1] else "moves"


@remembered
def differences(case: PathCase) -> tuple[Change, ...]:
    """Return what git's clean result has otherwise than the merge of the values."""
    result = case.git_result
    if not isinstance(result, Document):
        return ()
    numbers = result.numbers if comparable(case.left, case.right, result) else None
    return changes(Document(case.profile, case.merge.tree, numbers=numbers), result)


@remembered
def carried_edits(case: PathCase) -> list[Carried]:
    """Return what git's result has under a new key just as the merge of the values would, had the key stayed."""
    found: list[Carried] = []
    differing = differences(case)
    if not differing or case.base is None:
        return found
    for mover, editor in ((case.left, case.right), (case.right, case.left)):
        news = _made(case, differing, mover, editor)
        olds = list(_left_behind((), case.base.tree, mover.tree, editor.tree)) if news else []
        for new in news:
            if any(new[: len(one.new)] == one.new for one in found):
                continue
            old = next((old for old in olds if _is_carried(case, mover, editor, old, new)), None)
            if old is not None:
                found.append(Carried(mover, old, new))
    return found


def _made(case: PathCase, differing: Iterable[Change], mover: Document, editor: Document) -> list[KeyPath]:
    """Return the keys that only ``mover`` has made and in which git's result differs from that, outermost first."""
    found = {
        new
        for change in differing
        for new in (change.key[:depth] for depth in range(1, len(change.key) + 1))
        if value_at(mover, new) is not ABSENT
        and value_at(case.base, new) is ABSENT
        and value_at(editor, new) is ABSENT
        and not same(value_at(mover, new), _got(case, new))
    }
    return sorted(found, key=lambda new: (len(new), new))


def _got(case: PathCase, key: KeyPath) -> Value | Absent:
    return value_at(case.git_result, key) if isinstance(case.git_result, Document) else ABSENT


def _left_behind(
    above: KeyPath, base: Mapping[str, Value], mover: Mapping[str, Value], editor: Mapping[str, Value]
) -> Iterator[KeyPath]:
    """Yield the keys that ``mover`` took away or gave another value, and ``editor`` edited, outermost first."""
    for name, was in base.items():
        mine, its = mover.get(name, ABSENT), editor.get(name, ABSENT)
        if its is ABSENT or same(was, its) or same(was, mine):
            continue
        if mine is ABSENT or not isinstance(was, dict):
            yield (*above, name)
        if isinstance(was, dict) and isinstance(its, dict):
            yield from _left_behind((*above, name), was, mine if isinstance(mine, dict) else {}, its)


def _is_carried(case: PathCase, mover: Document, editor: Document, old: KeyPath, new: KeyPath) -> bool:
    before, mine, its = value_at(case.base, old), value_at(mover, new), value_at(editor, old)
    if not _resemble(before, mine):
        return False
    was, moved, edited, got = (Document(case.profile, _at(new, v)) for v in (before, mine, its, _got(case, new)))
    merge = merge_values(was, moved, edited)
    if merge.clashes:
        return False
    left_over = changes(Document(case.profile, merge.tree), got)
    return all(is_set(case, one.key, one.before, one.after) and same_set(one.before, one.after) for one in left_over)


def _resemble(one: Value | Absent, other: Value | Absent) -> bool:
    """Return whether two values have anything in common."""
    if isinstance(one, dict) and isinstance(other, dict):
        return any(_resemble(value, other[name]) for name, value in one.items() if name in other)
    if isinstance(one, list) and isinstance(other, list):
        return not {token(entry) for entry in one}.isdisjoint(map(token, other))
    return same(one, other)


def _at(key: KeyPath, value: Value | Absent) -> dict[str, Value]:
    """Return a tree that has ``value`` at ``key`` and nothing else."""
    if value is ABSENT:
        return {}
    for part in reversed(key):
        value = {part: value}
    return value  # type: ignore[return-value]
