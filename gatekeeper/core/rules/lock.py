"""``Cargo.lock`` and cargo's configuration, where git's clean merge is what breaks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.core.document import Document
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.cases import disagreements, hit, value_at
from gatekeeper.core.rules.duplicates import duplicates
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule
from gatekeeper.core.rules.toml_structure import made_by_both
from gatekeeper.core.schema import CARGO_CONFIG, CARGO_LOCK
from gatekeeper.core.toml_text import named, shown
from gatekeeper.core.values import strings, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.core.document import ParseFailure, Value
    from gatekeeper.core.rules.model import Hit, PathCase

_REGENERATE = "Take either side's file and run `cargo update --workspace`."

LOCK_DUPLICATE = RuleInfo(
    id=RuleId("lock-duplicate-package"),
    family=Family.TEXT,
    severity=Severity.MINOR,
    summary="Both sides add one package to `Cargo.lock`, and git's clean merge lists it twice.",
    explanation=(
        "An array of tables may hold equal entries, so the file parses as TOML. For cargo it is no lock file any more, "
        "and every command stops until somebody makes it again."
    ),
    settles="Take either side's file and let cargo complete it.",
    fixtures=("lock-duplicate-package",),
    tool_says="package `k` is specified twice in the lockfile",
)
LOCK_DANGLING = RuleInfo(
    id=RuleId("lock-dangling-after-clean-merge"),
    family=Family.TEXT,
    severity=Severity.MINOR,
    summary="One side drops a package from `Cargo.lock`, the other adds a use of it; git merges both.",
    explanation=(
        "The lock file then names a package that is not in it. Cargo mends it without a word, but for `--locked`, "
        "which is what CI runs. Crates of this tree are left to the rules about crates."
    ),
    settles="Take either side's file and let cargo complete it.",
    fixtures=("lock-dangling-after-clean-merge",),
    tool_says="cannot update the lock file because --locked was passed to prevent this",
)
DUPLICATE_ALIAS = RuleInfo(
    id=RuleId("config-dup-alias"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="Both sides add the same command alias to cargo's configuration.",
    explanation=(
        "At two places of the file git merges the lines without a conflict, and the alias stands there twice: cargo "
        "cannot read its configuration, and every cargo command in the tree stops. Where both mean the same command, "
        "nobody has to choose, and the finding is minor."
    ),
    settles="Keep the alias once; rename one of them if both commands are wanted.",
    fixtures=("config-dup-alias", "config-dup-alias--equal"),
    tool_says="could not parse TOML configuration: duplicate key",
)


@path_rule(LOCK_DUPLICATE, profile=CARGO_LOCK)
def lock_duplicate_package(case: PathCase) -> Iterator[Hit]:
    """Report packages that stand twice in git's result and once on each side."""
    once = _packages(case.left).keys() | _packages(case.right).keys()
    twice = [entry for name, entry in _packages(case.git_result).items() if "#" in name and name not in once]
    if twice:
        message = (
            f"git merges {{left}} and {{right}} into a lock file that lists {named((_titles(twice[0])[1],))} twice"
        )
        yield hit(LOCK_DUPLICATE.id, case, (), message, proposal=_REGENERATE)


@path_rule(LOCK_DANGLING, profile=CARGO_LOCK)
def lock_dangling_after_clean_merge(case: PathCase) -> Iterator[Hit]:
    """Report packages that git's result names and does not list, if each side lists what it names."""
    missing = _missing(case.git_result) - _missing(case.left) - _missing(case.right)
    # A crate of this tree that is gone is told where it was; the lock file only follows.
    missing = {wanted for wanted in missing if wanted.partition(" ")[0] not in case.members}
    if missing:
        name = shown(min(missing))
        message = f"after {{left}} and {{right}} the lock file names {name}, which is no longer listed in it"
        yield hit(LOCK_DANGLING.id, case, (), message, proposal=_REGENERATE)


def _packages(document: Document | ParseFailure | None) -> dict[str, Mapping[str, Value]]:
    """Return the packages of a lock file by identity; none of a merge that conflicts or does not parse."""
    listed = table(document.tree.get("package")) if isinstance(document, Document) else {}
    return {name: entry for name, entry in listed.items() if isinstance(entry, dict)}


def _missing(document: Document | ParseFailure | None) -> set[str]:
    packages = _packages(document).values()
    known = {title for entry in packages for title in _titles(entry)}
    return {wanted for entry in packages for wanted in strings(entry.get("dependencies"))} - known


def _titles(entry: Mapping[str, Value]) -> tuple[str, str, str]:
    """Return the ways in which other packages can name ``entry``: no longer than they need to be."""
    name, version, source = (entry.get(part) for part in ("name", "version", "source"))
    return f"{name}", f"{name} {version}", f"{name} {version} ({source})"


@path_rule(DUPLICATE_ALIAS, profile=CARGO_CONFIG, needs=made_by_both)
def config_dup_alias(case: PathCase) -> Iterator[Hit]:
    """Report aliases that both sides add, and that git cannot merge or lists twice."""
    twice = {one.key for one in duplicates(case)}
    disputed = {one.key for one in disagreements(case) if one.both_added}
    for key in sorted(key for key in twice | disputed if key[:1] == ("alias",)):
        left, right = value_at(case.left, key), value_at(case.right, key)
        if len(key) == 1 and not disputed:
            continue
        message = f"{{left}} adds {named(key)} as {shown(left)}, {{right}} as {shown(right)}"
        severity = Severity.MINOR if left == right else None
        yield hit(DUPLICATE_ALIAS.id, case, key, message, severity=severity)
