"""One ``Makefile.toml`` in which the two edits bear on each other: order, slots, and what hides what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.changes import ABSENT
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import disagreements, disputed_by, hit, is_claimed, value_at
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.wording import both_did, both_edited_list
from gatekeeper.core.schema import CARGO_MAKE
from gatekeeper.core.schema.cargo_make import env_variable_depth, is_task
from gatekeeper.core.sequences import merge_sequences, merge_sets
from gatekeeper.core.toml_text import listed, named, proposed, shown
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gatekeeper.core.changes import Change
    from gatekeeper.core.document import Value
    from gatekeeper.core.names import KeyPath
    from gatekeeper.core.rules.cases import Disagreement
    from gatekeeper.core.rules.model import Hit, PathCase

_LISTS = disputed_by(None, ClashReason.SEQUENCE_ORDER, ClashReason.BOTH_CHANGED)

REMOVED_VS_MOVED = RuleInfo(
    id=RuleId("mk-deps-remove-vs-reorder"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="One side takes a dependency out of a task, the other side moves it to another place of the list.",
    explanation=(
        "In a list of several lines git sees a line that goes and a line that comes, elsewhere, and keeps the second: "
        "the removal is undone without a conflict. A removal says more than an order, so it wins."
    ),
    settles="Take the proposal: the other side's order without what was taken out.",
    fixtures=("mk-deps-remove-vs-reorder", "mk-deps-remove-vs-reorder--added-too"),
)
ARGS_BOTH_EDITED = RuleInfo(
    id=RuleId("mk-args-both-edited"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit the `args` of one task.",
    explanation=(
        "Arguments are a sequence, never a set: their order counts, an option may take the next entry as its value, "
        "and what comes after `--` goes to another program. Edits at different places are merged as a sequence; at one "
        "place the first to land wins."
    ),
    settles="Read the merged command line once as a whole.",
    fixtures=("mk-args-both-edited", "mk-args-both-edited--one-line"),
)
EXTEND_LIST = RuleInfo(
    id=RuleId("mk-extend-list-order"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="Both sides change which files a makefile extends.",
    explanation=(
        "The files are read in the order of the list, and where two of them have the same task or variable the later "
        "one overrides the earlier: which comes last is a choice, unless they have nothing in common."
    ),
    settles="Decide on the order; if the files share no task and no variable, any will do.",
    fixtures=("mk-extend-list-order",),
)
ENV_FILES = RuleInfo(
    id=RuleId("mk-env-file-order"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides edit a list of `env_files`.",
    explanation=(
        "The files are loaded in the order of the list, and a variable in a later file overrides one in an earlier. "
        "At one place the left side's files are proposed first, then what the right side added."
    ),
    settles="Take the proposal if the new files set different variables.",
    fixtures=("mk-env-file-order",),
)
MIN_VERSION = RuleInfo(
    id=RuleId("mk-min_version"),
    family=Family.CARGO_MAKE,
    severity=Severity.MINOR,
    summary="Both sides change the `min_version` of cargo-make.",
    explanation="Each side needs what its version brought, so the higher one is right for both.",
    settles="Take the higher version, which is the proposal.",
    fixtures=("mk-min_version",),
    tool_says="Unable to run, minimum required version is:",
)
LOAD_SCRIPTS = RuleInfo(
    id=RuleId("mk-load_script-both"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="One side sets `load_script`, the other side sets it for one platform (`linux_load_script`).",
    explanation=(
        "On its platform the second replaces the first and is not run in addition to it: there the first side's edit "
        "has no effect. Load scripts run before anything else of the file, extended files included, is read."
    ),
    settles="Put what is to run everywhere into the script of the platform as well.",
    fixtures=("mk-load_script-both",),
)
UNTAGGED = RuleInfo(
    id=RuleId("mk-untagged-union"),
    family=Family.CARGO_MAKE,
    severity=Severity.MAJOR,
    summary="The sides give one value two forms that exclude each other, such as `script.file` and `script.main`.",
    explanation=(
        "`script`, `install_crate` and a variable of `[env]` can be written as one of several kinds of tables. As "
        "tables of several lines both forms' keys survive git's merge; cargo-make takes the first kind that fits and "
        "ignores the other's keys without a word."
    ),
    settles="Choose the form.",
    fixtures=("mk-untagged-union", "mk-untagged-union--crate"),
)

_SCRIPT_FORMS = (frozenset({"file", "absolute_path"}), frozenset({"pre", "main", "post"}))
_INSTALLED_AND_TESTED = frozenset({"binary", "test_arg"})
"""With these a crate may have both names: the component is tried first, then the crate."""
_CRATE_FORMS = (frozenset({"crate_name"}), frozenset({"rustup_component_name"}))
_VARIABLE_FORMS = (
    frozenset({"script", "multi_line", "depends_on"}),
    frozenset({"source", "default_value", "mapping"}),
    frozenset({"unset"}),
    frozenset({"value"}),
    frozenset({"glob", "include_files", "include_dirs", "ignore_type"}),
)
_SCRIPTS = frozenset({"script", "install_script", "condition_script"})


@path_rule(REMOVED_VS_MOVED, profile=CARGO_MAKE, needs=_LISTS)
def deps_remove_vs_reorder(case: PathCase) -> Iterator[Hit]:
    """Report dependencies that one side removed and the other moved."""
    for one in _task_lists(case, "dependencies"):
        base, left, right = (side if isinstance(side, list) else [] for side in (one.base, one.left, one.right))
        for side, other, who in ((left, right, ("{left}", "{right}")), (right, left, ("{right}", "{left}"))):
            moved = [entry for entry in base if entry not in side and _is_moved(entry, base, other)]
            if moved:
                proposal = proposed(case.profile, one.key, merge_sets(base, other, side))
                message = f"{who[0]} removes {listed(moved)} from {named(one.key)}, {who[1]} moves it in the list"
                yield hit(REMOVED_VS_MOVED.id, case, one.key, message, proposal=proposal)
                break


def _is_moved(entry: Value, base: list[Value], other: list[Value]) -> bool:
    """Return whether ``other`` has ``entry`` before something after which it stood, or the other way round."""
    if other.count(entry) != 1 or base.count(entry) != 1:
        return False
    before, after = base[: base.index(entry)], other[: other.index(entry)]
    common = [one for one in base if one in other and one != entry]
    return {str(one) for one in common if one in before} != {str(one) for one in common if one in after}


@path_rule(ARGS_BOTH_EDITED, profile=CARGO_MAKE, needs=_LISTS)
def args_both_edited(case: PathCase) -> Iterator[Hit]:
    """Report arguments that both sides edited."""
    for one in _task_lists(case, "args"):
        proposal = None if one.settled is None else proposed(case.profile, one.key, one.settled)
        yield hit(ARGS_BOTH_EDITED.id, case, one.key, both_edited_list(one), proposal=proposal)


def _task_lists(case: PathCase, name: str) -> Iterator[Disagreement]:
    for one in _LISTS(case):
        lists = isinstance(one.left, list) and isinstance(one.right, list)
        if lists and one.key[-1:] == (name,) and _in_old_task(case, one):
            yield one


def _in_old_task(case: PathCase, one: Disagreement) -> bool:
    """Return whether the key is one of a task that base has and for which no rule has spoken."""
    task = one.key[:-1]
    return is_task(task) and value_at(case.base, task) is not ABSENT and not is_claimed(case, one.key)


@path_rule(EXTEND_LIST, profile=CARGO_MAKE, needs=_LISTS)
def extend_list_order(case: PathCase) -> Iterator[Hit]:
    """Report the files to extend, whatever form they are given in."""
    for one in _LISTS(case):
        if one.key == ("extend",):
            lists = isinstance(one.left, list) and isinstance(one.right, list)
            yield hit(EXTEND_LIST.id, case, one.key, both_edited_list(one) if lists else both_did(one))


@path_rule(ENV_FILES, profile=CARGO_MAKE, needs=_LISTS)
def env_file_order(case: PathCase) -> Iterator[Hit]:
    """Report the files of variables, of the makefile or of a task."""
    for one in _LISTS(case):
        base, left, right = (side if isinstance(side, list) else [] for side in (one.base, one.left, one.right))
        if one.key[-1:] == ("env_files",) and (len(one.key) == 1 or _in_old_task(case, one)) and left and right:
            merged = merge_sequences(base, left, right)
            settled = merge_sets(base, left, right) if merged is None else merged
            proposal = proposed(case.profile, one.key, settled)
            yield hit(ENV_FILES.id, case, one.key, both_edited_list(one), proposal=proposal)


@path_rule(MIN_VERSION, profile=CARGO_MAKE, needs=_LISTS)
def min_version(case: PathCase) -> Iterator[Hit]:
    """Report the version of cargo-make that the file asks for."""
    for one in _LISTS(case):
        if one.key == ("config", "min_version"):
            proposal = None if one.settled is None else proposed(case.profile, one.key, one.settled)
            yield hit(MIN_VERSION.id, case, one.key, both_did(one), proposal=proposal)


@path_rule(LOAD_SCRIPTS, profile=CARGO_MAKE)
def load_scripts(case: PathCase) -> Iterator[Hit]:
    """Report a load script for all platforms that meets one for a single platform."""
    general = ("config", "load_script")
    for platform in ("linux", "windows", "mac"):
        special = ("config", f"{platform}_load_script")
        for wide, narrow, who in (
            (case.left_changes, case.right_changes, ("{left}", "{right}")),
            (case.right_changes, case.left_changes, ("{right}", "{left}")),
        ):
            if not (_sets(wide, general) and _sets(narrow, special)) or _sets(wide, special) or _sets(narrow, general):
                continue
            message = f"{who[0]} sets {named(general)}, {who[1]} sets {named(special)}, which replaces it on {platform}"
            sides = (general, special) if who[0] == "{left}" else (special, general)
            yield hit(LOAD_SCRIPTS.id, case, special, message, left_key=sides[0], right_key=sides[1])


def _sets(changed: Mapping[KeyPath, Change], key: KeyPath) -> bool:
    return any(one[: len(key)] == key and change.after is not ABSENT for one, change in changed.items())


@path_rule(UNTAGGED, profile=CARGO_MAKE, needs=disagreements)
def untagged_union(case: PathCase) -> Iterator[Hit]:
    """Report a value to which each side gives keys of another form."""
    for one in disagreements(case):
        forms = _forms(one.key)
        in_new_task = one.key[:1] == ("tasks",) and value_at(case.base, one.key[:2]) is ABSENT
        if forms and not in_new_task and isinstance(one.left, dict) and isinstance(one.right, dict):
            left, right = (
                {number for number, keys in enumerate(forms) if keys & side.keys()} for side in (one.left, one.right)
            )
            named_twice = forms is _CRATE_FORMS and {*one.left, *one.right} >= _INSTALLED_AND_TESTED
            if left and right and not left & right and not named_twice:
                both = [_deciding(side, forms, numbers) for side, numbers in ((one.left, left), (one.right, right))]
                message = f"{{left}} gives {named(one.key)} {both[0]}, {{right}} {both[1]}: it can have one form"
                yield hit(UNTAGGED.id, case, one.key, message)


def _deciding(side: Mapping[str, Value], forms: tuple[frozenset[str], ...], numbers: Collection[int]) -> str:
    """Return the keys of ``side`` that make it one of these forms: shown as a whole, a table may be cut before them."""
    keys = {name for number in numbers for name in forms[number]}
    return ", ".join(f"`{name}` = {shown(value)}" for name, value in side.items() if name in keys)


def _forms(key: KeyPath) -> tuple[frozenset[str], ...]:
    """Return the keys of the forms that the value at ``key`` can have."""
    if is_task(key[:-1]):
        if key[-1] == "install_crate":
            return _CRATE_FORMS
        return _SCRIPT_FORMS if key[-1] in _SCRIPTS else ()
    if key[:1] == ("config",) and key[-1].endswith("load_script"):
        return _SCRIPT_FORMS
    return _VARIABLE_FORMS if env_variable_depth(key) == len(key) and key else ()
