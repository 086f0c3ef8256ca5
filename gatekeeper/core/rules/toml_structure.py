"""Duplicate definitions: what git merges without a conflict, and no parser reads, or not as it was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT, Absent
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import (
    dependency_entry,
    disagreements,
    hit,
    is_claimed,
    merged_at,
    remembered,
    starts_with,
    value_at,
)
from gatekeeper.core.rules.duplicates import Duplicate, Spelling, duplicates
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import settled_text
from gatekeeper.core.toml_text import named, proposed, shortened, shown, table_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_FOLD = "Fold both into one; the merge of the values already is that one, and is the proposal."
_DUPLICATE = "error: duplicate key"
_TABLE_AND_PAIR = frozenset((Spelling.HEADER, Spelling.PAIR))

DIFFERENT_VALUE = RuleInfo(
    id=RuleId("toml-dup-key-different-value"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="Both sides add the same key with different values.",
    explanation=(
        "At two places of the file git merges the lines without a conflict, and the key stands there twice: no parser "
        "reads the file, and every cargo or cargo-make command in the workspace stops. At one place git conflicts. "
        "Either way someone has to say which value is meant. Where the two values combine key by key, nobody has to "
        "choose, and the finding is minor."
    ),
    settles="Choose one value, and keep the key once.",
    fixtures=(
        "toml-dup-key-different-value",
        "toml-dup-key-different-value--scalar",
        "toml-dup-key-different-value--combinable",
    ),
    tool_says=_DUPLICATE,
)
SAME_VALUE = RuleInfo(
    id=RuleId("toml-dup-key-same-value"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Both sides add the same key with the same value at different places of a table.",
    explanation="Git keeps both lines, and a key may stand only once: the file no longer parses. Values are compared "
    "as values, so `1_000` and `1000` are the same.",
    settles="Keep one of the two lines.",
    fixtures=("toml-dup-key-same-value",),
    tool_says=_DUPLICATE,
)
QUOTED_ALIAS = RuleInfo(
    id=RuleId("toml-quoted-key-alias"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Both sides add the same key in different quotes.",
    explanation="`[target.'cfg(unix)'.dependencies]` and `[target.\"cfg(unix)\".dependencies]` differ as text and are "
    "one table. Git keeps both, and the file no longer parses.",
    settles=_FOLD,
    fixtures=("toml-quoted-key-alias",),
    tool_says=_DUPLICATE,
)
DOTTED_VS_TABLE = RuleInfo(
    id=RuleId("toml-dotted-vs-table"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="One side writes a table with dotted keys, the other with a header or inline.",
    explanation="A table that dotted keys have defined cannot be opened again by a header. Git sees two different "
    "lines and keeps both, and the file no longer parses.",
    settles=_FOLD,
    fixtures=("toml-dotted-vs-table",),
    tool_says=_DUPLICATE,
)
AOT_VS_TABLE = RuleInfo(
    id=RuleId("toml-aot-vs-table"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="One side writes an array of tables (`[[bin]]`), the other one table (`[bin]`), under the same key.",
    explanation="The same key cannot be both. Git keeps both blocks, and the file no longer parses.",
    settles="Choose the form; for targets of a package it is the double brackets.",
    fixtures=("toml-aot-vs-table",),
    tool_says=_DUPLICATE,
)
SCALAR_VS_TABLE = RuleInfo(
    id=RuleId("toml-scalar-vs-table"),
    family=Family.TOML,
    severity=Severity.MAJOR,
    summary="One side makes a key a plain value, the other a table or an array.",
    explanation='`[env] ci = "true"` is a variable, `[env.ci]` a section for one profile: the two sides mean different '
    "things by one name, and a file with both does not parse.",
    settles="Rename one of the two.",
    fixtures=("toml-scalar-vs-table",),
    tool_says="duplicate key",
)
INLINE_VS_TABLE = RuleInfo(
    id=RuleId("toml-dup-inline-vs-table"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Both sides add the same table, one inline and one under a header of its own.",
    explanation="`extra = { … }` below `[dependencies]` and `[dependencies.extra]` further down are one key. Git keeps "
    "both, and the file no longer parses.",
    settles=_FOLD,
    fixtures=("toml-dup-inline-vs-table",),
    tool_says=_DUPLICATE,
)
DUPLICATE_HEADER = RuleInfo(
    id=RuleId("toml-dup-table-header"),
    family=Family.TOML,
    severity=Severity.MINOR,
    summary="Both sides add the same table header at different places.",
    explanation="Git keeps both blocks, and a table may be opened only once: the file no longer parses, although the "
    "keys below the two headers go well together.",
    settles=_FOLD,
    fixtures=("toml-dup-table-header", "toml-dup-table-header--env"),
    tool_says=_DUPLICATE,
)


@remembered
def made_by_both(case: PathCase) -> list[Disagreement] | list[Duplicate]:
    """Return what both sides add and fill differently; where there is nothing, what stands twice in git's result."""
    return [one for one in disagreements(case) if one.both_added] or duplicates(case)


