"""What is left to say of a path when git's verdict is all there is, and files that nobody merges by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import Absent
from gatekeeper.core.merge_doubts import doubts
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import hit, merged_at
from gatekeeper.core.rules.model import Family, GitVerdict, RuleInfo
from gatekeeper.core.rules.registry import path_rule, stated_rule
from gatekeeper.core.schema import CARGO_LOCK
from gatekeeper.core.toml_text import proposed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.core.rules.model import Hit, PathCase

TEXT_CONFLICT = stated_rule(
    RuleInfo(
        id=RuleId("text-conflict"),
        family=Family.TEXT,
        severity=Severity.MAJOR,
        summary="Git cannot merge a file, and nothing more can be said about it.",
        explanation=(
            "Source code, documents, binary files, and whatever git itself refuses: a rename against another rename, a "
            "file against a directory, a deletion against an edit. It is major because both edits are legal and what "
            "they mean together is a choice that no rule can make, while no harm is done unseen: git will not let the "
            "second one land as it is."
        ),
        settles="The second side merges the first one's branch and settles the conflict with its author.",
        fixtures=("text-conflict",),
    )
)
TEXT_ONLY_CONFLICT = stated_rule(
    RuleInfo(
        id=RuleId("text-only-conflict"),
        family=Family.TEXT,
        severity=Severity.NOTE,
        summary="Git conflicts on the lines, but the values merge without a clash.",
        explanation=(
            "Two agents add different keys at the end of the same table, or one edits the line above the other's: for "
            "git that is one place, for the file as a tree there is nothing to decide."
        ),
        settles="Keep both edits, as `gatekeeper resolve` and the merge driver do: there is nothing to choose.",
        fixtures=("text-only-conflict", "text-only-conflict--same-dependency"),
    )
)
LOCK_CONFLICT = RuleInfo(
    id=RuleId("lock-conflict"),
    family=Family.TEXT,
    severity=Severity.MINOR,
    summary="Both sides change `Cargo.lock`, and git cannot merge it.",
    explanation=(
        "The file is generated: no merge of its lines is worth reading. What counts are the manifests, and conflicts "
        "in those are findings of their own."
    ),
    settles="Take either side's file and let `cargo metadata` or `cargo update --workspace` complete it.",
    fixtures=("lock-conflict",),
)


@path_rule(LOCK_CONFLICT, profile=CARGO_LOCK)
def lock_conflict(case: PathCase) -> Iterator[Hit]:
    """Report a lock file as one finding, whatever the packages in it."""
    if case.git is GitVerdict.CONFLICT or case.merge.clashes:
        yield hit(
            LOCK_CONFLICT.id, case, (), "{left} and {right} both change the lock file; cargo has to make it again"
        )


def text_only_conflict(case: PathCase) -> Hit:
    """Return the hit for a conflict of git's that the merge of the values does not have."""
    message = "git conflicts between {left} and {right}; key by key the edits combine"
    return hit(TEXT_ONLY_CONFLICT.id, case, (), message, proposal=_of_both(case))


def _of_both(case: PathCase) -> str | None:
    """Return what the merge has of both sides, of one table where they share one; None if that is much, or in doubt."""
    left, right = case.left_changes, case.right_changes
    if min(len(left), len(right)) > _MOST_PROPOSED:
        return None
    tables = {key[:-1] for key in left} & {key[:-1] for key in right}
    changed = sorted(key for key in {*left, *right} if not tables or key[:-1] in tables)
    if len(changed) > _MOST_PROPOSED or doubts(case.base, case.left, case.right, case.merge.tree):
        return None
    outermost = [key for key in changed if not any(key[:depth] in changed for depth in range(1, len(key)))]
    parts: list[str] = []
    for key in outermost:
        value = merged_at(case, key)
        if isinstance(value, Absent):
            # TOML has no way to say that a key is gone.
            return None
        parts.append(proposed(case.profile, key, value))
    return "\n".join(sorted(parts, key=lambda part: part.startswith("["))) or None


_MOST_PROPOSED = 8
"""More keys than this say no more to a reader than the files do."""
