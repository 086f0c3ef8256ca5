"""Dependencies between the crates of a workspace, and on its shared entries."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.combination import Atom, Place
from gatekeeper.core.crate_moves import CrateMoves
from gatekeeper.core.cycles import Edge, new_cycles
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import cycle_hit, dangling_hit, named, wide_cycle_hit
from gatekeeper.core.symbols import How, Kind
from gatekeeper.core.tree_paths import directory_of, relative
from gatekeeper.core.wide_cycles import wide_cycles
from gatekeeper.core.workspace_view import Dangling, WorkspaceHit, WorkspaceView

_DEPENDS = frozenset({How.PATH, How.DEV_PATH, How.INHERITED, How.DEV_INHERITED})
_INHERITS = frozenset({How.INHERITED, How.DEV_INHERITED})
_BUILDS_ON = frozenset({How.PATH, How.INHERITED})
_NO_MANIFEST = (
    "failed to load manifest for dependency `opt`\nfailed to read `opt/Cargo.toml`\n"
    "No such file or directory (os error 2)"
)

KEY_REMOVED = RuleInfo(
    id=RuleId("dep-workspace-key-removed"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side removes a shared dependency of the workspace that the other side's crate starts to inherit.",
    explanation=(
        "The entry goes from the root manifest, the `workspace = true` comes into a member's: two files, a clean "
        "merge, and no cargo command works in the workspace any more."
    ),
    settles="Restore the entry in [workspace.dependencies], or give the crate a requirement of its own.",
    fixtures=("dep-workspace-key-removed",),
    tool_says="`dependency.opt` was not found in `workspace.dependencies`",
)

TABLE_REMOVED = RuleInfo(
    id=RuleId("dep-workspace-table-removed"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side removes the whole [workspace.dependencies] while the other side starts to inherit from it.",
    explanation="Every `workspace = true` that comes in later has nothing to point at.",
    settles="Restore the table with the entry, or give the crate a requirement of its own.",
    fixtures=("dep-workspace-table-removed",),
    tool_says="`workspace.dependencies` was not defined",
)

CRATE_DELETED = RuleInfo(
    id=RuleId("dep-path-crate-deleted"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side deletes a crate on which the other side adds a path dependency.",
    explanation=(
        "Nothing that both sides touched is the same, so git merges without a word. Cargo fails to load the "
        "workspace, since the manifest that the dependency leads to is gone."
    ),
    settles="Decide whether the crate stays; if it goes, the new dependent needs another way.",
    fixtures=("dep-path-crate-deleted", "dep-path-crate-deleted--inherited"),
    tool_says=_NO_MANIFEST,
)

CRATE_MOVED = RuleInfo(
    id=RuleId("dep-path-crate-moved"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side moves a crate; the other side adds a path dependency on the old place.",
    explanation="The moving side updated the dependents that it knew of. The new one points at the old directory.",
    settles="Let the new dependency point at the new directory.",
    fixtures=("dep-path-crate-moved",),
    tool_says=_NO_MANIFEST,
)

PACKAGE_RENAMED = RuleInfo(
    id=RuleId("dep-package-renamed"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="One side renames a package on which the other side adds a path dependency by its old name.",
    explanation="The directory is still there, so the path is right, but the package in it has another name.",
    settles='Name the package in the new dependency: `opt = { package = "option-lib", path = "../opt" }`.',
    fixtures=("dep-package-renamed",),
    tool_says="no matching package named `opt` found",
)

CYCLE = RuleInfo(
    id=RuleId("dep-cycle-by-combination"),
    family=Family.DEPENDENCIES,
    severity=Severity.CRITICAL,
    summary="Two changes each add a path dependency; together the crates depend on each other in a circle.",
    explanation=(
        "Each change is right by itself. Together they leave no order in which the crates could be built. "
        "Dev-dependencies may point back, and are not counted."
    ),
    settles="One of the dependencies has to go: usually what both crates need moves into a third one.",
    fixtures=("dep-cycle-by-combination",),
    tool_says="cyclic package dependency: package `a v0.1.0` depends on itself.",
)


@workspace_rule(KEY_REMOVED)
def dep_workspace_key_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Inherited entries; nothing when the whole table went."""
    for found in view.dangling(Kind.WORKSPACE_DEPENDENCY):
        if found.reference.how != How.INHERITED_FEATURE and Kind.WORKSPACE_TABLE in found.remaining:
            yield _inherit_hit(KEY_REMOVED, view, found, "removes")