@path_rule(DIFFERENT_VALUE, needs=made_by_both)
def different_value(case: PathCase) -> Iterator[Hit]:
    """Report keys that both sides added: clashing values, or one key twice whose values combine."""
    clashing = [one for one in disagreements(case) if one.both_added and not is_claimed(case, one.key)]
    clashing = [one for one in clashing if one.reason is not None and not (one.is_slot or one.is_type_clash)]
    twice = [two.key for two in _unclaimed(case) if two.spellings == {Spelling.PAIR}]
    for key, one in {_entry_of(one.key, twice): one for one in reversed(clashing)}.items():
        left, right = (value_at(document, key) for document in (case.left, case.right))
        message = f"{{left}} adds {named(key)} = {shown(left)}, {{right}} adds it as {shown(right)}"
        yield hit(DIFFERENT_VALUE.id, case, key, message, proposal=settled_text(case, one))
    for two in _unclaimed(case):
        left, right = (value_at(document, two.key) for document in (case.left, case.right))
        is_pair = two.spellings <= {Spelling.PAIR, Spelling.DOTTED} and len(two.spellings) == 1
        if is_pair and left != right and not any(starts_with(one.key, two.key) for one in clashing):
            message = f"{{left}} adds {named(two.key)} = {shown(left)}, {{right}} adds it elsewhere as {shown(right)}"
            yield hit(
                DIFFERENT_VALUE.id, case, two.key, message, proposal=folded(case, two.key), severity=Severity.MINOR
            )


def _entry_of(key: KeyPath, twice: list[KeyPath]) -> KeyPath:
    """Return the key that stands in the text twice and holds ``key``: that is what people see."""
    return next((entry for entry in twice if starts_with(key, entry)), key)


@path_rule(QUOTED_ALIAS, needs=duplicates)
def quoted_alias(case: PathCase) -> Iterator[Hit]:
    """Report one key in two quotings."""
    for two in _unclaimed(case):
        if len(two.spellings) == 1 and two.left_spelled != two.right_spelled and Spelling.NONE not in two.spellings:
            message = (
                f"{{left}} writes {shortened(two.left_spelled)}, {{right}} {shortened(two.right_spelled)}: one key"
            )
            yield hit(QUOTED_ALIAS.id, case, two.key, message, proposal=folded(case, two.key))


@path_rule(SAME_VALUE, needs=duplicates)
def same_value(case: PathCase) -> Iterator[Hit]:
    """Report one key with one value at two places."""
    for two in _unclaimed(case):
        if two.spellings in ({Spelling.PAIR}, {Spelling.DOTTED}):
            value = value_at(case.left, two.key)
            message = f"{{left}} and {{right}} add {named(two.key)} = {shown(value)} at two places of the file"
            yield hit(SAME_VALUE.id, case, two.key, message, proposal=folded(case, two.key))


@path_rule(AOT_VS_TABLE)
def array_vs_table(case: PathCase) -> Iterator[Hit]:
    """Report a key that is an array of tables on one side and a table on the other."""
    keys = {one.key for one in type_clashes(case)}
    keys |= {two.key for two in _unclaimed(case)}
    left_tree, right_tree = case.left.tree, case.right.tree
    unlike = [name for name, mine in left_tree.items() if right_tree.get(name, mine) is not mine]
    keys |= {(name,) for name in unlike if case.profile.identity_array((name,))}
    for key in sorted(keys):
        left, right = (_is_array(case, key, value_at(document, key)) for document in (case.left, case.right))
        if left is not None and right is not None and left != right and not is_claimed(case, key):
            spelled = [f"[[{named(key)}]]" if is_array else f"[{named(key)}]" for is_array in (left, right)]
            yield hit(AOT_VS_TABLE.id, case, key, f"{{left}} writes {spelled[0]}, {{right}} writes {spelled[1]}")


