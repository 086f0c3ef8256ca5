"""Clean merges of the lines that parse and still say something else than the two edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity, format_key
from gatekeeper.core.rules.cases import hit, set_edits, starts_with
from gatekeeper.core.rules.misplaced import Misplaced, misplaced
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.toml_text import listed, named, proposed, shortened, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.model import Hit, PathCase

HEADER_CAPTURES = RuleInfo(
    id=RuleId("toml-header-captures-keys"),
    family=Family.TOML,
    severity=Severity.CRITICAL,
    summary="Git's clean merge of the lines is valid TOML, but says something else than the two edits together.",
    explanation=(
        "A key belongs to the table whose header stands above it. When one side puts a header in the middle of a table "
        "and the other adds a key further down, git places the key by its line, below the new header: a dependency "
        "becomes a dev-dependency, `private = true` moves to the next task. In the same way a moved block can bring "
        "back a key that the other side deleted. No tool reports it: the file parses."
    ),
    settles="Place each key by its path: take the merge of the values, which is the proposal.",
    fixtures=(
        "toml-header-captures-keys",
        "toml-header-captures-keys--private-task",
        "toml-header-captures-keys--undone-deletion",
    ),
)


@path_rule(HEADER_CAPTURES, needs=misplaced)
def header_captures_keys(case: PathCase) -> Iterator[Hit]:
    """Compare git's clean result with the merge of the values; no clash may explain the difference."""
    for one in misplaced(case):
        proposal = None if one.wanted is ABSENT else proposed(case.profile, one.key, one.wanted)
        author_is_left = _touches(case.left_changes, one.key)
        header = None if one.captured is None else one.captured[:-1]
        message = _misplacement(one, "{left}" if author_is_left else "{right}")
        yield hit(
            HEADER_CAPTURES.id,
            case,
            one.key,
            message,
            proposal=proposal,
            left_key=None if author_is_left else header,
            right_key=header if author_is_left else None,
        )


def _misplacement(one: Misplaced, author: str) -> str:
    what = named(one.key)
    other = "{right}" if author == "{left}" else "{left}"
    if one.captured is not None:
        return (
            f"git merges the lines without a conflict and puts {what}, which {author} edits, "
            f"under [{shortened(format_key(one.captured[:-1]))}], whose header {other} puts above it"
        )
    if one.wanted is ABSENT:
        return f"{author} removes {what}, and git's clean merge with {other} brings it back as {shown(one.got)}"
    if one.got is ABSENT:
        return f"git's clean merge of {{left}} and {{right}} loses {what} = {shown(one.wanted)}"
    if isinstance(one.wanted, list) and isinstance(one.got, list):
        extra, lost = set_edits(one.wanted, one.got)
        said = [f"holds {listed(extra)}"] if extra else []
        said += [f"lacks {listed(lost)}"] if lost else []
        return f"after git's clean merge of {{left}} and {{right}}, {what} {' and '.join(said) or 'has another order'}"
    return (
        f"git's clean merge of {{left}} and {{right}} sets {what} to {shown(one.got)}, "
        f"where the two edits together give {shown(one.wanted)}"
    )


def _touches(changed: Iterable[KeyPath], key: KeyPath) -> bool:
    return any(starts_with(one, key) for one in changed)