@workspace_rule(TABLE_REMOVED)
def dep_workspace_table_removed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Inherited entries of a table that is gone."""
    for found in view.dangling(Kind.WORKSPACE_DEPENDENCY):
        if found.reference.how != How.INHERITED_FEATURE and Kind.WORKSPACE_TABLE not in found.remaining:
            yield _inherit_hit(TABLE_REMOVED, view, found, "removes [workspace.dependencies] with")


def _inherit_hit(info: RuleInfo, view: WorkspaceView, found: Dangling, deed: str) -> WorkspaceHit:
    name = found.definition.symbol.name[1]
    message = f"{{left}} {deed} {named(name)}; {{right}} inherits it in {named(found.reference.path)}."
    return dangling_hit(info, view, found, message, "Restore the entry in [workspace.dependencies].")


@workspace_rule(CRATE_DELETED)
def dep_path_crate_deleted(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Path dependencies on a directory without a manifest."""
    for found, moved_to in _lost_crates(view):
        if moved_to is None:
            directory = found.definition.symbol.name[0]
            message = (
                f"{{left}} deletes the crate in {named(directory)}; "
                f"{{right}} depends on it in {named(found.reference.path)}."
            )
            yield dangling_hit(CRATE_DELETED, view, found, message)


@workspace_rule(CRATE_MOVED)
def dep_path_crate_moved(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The same, where the package stands in another directory now."""
    for found, moved_to in _lost_crates(view):
        if moved_to is not None:
            directory = found.definition.symbol.name[0]
            message = (
                f"{{left}} moves the crate in {named(directory)} to {named(moved_to)}; "
                f"{{right}} depends on it at its old place in {named(found.reference.path)}."
            )
            place, what = _stated(view, found)
            proposal = f"Point {what} at {named(relative(place, moved_to))}."
            yield dangling_hit(CRATE_MOVED, view, found, message, proposal)


def _lost_crates(view: WorkspaceView) -> Iterator[tuple[Dangling, str | None]]:
    moves = view.shared(CrateMoves)
    for found in view.dangling(Kind.MANIFEST):
        if found.reference.how in _DEPENDS:
            for moved_to, agents in moves.split(found.definition.symbol.name[0], found.left):
                yield Dangling(found.definition, found.reference, agents, found.right), moved_to


@workspace_rule(PACKAGE_RENAMED)
def dep_package_renamed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Path dependencies whose manifest has another package name now."""
    moves = view.shared(CrateMoves)
    for found in view.dangling(Kind.PACKAGE):
        if found.reference.how not in _DEPENDS:
            continue
        directory, old = found.definition.symbol.name
        message = (
            f"{{left}} renames the package {named(old)} in {named(directory)}; "
            f"{{right}} depends on it by its old name in {named(found.reference.path)}."
        )
        names = moves.names_in(directory, found.left)
        proposal = f'Add `package = "{names[0]}"` to {_stated(view, found)[1]}.' if len(names) == 1 else None
        yield dangling_hit(PACKAGE_RENAMED, view, found, message, proposal)


def _stated(view: WorkspaceView, found: Dangling) -> tuple[str, str]:
    """Return the directory of the manifest that says where the dependency leads, and what to call its entry there."""
    reference = found.reference
    here = directory_of(reference.path)
    if reference.how not in _INHERITS:
        return here, "the dependency"
    return view.index.root_of(here) or "", f"{named(reference.key[-1])} in [workspace.dependencies]"


_IN_A_CIRCLE = "The crates depend on each other in a circle: "


@workspace_rule(CYCLE)
def dep_cycle_by_combination(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """The graph of path dependencies that are needed to build."""
    edges: dict[Edge, list[Atom]] = {}
    for symbol, uses in view.index.uses.items():
        if symbol.kind != Kind.MANIFEST:
            continue
        for use in uses:
            reference = use.reference
            if reference.how in _BUILDS_ON:
                place = Place(reference.path, reference.key, reference.value)
                edges.setdefault((directory_of(reference.path), symbol.name[0]), []).append(Atom(use.standing, place))
    for cycle in new_cycles(view.relation, view.everywhere, edges):
        yield cycle_hit(CYCLE, cycle, _IN_A_CIRCLE)
    for wide in wide_cycles(view.everywhere, edges):
        yield wide_cycle_hit(CYCLE, wide, _IN_A_CIRCLE)