def _is_array(case: PathCase, key: KeyPath, value: Value | Absent) -> bool | None:
    """Return whether ``value`` comes from an array of tables; None when from neither that nor a table."""
    if isinstance(value, list):
        return True if value and _holds_tables(value) else None
    if not isinstance(value, dict):
        return None
    # Arrays of tables that have an identity are tables of tables in a document; a table of values is what it says.
    return case.profile.identity_array(key) and _holds_tables(value.values())


def _holds_tables(values: Iterable[Value]) -> bool:
    """Return whether there is nothing but tables among ``values``."""
    return set(map(type, values)) <= {dict}


@remembered
def type_clashes(case: PathCase) -> list[Disagreement]:
    """Return the keys of which the sides make different kinds of thing."""
    return [one for one in disagreements(case) if one.is_type_clash]


@path_rule(SCALAR_VS_TABLE, needs=type_clashes)
def scalar_vs_table(case: PathCase) -> Iterator[Hit]:
    """Report a key that is a value on one side and a table or an array on the other."""
    for one in type_clashes(case):
        if not is_claimed(case, one.key):
            message = f"{{left}} makes {named(one.key)} {shown(one.left)}, {{right}} makes it {shown(one.right)}"
            yield hit(SCALAR_VS_TABLE.id, case, one.key, message)


@path_rule(DOTTED_VS_TABLE, needs=duplicates)
def dotted_vs_table(case: PathCase) -> Iterator[Hit]:
    """Report a table that one side writes with dotted keys."""
    for two in _unclaimed(case):
        if Spelling.DOTTED in two.spellings and len(two.spellings) > 1:
            message = f"{{left}} writes {named(two.key)} {two.left.value}, {{right}} {two.right.value}"
            yield hit(DOTTED_VS_TABLE.id, case, two.key, message, proposal=folded(case, two.key))


@path_rule(INLINE_VS_TABLE, needs=duplicates)
def inline_vs_table(case: PathCase) -> Iterator[Hit]:
    """Report a table that one side writes inline and the other under a header."""
    for two in _unclaimed(case):
        if two.spellings == _TABLE_AND_PAIR or Spelling.PAIR in two.spellings:
            message = f"{{left}} writes {named(two.key)} {two.left.value}, {{right}} {two.right.value}"
            yield hit(INLINE_VS_TABLE.id, case, two.key, message, proposal=folded(case, two.key))


@path_rule(DUPLICATE_HEADER, needs=duplicates)
def duplicate_header(case: PathCase) -> Iterator[Hit]:
    """Report a table that both sides open."""
    for two in _unclaimed(case):
        message = f"{{left}} and {{right}} both open [{named(two.key)}], at two places of the file"
        yield hit(DUPLICATE_HEADER.id, case, two.key, message, proposal=folded(case, two.key))


def _unclaimed(case: PathCase) -> list[Duplicate]:
    return [two for two in duplicates(case) if not is_claimed(case, two.key) and not _is_settled_inside(case, two.key)]


def _is_settled_inside(case: PathCase, key: KeyPath) -> bool:
    """Return whether a rule has spoken for a disagreement inside: whoever settles that writes the key once.

    What two keys inside mean together is another matter.
    """
    inside = [claim for claim in case.claimed if starts_with(claim, key)]
    disputed = [one.key for one in disagreements(case)] if inside else []
    return any(starts_with(claim, one) or starts_with(one, claim) for claim in inside for one in disputed)


def folded(case: PathCase, key: KeyPath) -> str | None:
    """Return the text that holds both sides' part of ``key`` once."""
    value = merged_at(case, key)
    is_open = isinstance(value, dict) and dependency_entry(key) != key and not case.profile.identity_array(key[:1])
    if is_open and isinstance(value, dict):
        return table_text(case.profile, key, value)
    return None if value is ABSENT else proposed(case.profile, key, value)
