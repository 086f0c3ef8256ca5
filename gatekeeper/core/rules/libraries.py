"""Libraries that one side changes so that the other side's new dependency cannot use them."""

from __future__ import annotations

from collections.abc import Iterator

from gatekeeper.core.libraries import not_linkable, renamed, without_library
from gatekeeper.core.names import RuleId, Severity
from gatekeeper.core.rules.model import Family, Hit, HitSide, RuleInfo
from gatekeeper.core.rules.registry import workspace_rule
from gatekeeper.core.rules.workspace_hits import combined_hit, dangling_hit, named
from gatekeeper.core.rust_uses import users_of
from gatekeeper.core.tree_paths import directory_of, join
from gatekeeper.core.workspace_view import WorkspaceHit, WorkspaceView

VANISHED = RuleInfo(
    id=RuleId("dep-lib-target-vanished"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side takes the library out of a package on which the other side starts to depend.",
    explanation=(
        "The package is still there, with binaries only. Cargo warns, ignores the dependency, and the code that uses "
        "it does not compile."
    ),
    settles="Restore the library, or drop the dependency.",
    fixtures=("dep-lib-target-vanished",),
    tool_says="warning: b v0.1.0 ignoring invalid dependency `opt` which is missing a lib target",
)
NOT_LINKABLE = RuleInfo(
    id=RuleId("dep-crate-type-not-linkable"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side leaves a library no crate type that Rust can link; the other side starts to depend on it.",
    explanation=(
        "`cdylib` and `staticlib` are for other languages. Cargo warns, and the code that uses the library does not "
        "compile."
    ),
    settles='Add "lib" to `crate-type`.',
    fixtures=("dep-crate-type-not-linkable",),
    tool_says="warning: the package `opt` provides no linkable target",
)
NAME_CHANGED = RuleInfo(
    id=RuleId("dep-lib-name-changed"),
    family=Family.DEPENDENCIES,
    severity=Severity.MAJOR,
    summary="One side renames the library of a package on which the other side starts to depend.",
    explanation=(
        "The dependency still leads to the package, and the code that came with it imports a name that is gone. Only "
        "new dependencies are looked at, and reported where sources that came with them use the old name."
    ),
    settles="Let the new code use the new name, or rename the dependency with `package`.",
    fixtures=("dep-lib-name-changed",),
    tool_says="error[E0433]: cannot find module or crate `opt`",
)


@workspace_rule(VANISHED)
def dep_lib_target_vanished(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Packages that keep their manifest."""
    for found in without_library(view):
        definition = found.definition
        what = named(definition.path) if not definition.key else f"`[lib]` of {named(definition.path)}"
        message = f"{{left}} removes {what}; {{right}} depends on that library in {named(found.reference.path)}."
        yield dangling_hit(VANISHED, view, found, message)


@workspace_rule(NOT_LINKABLE)
def dep_crate_type_not_linkable(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Libraries with crate types for other languages only."""
    for answer, deeds, directory in not_linkable(view):
        types = deeds[0].place.shown
        kinds = " and ".join(named(str(kind)) for kind in types) if isinstance(types, list) else "no"
        manifest, dependent = named(join(directory, "Cargo.toml")), named(deeds[1].place.path)
        message = f"{{left}} makes the library of {manifest} {kinds} only; {{right}} depends on it in {dependent}."
        yield combined_hit(NOT_LINKABLE, answer, deeds, message, 'Add "lib" to `crate-type`.')


@workspace_rule(NAME_CHANGED)
def dep_lib_name_changed(view: WorkspaceView) -> Iterator[WorkspaceHit]:
    """Libraries with a new name in a package with the old one."""
    for found, new, place in renamed(view):
        directory, old = found.definition.symbol.name
        dependent = directory_of(found.reference.path)
        right = found.right & users_of(view, dependent, old)
        if not right:
            continue
        manifest = named(join(directory, "Cargo.toml"))
        message = (
            f"{{left}} renames the library of {manifest} from {named(old)} to {named(new)}; "
            f"{{right}} depends on it in {named(dependent)}, and uses the old name."
        )
        before = view.index.shown(found.definition) if place.key == found.definition.key else None
        left = HitSide(place.path, place.key, before=before, after=place.shown)
        depends = HitSide(found.reference.path, found.reference.key, after=found.reference.value)
        yield WorkspaceHit(Hit(NAME_CHANGED.id, left.key, left, depends, message), found.left, right)
