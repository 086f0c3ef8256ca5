"""``[patch]`` and ``[replace]``: crates put in place of others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from gatekeeper.core.claims import Claim, encounters
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.membership import reads_root_tables
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.needs import Need, Needs, accepts
from gatekeeper.core.rules.cases import disputed_by, hit
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import path_rule, workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.schema import CARGO
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.toml_text import named as key_named
from gatekeeper.core.tree_paths import directory_of, relative
from gatekeeper.core.value_merge import ClashReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.core.combination import Answer, Question
    from gatekeeper.core.rules.model import Hit, PathCase
    from gatekeeper.core.symbols import Symbol
    from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

_SLOT = {("patch",), ("replace",)}

PATCH_AND_REPLACE = RuleInfo(
    id=RuleId("patch-and-replace"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side adds a `[patch]`, the other a `[replace]`.",
    explanation=(
        "The tables stand at different places, so git merges both; cargo takes one or the other, and refuses the "
        "manifest. `[replace]` is the older of the two, and all that it can say `[patch]` can say too."
    ),
    settles="Write the replacements as patches.",
    fixtures=("patch-and-replace",),
    tool_says="cannot specify both [replace] and [patch]",
)
SAME_CRATE = RuleInfo(
    id=RuleId("patch-same-crate-two-keys"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="Both sides patch one package in the same version, under different keys.",
    explanation=(
        'With `package = "..."` a patch may have any key, so git and TOML have nothing to say. Two patches of one '
        "version leave cargo without a choice. Patches of different versions are fine."
    ),
    settles="Choose one of the two sources.",
    fixtures=("patch-same-crate-two-keys",),
    tool_says="several `[patch]` entries resolving to same version `foo v1.2.0`",
)
DIRECTORY_REMOVED = RuleInfo(
    id=RuleId("patch-dir-removed"),
    family=Family.WORKSPACE,
    severity=Severity.CRITICAL,
    summary="One side deletes or moves the directory that the other side's patch points at.",
    explanation="Two places, a clean merge; then cargo cannot load the patch, and no command works in the workspace.",
    settles="Keep the directory, or drop the patch.",
    fixtures=("patch-dir-removed",),
    tool_says="failed to load source for dependency `foo`",
)
MADE_UNUSED = RuleInfo(
    id=RuleId("patch-made-unused"),
    family=Family.WORKSPACE,
    severity=Severity.MAJOR,
    summary="One side patches a crate in a version that, after the other side's change, nobody asks for any more.",
    explanation=(
        "Cargo warns and goes on without the patch: what it mended is silently broken again. The version is that of "
        "the manifest in the patch's directory; patches from git are not looked at, nor is what other crates ask for."
    ),
    settles="Bring the patch to the new version, or drop it if it is not needed there.",
    fixtures=("patch-made-unused", "patch-made-unused--patch-bumped"),
    tool_says="warning: patch `foo v1.2.0` was not used in the crate graph",
)


@path_rule(PATCH_AND_REPLACE, profile=CARGO, needs=disputed_by(ClashReason.EXCLUSIVE_SLOT))
def patch_and_replace(case: PathCase) -> Iterator[Hit]:
    """Report the two tables in one manifest."""
    for one in disputed_by(ClashReason.EXCLUSIVE_SLOT)(case):
        if not one.key and set(one.members) == _SLOT:
            left, right = ("patch", "replace") if "patch" in case.left.tree else ("replace", "patch")
            message = f"{{left}} adds [{left}], {{right}} adds [{right}]: cargo takes only one of them"
            yield hit(PATCH_AND_REPLACE.id, case, ("patch",), message, left_key=(left,), right_key=(right,))


@workspace_rule(SAME_CRATE)
def patch_same_crate_two_keys(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Patches of one package and one version."""
    groups: dict[tuple[str, ...], list[Symbol]] = {}
    for symbol in view.index.of_kind(Kind.PATCH) if view.index.changed(Kind.PATCH) else ():
        directory, registry, _, package, _ = symbol.name
        groups.setdefault((directory, registry, package), []).append(symbol)
    for (directory, _, package), patches in groups.items():
        for one, other in combinations(patches, 2) if reads_root_tables(view, directory) else ():
            mine, its = _versions(view, one), _versions(view, other)
            for version in sorted(mine.keys() & its.keys()):
                message = (
                    f"{{left}} patches {named(package)} {version} as {named(one.name[2])}, "
                    f"{{right}} as {named(other.name[2])}."
                )
                for found in encounters(view, mine[version], its[version]):
                    yield combined_hit(SAME_CRATE, found.answer, found.deeds, message)


def _versions(view: WorkspaceView, patch: Symbol) -> dict[str, list[Claim]]:
    """Return the versions of the crate that a patch points at, as far as it is in the tree, each with who says so."""
    needs = view.shared(Needs)
    kind, _, place = patch.name[4].partition(" ")
    found: dict[str, list[Claim]] = {}
    for version, said in needs.fields(place, "version") if kind == "path" else ():
        for atom in view.atoms(Kind.PATCH, *patch.name):
            found.setdefault(version, []).append(Claim((atom, *said.atoms)))
    return found


@workspace_rule(DIRECTORY_REMOVED)
def patch_dir_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Patches by a path that holds no crate."""
    moves = view.shared(CrateMoves)
    for found in view.dangling(Kind.MANIFEST):
        if found.reference.how != How.PATCH or not reads_root_tables(view, directory_of(found.reference.path)):
            continue
        directory = found.definition.symbol.name[0]
        moved = {place for place, _ in moves.split(directory, found.left)}
        [to] = moved if len(moved) == 1 else [None]
        deed = (
            f"moves the crate in {named(directory)} to {named(to)}"
            if to
            else f"deletes the crate in {named(directory)}"
        )
        key = key_named(found.reference.key)
        message = f"{{left}} {deed}; {{right}} points at it in {key} of {named(found.reference.path)}."
        place = directory_of(found.reference.path)
        proposal = f"Point the patch at {named(relative(place, to))}." if to else None
        yield dangling_hit(DIRECTORY_REMOVED, view, found, message, proposal)


@workspace_rule(MADE_UNUSED)
def patch_made_unused(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Patches of versions that no manifest asks for."""
    needs = view.shared(Needs)
    for symbol in sorted(view.index.changed(Kind.PATCH)):
        if not reads_root_tables(view, symbol.name[0]):
            continue
        package = symbol.name[3]
        asking = [need for need in needs.by_package.get(package, ()) if need.source.startswith("registry ")]
        versions = _versions(view, symbol)
        used = [need for need in asking if any(accepts(need.requirement, version) for version in versions)]
        for version, patching in versions.items():
            using = [need for need in asking if accepts(need.requirement, version)]
            beyond = [need for need in asking if not accepts(need.requirement, version)]
            message = (
                f"{{right}} patches {named(package)} in version {version}; after {{left}} nothing asks for that "
                "version any more."
            )
            unused = _none_stands(using)
            for found in encounters(view, [need.claim() for need in beyond], patching, unused):
                if _were_used(used, found.answer):
                    yield combined_hit(MADE_UNUSED, found.answer, found.deeds, message)


def _none_stands(needs: list[Need]) -> Callable[[Question], Callable[[int], bool]]:
    def besides(question: Question) -> Callable[[int], bool]:
        masks = [tuple(question.any_of([atom]) for atom in need.atoms) for need in needs]
        return lambda bits: not any(all(bits & mask for mask in of_one) for of_one in masks)

    return besides


def _were_used(needs: list[Need], answer: Answer) -> bool:
    """Return whether one of the sides asks for the version; a patch that none needs is for a crate further away."""
    sides = answer.left | answer.right
    return any(all(atom.standing.agents & sides for atom in need.atoms) for need in needs)
